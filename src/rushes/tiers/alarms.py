"""Alarms: what is wrong with a tier now, and whom to tell of it when.

Each is told once when it begins, again when it grows worse and after a day, and once at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

REMIND: Final = timedelta(hours=24)
FULL: Final = (0.95, 0.90, 0.80)
"""Shares of what a tier may hold that are told of (T-OB-03)."""
SPENT: Final = (1.0, 0.9, 0.7)
"""Shares of the budget of a month that are told of."""
MOST_FAILED: Final = 0.05
FEWEST_FAILED: Final = 3
"""So many movements have to fail, and more than that share of all."""
GB: Final = 10**9


class Trouble(StrEnum):
    """What can be wrong."""

    CAPACITY = "capacity"
    EGRESS = "egress"
    ERRORS = "errors"
    MOUNT = "mount"
    STORE = "store"


class Step(StrEnum):
    """What is told of an alarm."""

    RAISED = "raised"
    REMINDED = "reminded"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that is wrong now; `level` in percent where it grows, else 100."""

    tier: str
    trouble: Trouble
    level: int
    words: str

    @property
    def name(self) -> str:
        """What it is known by as long as it lasts."""
        return f"{self.trouble.value}:{self.tier}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A sign that was told; `cleared_at` is None as long as it lasts."""

    name: str
    tier: str
    trouble: Trouble
    level: int
    words: str
    raised_at: datetime
    told_at: datetime
    cleared_at: datetime | None = None


def judge(
    known: Mapping[str, Alarm], signs: Iterable[Sign], now: datetime
) -> list[tuple[Step | None, Alarm]]:
    """Return what becomes of each alarm, and what is to be told of it; None is nothing.

    Args:
        known: those that last, by name.
        signs: what is wrong now.
        now: the time.
    """
    found = {sign.name: sign for sign in signs}
    steps = [_judge(known.get(name), sign, now) for name, sign in sorted(found.items())]
    over = [
        (Step.CLEARED, replace(alarm, told_at=now, cleared_at=now))
        for name, alarm in sorted(known.items())
        if name not in found
    ]
    return [*steps, *over]


def _judge(before: Alarm | None, sign: Sign, now: datetime) -> tuple[Step | None, Alarm]:
    if before is None:
        fresh = Alarm(sign.name, sign.tier, sign.trouble, sign.level, sign.words, now, now)
        return Step.RAISED, fresh
    alarm = replace(before, level=sign.level, words=sign.words)
    if sign.level > before.level:
        return Step.RAISED, replace(alarm, told_at=now)
    if now - before.told_at >= REMIND:
        return Step.REMINDED, replace(alarm, told_at=now)
    return None, alarm


def find_fullness(tier: str, held: int, limit: int | None) -> Sign | None:
    """Return the sign of a tier that holds too much of what it may."""
    level = _level(held, limit, FULL)
    if level is None or limit is None:
        return None
    words = f"The {tier} holds {_gb(held)} of {_gb(limit)}: {held / limit:.0%}."
    return Sign(tier, Trouble.CAPACITY, level, words)


def find_spending(tier: str, spent: int, budget: int | None) -> Sign | None:
    """Return the sign of a tier that most of the month's budget has left."""
    level = _level(spent, budget, SPENT)
    if level is None or budget is None:
        return None
    words = f"{_gb(spent)} have left the {tier} this month, of a budget of {_gb(budget)}."
    if level >= 100:  # noqa: PLR2004 - percent
        words += " Nothing is brought to the edge any more; viewers get what is there."
    return Sign(tier, Trouble.EGRESS, level, words)


def find_failing(tier: str, failed: int, ended: int) -> Sign | None:
    """Return the sign of movements that fail too often."""
    if failed < FEWEST_FAILED or failed <= ended * MOST_FAILED:
        return None
    words = f"{failed} of {ended} movements failed within the last hour. Look at the jobs."
    return Sign(tier, Trouble.ERRORS, 100, words)


def _level(part: int, whole: int | None, shares: Iterable[float]) -> int | None:
    """Return the highest share that is reached, in percent."""
    if not whole:
        return None
    return next((round(share * 100) for share in shares if part >= whole * share), None)


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / GB:,.1f} GB"
