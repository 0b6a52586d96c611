"""Retain: the rules of retention applied to each edge, shown first, then carried out.

1. The plan is made anew each time, by the cutoffs of the rules; nothing is kept of an older one.
2. What the plan doubts waits for a person, who says yes to a number of objects: a plan that has
   grown beyond it meanwhile waits again.
3. Carrying out is to mark; `evict` does the rest, and asks the archive again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from rushes.tiers.overview import Place
from rushes.tiers.placement import Tier, region_unknown
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
    further: Mapping[Tier, Place] = field(default_factory=dict)
    """Further edges: the same rules, each with a cap and a price of its own."""

    async def plan(self, tier: Tier = Tier.EDGE) -> Plan:
        """Return what the rules say of an edge now; nothing is changed.

        Raises:
            RegionUnknown: the settings name no such region.
        """
        rules, price = self._of(tier)
        ours = self.clock.now()
        async with self.database.reading() as connection:
            now = await records.read_clock(connection, ours)
            usage = Usage(
                held_bytes=await retain_records.sum_held(connection, tier),
                planned_at=await retain_records.find_carried_out(connection, tier),
                clock_moved=now - ours,
                price=price.storage,
            )
            cutoffs = make_cutoffs(rules, usage.held_bytes, now)
            return await gather(connection, tier, cutoffs, usage)

    def _of(self, tier: Tier) -> tuple[Rules, Price]:
        """Return the rules of an edge, and what it costs."""
        if tier is Tier.EDGE:
            return self.rules, self.price
        if tier not in self.further:
            raise region_unknown()
        place = self.further[tier]
        return replace(self.rules, cap_bytes=place.limit_bytes), place.price

    async def ask(self, actor: str, at_most: int, tier: Tier = Tier.EDGE) -> None:
        """Ask a worker to carry out the plan of an edge, if it names no more objects than that.

        Raises:
            RegionUnknown: the settings name no such region.
        """
        self._of(tier)
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.TIER_EVICTION_ASKED,
            created_at=now,
            actor=actor,
            subject=tier.value,
            data={"tier": tier.value, "objects": at_most},
        )
        async with self.database.transaction() as connection:
            await outbox.record(connection, event)

    async def carry_out_all(self) -> int:
        """Apply the rules to each edge; return how many objects were marked to leave."""
        tiers = (Tier.EDGE, *self.further)
        return sum([await self.carry_out(edge=tier.value) for tier in tiers])

    async def carry_out(
        self, at_most: int | None = None, actor: str = SYSTEM_ACTOR, edge: str = Tier.EDGE
    ) -> int:
        """Apply the rules to one edge; return how many objects were marked to leave.

        Args:
            at_most: to how many objects a person said yes; None where nobody was asked, and what
                the plan doubts waits.
            actor: who said so.
            edge: which edge, by its tier.

        Raises:
            RegionUnknown: the settings name no such region.
        """
        tier = Tier(edge)
        found = await self.plan(tier)
        is_allowed = not found.needs_confirming
        if at_most is not None:
            is_allowed = found.leaving.objects <= at_most * SLACK
        is_allowed = is_allowed or not found.evict
        now = self.clock.now()
        run = Run(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            tier=tier.value,
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


async def gather(connection: Connection, tier: Tier, cutoffs: Cutoffs, usage: Usage) -> Plan:
    """Return the plan of an edge as the database judges it."""
    gathering, plays_since = Gathering(cutoffs, usage), (cutoffs.now - PLAYS_COUNT).date()
    sums = await plan_records.sum_up(connection, tier, cutoffs)
    gathering.is_ahead = sums.is_ahead
    gathering.keep(Kept.SMALL, sums.small_objects, sums.small_bytes)
    objects, size_bytes = sums.objects - sums.small_objects, sums.size_bytes - sums.small_bytes
    for group in await plan_records.judge(connection, tier, cutoffs, plays_since):
        objects, size_bytes = objects - group.objects, size_bytes - group.size_bytes
        if group.verdict == reason_of(cutoffs):
            gathering.go(group.placement_ids, group.size_bytes, reason_of(cutoffs))
        else:
            gathering.keep(Kept(group.verdict), group.objects, group.size_bytes)
    gathering.keep(Kept.WATCHED, objects, size_bytes)
    if gathering.excess_bytes > 0:
        await _make_room(connection, tier, cutoffs, gathering, plays_since)
    return gathering.finish()


async def _make_room(
    connection: Connection,
    tier: Tier,
    cutoffs: Cutoffs,
    gathering: Gathering,
    plays_since: date,
) -> None:
    """Let those give way that were read longest ago, by as many hours at once as seem enough."""
    hours = await plan_records.sum_by_hour(connection, tier, cutoffs)
    begin, found = cutoffs.graced, 0
    for number, (hour, size_bytes) in enumerate(hours):
        begin, found = min(begin, hour), found + size_bytes
        if found < gathering.excess_bytes * SLACK and number + 1 < len(hours):
            continue
        span = (begin, hour + HOUR)
        for each in await plan_records.list_oldest(connection, tier, cutoffs, plays_since, span):
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
