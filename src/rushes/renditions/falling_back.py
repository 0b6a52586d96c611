"""Falling back: what hardware was to encode, and does not, is encoded by x264.

What is ready stays. What is not is wanted anew under the recipe of x264: pieces of two encoders
never make one file.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.media.encoder import Encoder, encoder_of
from rushes.media.ladder import RECIPE
from rushes.renditions import records
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import Kind, State
from rushes.renditions.stream import parse_stream

log = logging.getLogger(__name__)


async def fall_back(database: Database, clock: Clock, content_id: str, reason: str) -> None:
    """Have a content encoded by x264 from now on; a second call changes nothing."""
    now = clock.now()
    async with database.transaction() as connection:
        content = await library_records.lock_content(connection, content_id)
        stream = None if content is None else parse_stream((content.facts or {}).get("stream"))
        if stream is None or encoder_of(stream.recipe) is Encoder.SOFTWARE:
            return
        renewed = replace(stream, recipe=RECIPE)
        stale = [
            row
            for row in await records.list_of_content(connection, content_id)
            if row.kind is Kind.PROXY
            and row.state is not State.READY
            and row.recipe == stream.recipe_of(row.name) != renewed.recipe_of(row.name)
        ]
        wanted = [
            replace(
                _afresh(row),
                id=ids.new(Prefix.RENDITION, now, clock.entropy(ENTROPY_BYTES)),
                recipe=renewed.recipe_of(row.name),
                created_at=now,
                updated_at=now,
            )
            for row in stale
        ]
        await records.delete_renditions(connection, [row.id for row in stale])
        await records.record_wanted(connection, wanted)
        await library_records.record_recipe(connection, content_id, RECIPE)
    log.warning("x264 goes on where hardware failed", extra={"reason": reason})


def _afresh(row: Rendition) -> Rendition:
    """Return a row as if nothing of it had been made; what failed has no job, and stays failed."""
    if row.state in {State.RESTING, State.FAILED}:
        return replace(row, done_segments=0)
    return replace(row, state=State.WANTED, done_segments=0, error_code=None, error_detail=None)
