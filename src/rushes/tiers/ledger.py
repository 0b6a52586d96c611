"""The ledger: what each tier and project held, for how long, and what that cost.

Only whole numbers are counted (bytes, microseconds, requests); dollars are made of them at the end,
so no rounding adds up. A month has 30 days, as the price lists say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from rushes.tiers.placement import Tier
from rushes.tiers.prices import Price
from rushes.tiers.retention import Held, Usage, plan
from rushes.tiers.rules import Rules

MICROSECOND: Final = timedelta(microseconds=1)
PER_SECOND: Final = 10**6
DAY: Final = timedelta(days=1)

Place: TypeAlias = tuple[Tier, str | None]
"""A tier, and a project; None where an object is of none."""


class Change(NamedTuple):
    """An object arrived at a place (bytes above 0) or left it (below)."""

    at: datetime
    place: Place
    size_bytes: int


@dataclass(slots=True)
class Use:
    """What was held at one place over a time; `held_bytes` is how much there is at its end."""

    held_bytes: int = 0
    byte_microseconds: int = 0
    arrived: int = 0
    arrived_bytes: int = 0
    left: int = 0
    left_bytes: int = 0

    @property
    def byte_seconds(self) -> int:
        """Bytes times seconds."""
        return self.byte_microseconds // PER_SECOND


@dataclass(frozen=True, slots=True)
class Requests:
    """What a store was asked for: writes (class A), reads (class B), and bytes that left it."""

    writes: int = 0
    reads: int = 0
    egress_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars."""

    storage: Decimal
    requests: Decimal
    egress: Decimal

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.storage + self.requests + self.egress


def tally(
    opening: Mapping[Place, int], changes: Iterable[Change], begin: datetime, end: datetime
) -> dict[Place, Use]:
    """Return the use of each place from `begin` to `end`.

    Args:
        opening: how many bytes each place held at `begin`.
        changes: what arrived and left, in any order; what is not within the time is left out.
        begin: the first moment.
        end: the first moment that does not count.
    """
    uses = {place: Use(held_bytes=held) for place, held in opening.items()}
    for use in uses.values():
        use.byte_microseconds = use.held_bytes * ((end - begin) // MICROSECOND)
    for at, place, size_bytes in changes:
        if not begin <= at < end:
            continue
        use = uses.setdefault(place, Use())
        use.held_bytes += size_bytes
        use.byte_microseconds += size_bytes * ((end - at) // MICROSECOND)
        if size_bytes > 0:
            use.arrived += 1
            use.arrived_bytes += size_bytes
        else:
            use.left += 1
            use.left_bytes -= size_bytes
    return uses


def bill(use: Use, price: Price, asked: Requests, span: timedelta) -> Bill:
    """Return what a place cost over `span`; free egress is a share of what it held on average."""
    stored = use.byte_microseconds // max(span // MICROSECOND, 1)
    return Bill(
        storage=price.rent(use.byte_seconds),
        requests=price.requests(asked.writes, asked.reads),
        egress=price.leaving(asked.egress_bytes, stored),
    )


def saving(everything: Use, edge: Use, price: Price) -> Decimal:
    """Return what it saves that the edge did not hold everything: dollars of storage.

    `everything` is the use of the archive by renditions, which has all of them.
    """
    return price.rent(everything.byte_seconds) - price.rent(edge.byte_seconds)


def forecast(samples: Sequence[tuple[datetime, int]], ahead: timedelta) -> int:
    """Return how many bytes there will be so long after the last sample, by the straight line
    through all (least squares); never below 0.
    """
    if not samples:
        return 0
    first, last = samples[0][0], samples[-1][0]
    days = [(at - first) / DAY for at, _ in samples]
    held = [size_bytes for _, size_bytes in samples]
    mean_day, mean_held = sum(days) / len(days), sum(held) / len(held)
    spread = sum((day - mean_day) ** 2 for day in days)
    pairs = zip(days, held, strict=True)
    slope = (
        sum((day - mean_day) * (one - mean_held) for day, one in pairs) / spread if spread else 0
    )
    return max(round(mean_held + slope * ((last + ahead - first) / DAY - mean_day)), 0)


def run_forward(
    rows: Iterable[Held], rules: Rules, usage: Usage, now: datetime, ahead: timedelta
) -> int:
    """Return how many bytes the plan would leave then if nothing came and nothing was read."""
    later = replace(usage, planned_at=now)
    found = plan(rows, rules, later, now + ahead)
    return found.held.size_bytes - found.leaving.size_bytes
