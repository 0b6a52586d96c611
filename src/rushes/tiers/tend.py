"""Tend: what uploads leave at the archive's bucket, without a web process.

1. Direct uploads whose senders say no end are looked for.
2. What nobody wants goes: parts and objects of uploads that ended, or whose bytes were here.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.s3 import S3Store
from rushes.tiers import growth_records
from rushes.uploads import direct_records
from rushes.uploads.direct import LANDING, landing_key
from rushes.uploads.directing import Directing

LOOK_SECONDS: Final = 2.0
REST_SECONDS: Final = 30.0
"""How long a store that failed is left alone."""

CLEARED_EVERY: Final = timedelta(hours=24)
PAGE: Final = 50

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tending:
    """Looks after the bucket; one runs beside each worker."""

    database: Database
    clock: Clock
    store: S3Store
    directing: Directing

    async def run(self) -> None:
        """Look after it until cancelled."""
        swept_at = None
        while True:
            try:
                await self.directing.look_after()
                await self.remove_unwanted()
                now = self.clock.now()
                if swept_at is None or now - swept_at > CLEARED_EVERY:
                    await self.clear_landings()
                    swept_at = now
            except (RushesError, OSError) as error:
                LOG.warning("the archive's bucket is not looked after for now: %s", error)
                await asyncio.sleep(REST_SECONDS)
            else:
                await asyncio.sleep(LOOK_SECONDS)

    async def remove_unwanted(self) -> int:
        """Remove parts and objects that nobody wants; return of how many uploads.

        Raises:
            Unreachable, Busy, Refused: the store failed; another round goes on.
        """
        async with self.database.reading() as connection:
            copies = await growth_records.list_unwanted_copies(connection, PAGE)
            directs = await growth_records.list_unwanted_directs(
                connection, self.directing.store_name, PAGE
            )
        for upload_id in copies:
            await self._abort_copy(upload_id)
        for upload_id in directs:
            await self._remove_direct(upload_id)
        return len(copies) + len(directs)

    async def clear_landings(self) -> int:
        """Delete what was put to an address after its upload had ended; return how many."""
        count, after = 0, ""
        while keys := await self.store.list_keys(LANDING, after):
            ids = [key.removeprefix(LANDING) for key in keys]
            async with self.database.reading() as connection:
                still = await growth_records.list_receiving(connection, ids)
            for upload_id in ids:
                if upload_id not in still:
                    await self.store.delete(landing_key(upload_id))
                    count += 1
            after = keys[-1]
        return count

    async def _abort_copy(self, upload_id: str) -> None:
        async with self.database.reading() as connection:
            copy = await growth_records.find_copy(connection, upload_id)
        if copy is not None:
            await self.store.abort(copy.key, copy.store_upload_id)
        async with self.database.transaction() as connection:
            await growth_records.forget(connection, upload_id)

    async def _remove_direct(self, upload_id: str) -> None:
        async with self.database.reading() as connection:
            direct = await direct_records.find_direct(connection, upload_id)
        if direct is not None and direct.store == self.directing.store_name:
            await self.directing.remove(direct)
