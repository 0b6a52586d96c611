"""Those who attend to viewers: a worker's resident loop that makes the segments people wait for.

1. Viewers come first. What will be watched next, and what a viewer wanted who has left since, is
   made when nobody waits, and is dropped at once when somebody does; so are its pictures when a
   film is opened that has just come.
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
from datetime import datetime, timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.listen import listen
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.errors import Kind, RushesError
from rushes.renditions import wish_records
from rushes.renditions.openings import Openings
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
    openings: Openings = field(default_factory=Openings)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look now; call it on the event loop of `run`."""
        self._changed.set()

    async def run(self) -> None:
        """Attend until cancelled; an error that is not the database's ends it, and is raised."""
        if self.database.is_sqlite:  # the only worker: what was held, a dead one held
            await self.database.transact(wish_records.release_all)
        base = self.database, self.clock, self.segments
        lanes = [_Attendant(*base, lane, self.openings, self.landed) for lane in Lane]
        self.openings.changed.extend(each.woken.set for each in lanes if each.gives_way)
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
                found = await self.database.snapshot(
                    lambda connection: wish_records.list_lanes(connection, self.clock.now())
                )
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
    openings: Openings
    landed: Landed | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def gives_way(self) -> bool:
        """Say whether what it makes ahead costs so much that films that are opened would wait."""
        return self.lane is Lane.PICTURE

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
        found = await self.database.snapshot(
            lambda connection: wish_records.list_open(connection, self.lane, now, PAGE)
        )
        if self._is_opening():
            found = [wish for wish in found if wish.is_awaited(now)]
        if not found:
            return None

        async def take_one(to: Connection) -> Wish | None:
            await wish_records.delete_older(to, now - FORGOTTEN_AFTER, now)
            for wish in found:
                if await wish_records.take(to, wish, now, now + HOLD):
                    return wish
            return None

        return await self.database.transact(take_one)

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
            code, detail = error.code, error.message
            await self.database.transact(
                lambda connection: wish_records.record_failed(connection, wish, code, detail)
            )
            return
        finally:
            await _end(task)
        await self._tell_landed(place)
        await self.database.transact(lambda connection: wish_records.delete_wish(connection, place))

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
                if not await self._hold(wish, now + HOLD):  # its content was deleted
                    return False
        return True

    async def _is_outranked(self, wish: Wish) -> bool:
        """Say whether somebody waits for another segment while nobody waits for this one.

        Who waits for a film that is being opened has no wish yet.
        """
        now = self.clock.now()

        async def find(to: Connection) -> tuple[Wish | None, list[Wish]]:
            own = await wish_records.find_wish(to, wish.place)
            return own, await wish_records.list_open(to, self.lane, now, 1)

        own, waiting = await self.database.snapshot(find)
        if own is not None and own.is_awaited(now):
            return False
        return self._is_opening() or (bool(waiting) and waiting[0].is_awaited(now))

    def _is_opening(self) -> bool:
        return self.gives_way and self.openings.is_any

    async def _put_off(self, wish: Wish) -> None:
        """Let a wish go that cannot be fulfilled just now; who waits for it asks again."""
        await self._let_go(wish)
        await asyncio.sleep(LOOK_SECONDS)

    async def _let_go(self, wish: Wish) -> None:
        await self._hold(wish, None)

    async def _hold(self, wish: Wish, until: datetime | None) -> bool:
        return await self.database.transact(
            lambda connection: wish_records.hold(connection, wish, until)
        )


async def _end(task: asyncio.Task[None]) -> None:
    """Interrupt work that nobody wants now; its program is gone when this returns."""
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
