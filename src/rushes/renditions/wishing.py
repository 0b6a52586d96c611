"""Wishing for a segment: the file if it is there, else a wish, and some seconds of patience.

1. However many viewers ask a process for one segment, it wishes for it once; over processes the
   wish is one row.
2. What will be watched next is wished for ahead, up to three segments, made when nobody waits.
3. Who waited `PATIENCE_SECONDS` is asked to come again; the work goes on meanwhile.
4. When the last of its viewers leaves, a wish is urgent no more.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.errors import Kind, RushesError
from rushes.media.shelf import Shelf
from rushes.renditions import wish_records
from rushes.renditions.lookout import Lookout, list_there
from rushes.renditions.segments import find_shelf
from rushes.renditions.stream import Stream
from rushes.renditions.wish_records import AHEAD, NOW, Place

PATIENCE_SECONDS: Final = 10.0
FIRST_LOOK_SECONDS: Final = 0.5
ROW_SECONDS: Final = 2.0
"""Seconds after which the row is looked at, and renewed; the first time sooner."""

AHEAD_COUNT: Final = 3
WAITING_AT_MOST: Final = 64
WAITING_OF_CONTENT: Final = 12
"""Places that one process waits for at once, in all and of one content: a viewer has few."""

TOUCH_SECONDS: Final = 60.0
"""How exactly a folder knows when it was last watched."""


class SegmentLate(RushesError):
    """The segment is being made and not there yet."""

    code = "playback.segment_late"
    kind = Kind.UNAVAILABLE


class SegmentFailed(RushesError):
    """The segment cannot be made; the text says why."""

    code = "playback.segment_failed"
    kind = Kind.UNUSABLE


@dataclass(slots=True)
class _Awaited:
    """A file that viewers of this process wait for."""

    content_id: str
    task: asyncio.Task[None]
    viewers: int = 0


@dataclass(frozen=True, slots=True)
class Wishing:
    """Gives segments to viewers; one in every process that answers people."""

    database: Database
    clock: Clock
    folder: Path
    _awaited: dict[Path, _Awaited] = field(default_factory=dict)
    _lookout: Lookout = field(default_factory=Lookout)
    _leaving: set[asyncio.Task[None]] = field(default_factory=set)

    async def init(self, content_id: str, stream: Stream, name: str) -> Path:
        """Return the file of the init of a quality; it comes with the first segment."""
        init = find_shelf(self.folder, content_id, stream, name).init
        if not await asyncio.to_thread(list_there, [init]):
            await self._wait(Place(content_id, name, 0), stream, init, ())
        return init

    async def segment(self, content_id: str, stream: Stream, name: str, index: int) -> Path:
        """Return the file of a segment, made if it has to be.

        Raises:
            SegmentLate: it takes longer than a viewer should wait; ask again.
            SegmentFailed: it cannot be made.
        """
        shelf = find_shelf(self.folder, content_id, stream, name)
        place = Place(content_id, name, index)
        end = min(stream.count_of(name), index + 1 + AHEAD_COUNT)
        missing = await asyncio.to_thread(_watch, shelf, range(index, end))
        ahead = () if stream.is_copied(name) else [each for each in missing if each != index]
        if index in missing:
            await self._wait(place, stream, shelf.segment(index), ahead)
        elif ahead:
            await self._record(place, stream, ahead, is_awaited=False)
        return shelf.segment(index)

    async def _wait(self, place: Place, stream: Stream, path: Path, ahead: Sequence[int]) -> None:
        """Wait with all others who want this file; the last one who leaves ends the wish."""
        awaited = self._awaited.get(path)
        if awaited is None:
            self._require_room(place)
            task = asyncio.create_task(self._wish(place, stream, path, ahead))
            awaited = self._awaited[path] = _Awaited(place.content_id, task)
            task.add_done_callback(lambda done: self._forget(path, done))
        awaited.viewers += 1
        try:
            await asyncio.shield(awaited.task)
        finally:
            awaited.viewers -= 1
            if not awaited.viewers:
                self._forget(path, awaited.task)
                awaited.task.cancel()

    def _forget(self, path: Path, task: asyncio.Task[None]) -> None:
        awaited = self._awaited.get(path)
        if awaited is not None and awaited.task is task:
            del self._awaited[path]

    def _require_room(self, place: Place) -> None:
        """Raise SegmentLate where too many places are waited for: nobody may crowd out others."""
        same = sum(1 for each in self._awaited.values() if each.content_id == place.content_id)
        if len(self._awaited) >= WAITING_AT_MOST or same >= WAITING_OF_CONTENT:
            raise SegmentLate("Too many parts are being made. Ask again.", retry_after=2)

    async def _wish(self, place: Place, stream: Stream, path: Path, ahead: Sequence[int]) -> None:
        await self._record(place, stream, ahead, is_awaited=True)
        try:
            await self._await_file(place, path)
        except asyncio.CancelledError:
            leaving = asyncio.create_task(self._leave(place))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            raise

    async def _await_file(self, place: Place, path: Path) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        is_there = await self._lookout.wait(path, FIRST_LOOK_SECONDS, is_new=True)
        while not is_there:
            await self._look_at_row(place, path)
            left = deadline - loop.time()
            if left <= 0:
                raise SegmentLate(
                    "This part is being made and not there yet. Ask again.", retry_after=1
                )
            is_there = await self._lookout.wait(path, min(left, ROW_SECONDS))

    async def _record(
        self, place: Place, stream: Stream, ahead: Sequence[int], *, is_awaited: bool
    ) -> None:
        """Wish for a segment that is waited for, and for those that will be."""
        now, is_light = self.clock.now(), stream.is_copied(place.name)
        later = [(Place(place.content_id, place.name, index), AHEAD) for index in ahead]

        async def write(to: Connection) -> None:
            for wanted, urgency in [(place, NOW), *later] if is_awaited else later:
                await wish_records.record_wish(
                    to, wanted, urgency=urgency, is_light=is_light, now=now
                )

        await self.database.transact(write)

    async def _look_at_row(self, place: Place, path: Path) -> None:
        """Renew the wish; say so where it failed, or its quality's file came meanwhile."""
        wish = await self.database.transact(
            lambda connection: wish_records.renew(connection, place, self.clock.now())
        )
        if wish is None and not await asyncio.to_thread(list_there, [path]):
            raise SegmentLate("This part is elsewhere now. Ask again.", retry_after=1)
        if wish is not None and wish.error_code is not None:
            raise SegmentFailed(
                f"This part cannot be made: {wish.error_detail} The original can be downloaded."
            )

    async def _leave(self, place: Place) -> None:
        with suppress(DatabaseAway, DatabaseFull):  # then it is nobody's by its age
            await self.database.transact(lambda connection: wish_records.leave(connection, place))


def _watch(shelf: Shelf, wanted: Sequence[int]) -> list[int]:
    """Return the segments that are not there, and note in the folder's time that it is watched."""
    paths = {shelf.segment(index): index for index in wanted}
    there = {paths[path] for path in list_there(tuple(paths))}
    with suppress(OSError):  # it went, or belongs to another user
        if time.time() - shelf.folder.stat().st_mtime > TOUCH_SECONDS:
            os.utime(shelf.folder)
    return [index for index in wanted if index not in there]
