"""Those who attend to viewers: what nobody waits for gives way to films that have just come."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.media.copier import Copier
from rushes.media.ladder import Quality
from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox
from rushes.renditions import wish_records
from rushes.renditions.attend import Attending
from rushes.renditions.grading import Grading
from rushes.renditions.openings import Openings
from rushes.renditions.segments import Segments
from rushes.renditions.wish_records import AHEAD, NOW, Place
from tests.support.moments import until


async def wish(database: Database, clock: Clock, name: str, urgency: int) -> Place:
    """Wish for a segment of a film that is gone: to make it is to forget the wish."""
    place = Place("cnt_gone", name, 0)
    async with database.transaction() as connection:
        await wish_records.record_wish(
            connection, place, urgency=urgency, is_light=False, now=clock.now()
        )
    return place


@pytest.mark.covers("M-PR-09")
async def test_what_is_made_ahead_waits_until_a_film_is_open(
    database: Database, database_url: str, clock: Clock, toolbox: Toolbox, tmp_path: Path
) -> None:
    """A viewer's segment does not, and neither does sound, which costs little."""

    async def nowhere(_content_id: str) -> Path:
        return tmp_path

    async def is_gone(place: Place) -> bool:
        async with database.reading() as connection:
            return await wish_records.find_wish(connection, place) is None

    base, grading = (database, clock), Grading(database)
    studio = Studio(toolbox, tmp_path)
    segments = Segments(*base, studio, Copier(), nowhere, grading, tmp_path, Quality.P1080)
    openings = Openings()
    attending = Attending(*base, segments, database_url, openings=openings)
    ahead, sound = await wish(*base, "360p", AHEAD), await wish(*base, "sound", AHEAD)
    running: asyncio.Task[None]
    with openings.going_on():
        running = asyncio.create_task(attending.run())
        await until(lambda: is_gone(sound), seconds=60)
        awaited = await wish(*base, "720p", NOW)
        attending.wake()
        await until(lambda: is_gone(awaited), seconds=60)
        is_left = not await is_gone(ahead)

    await until(lambda: is_gone(ahead), seconds=60)

    assert is_left
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
