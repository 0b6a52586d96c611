"""The table of times, and whether one was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rushes.jobs.job import Queue
from rushes.jobs.schedule import (
    CHECK_TIERS,
    EXPIRE_UPLOADS,
    IMPORT,
    KEEP_ACCOUNTS,
    PURGE,
    RETAIN,
    TIMES,
    WARM,
    WATCH_TIERS,
    find_missed,
    with_seconds,
)
from rushes.schedule_section import ScheduleSettings
from tests.support.moments import NOON

NIGHTLY = "30 3 * * *"


@pytest.mark.covers("X-JOB-01", "BG-98", "CF-16")
def test_every_time_is_declared_once() -> None:
    """Names are those of workflows; the settings say when, and their defaults are these."""
    told = ScheduleSettings()

    assert len({time.workflow for time in TIMES}) == len(TIMES)
    assert {
        EXPIRE_UPLOADS: "*/10 * * * *",
        PURGE: "30 3 * * *",
        RETAIN: "0 */6 * * *",
        CHECK_TIERS: "0 1 * * *",
        KEEP_ACCOUNTS: "5 * * * *",
        WARM: "0 */2 * * *",
        WATCH_TIERS: "*/10 * * * *",
        IMPORT: "0 0 * * *",
    } == {time: time.line(told) for time in TIMES}


def test_nothing_long_stands_before_alarms_and_accounts() -> None:
    """A check of every byte takes days, and upkeep does one thing at a time."""
    assert {KEEP_ACCOUNTS, WATCH_TIERS} == {time for time in TIMES if time.queue is Queue.TELL}


def test_a_time_can_be_moved_and_switched_off() -> None:
    """The engine wants seconds first."""
    told = ScheduleSettings(retain="15 2 * * *", check="off")

    assert ("15 2 * * *", None) == (RETAIN.line(told), CHECK_TIERS.line(told))
    assert "0 15 2 * * *" == with_seconds("15 2 * * *")


def test_a_time_is_missed_when_nothing_began_since() -> None:
    """What never ran missed nothing; what is due this very minute may still come."""
    due = NOON.replace(hour=3, minute=30)
    before, after = due - timedelta(seconds=1), due + timedelta(seconds=1)

    assert find_missed(NIGHTLY, None, NOON) is None
    assert find_missed(NIGHTLY, after.isoformat(), NOON) is None
    assert find_missed(NIGHTLY, before.isoformat(), after) is None
    assert find_missed("0 0 30 2 *", before.isoformat(), NOON) is None
    assert due == find_missed(NIGHTLY, before.isoformat(), NOON)
