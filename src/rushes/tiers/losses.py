"""Losses: what is not where its row says, or is not what it was, is told loudly, once.

Nothing is deleted here: a lost object answers nobody until it is mended.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.tiers import check_records, recall_records
from rushes.tiers.placement import Placement, Step

MISSED_TWICE: Final = timedelta(minutes=10)
"""What is missing is lost when it is missed again so long after."""

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Losses:
    """Writes down what is lost, and tells of it."""

    database: Database
    clock: Clock

    async def miss(self, place: Placement) -> bool:
        """Note that a store lacks an object; the second time it is lost. Say whether it is."""
        async with self.database.transaction() as connection:
            is_lost = await recall_records.record_miss(
                connection, place, self.clock.now(), MISSED_TWICE
            )
            if is_lost:
                await self._tell(connection, place, "missing")
        return is_lost

    async def lose(self, place: Placement, why: str) -> bool:
        """Note that an object is lost: `missing`, or `wrong bytes`; say whether that was new."""
        after = place.after(Step.VANISH)
        async with self.database.transaction() as connection:
            is_new = await check_records.write_lost(connection, place, after, why)
            if is_new:
                await self._tell(connection, place, why)
        return is_new

    async def miss_again(self, place: Placement, why: str) -> None:
        """Note that what was lost could not be mended, and is lost still."""
        after = place.after(Step.MISS)
        async with self.database.transaction() as connection:
            await check_records.write_lost(connection, place, after, why)

    async def _tell(self, connection: Connection, lost: Placement, why: str) -> None:
        LOG.error("%s is lost on the %s: %s", lost.key, lost.tier.value, why)
        now = self.clock.now()
        assets = await library_records.list_of_content(connection, lost.content_id)
        first = assets[0] if assets else None
        place: dict[str, object] = {}
        if first is not None:
            project = await access_records.get_project(connection, first.project_id)
            place = {"client": project.client_slug, "project": project.project_slug}
        facts = {
            "asset_id": None if first is None else first.id,
            "content_id": lost.content_id,
            "tier": lost.tier.value,
            "key": lost.key,
            "size_bytes": lost.size_bytes,
            "reason": why,
        }
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.PLACEMENT_LOST,
            created_at=now,
            actor=SYSTEM_ACTOR,
            subject=lost.object_id,
            project_id=None if first is None else first.project_id,
            asset_id=None if first is None else first.id,
            data={**place, **facts},
        )
        await outbox.record(connection, event)
