"""Leftovers: multiparts that nobody will end are given up, at every bucket, without a web process.

1. A movement's own row tells of it: once its object is there, or not wanted any more, or after a
   week, the store is told, and the row goes.
2. Multiparts that no row tells of are given up a week after they were begun: a crash between the
   store's answer and the row left them there.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.s3 import S3Store
from rushes.stores.store import Vault
from rushes.tiers import growth_records, movement_records
from rushes.tiers.edge import Further, store_at
from rushes.tiers.movement_records import Movement
from rushes.tiers.placement import Tier

LOOK_SECONDS: Final = 60.0
ORPHAN_AGE: Final = timedelta(days=7)
ORPHANS_EVERY: Final = timedelta(hours=24)
PREFIXES: Final = ("originals/", "proxies/", "stills/")
"""Where our multiparts begin."""
PAGE: Final = 50

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Gives up what was begun at the buckets; one runs beside each worker."""

    database: Database
    clock: Clock
    archive: Vault
    edge: Vault
    former: Vault | None = None
    """The store from which the archive moves."""
    further: Further = field(default_factory=dict)

    async def run(self) -> None:
        """Go on until cancelled; the trouble of one bucket waits for the next round."""
        swept_at: datetime | None = None
        while True:
            try:
                await self.end_stale()
                now = self.clock.now()
                if swept_at is None or now - swept_at > ORPHANS_EVERY:
                    await self.abort_orphans()
                    swept_at = now
            except (RushesError, OSError) as error:
                LOG.warning("leftovers stay at a bucket for now: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def end_stale(self) -> int:
        """Give up movements that nobody will end; return how many.

        Those at a store that fails wait for another round, and keep no others.
        """
        before = self.clock.now() - ORPHAN_AGE
        async with self.database.reading() as connection:
            stale = await movement_records.list_stale(connection, before, PAGE)
        ended = 0
        for each in stale:
            try:
                await self._give_up(each)
                ended += 1
            except RushesError as error:
                LOG.warning("a movement stays at a bucket for now: %s", error)
        return ended

    async def _give_up(self, each: Movement) -> None:
        tier = Tier(each.tier)
        store = store_at(tier, self.edge, self.further) if tier.is_edge else self.archive
        if isinstance(store, S3Store):
            await store.abort(each.key, each.store_upload_id)
        async with self.database.transaction() as connection:
            await movement_records.forget_movement(connection, each.placement_id)

    async def abort_orphans(self) -> int:
        """Give up old multiparts that no row tells of; return how many."""
        every = (self.archive, self.edge, self.former, *self.further.values())
        stores = {id(store): store for store in every}
        return sum(
            [await self._abort_at(store) for store in stores.values() if isinstance(store, S3Store)]
        )

    async def _abort_at(self, store: S3Store) -> int:
        before = self.clock.now() - ORPHAN_AGE
        old = [
            each
            for prefix in PREFIXES
            for each in await store.list_multiparts(prefix)
            if each.begun_at < before
        ]
        async with self.database.reading() as connection:
            ids = [each.store_upload_id for each in old]
            known = await growth_records.list_known_multiparts(connection, ids)
            known |= await movement_records.list_known(connection, ids)
        orphans = [each for each in old if each.store_upload_id not in known]
        for orphan in orphans:
            LOG.warning("the multipart of %s, begun %s, is given up", orphan.key, orphan.begun_at)
            await store.abort(orphan.key, orphan.store_upload_id)
        return len(orphans)
