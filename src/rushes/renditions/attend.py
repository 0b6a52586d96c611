"""Those who attend to viewers: a worker's resident loop that makes the segments people wait for.

1. Viewers come first. What will be watched next, and what a viewer wanted who has left since, is
   made when nobody waits, and is dropped at once when somebody does.
2. Copies, sound and pictures are made beside one another: the first two cost little, and a picture
   would keep them waiting.
3. One place is reserved for pictures, beside the places of the jobs; its programs are not niced.
4. A wish is held for `HOLD` and renewed; a worker that dies lets it go by not renewing it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.listen import listen
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.errors import Kind, RushesError
from rushes.renditions import wish_records
from rushes.renditions.segments import Segments
from rushes.renditions.subject import ContentGone
from rushes.renditions.wish_records import WAKE, Lane, Place, Wish

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
HOLD: Final = timedelta(seconds=15)
RENEW_SECONDS: Final = 2.0
FORGOTTEN_AFTER: Final = timedelta(seconds=30)
"""A wish that nobody renewed for so long is nobody's any more."""

PAGE: Final = 50
PASSING: Final = frozenset({Kind.UNAVAILABLE, Kind.FULL, Kind.LOCKED})
"""Kinds of trouble that are no fault of the segment."""


Landed = Callable[[str, str], Awaitable[None]]
"""Told of a segment that was made for a viewer: its content, and the name of its quality."""


@dataclass(frozen=True, slots=True)
class Attending:
    """Makes wished segments; one in every worker. `url` is where notices come from."""

    database: Database
    clock: Clock
    segments: Segments
    url: str
    landed: Landed | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look now; call it on the event loop of `run`."""
        self._changed.set()

    async def run(self) -> None:
        """Attend until cancelled; an error that is not the database's ends it, and is raised."""
        if self.database.is_sqlite:  # the only worker: what was held, a dead one held
            async with self.database.transaction() as connection:
                await wish_records.release_all(connection)
        lanes = [
            _Attendant(self.database, self.clock, self.segments, lane, self.landed) for lane in Lane
        ]
        async with asyncio.TaskGroup() as group:
            if not self.database.is_sqlite:
                group.create_task(listen(self.url, WAKE, self.wake))
            for each in lanes:
                group.create_task(each.attend())
            group.create_task(self._look(lanes))

    async def _look(self, lanes: Sequence[_Attendant]) -> None:
        """Wake those for whom there is something, each time that somebody wishes."""
        while True:
            self._changed.clear()
            try:
                async with self.database.reading() as connection:
                    found = await wish_records.list_lanes(connection, self.clock.now())
                for each in lanes:
                    if each.lane in found:
                        each.woken.set()
            except (DatabaseAway, DatabaseFull) as away:
                log.warning("The wishes cannot be read", extra={"code": away.code})
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._changed.wait()


@dataclass(frozen=True, slots=True)
class _Attendant:
    """Makes the wished segments of one lane, one at a time."""

    database: Database
    clock: Clock
    segments: Segments
    lane: Lane
    landed: Landed | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def attend(self) -> None:
        """Make what is wished for until cancelled."""
        while True:
            self.woken.clear()
            try:
                while (wish := await self._take()) is not None:
                    await self._fulfil(wish)
            except (DatabaseAway, DatabaseFull) as away:
                log.warning("The wishes cannot be read", extra={"code": away.code})
            await self.woken.wait()

    async def _take(self) -> Wish | None:
        """Hold the most urgent wish that nobody is at."""
        now = self.clock.now()
        async with self.database.reading() as connection:
            found = await wish_records.list_open(connection, self.lane, now, PAGE)
        if not found:
            return None
        async with self.database.transaction() as connection:
            await wish_records.delete_older(connection, now - FORGOTTEN_AFTER, now)
            for wish in found:
                if await wish_records.take(connection, wish, now, now + HOLD):
                    return wish
        return None

    async def _fulfil(self, wish: Wish) -> None:
        place = wish.place
        task = asyncio.create_task(self.segments.make(place.content_id, place.name, place.position))
        try:
            if not await self._watch(wish, task):
                await self._let_go(wish)
                return
            await task
        except ContentGone:
            pass
        except (DatabaseAway, DatabaseFull):
            raise
        except OSError as error:  # the disk is full, or a sweep took the folder away
            log.warning("A segment could not be written", extra={"errno": error.errno})
            await self._put_off(wish)
            return
        except RushesError as error:
            if error.kind in PASSING:
                await self._put_off(wish)
                return
            async with self.database.transaction() as connection:
                await wish_records.record_failed(connection, wish, error.code, error.message)
            return
        finally:
            await _end(task)
        await self._tell_landed(place)
        async with self.database.transaction() as connection:
            await wish_records.delete_wish(connection, place)

    async def _tell_landed(self, place: Place) -> None:
        """Tell of a segment that stands; whoever cannot take note of it now loses nothing."""
        if self.landed is None:
            return
        try:
            await self.landed(place.content_id, place.name)
        except (DatabaseAway, DatabaseFull):
            raise
        except OSError as error:
            log.warning("A segment that landed was not noted", extra={"errno": error.errno})
        except RushesError as error:
            log.warning("A segment that landed was not noted", extra={"code": error.code})

    async def _watch(self, wish: Wish, task: asyncio.Task[None]) -> bool:
        """Wait for the work, and say whether it came to its end; False: somebody waits for other.

        The hold is renewed meanwhile; without a row to renew nobody wants it any more.
        """
        renew_at = self.clock.now() + timedelta(seconds=RENEW_SECONDS)
        while not task.done():
            self.woken.clear()
            waking = asyncio.create_task(self.woken.wait())
            await asyncio.wait(
                {task, waking}, timeout=RENEW_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            waking.cancel()
            if task.done():
                break
            if await self._is_outranked(wish):
                return False
            now = self.clock.now()
            if now >= renew_at:
                renew_at = now + timedelta(seconds=RENEW_SECONDS)
                async with self.database.transaction() as connection:
                    is_ours = await wish_records.hold(connection, wish, now + HOLD)
                if not is_ours:  # its content was deleted
                    return False
        return True

    async def _is_outranked(self, wish: Wish) -> bool:
        """Say whether somebody waits for another segment while nobody waits for this one."""
        now = self.clock.now()
        async with self.database.reading() as connection:
            own = await wish_records.find_wish(connection, wish.place)
            waiting = await wish_records.list_open(connection, self.lane, now, 1)
        if own is not None and own.is_awaited(now):
            return False
        return bool(waiting) and waiting[0].is_awaited(now)

    async def _put_off(self, wish: Wish) -> None:
        """Let a wish go that cannot be fulfilled just now; who waits for it asks again."""
        await self._let_go(wish)
        await asyncio.sleep(LOOK_SECONDS)

    async def _let_go(self, wish: Wish) -> None:
        async with self.database.transaction() as connection:
            await wish_records.hold(connection, wish, None)


async def _end(task: asyncio.Task[None]) -> None:
    """Interrupt work that nobody wants now; its program is gone when this returns."""
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
