"""The row of a rendition that is wanted, before anything of it is made."""

from __future__ import annotations

from rushes import ids
from rushes.clock import Clock
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.renditions.plan import Wanted
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import State


def new_row(clock: Clock, content_id: str, want: Wanted) -> Rendition:
    """Return a row with an id of its own."""
    now = clock.now()
    return Rendition(
        id=ids.new(Prefix.RENDITION, now, clock.entropy(ENTROPY_BYTES)),
        content_id=content_id,
        name=want.name,
        kind=want.kind,
        recipe=want.recipe,
        state=State.RESTING if want.is_resting else State.WANTED,
        media_type=want.media_type,
        file_name=want.file_name,
        width=want.width or None,
        height=want.height or None,
        bitrate=None,
        size_bytes=None,
        digest=None,
        layout=None,
        done_segments=0,
        all_segments=want.segments,
        error_code=None,
        error_detail=None,
        created_at=now,
        updated_at=now,
    )
