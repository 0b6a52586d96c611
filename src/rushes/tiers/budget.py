"""The budget: how much may leave the archive in a month, and what waits when that is spent.

No viewer is refused. From 90 % on nothing is brought ahead of anybody's asking; from 100 % on
nothing is brought to the edge but by hand, and players get the qualities that are there, or the
smallest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.media.ladder import Quality
from rushes.tiers import account_records, recall_records
from rushes.tiers.placement import Tier
from rushes.tiers.statement import next_month

REMEMBERED: Final = timedelta(minutes=1)


@dataclass(slots=True)
class Budget:
    """What may leave the archive in a month, in bytes; None is any number."""

    database: Database
    clock: Clock
    most_bytes: int | None = None
    _spent: int = 0
    _until: float = float("-inf")

    async def sum(self, connection: Connection) -> int:
        """Return what has left the archive this month, as far as it is accounted."""
        month = self.clock.now().date().replace(day=1)
        sums = await account_records.sum_slots(connection, month, next_month(month))
        return sum(
            each.read_bytes if each.slot.tier is Tier.ARCHIVE else each.fetched_bytes
            for each in sums
        )

    async def is_over(self) -> bool:
        """Say whether all of it is spent; known to the minute in this process."""
        if self.most_bytes is None:
            return False
        if self._is_known():
            return self._spent >= self.most_bytes
        async with self.database.reading() as connection:
            return await self._is_over(connection, self.most_bytes)

    async def find_cap(self, connection: Connection, content_id: str) -> str | None:
        """Return the best quality that players should get of a content; None is any.

        Where all is spent that is the best one on the edge, or the smallest there is.
        """
        if self.most_bytes is None or not await self._is_over(connection, self.most_bytes):
            return None
        near = await recall_records.list_near(connection, content_id)
        known = [quality for quality in Quality if quality.value in near]
        return max(known, key=lambda quality: quality.height, default=Quality.P360).value

    def _is_known(self) -> bool:
        return self.clock.now().timestamp() < self._until

    async def _is_over(self, connection: Connection, most_bytes: int) -> bool:
        if not self._is_known():
            until = (self.clock.now() + REMEMBERED).timestamp()
            self._spent = await self.sum(connection)
            self._until = until
        return self._spent >= most_bytes
