"""Alarms: what is told of what is wrong, when, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rushes.tiers.alarms import (
    GB,
    REMIND,
    Alarm,
    Sign,
    Step,
    Trouble,
    find_failing,
    find_fullness,
    find_spending,
    judge,
)
from tests.support.moments import NOON

HOUR = timedelta(hours=1)


def known_at(level: int) -> Alarm:
    """Return an alarm that was told at noon."""
    return Alarm("capacity:edge", "edge", Trouble.CAPACITY, level, "It is full.", NOON, NOON)


@pytest.mark.covers("T-OB-03")
@pytest.mark.parametrize(
    ("known", "level", "after", "expected"),
    [
        (None, 80, HOUR, (Step.RAISED, 80, False)),
        (80, 80, HOUR, (None, 80, False)),
        (80, 90, HOUR, (Step.RAISED, 90, False)),
        (90, 80, HOUR, (None, 80, False)),
        (80, 80, REMIND, (Step.REMINDED, 80, False)),
        (80, None, HOUR, (Step.CLEARED, 80, True)),
    ],
)
def test_an_alarm_is_told_at_its_begin_when_worse_after_a_day_and_at_its_end(
    known: int | None, level: int | None, after: timedelta, expected: tuple[object, ...]
) -> None:
    """And not in between."""
    before = {} if known is None else {"capacity:edge": known_at(known)}
    signs = [] if level is None else [Sign("edge", Trouble.CAPACITY, level, "It is full.")]

    [(step, alarm)] = judge(before, signs, NOON + after)

    assert expected == (step, alarm.level, alarm.cleared_at is not None)
    assert (NOON + after if step else NOON) == alarm.told_at


@pytest.mark.covers("T-OB-03")
@pytest.mark.parametrize(
    ("held", "limit", "level"),
    [(79, 100, None), (80, 100, 80), (90, 100, 90), (120, 100, 95), (9, None, None), (0, 0, None)],
)
def test_a_tier_is_full_by_steps(held: int, limit: int | None, level: int | None) -> None:
    """80, 90 and 95 percent of what it may hold; without a limit it is never."""
    found = find_fullness("edge", held * GB, None if limit is None else limit * GB)

    assert level == (None if found is None else found.level)


@pytest.mark.covers("T-OB-03", "CF-23")
@pytest.mark.parametrize(
    ("spent", "budget", "level"),
    [(69, 100, None), (70, 100, 70), (90, 100, 90), (100, 100, 100), (9, None, None)],
)
def test_a_budget_is_spent_by_steps(spent: int, budget: int | None, level: int | None) -> None:
    """At the end of it the words say what waits."""
    found = find_spending("archive", spent * GB, None if budget is None else budget * GB)

    assert level == (None if found is None else found.level)
    assert (level == 100) == (found is not None and "Nothing is brought" in found.words)


@pytest.mark.covers("T-OB-03")
@pytest.mark.parametrize(
    ("failed", "ended", "is_told"),
    [(2, 2, False), (3, 60, False), (3, 59, True), (50, 100, True)],
)
def test_movements_fail_too_often_above_five_percent(
    failed: int,
    ended: int,
    is_told: bool,  # noqa: FBT001 - a row of a table
) -> None:
    """And at least three of them."""
    assert is_told == (find_failing("edge", failed, ended) is not None)
