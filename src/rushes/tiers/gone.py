"""Gone: what others took away again from the archive's store, after it was taken in there.

Its copy counts as missed, as when a check misses it: the second time it is lost, told, and answered
from elsewhere. What no asset has any more is forgotten, so that it may come again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.stores.store import NotFound, Vault
from rushes.tiers import check_records
from rushes.tiers.losses import Losses
from rushes.tiers.placement import State, Tier
from rushes.uploads import foreign_records
from rushes.uploads.foreign_records import Foreign, Stretch

PAGE: Final = 1_000
NAMED: Final = 20
"""So many keys are named in an alert; all are counted."""

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gone:
    """Finds what is gone."""

    database: Database
    clock: Clock
    store: Vault
    losses: Losses

    async def find(
        self, stretch: Stretch, listed: Collection[str], before: datetime, *, notes: bool
    ) -> list[str]:
        """Return keys of a stretch that were taken in before a moment, and are not there now.

        With `notes` their copies count as missed.

        Raises:
            Unreachable, Busy, Refused: the store failed.
        """
        found: list[str] = []
        while True:
            async with self.database.reading() as connection:
                page = await foreign_records.list_stretch(connection, stretch, before, PAGE)
            found += [
                foreign.key
                for foreign in page
                if foreign.key not in listed and await self._is_gone(foreign, notes=notes)
            ]
            if len(page) < PAGE:
                return found
            stretch = Stretch(stretch.store, stretch.prefix, page[-1].key, stretch.until)

    async def _is_gone(self, foreign: Foreign, *, notes: bool) -> bool:
        """Look once more; say whether something of ours needs what is not there."""
        try:
            await self.store.head(foreign.key)
        except NotFound:
            pass
        else:
            return False
        async with self.database.reading() as connection:
            used = await foreign_records.list_used(connection, foreign.store, [foreign.key])
            place = await check_records.find_by_key(connection, Tier.ARCHIVE, foreign.key)
            former = await check_records.find_by_key(connection, Tier.FORMER, foreign.key)
        if former is not None and place is None:
            return False  # it has not moved here yet
        if not used and notes:
            async with self.database.transaction() as connection:
                await foreign_records.forget_foreign(connection, foreign)
        if notes and place is not None and place.state is State.PRESENT:
            await self.losses.miss(place)
        return bool(used)

    async def tell(self, changed: Sequence[str], gone: Sequence[str]) -> None:
        """Alert people that objects of others changed, or went."""
        LOG.warning("%d imported objects changed, %d are gone", len(changed), len(gone))
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.TIER_ALERT,
            created_at=now,
            actor=SYSTEM_ACTOR,
            subject=Tier.ARCHIVE.value,
            data={
                "state": "not_as_imported",
                "changed": len(changed),
                "gone": len(gone),
                "changed_keys": list(changed[:NAMED]),
                "gone_keys": list(gone[:NAMED]),
            },
        )
        async with self.database.transaction() as connection:
            await outbox.record(connection, event)
