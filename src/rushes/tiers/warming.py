"""Warming: every two hours what is likely to be watched comes to the edge before anybody asks.

1. What to bring, and where to stop, `demand` says: 90 % of the cap, 90 % of the month's budget.
2. It is wished for as a viewer's miss would, so that whoever is first brings it once.
3. What somebody ordered for a day is there two hours before, and forgotten a day after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from rushes.access.permit import Actor
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.tiers import retain_records, warm_records
from rushes.tiers.budget import Budget
from rushes.tiers.by_hand import ByHand
from rushes.tiers.demand import NEW_FOR, Cold, Why, choose, play_rate, room_of
from rushes.tiers.edge import Edge
from rushes.tiers.placement import Tier
from rushes.tiers.prices import Rates
from rushes.tiers.recall import Recalling

PLAYS_COUNT: Final = timedelta(days=14)
RECENT: Final = timedelta(days=7)
KEPT: Final = timedelta(days=1)
LOT: Final = 100
MOST: Final = 500
"""No more is brought at once: viewers' own misses wait in the same row."""
NOON: Final = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Warming:
    """Brings what is likely to be watched."""

    database: Database
    clock: Clock
    recalling: Recalling
    by_hand: ByHand
    edge: Edge
    budget: Budget
    rates: Rates
    cap_bytes: int | None

    async def warm(self) -> int:
        """Bring what is likely to be watched; return how much is on its way now."""
        chosen = [object_id for object_id, _ in await self.choose()][:MOST]
        count = 0
        for start in range(0, len(chosen), LOT):
            count += len(await self.recalling.want(chosen[start : start + LOT]))
        async with self.database.transaction() as connection:
            await warm_records.forget_orders(connection, self.clock.now() - KEPT)
        return count

    async def choose(self) -> list[tuple[str, Why]]:
        """Return what would be brought now, most wanted first, and why."""
        now = self.clock.now()
        since = (now - PLAYS_COUNT).date()
        async with self.database.reading() as connection:
            rows = await warm_records.list_cold(connection, now - NEW_FOR, since)
            plays = await warm_records.list_plays(connection, [row.id for row in rows], since)
            held = await retain_records.sum_held(connection, Tier.EDGE)
            spent = await self.budget.sum(connection)
        room = room_of(self.cap_bytes, held, self.budget.most_bytes, spent)
        cold = [self._cold(row, plays.get(row.id, []), now) for row in rows]
        return choose(cold, room, self.rates, now)

    async def order(
        self, actor: Actor, asset_ids: Sequence[str], quality: str | None, wanted_at: datetime
    ) -> int:
        """Have assets on the edge by a time; return how many objects that is about.

        Raises:
            AssetNotFound, Forbidden, QualityUnknown: as for what is done by hand.
        """
        chosen: list[str] = []
        for asset_id in asset_ids:
            chosen += await self.by_hand.choose(actor, asset_id, quality)
        async with self.database.transaction() as connection:
            now = self.clock.now()
            await warm_records.record_orders(connection, chosen, wanted_at, actor.id, now)
        return len(set(chosen))

    def _cold(self, row: Any, plays: Sequence[tuple[date, int]], now: datetime) -> Cold:
        recent = sum(count for day, count in plays if day >= (now - RECENT).date())
        moments = [datetime.combine(day, NOON) for day, count in plays for _ in range(count)]
        takes = self.edge.on_ingest
        return Cold(
            object_id=row.id,
            project_id=row.project_id,
            size_bytes=row.size_bytes,
            made_at=row.made_at,
            is_on_ingest=takes is None or row.name in takes,
            recent_plays=recent,
            rate=play_rate(moments, now),
            wanted_at=row.wanted_at,
        )
