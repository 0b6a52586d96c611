"""Retain: the rules of retention applied to the edge, shown first, then carried out.

1. The plan is made anew each time, by the cutoffs of the rules; nothing is kept of an older one.
2. What the plan doubts waits for a person, who says yes to a number of objects: a plan that has
   grown beyond it meanwhile waits again.
3. Carrying out is to mark; `evict` does the rest, and asks the archive again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.tiers import plan_records, records, retain_records
from rushes.tiers.cutoffs import Cutoffs, make_cutoffs
from rushes.tiers.evict import Evicting, Marked
from rushes.tiers.placement import Tier
from rushes.tiers.prices import Price
from rushes.tiers.retain_records import Run
from rushes.tiers.retention import Gathering, Kept, Plan, Usage, reason_of
from rushes.tiers.rules import Rules

PLAYS_COUNT: Final = timedelta(days=7)
HOUR: Final = timedelta(hours=1)
LOT: Final = 500
SLACK: Final = 1.1
"""A plan may be so much larger than what a person said yes to."""
WAITING, DONE = "waiting", "done"


@dataclass(frozen=True, slots=True)
class Retaining:
    """Keeps the edge small."""

    database: Database
    clock: Clock
    evicting: Evicting
    rules: Rules
    price: Price

    async def plan(self) -> Plan:
        """Return what the rules say of the edge now; nothing is changed."""
        ours = self.clock.now()
        async with self.database.reading() as connection:
            now = await records.read_clock(connection, ours)
            usage = Usage(
                held_bytes=await retain_records.sum_held(connection, Tier.EDGE),
                planned_at=await retain_records.find_carried_out(connection, Tier.EDGE),
                clock_moved=now - ours,
                price=self.price.storage,
            )
            cutoffs = make_cutoffs(self.rules, usage.held_bytes, now)
            return await gather(connection, cutoffs, usage)

    async def ask(self, actor: str, at_most: int) -> None:
        """Ask a worker to carry out the plan, if it names no more than so many objects."""
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.TIER_EVICTION_ASKED,
            created_at=now,
            actor=actor,
            subject=Tier.EDGE.value,
            data={"tier": Tier.EDGE.value, "objects": at_most},
        )
        async with self.database.transaction() as connection:
            await outbox.record(connection, event)

    async def carry_out(self, at_most: int | None = None, actor: str = SYSTEM_ACTOR) -> int:
        """Apply the rules; return how many objects were marked to leave.

        Args:
            at_most: to how many objects a person said yes; None where nobody was asked, and what
                the plan doubts waits.
            actor: who said so.
        """
        found = await self.plan()
        is_allowed = not found.needs_confirming
        if at_most is not None:
            is_allowed = found.leaving.objects <= at_most * SLACK
        is_allowed = is_allowed or not found.evict
        now = self.clock.now()
        run = Run(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            tier=Tier.EDGE.value,
            state=DONE if is_allowed else WAITING,
            plan=describe(found),
            marked=0,
            actor=actor,
            created_at=now,
            confirmed_by=None if at_most is None else actor,
        )
        async with self.database.transaction() as connection:
            await retain_records.record_run(connection, run)
        return await self._mark(found, run) if is_allowed else 0

    async def _mark(self, found: Plan, run: Run) -> int:
        chosen, marked = iter(found.evict), 0
        while lot := {one: reason.value for one, reason in islice(chosen, LOT)}:
            done: Marked = await self.evicting.mark(lot, read_within=self.rules.grace_when_full)
            marked += done.objects
            async with self.database.transaction() as connection:
                await retain_records.count_marked(connection, run.id, marked)
        return marked


async def gather(connection: Connection, cutoffs: Cutoffs, usage: Usage) -> Plan:
    """Return the plan of the edge as the database judges it."""
    gathering, plays_since = Gathering(cutoffs, usage), (cutoffs.now - PLAYS_COUNT).date()
    sums = await plan_records.sum_up(connection, Tier.EDGE, cutoffs)
    gathering.is_ahead = sums.is_ahead
    gathering.keep(Kept.SMALL, sums.small_objects, sums.small_bytes)
    objects, size_bytes = sums.objects - sums.small_objects, sums.size_bytes - sums.small_bytes
    for group in await plan_records.judge(connection, Tier.EDGE, cutoffs, plays_since):
        objects, size_bytes = objects - group.objects, size_bytes - group.size_bytes
        if group.verdict == reason_of(cutoffs):
            gathering.go(group.placement_ids, group.size_bytes, reason_of(cutoffs))
        else:
            gathering.keep(Kept(group.verdict), group.objects, group.size_bytes)
    gathering.keep(Kept.WATCHED, objects, size_bytes)
    if gathering.excess_bytes > 0:
        await _make_room(connection, cutoffs, gathering, plays_since)
    return gathering.finish()


async def _make_room(
    connection: Connection, cutoffs: Cutoffs, gathering: Gathering, plays_since: date
) -> None:
    """Let those give way that were read longest ago, by as many hours at once as seem enough."""
    hours = await plan_records.sum_by_hour(connection, Tier.EDGE, cutoffs)
    begin, found = cutoffs.graced, 0
    for number, (hour, size_bytes) in enumerate(hours):
        begin, found = min(begin, hour), found + size_bytes
        if found < gathering.excess_bytes * SLACK and number + 1 < len(hours):
            continue
        span = (begin, hour + HOUR)
        for each in await plan_records.list_oldest(
            connection, Tier.EDGE, cutoffs, plays_since, span
        ):
            gathering.give_way(each.placement_id, each.size_bytes, Kept(each.verdict))
        if gathering.excess_bytes <= 0:
            return
        begin, found = cutoffs.graced, 0


def describe(found: Plan) -> Mapping[str, object]:
    """Return a plan in plain JSON: counts, bytes, dollars a month, and why."""
    return {
        "objects": found.leaving.objects,
        "size_bytes": found.leaving.size_bytes,
        "held_objects": found.held.objects,
        "held_bytes": found.held.size_bytes,
        "saving": float(round(found.saving, 4)),
        "reasons": {
            reason.value: {"objects": tally.objects, "size_bytes": tally.size_bytes}
            for reason, tally in found.by_reason.items()
            if tally.objects
        },
        "kept": {why.value: count for why, count in found.kept.items() if count},
        "doubts": [doubt.value for doubt in found.doubts],
    }
