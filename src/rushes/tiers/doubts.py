"""Doubts: what was led to the edge twice at once may not be there, and is looked at.

Players are led to a bucket and take their bytes there; that this failed is seen only by the same
question coming again. From then on the next copy answers for a while, and the store is asked: what
it lacks twice, ten minutes apart, is lost, and is wished for again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, TypeAlias

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.store import NotFound, Vault
from rushes.tiers import recall_records, records
from rushes.tiers.edge import Further, store_at
from rushes.tiers.losses import Losses
from rushes.tiers.placement import State, Tier
from rushes.tiers.recall import Recalling

AGAIN_SECONDS: Final = 15.0
"""The same question within this time says that its answer was of no use."""
DOUBTED_SECONDS: Final = 600.0
MOST_REMEMBERED: Final = 50_000

Copy: TypeAlias = tuple[str, Tier]
"""An object on an edge."""

LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Doubts:
    """What this process doubts of the edge."""

    database: Database
    clock: Clock
    edge: Vault
    recalling: Recalling
    now: Callable[[], float] = monotonic
    further: Further = field(default_factory=dict)
    _led: dict[tuple[str, ...], float] = field(default_factory=dict)
    _until: dict[Copy, float] = field(default_factory=dict)
    _unlooked: set[Copy] = field(default_factory=set)

    def is_doubted(self, object_id: str, tier: Tier = Tier.EDGE) -> bool:
        """Say whether the next copy should answer for this object."""
        return self._until.get((object_id, tier), 0.0) > self.now()

    def lead(self, object_id: str, question: tuple[str, ...], tier: Tier = Tier.EDGE) -> bool:
        """Note that a question is led to an edge; False if it was a moment ago, to no use.

        The question says who asks: two who ask the same are no sign of trouble.
        """
        now, before = self.now(), self._led.get(question)
        if len(self._led) >= MOST_REMEMBERED:
            self._led.clear()
        self._led[question] = now
        if before is None or now - before > AGAIN_SECONDS:
            return True
        self.doubt(object_id, tier)
        return False

    def doubt(self, object_id: str, tier: Tier = Tier.EDGE) -> None:
        """Let the next copy answer for a while, and let the store be asked."""
        if len(self._until) >= MOST_REMEMBERED:
            self._until.clear()
        self._until[object_id, tier] = self.now() + DOUBTED_SECONDS
        self.suspect(object_id, tier)

    def suspect(self, object_id: str, tier: Tier = Tier.EDGE) -> None:
        """Let the store be asked: another copy answered for this object."""
        self._unlooked.add((object_id, tier))

    async def look(self) -> list[str]:
        """Ask the store for what is doubted; return what is lost, and wished for again.

        Raises:
            RushesError: the database is away; the next call looks at all of it again.
        """
        doubted, self._unlooked = self._unlooked, set()
        try:
            lost = [copy for copy in doubted if await self._is_lost(*copy)]
            for object_id, tier in lost:
                await self.recalling.want([object_id], tier=tier, at_once=True)
        except RushesError:
            self._unlooked |= doubted
            raise
        return [object_id for object_id, _ in lost]

    async def _is_lost(self, object_id: str, tier: Tier) -> bool:
        async with self.database.reading() as connection:
            place = await records.find_placement(connection, object_id, tier)
        if place is None or place.state is not State.PRESENT:
            return False
        try:
            found = await store_at(tier, self.edge, self.further).head(place.key)
        except NotFound:
            LOG.error("the %s lacks %s", tier.value, place.key)  # noqa: TRY400 - told
        except RushesError as error:
            LOG.warning("the %s cannot be asked for %s: %s", tier.value, place.key, error)
            return False
        else:
            if found.size_bytes == place.size_bytes:
                async with self.database.transaction() as connection:
                    await recall_records.forget_miss(connection, place)
                self._until.pop((object_id, tier), None)
                return False
        return await Losses(self.database, self.clock).miss(place)
