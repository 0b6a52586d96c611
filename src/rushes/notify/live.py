"""The live stream: one reader of the database tells all who listen in this process.

    events, jobs, uploads ──> one reader ──> one list of news, encoded once ──> each listener

1. The reader runs while somebody listens. It looks when it is woken (a commit of this process,
   NOTIFY), and every half second; what moves without an event (progress) is read once a second.
2. Each listener has a place in the one list of news, and no queue: a thousand of them cost little
   more than their connections. One that falls behind by `KEPT` is let go, and comes back.
3. What came last is kept: who returns with the number of its last event hears what it missed, or
   that there is a gap. News may be heard twice then; an event keeps its id.
4. What somebody may hear is asked for each of the news (`audience`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from rushes.access.permit import Actor
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.trouble import DatabaseAway
from rushes.errors import Kind, RushesError
from rushes.events import outbox
from rushes.events.event import Event
from rushes.notify import live_records
from rushes.notify.endpoint import UNTOLD
from rushes.notify.horizon import Horizon
from rushes.notify.live_records import Tide
from rushes.notify.posting import payload_of

LOOK_SECONDS: Final = 0.5
LEAST_SECONDS: Final = 0.1
"""News of this time are told together."""

MOVED_SECONDS: Final = 1.0
LOT: Final = 1_000
KEPT: Final = 2_048
"""So many news a listener may be behind."""

PAST: Final = 4_096
"""Events that are kept for those who return."""

REACH: Final = 2_000
"""Events from before the reader began that are read for them."""

PER_ACCOUNT: Final = 6
"""Streams of one account at once in one process."""

log = logging.getLogger(__name__)


class TooManyStreams(RushesError):
    """An account listens as often as it may."""

    code = "live.too_many"
    kind = Kind.LIMITED


@dataclass(frozen=True, slots=True)
class News:
    """Something to tell: `frame` is how it is told; `number` is that of an event."""

    what: str
    project_id: str | None
    asset_id: object
    frame: bytes
    number: int | None = None


@dataclass(slots=True)
class Seat:
    """The place of a listener in the list of news."""

    at: int


Listen = Callable[[Callable[[], None]], Awaitable[None]]
"""Calls what it is given whenever another process has told something, until cancelled."""


@dataclass(slots=True)
class Live:
    """Tells what happens while it happens; `listen` is None where no other process can tell."""

    database: Database
    clock: Clock
    listen: Listen | None = None
    per_account: int = PER_ACCOUNT
    _news: list[News] = field(default_factory=list)
    _base: int = 0
    _past: deque[News] = field(default_factory=lambda: deque(maxlen=PAST))
    _past_floor: int = 0
    _horizon: Horizon = field(default_factory=lambda: Horizon(0))
    _listeners: Counter[str] = field(default_factory=Counter)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _beginning: asyncio.Lock = field(default_factory=asyncio.Lock)
    _told: asyncio.Future[None] | None = None
    _reader: asyncio.Task[None] | None = None
    is_over: bool = False

    def wake(self) -> None:
        """Look now; call it on the event loop."""
        self._woken.set()

    def end(self) -> None:
        """Tell nothing more: every stream ends now, and none begins."""
        self.is_over = True
        self._pass_on()

    @property
    def count(self) -> int:
        """How many listen."""
        return self._listeners.total()

    @property
    def floor(self) -> int:
        """The number up to which every event was told."""
        return self._horizon.floor

    @property
    def is_reading(self) -> bool:
        """Whether there is somebody who would tell."""
        return not self.is_over and self._reader is not None and not self._reader.done()

    @asynccontextmanager
    async def listening(self, actor: Actor) -> AsyncIterator[Seat]:
        """Give a place at the end of the news.

        Raises:
            TooManyStreams: the account listens as often as it may.
        """
        if self._listeners[actor.id] >= self.per_account:
            raise TooManyStreams(
                f"This account listens {self.per_account} times. Close one of the others.",
                retry_after=5,
            )
        self._listeners[actor.id] += 1
        try:
            await self._begin()
            yield Seat(self._base + len(self._news))
        finally:
            self._listeners[actor.id] -= 1
            self._listeners += Counter()  # forgets those who are at nought
            if not self._listeners and self._reader is not None:
                self._reader.cancel()
                self._reader = None

    def list_missed(self, number: int) -> list[News] | None:
        """Return the events after a number that were told already; None: too many to know."""
        if number < self._past_floor:
            return None
        return [each for each in self._past if each.number is not None and each.number > number]

    def take(self, seat: Seat) -> list[News] | None:
        """Return what is new for a listener; None: it is too far behind."""
        start = seat.at - self._base
        if start < 0:
            return None
        news = self._news[start:]
        seat.at += len(news)
        return news

    async def wait(self, seat: Seat, gone: asyncio.Future[None], seconds: float) -> None:
        """Return when there may be news, when the listener is gone, or after this time."""
        if self.is_reading and seat.at == self._base + len(self._news):
            if self._told is None:
                self._told = asyncio.get_running_loop().create_future()
            await asyncio.wait(
                {self._told, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )

    async def _begin(self) -> None:
        """Let somebody read, from a little before now on."""
        async with self._beginning:
            if self._reader is not None:
                return
            async with self.database.reading() as connection:
                start = max(0, await outbox.find_last_number(connection) - REACH)
                before = await outbox.list_after(connection, start, REACH + LOT)
            now, moment = time.monotonic(), self.clock.now()
            self._horizon, self._past_floor = Horizon(start), start
            self._past.clear()
            for number, event in before:
                self._horizon.see(number, now - (moment - event.created_at).total_seconds())
                if event.type not in UNTOLD:
                    self._past.append(self._news_of(number, event))
            self._horizon.settle(now)
            self._reader = asyncio.create_task(self._read(moment))
            self._reader.add_done_callback(self._note_end)

    def _note_end(self, reader: asyncio.Task[None]) -> None:
        if not reader.cancelled() and reader.exception() is not None:
            log.error("The live stream ended", exc_info=reader.exception())
        if reader is self._reader:
            self._reader = None
            self._pass_on()

    async def _read(self, since: datetime) -> None:
        jobs, uploads = Tide(live_records.list_jobs, since), Tide(live_records.list_uploads, since)
        hearing = None if self.listen is None else asyncio.ensure_future(self.listen(self.wake))
        looked_at = 0.0
        try:
            while True:
                self._woken.clear()
                try:
                    await self._look()
                    if time.monotonic() - looked_at > MOVED_SECONDS:
                        looked_at = time.monotonic()
                        await self._look_at(jobs)
                        await self._look_at(uploads)
                except DatabaseAway as away:
                    log.warning("The live stream cannot read", extra={"code": away.code})
                await self._rest()
        finally:
            if hearing is not None:
                hearing.cancel()

    async def _look(self) -> None:
        """Tell of new events."""
        read = LOT
        while read == LOT:
            top, missing = self._horizon.top, self._horizon.list_missing()
            async with self.database.reading() as connection:
                found = await outbox.list_after(connection, top, LOT, missing)
            read, now = len(found), time.monotonic()
            for number, event in found:
                if self._horizon.see(number, now):
                    self._tell(self._news_of(number, event))
            self._horizon.settle(now)
            self._pass_on()

    async def _look_at(self, tide: Tide) -> None:
        """Tell of what moved."""
        async with self.database.reading() as connection:
            found = await tide.read(connection)
        for each in found:
            told = {"type": each.what, "created_at": each.at.isoformat(), "data": each.facts}
            text = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
            body = text.encode("utf-8", "replace")
            asset_id = each.facts.get("asset_id")
            self._tell(News(each.what, each.project_id, asset_id, b"data: %b\n\n" % body))
        self._pass_on()

    def _news_of(self, number: int, event: Event) -> News:
        frame = b"id: %d\ndata: %b\n\n" % (self._horizon.floor, payload_of(event))
        return News(event.type.value, event.project_id, event.asset_id, frame, number)

    def _tell(self, news: News) -> None:
        if news.what in UNTOLD:
            return
        self._news.append(news)
        if news.number is not None:
            if len(self._past) == PAST:
                self._past_floor = self._past[0].number or 0
            self._past.append(news)
        if len(self._news) >= 2 * KEPT:
            del self._news[:KEPT]
            self._base += KEPT

    def _pass_on(self) -> None:
        if self._told is not None:
            self._told.set_result(None)
            self._told = None

    async def _rest(self) -> None:
        await asyncio.sleep(LEAST_SECONDS)
        try:
            async with asyncio.timeout(LOOK_SECONDS - LEAST_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            pass
