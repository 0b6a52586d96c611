"""Demand: what to bring to the edge before anybody asks for it.

1. In order: what somebody scheduled, what is popular, what is new, what is likely to be played.
2. It stops at 90 % of the cap, and at 90 % of what may still leave the archive this month; what
   does not fit into the rest is passed over.
3. Nothing here reads a clock or a row.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Final, NamedTuple

from rushes.tiers.prices import Rates

FILL_TO: Final = 0.9
"""Which share of the cap, and of the budget, warming may use."""

DAY: Final = timedelta(days=1)
HALF_LIFE: Final = timedelta(days=3)
"""After which time a play counts half."""

LIFE: Final = HALF_LIFE / math.log(2)
"""How long interest lasts on average, if it halves in that time."""

NEW_FOR: Final = 7 * DAY
"""For how long what has come is new (CF-15)."""

AHEAD: Final = timedelta(hours=2)
"""How long before its time what is scheduled is brought."""

POPULAR_PLAYS: Final = 5
"""More plays than these in 7 days are many."""

NEIGHBOURS: Final = 0.2
"""How much the plays of others in a project say of one."""


class Why(StrEnum):
    """Why an object is brought; they come in this order."""

    SCHEDULED = "scheduled"
    POPULAR = "popular"
    RECENT = "recent"
    PREDICTED = "predicted"


class Cold(NamedTuple):
    """A rendition that the archive has and the edge has not.

    `is_on_ingest`: its quality goes to the edge as soon as it is made. `rate` is what `play_rate`
    says of it, `wanted_at` when somebody wants it there.
    """

    object_id: str
    project_id: str
    size_bytes: int
    made_at: datetime
    is_on_ingest: bool
    recent_plays: int = 0
    rate: float = 0.0
    wanted_at: datetime | None = None


def room_of(cap_bytes: int | None, held_bytes: int, budget: int | None, spent: int) -> int | None:
    """Return how many bytes warming may bring; None is any number.

    `budget` is what may leave the archive in a month, `spent` what has left it.
    """
    rooms = [
        max(int(most * FILL_TO) - used, 0)
        for most, used in ((cap_bytes, held_bytes), (budget, spent))
        if most is not None
    ]
    return min(rooms, default=None)


def play_rate(plays: Iterable[datetime], now: datetime) -> float:
    """Return how many plays a day these foretell; each counts half after each half-life."""
    value = sum(math.pow(2.0, -max(now - at, timedelta()) / HALF_LIFE) for at in plays)
    return value * (DAY / LIFE)


def choose(
    rows: Iterable[Cold], room: int | None, rates: Rates, now: datetime
) -> list[tuple[str, Why]]:
    """Return what to bring, most wanted first, as far as there is room."""
    cold = list(rows)
    expected = _expect(cold)
    ranked = []
    for row in cold:
        why = _why(row, expected[row.object_id], rates, now)
        if why is not None:
            rank = list(Why).index(why), -expected[row.object_id] / row.size_bytes
            ranked.append((rank, row.object_id, row.size_bytes, why))
    chosen, left = [], math.inf if room is None else room
    for _, object_id, size_bytes, why in sorted(ranked):
        if size_bytes <= left:
            left -= size_bytes
            chosen.append((object_id, why))
    return chosen


def _expect(cold: list[Cold]) -> dict[str, float]:
    """Return the plays a day that each may expect: its own, and some for those around it."""
    projects: dict[str, list[float]] = defaultdict(list)
    for row in cold:
        projects[row.project_id].append(row.rate)
    around = {project_id: fmean(rates) for project_id, rates in projects.items()}
    return {row.object_id: row.rate + NEIGHBOURS * around[row.project_id] for row in cold}


def _why(row: Cold, expected: float, rates: Rates, now: datetime) -> Why | None:
    if row.wanted_at is not None and row.wanted_at - AHEAD <= now:
        return Why.SCHEDULED
    if row.recent_plays > POPULAR_PLAYS:
        return Why.POPULAR
    if row.is_on_ingest and now - row.made_at <= NEW_FOR:
        return Why.RECENT
    gain = expected * (LIFE / DAY) * rates.penalty
    bringing = rates.fill + rates.fetch + rates.egress * row.size_bytes
    keeping = rates.rent * row.size_bytes * LIFE.total_seconds()
    return Why.PREDICTED if gain > bringing + keeping else None
