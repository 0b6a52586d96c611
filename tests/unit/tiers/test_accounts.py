"""Accounts cut what two looks saw into days, to the byte and hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from rushes.tiers.accounts import DayPart, Look, Slot, account
from rushes.tiers.placement import Tier
from tests.support.moments import NOON

EDGE = Slot(Tier.EDGE, "prj_1", is_original=False)
OTHER = Slot(Tier.ARCHIVE, "", is_original=True)
HOUR = timedelta(hours=1)
TODAY = NOON.date()


def test_the_first_look_notes_what_is_there_and_no_movement() -> None:
    """It cannot know what has come before it."""
    found = account({}, {EDGE: Look(3, 300, came=3, came_bytes=300)}, None, NOON)

    assert [DayPart(TODAY, EDGE, 3, 300)] == found


def test_an_hour_counts_what_was_held_and_what_moved() -> None:
    """One object of 100 bytes came, two of 200 went: they are missing."""
    look = Look(2, 200, came=1, came_bytes=100, writes=4, fetched=1, fetched_bytes=100)

    found = account({EDGE: (3, 300)}, {EDGE: look}, NOON, NOON + HOUR)

    assert [
        DayPart(
            TODAY, EDGE, 2, 200,
            byte_hours=250, came=1, came_bytes=100, gone=2, gone_bytes=200,
            writes=4, fetched=1, fetched_bytes=100,
        )
    ] == found  # fmt: skip


def test_what_is_not_there_any_more_has_gone() -> None:
    """A slot that a look does not name holds nothing."""
    [part] = account({OTHER: (1, 80)}, {}, NOON, NOON + HOUR)

    assert (0, 0, 40, 1, 80) == (
        part.held_objects, part.held_bytes, part.byte_hours, part.gone, part.gone_bytes
    )  # fmt: skip


def test_a_look_after_midnight_is_cut_there() -> None:
    """Two looks two hours apart, one before it and one after; movement is of the later day."""
    since = datetime(2026, 11, 21, 23, tzinfo=UTC)
    look = Look(2, 300, came=1, came_bytes=200)

    found = account({EDGE: (1, 100)}, {EDGE: look}, since, since + 2 * HOUR)

    assert [
        DayPart(date(2026, 11, 21), EDGE, 1, 200, byte_hours=150),
        DayPart(date(2026, 11, 22), EDGE, 2, 300, byte_hours=250, came=1, came_bytes=200),
    ] == found


def test_days_without_a_worker_are_filled_in() -> None:
    """Every day has its row, and in all it is what a straight line holds."""
    found = account({EDGE: (1, 0)}, {EDGE: Look(1, 7200)}, NOON, NOON + 72 * HOUR)

    assert [TODAY + timedelta(days=number) for number in range(4)] == [each.day for each in found]
    assert 72 * 3600 == sum(each.byte_hours for each in found)
    assert [1200, 3600, 6000, 7200] == [each.held_bytes for each in found]


@pytest.mark.parametrize("hours", [1, 2, 5])
def test_an_object_that_stayed_a_month_is_wrong_by_half_a_look_at_most(hours: int) -> None:
    """It came right after a look, and went right before another: nothing is lost on the way."""
    held, at, total = (0, 0), NOON, 0
    for number in range(720 // hours):
        look = Look(1, 1000, came=number == 0, came_bytes=1000 * (number == 0))
        parts = account({EDGE: held}, {EDGE: look}, at, at + hours * HOUR)
        total += sum(each.byte_hours for each in parts)
        held, at = (1, 1000), at + hours * HOUR

    assert 1000 * (720 // hours * hours) - total == 500 * hours


def test_a_second_look_in_the_same_second_divides_by_nothing() -> None:
    """No time has passed, so nothing was held for any."""
    [part] = account({EDGE: (1, 10)}, {EDGE: Look(1, 10)}, NOON, NOON)

    assert (10, 0) == (part.held_bytes, part.byte_hours)
