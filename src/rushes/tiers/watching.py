"""Watching: a worker looks every ten minutes whether tiers are well, and tells where they are not.

    stores, rows, jobs ──signs──> alarms ──tier.alert──> mail, webhooks, the portal

1. A store is asked for an object that it cannot have: no such object is the right answer.
2. What was told is a row, so that it is told once by whatever worker, and once at its end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import RushesError
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.stores.filesystem import FolderStore
from rushes.stores.store import NotFound, Vault
from rushes.tiers import alarm_records, editing_records, retain_records
from rushes.tiers.alarms import (
    Alarm,
    Sign,
    Step,
    Trouble,
    find_failing,
    find_fullness,
    find_spending,
    judge,
)
from rushes.tiers.budget import Budget
from rushes.tiers.overview import Place
from rushes.tiers.placement import Tier

ASKED_KEY: Final = "rushes/is-anybody-there"
FAILING_WITHIN: Final = timedelta(hours=1)
MOVEMENTS: Final = {
    Tier.ARCHIVE: ("keep",),
    Tier.EDGE: ("recall", "evict", "retain"),
}
"""The work that moves objects to and from a tier."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Looks whether tiers are well."""

    database: Database
    clock: Clock
    places: Mapping[Tier, Place]
    stores: Mapping[Tier, Vault]
    budget: Budget

    async def watch(self) -> int:
        """Look, and tell what has changed; return how many alarms last."""
        signs = [sign async for sign in self._look()]
        now = self.clock.now()
        async with self.database.transaction() as connection:
            known = await alarm_records.list_lasting(connection)
            for step, alarm in judge(known, signs, now):
                await alarm_records.write_alarm(connection, alarm)
                if step is not None:
                    await outbox.record(connection, self._event(step, alarm))
        return len(signs)

    async def list_last(self, limit: int) -> list[Alarm]:
        """Return alarms: those that last, and then those that were, the newest first."""
        async with self.database.reading() as connection:
            return await alarm_records.list_last(connection, limit)

    async def _look(self) -> AsyncIterator[Sign]:
        for tier, store in self.stores.items():
            if (sign := await self._ask(tier, store)) is not None:
                yield sign
        async with self.database.reading() as connection:
            for tier, place in self.places.items():
                held = await retain_records.sum_held(connection, tier)
                if (sign := find_fullness(tier.value, held, place.limit_bytes)) is not None:
                    yield sign
                if (sign := await self._find_failing(connection, tier)) is not None:
                    yield sign
            spent = await self.budget.sum(connection)
            if (sign := find_spending("archive", spent, self.budget.most_bytes)) is not None:
                yield sign
            tree = await editing_records.find_tree(connection)
            if tree is not None and tree.trouble is not None:
                yield Sign(Tier.EDITING.value, Trouble.MOUNT, 100, tree.trouble)

    async def _ask(self, tier: Tier, store: Vault) -> Sign | None:
        """Return the sign of a store that does not answer, or whose disk is full."""
        try:
            if isinstance(store, FolderStore):
                await store.check()
                space = await store.space()
                room = space.taken_bytes + space.free_bytes
                return find_fullness(f"{tier.value} disk", space.taken_bytes, room)
            await store.head(ASKED_KEY)
        except NotFound:
            return None
        except RushesError as error:
            words = f"The store of the {tier.value} does not answer: {error.message}"
            return Sign(tier.value, Trouble.STORE, 100, words)
        return None

    async def _find_failing(self, connection: Connection, tier: Tier) -> Sign | None:
        since = self.clock.now() - FAILING_WITHIN
        work = MOVEMENTS.get(tier, ())
        failed, ended = await alarm_records.count_ended(connection, work, since)
        return find_failing(tier.value, failed, ended)

    def _event(self, step: Step, alarm: Alarm) -> Event:
        now = self.clock.now()
        words = alarm.words if step is not Step.CLEARED else f"It is over: {alarm.words}"
        return Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.TIER_ALERT,
            created_at=now,
            actor=SYSTEM_ACTOR,
            subject=alarm.name,
            data={
                "state": step.value,
                "tier": alarm.tier,
                "trouble": alarm.trouble.value,
                "level": alarm.level,
                "reason": words,
            },
        )
