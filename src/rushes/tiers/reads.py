"""Reads: what people get is counted in memory, and the rows hear of it in lots.

    answer ──note──> memory ──every 10 s, 1,000 objects, or a miss──> one transaction

1. Nobody waits for it: `note` only counts, and a database that is away is told later.
2. What was to leave the edge and is read comes back; what is not there and is read is wished for.
3. A crash loses ten seconds of counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeAlias

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.ids import Prefix, is_id
from rushes.tiers import read_records
from rushes.tiers.doubts import Doubts
from rushes.tiers.placement import Tier
from rushes.tiers.read_records import Count
from rushes.tiers.recall import Recalling

EVERY: Final = timedelta(seconds=10)
LOT: Final = 1_000
"""So many objects are written down at once; more than that are not waited for."""
ASKED_AGAIN: Final = timedelta(seconds=60)
"""An object that was wished for is not wished for again by this process for so long."""
HEAD_START: Final = timedelta(seconds=0.25)
"""So long a reader has the archive alone, before what it reads is fetched to the edge as well."""
MOST_REMEMBERED: Final = 100_000

Told: TypeAlias = tuple[int, int, int]
"""Reads, those from the beginning, and bytes."""
NONE: Final[Told] = (0, 0, 0)

LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Reads:
    """What was read in this process and is not written down yet."""

    database: Database
    clock: Clock
    recalling: Recalling
    doubts: Doubts | None = None
    """What may not be on the edge; None where nobody is led there."""
    _counts: dict[tuple[str, Tier], Told] = field(default_factory=dict)
    _missed: dict[tuple[str, Tier], float] = field(default_factory=dict)
    _fresh: set[tuple[str, Tier]] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def note(
        self,
        object_id: str,
        tier: Tier,
        size_bytes: int,
        start: int = 0,
        near: Tier = Tier.EDGE,
    ) -> None:
        """Count one read of an object from a tier: of so many bytes, from there on.

        `near` is the edge that is nearest to who reads; what another tier gave is wished for there.
        """
        reads, plays, total = self._counts.get((object_id, tier), NONE)
        plays += start == 0
        self._counts[object_id, tier] = reads + 1, plays, total + size_bytes
        if tier is not near and is_id(Prefix.RENDITION, object_id):
            self._miss(object_id, near)
        if len(self._counts) >= LOT:
            self._woken.set()

    @contextlib.asynccontextmanager
    async def counting(self) -> AsyncIterator[None]:
        """Write down as long as the block runs, and once more at its end."""
        writing = asyncio.create_task(self.run())
        try:
            yield
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing
            try:
                await self.flush()
            except RushesError as error:
                LOG.warning("what was read last is not written down: %s", error)

    async def run(self) -> None:
        """Write down until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY.total_seconds()):
                    await self._woken.wait()
            self._woken.clear()
            try:
                await self.flush()
            except RushesError as error:
                LOG.warning("what was read is written down later: %s", error)

    async def flush(self) -> int:
        """Write down what was counted; return of how many objects.

        Raises:
            RushesError: the database is away; nothing is lost, and the next call writes it.
        """
        counts, self._counts = self._counts, {}
        missed, self._fresh = self._fresh, set()
        try:
            await self._write(counts, missed)
            for edge in {edge for _, edge in missed}:
                wanted = {object_id for object_id, near in missed if near is edge}
                await self.recalling.want(wanted, tier=edge)
            if self.doubts is not None:
                for object_id, edge in missed:
                    self.doubts.suspect(object_id, edge)
                await self.doubts.look()
        except RushesError:
            self._take_back(counts)
            self._fresh |= missed
            raise
        return len(counts)

    async def _write(
        self, counts: dict[tuple[str, Tier], Told], missed: set[tuple[str, Tier]]
    ) -> None:
        """Write counts down, and bring back what was to leave: to a region what is read there."""
        if not counts:
            return
        found = [Count(object_id, tier, *told) for (object_id, tier), told in counts.items()]
        renditions = {each.object_id for each in found if is_id(Prefix.RENDITION, each.object_id)}
        wanted = {Tier.EDGE: renditions} if renditions else {}
        for object_id, tier in {*counts, *missed}:
            if tier.region is not None and is_id(Prefix.RENDITION, object_id):
                wanted.setdefault(tier, set()).add(object_id)
        async with self.database.transaction() as connection:
            await read_records.record_reads(connection, found, self.clock.now())
            for tier, object_ids in wanted.items():
                await read_records.spare(connection, object_ids, tier)
        counts.clear()

    def _take_back(self, counts: dict[tuple[str, Tier], Told]) -> None:
        for key, told in counts.items():
            before = self._counts.get(key, NONE)
            self._counts[key] = before[0] + told[0], before[1] + told[1], before[2] + told[2]

    def _miss(self, object_id: str, edge: Tier) -> None:
        """Wish for an object at once, if this process has not done so a short while ago."""
        now = asyncio.get_running_loop().time()
        asked = self._missed.get((object_id, edge))
        if asked is not None and now - asked < ASKED_AGAIN.total_seconds():
            return
        if len(self._missed) >= MOST_REMEMBERED:
            self._missed.clear()
        self._missed[object_id, edge] = now
        self._fresh.add((object_id, edge))
        if len(self._fresh) == 1:
            asyncio.get_running_loop().call_later(HEAD_START.total_seconds(), self._woken.set)
