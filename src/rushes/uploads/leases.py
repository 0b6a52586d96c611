"""Leases: which of many processes may write to an upload; one process needs none.

1. A lease lasts 15 s by the database's clock, is renewed every 5 s, and is kept for a while after
   the last append, because the next one mostly comes to the same process.
2. Who needs an upload that another process holds asks in its row. The holder hears of it at once,
   or finds it within 250 ms: it lets go at once where nothing is being written, and stops a sender
   that is silent.
3. A lease that ran out may belong to a process that is frozen, not dead. It will wake up and write
   into the file that it has open: so whoever inherits goes on in a new file before it lets go.
   Of a process that is certainly dead (`uploads.processes`) all is inherited at once, as it lies.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from rushes.db.engine import Database
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.uploads import lease_records
from rushes.uploads.lease_records import Wish
from rushes.uploads.processes import is_dead

RENEW_SECONDS: Final = 5.0
KEEP_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.25
"""How often a holder looks whether it is wanted, where no notice comes through."""

ASK_SECONDS: Final = 0.05
"""How often one that waits asks again, and how often one that is wanted looks at its sender."""

WISH_SECONDS: Final = 4.0
"""After this long a wish is nobody's any more: who asks gives up after two."""

SILENT_SECONDS: Final = 0.5

Hearing: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
"""Calls what it is given for each notice that an upload is wanted, until cancelled."""

log = logging.getLogger(__name__)


class Writer(Protocol):
    """Who writes under a lease."""

    @property
    def silent_seconds(self) -> float:
        """For how long its sender has sent nothing."""
        ...

    def stop(self) -> None:
        """Ask it to write down what it has, and go."""


@dataclass(slots=True)
class _Lease:
    """A lease of this process; `writer` None: nobody writes now."""

    writer: Writer | None
    rests_since: float = 0.0
    wanted_since: float | None = None


class Leases:
    """The leases of this process."""

    def __init__(self, database: Database, process: str, hear: Hearing) -> None:
        """Nothing is asked before the first upload."""
        self.process = process
        self._database = database
        self._hear = hear
        self._leases: dict[str, _Lease] = {}
        self._leaving: dict[str, asyncio.Event] = {}
        self._woken = asyncio.Event()
        self._renewed_at = 0.0
        self._watching: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None

    def has(self, upload_id: str) -> bool:
        """Say whether this process holds an upload."""
        return upload_id in self._leases

    async def take(self, upload_id: str, writer: Writer, seconds: float) -> bool | None:
        """Hold an upload for a writer; say whether its last holder may wake up and write.

        None: it is held by another process that did not let go within so many seconds.
        """
        while (leaving := self._leaving.get(upload_id)) is not None:
            await leaving.wait()
        lease = self._leases.get(upload_id)
        if lease is not None:
            lease.writer = writer
            return False
        self._begin()
        deadline = _now() + seconds
        while True:
            asked = await self._database.transact(
                lambda connection: lease_records.take(connection, upload_id, self.process, is_dead)
            )
            if asked.is_leased:
                self._leases[upload_id] = _Lease(writer)
                self._woken.set()
            if not asked.is_busy:
                return asked.is_inherited
            if _now() >= deadline:
                await self._forget_wish(upload_id)
                return None
            await asyncio.sleep(ASK_SECONDS)

    def rest(self, upload_id: str, *, is_settled: bool) -> None:
        """Say that nobody writes under a lease now; unsettled, it runs out by itself."""
        lease = self._leases.get(upload_id)
        if lease is None:
            return
        if is_settled:
            lease.writer, lease.rests_since = None, _now()
        else:
            del self._leases[upload_id]
        self._woken.set()

    async def evict(self, upload_id: str, seconds: float) -> None:
        """Make another process let go of an upload that has ended; wait so many seconds at most."""
        lease = self._leases.get(upload_id)
        if lease is not None:
            if lease.writer is None:
                await self._release([upload_id])
            return
        deadline = _now() + seconds
        while _now() < deadline:
            is_held = await self._database.transact(
                lambda connection: lease_records.want(connection, upload_id, self.process)
            )
            if not is_held:
                return
            await asyncio.sleep(ASK_SECONDS)

    async def end(self) -> None:
        """Let go of everything; nothing is taken after it."""
        tasks = [task for task in (self._watching, self._hearing) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        resting = [key for key, lease in self._leases.items() if lease.writer is None]
        try:
            await self._release(resting)
        except (DatabaseAway, DatabaseFull) as away:
            log.warning("Leases were not given back, they run out: %s", away)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        if self._hearing is None:
            self._hearing = loop.create_task(_outlast(self._hear(self._woken.set)))
        if self._watching is None or self._watching.done():
            self._watching = loop.create_task(self._watch())

    async def _watch(self) -> None:
        """Renew what we hold, and let go of what others want."""
        while True:
            if not self._leases:
                await self._woken.wait()
            is_wanted = any(lease.wanted_since is not None for lease in self._leases.values())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ASK_SECONDS if is_wanted else LOOK_SECONDS):
                    await self._woken.wait()
            self._woken.clear()
            try:
                await self._look()
            except (DatabaseAway, DatabaseFull) as away:
                log.warning("Leases of uploads were not looked after: %s", away)
                await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        if not self._leases:
            return
        now = _now()
        if now - self._renewed_at >= RENEW_SECONDS:
            await self._renew()
            self._renewed_at = now
        held = tuple(self._leases)
        wishes = await self._database.snapshot(
            lambda connection: lease_records.list_wishes(connection, held, self.process)
        )
        free = {key for wish in wishes if (key := self._heed(wish, now)) is not None}
        wanted = {wish.upload_id for wish in wishes}
        for key, lease in self._leases.items():
            if key not in wanted:
                lease.wanted_since = None
            if lease.writer is None and now - lease.rests_since >= KEEP_SECONDS:
                free.add(key)
        await self._release(free)
        await self._forget_old(now)

    def _heed(self, wish: Wish, now: float) -> str | None:
        """Return an upload that can be let go now; stop its writer if it has to go."""
        lease = self._leases.get(wish.upload_id)
        if lease is None:
            return None
        if lease.writer is None:
            return wish.upload_id
        lease.wanted_since = lease.wanted_since or now
        if wish.is_over or lease.writer.silent_seconds >= SILENT_SECONDS:
            lease.writer.stop()
        return None

    async def _renew(self) -> None:
        held = dict(self._leases)
        kept = await self._database.transact(
            lambda connection: lease_records.renew(connection, held.keys(), self.process)
        )
        for key, lease in held.items():
            if key in kept or self._leases.get(key) is not lease:
                continue
            del self._leases[key]
            if lease.writer is not None:
                lease.writer.stop()

    async def _release(self, upload_ids: Iterable[str]) -> None:
        """Let go of uploads; who comes for one meanwhile leases it anew."""
        free = [key for key in upload_ids if self._is_free(key)]
        if not free:
            return
        left = asyncio.Event()
        for key in free:
            self._leases.pop(key, None)
            self._leaving[key] = left
        try:
            await self._database.transact(
                lambda connection: lease_records.release(connection, free, self.process)
            )
        finally:
            for key in free:
                del self._leaving[key]
            left.set()

    def _is_free(self, upload_id: str) -> bool:
        lease = self._leases.get(upload_id)
        return lease is not None and lease.writer is None

    async def _forget_old(self, now: float) -> None:
        """Take back wishes of processes that are gone themselves."""
        for key, lease in tuple(self._leases.items()):
            if lease.wanted_since is not None and now - lease.wanted_since >= WISH_SECONDS:
                await self._forget_wish(key)
                lease.wanted_since = None

    async def _forget_wish(self, upload_id: str) -> None:
        await self._database.transact(
            lambda connection: lease_records.forget_wish(connection, upload_id, self.process)
        )


async def _outlast(hearing: Awaitable[None]) -> None:
    """Hear notices; without them the look every 250 ms is enough."""
    try:
        await hearing
    except OSError as error:
        log.warning("Notices of wanted uploads are not heard: %s", error)


def _now() -> float:
    return asyncio.get_running_loop().time()
