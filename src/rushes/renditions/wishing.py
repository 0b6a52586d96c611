"""Wishing for a segment: the file if it is there, else a wish, and some seconds of patience.

1. However many viewers ask a process for one segment, it wishes for it once; over processes the
   wish is one row.
2. What will be watched next is wished for ahead, up to three segments, when nobody waits for it.
3. Who waited `PATIENCE_SECONDS` is asked to come again; the work goes on meanwhile.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.media.shelf import Shelf
from rushes.renditions import wish_records
from rushes.renditions.segments import find_shelf
from rushes.renditions.stream import Stream
from rushes.renditions.wish_records import AHEAD, NOW, Place

PATIENCE_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.02
ROW_EVERY: Final = 25
"""Looks at the folder between two looks at the row."""

OFTEN: Final = 50
RARE_SECONDS: Final = 0.1
"""After a second it is looked for less often."""

AHEAD_COUNT: Final = 3
WAITING_AT_MOST: Final = 64
WAITING_OF_CONTENT: Final = 12
"""Places that one process waits for at once, in all and of one content: a viewer has few."""


class SegmentLate(RushesError):
    """The segment is being made and not there yet."""

    code = "playback.segment_late"
    kind = Kind.UNAVAILABLE


class SegmentFailed(RushesError):
    """The segment cannot be made; the text says why."""

    code = "playback.segment_failed"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class Wishing:
    """Gives segments to viewers; one in every process that answers people."""

    database: Database
    clock: Clock
    folder: Path
    _waiting: dict[Place, asyncio.Task[None]] = field(default_factory=dict)

    async def init(self, content_id: str, stream: Stream, name: str) -> Path:
        """Return the file of the init of a quality; it comes with the first segment."""
        shelf = find_shelf(self.folder, content_id, stream, name)
        if not shelf.init.exists():
            await self._wait(Place(content_id, name, 0), stream, shelf.init)
        return shelf.init

    async def segment(self, content_id: str, stream: Stream, name: str, index: int) -> Path:
        """Return the file of a segment, made if it has to be.

        Raises:
            SegmentLate: it takes longer than a viewer should wait; ask again.
            SegmentFailed: it cannot be made.
        """
        shelf = find_shelf(self.folder, content_id, stream, name)
        path, place = shelf.segment(index), Place(content_id, name, index)
        if not path.exists():
            await self._wait(place, stream, path)
        elif not stream.is_copied(name):
            await self._look_ahead(place, stream, shelf)
        return path

    async def _wait(self, place: Place, stream: Stream, path: Path) -> None:
        task = self._waiting.get(place)
        if task is None:
            self._require_room(place)
            task = asyncio.create_task(self._wish(place, stream, path))
            self._waiting[place] = task
            task.add_done_callback(lambda _: self._waiting.pop(place, None))
        await asyncio.shield(task)

    def _require_room(self, place: Place) -> None:
        """Raise SegmentLate where too many places are waited for: nobody may crowd out others."""
        same = sum(1 for each in self._waiting if each.content_id == place.content_id)
        if len(self._waiting) >= WAITING_AT_MOST or same >= WAITING_OF_CONTENT:
            raise SegmentLate("Too many parts are being made. Ask again.", retry_after=2)

    async def _wish(self, place: Place, stream: Stream, path: Path) -> None:
        await self._record(place, stream)
        loop = asyncio.get_running_loop()
        deadline, looks = loop.time() + PATIENCE_SECONDS, 0
        while not _is_there(path):
            if loop.time() > deadline:
                raise SegmentLate(
                    "This part is being made and not there yet. Ask again.", retry_after=1
                )
            looks += 1
            if looks % ROW_EVERY == 0:
                await self._look_at_row(place, path)
            await asyncio.sleep(LOOK_SECONDS if looks < OFTEN else RARE_SECONDS)

    async def _record(self, place: Place, stream: Stream) -> None:
        is_light, now = stream.is_copied(place.name), self.clock.now()
        async with self.database.transaction() as connection:
            await wish_records.record_wish(
                connection, place, urgency=NOW, is_light=is_light, now=now
            )

    async def _look_at_row(self, place: Place, path: Path) -> None:
        """Say so where the wish failed, or where the file of its quality came meanwhile."""
        async with self.database.reading() as connection:
            wish = await wish_records.find_wish(connection, place)
        if wish is None and not _is_there(path):
            raise SegmentLate("This part is elsewhere now. Ask again.", retry_after=1)
        if wish is not None and wish.error_code is not None:
            raise SegmentFailed(
                f"This part cannot be made: {wish.error_detail} The original can be downloaded."
            )

    async def _look_ahead(self, place: Place, stream: Stream, shelf: Shelf) -> None:
        count, after = stream.count_of(place.name), place.position + 1
        wanted = range(after, min(count, after + AHEAD_COUNT))
        missing = [index for index in wanted if not shelf.segment(index).exists()]
        if not missing:
            return
        now, is_light = self.clock.now(), stream.is_copied(place.name)
        async with self.database.transaction() as connection:
            for index in missing:
                ahead = Place(place.content_id, place.name, index)
                await wish_records.record_wish(
                    connection, ahead, urgency=AHEAD, is_light=is_light, now=now
                )


def _is_there(path: Path) -> bool:
    return path.exists()
