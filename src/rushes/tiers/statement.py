"""The statement of a month: what tiers and projects cost, what moved, and what is to come.

Whole numbers come in; dollars are made of them here, at the end. What leaves the archive is what
was read there, and what went from it to the edge. The price lists' month has 30 days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from rushes.tiers.accounts import Slot
from rushes.tiers.ledger import Bill, Requests, Use, bill, forecast
from rushes.tiers.placement import Tier
from rushes.tiers.prices import MONTH_SECONDS, Price

DAY: Final = timedelta(days=1)
MICROSECONDS_PER_HOUR: Final = 3600 * 10**6
TREND: Final = 30 * DAY
AHEAD: Final = (30, 90)
"""For how many days the trend is drawn out."""


class Sums(NamedTuple):
    """What a slot came to over some days."""

    slot: Slot
    byte_hours: int = 0
    writes: int = 0
    fetched: int = 0
    fetched_bytes: int = 0
    reads: int = 0
    read_bytes: int = 0


@dataclass(frozen=True, slots=True)
class TierDay:
    """One day of a whole tier; `held_bytes` at its end."""

    day: date
    tier: Tier
    held_bytes: int
    came: int = 0
    came_bytes: int = 0
    gone: int = 0
    gone_bytes: int = 0
    fetched_bytes: int = 0


@dataclass(slots=True)
class Usage:
    """What was used of a tier, by all or by one project."""

    byte_hours: int = 0
    writes: int = 0
    reads: int = 0
    read_bytes: int = 0
    egress_bytes: int = 0


@dataclass(frozen=True, slots=True)
class TierBill:
    """What a tier cost in the month so far, and what the whole month costs at this pace."""

    tier: Tier
    held_objects: int
    held_bytes: int
    used: Usage
    bill: Bill
    month: Decimal


@dataclass(slots=True)
class ProjectBill:
    """What a project (None: what is of none) keeps on each tier now, and what it cost so far."""

    project_id: str | None
    held: dict[Tier, int] = field(default_factory=dict)
    cost: Decimal = Decimal(0)
    reads: int = 0


@dataclass(slots=True)
class Moved:
    """What came to a tier and left it in a month; `fetched_bytes` of it came from the archive."""

    month: date
    tier: Tier
    came: int = 0
    came_bytes: int = 0
    gone: int = 0
    gone_bytes: int = 0
    fetched_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Trend:
    """What a tier will hold in so many days, if the last 30 go on; in dollars for a month."""

    tier: Tier
    days: int
    held_bytes: int
    cost_per_month: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """A month of the ledger; `hit_rate` is None where nothing was read.

    `all_on_edge` is what the edge would have cost with every rendition for all of the time, and
    `saving` what it saved that it had not.
    """

    month: date
    until: datetime | None
    hit_rate: float | None
    tiers: list[TierBill]
    projects: list[ProjectBill]
    all_on_edge: Decimal
    saving: Decimal


Held = Mapping[Slot, tuple[int, int]]
"""Objects and bytes now."""


def make_statement(
    month: date,
    until: datetime | None,
    sums: Sequence[Sums],
    held: Held,
    prices: Mapping[Tier, Price],
) -> Statement:
    """Return the statement of a month, whose first day `month` is.

    Args:
        month: its first day.
        until: up to when it is accounted; the end of the month counts where that is earlier.
        sums: what each slot came to since its begin.
        held: what each slot holds now.
        prices: what each tier costs.
    """
    span = _span(month, until)
    tiers = [_tier(tier, price, sums, held, span) for tier, price in prices.items()]
    bills = {each.tier: each.bill for each in tiers}
    edge = prices.get(Tier.EDGE, Price())
    whole = sum(each.byte_hours for each in sums if _is_made(each))
    all_on_edge = edge.rent(whole * 3600)
    return Statement(
        month=month,
        until=until,
        hit_rate=_hit_rate(sums),
        tiers=tiers,
        projects=_projects(sums, held, prices, span),
        all_on_edge=all_on_edge,
        saving=all_on_edge - sum(each.storage for tier, each in bills.items() if tier.is_edge),
    )


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def move_by_month(days: Iterable[TierDay]) -> list[Moved]:
    """Return what moved by month and tier, the last month first."""
    found: dict[tuple[date, Tier], Moved] = {}
    for each in days:
        key = (each.day.replace(day=1), each.tier)
        moved = found.setdefault(key, Moved(*key))
        moved.came += each.came
        moved.came_bytes += each.came_bytes
        moved.gone += each.gone
        moved.gone_bytes += each.gone_bytes
        moved.fetched_bytes += each.fetched_bytes
    return [found[key] for key in sorted(found, key=lambda key: (-key[0].toordinal(), key[1]))]


def draw_trends(days: Sequence[TierDay], prices: Mapping[Tier, Price]) -> list[Trend]:
    """Return what each tier will hold, by a straight line through its last 30 days."""
    found = []
    for tier, price in prices.items():
        mine = [each for each in days if each.tier is tier]
        last = max((each.day for each in mine), default=date.min)
        samples = sorted(
            (datetime.combine(each.day, time(), UTC), each.held_bytes)
            for each in mine
            if last - each.day < TREND
        )
        for ahead in AHEAD if samples else ():
            held = forecast(samples, ahead * DAY)
            found.append(Trend(tier, ahead, held, price.rent(held * MONTH_SECONDS)))
    return found


def _span(month: date, until: datetime | None) -> tuple[timedelta, timedelta]:
    """Return how long the month was until then, and how long it is in all."""
    begin = datetime.combine(month, time(), UTC)
    whole = datetime.combine(next_month(month), time(), UTC) - begin
    passed = min(max((until or begin) - begin, timedelta()), whole)
    return passed, whole


def _tier(
    tier: Tier,
    price: Price,
    sums: Iterable[Sums],
    held: Held,
    span: tuple[timedelta, timedelta],
) -> TierBill:
    used = _use(tier, sums)
    found = _bill(used, price, span[0])
    mine = [count for slot, count in held.items() if slot.tier is tier]
    pace = Decimal(span[1] / span[0]) if span[0] else Decimal(1)
    return TierBill(
        tier=tier,
        held_objects=sum(objects for objects, _ in mine),
        held_bytes=sum(size_bytes for _, size_bytes in mine),
        used=used,
        bill=found,
        month=found.total * pace,
    )


def _use(tier: Tier, sums: Iterable[Sums]) -> Usage:
    used = Usage()
    for each in sums:
        if each.slot.tier is tier:
            used.byte_hours += each.byte_hours
            used.writes += each.writes
            used.reads += each.reads
            used.read_bytes += each.read_bytes
            used.egress_bytes += each.read_bytes
        elif tier is Tier.ARCHIVE:  # it gave what others fetched
            used.reads += each.fetched
            used.egress_bytes += each.fetched_bytes
    return used


def _bill(used: Usage, price: Price, passed: timedelta) -> Bill:
    use = Use(byte_microseconds=used.byte_hours * MICROSECONDS_PER_HOUR)
    return bill(use, price, Requests(used.writes, used.reads, used.egress_bytes), passed)


def _projects(
    sums: Sequence[Sums],
    held: Held,
    prices: Mapping[Tier, Price],
    span: tuple[timedelta, timedelta],
) -> list[ProjectBill]:
    """Return the bill of each project, the dearest first."""
    by_project: dict[str, list[Sums]] = {}
    for each in sums:
        by_project.setdefault(each.slot.project_id, []).append(each)
    found: dict[str, ProjectBill] = {}
    for name, mine in by_project.items():
        project = found.setdefault(name, ProjectBill(name or None))
        for tier, price in prices.items():
            used = _use(tier, mine)
            project.cost += _bill(used, price, span[0]).total
        project.reads = sum(each.reads for each in mine)
    for slot, (_, size_bytes) in held.items():
        project = found.setdefault(slot.project_id, ProjectBill(slot.project_id or None))
        project.held[slot.tier] = project.held.get(slot.tier, 0) + size_bytes
    return sorted(
        found.values(),
        key=lambda each: (-each.cost, -sum(each.held.values()), each.project_id or ""),
    )


def _hit_rate(sums: Iterable[Sums]) -> float | None:
    made = [each for each in sums if not each.slot.is_original]
    asked = sum(each.reads for each in made)
    hits = sum(each.reads for each in made if each.slot.tier.is_edge)
    return hits / asked if asked else None


def _is_made(each: Sums) -> bool:
    """Say whether a slot is of what the archive keeps, and the edge might."""
    return each.slot.tier is Tier.ARCHIVE and not each.slot.is_original
