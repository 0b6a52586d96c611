"""Repair: a store that was away for longer than the tries of a step does no lasting harm.

Direct uploads have their bytes at the store alone. Where looking at them, or keeping them, failed
because the store failed, the job is tried again once the store answers: nobody has to ask for it.
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
from rushes.jobs.desk import Desk
from rushes.jobs.job import JobState
from rushes.jobs.records import JobFilter
from rushes.stores.s3 import S3Store
from rushes.stores.store import NotFound
from rushes.tiers import growth_records
from rushes.tiers.growth_records import Stranded

LOOK_SECONDS: Final = 15.0
REST: Final = timedelta(seconds=30)
"""A job that has just failed is left alone for so long."""
PAGE: Final = 50

PASSING: Final = frozenset(
    {"store.busy", "store.full", "store.unreachable", "direct.store_changed"}
)
"""Codes of troubles that a store gets over."""

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Repairing:
    """Tries again what the archive's bucket made fail; one runs beside each worker."""

    database: Database
    clock: Clock
    store: S3Store
    desk: Desk

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.retry_stranded()
            except (RushesError, OSError) as error:
                LOG.info("the archive's bucket is still away: %s", error)

    async def retry_stranded(self) -> int:
        """Try again what failed while the store was away; return how many jobs.

        Raises:
            Unreachable, Busy, Refused: it still is.
        """
        async with self.database.reading() as connection:
            stranded = await growth_records.list_stranded(
                connection, self.store.name, PASSING, PAGE
            )
        return sum([await self._retry(one) for one in stranded])

    async def _retry(self, one: Stranded) -> int:
        newest = await self.desk.list_page(
            JobFilter(workflow=one.workflow, subject=one.subject), limit=1
        )
        if not newest or newest[0].state is not JobState.FAILED:
            return 0
        job = newest[0]
        if job.error_code not in PASSING or self.clock.now() - job.updated_at < REST:
            return 0
        try:
            await self.store.head(one.key)
        except NotFound:
            return 0  # it would fail again, for another reason
        await self.desk.retry(job.id)
        LOG.info("%s of %s is tried again: the store answers", one.workflow, one.subject)
        return 1
