"""Allowances: days by time zones, and what is said where there is no room."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rushes.access.allowance import (
    BadTimeZone,
    explain_account,
    find_day,
    format_bytes,
    parse_time_zone,
    refuse_day,
)
from rushes.access.limits import Use
from tests.support.moments import NOON


@pytest.mark.covers("X-UP-21")
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", "2026-11-21"),
        ("Pacific/Auckland", "2026-11-22"),
        ("America/Los_Angeles", "2026-11-21"),
        ("Pacific/Kiritimati", "2026-11-22"),
    ],
)
def test_a_day_is_one_of_the_zone(zone: str, day: str) -> None:
    """At noon UTC it is tomorrow already in the far east."""
    assert day == find_day(NOON, parse_time_zone(zone))
    assert "2026-11-20" == find_day(NOON - timedelta(hours=5), "America/Los_Angeles")


@pytest.mark.parametrize("text", ["", "Mars/Olympus", "../etc/passwd", "europe\0", "x" * 500])
def test_a_zone_that_is_none_is_refused(text: str) -> None:
    """It never becomes a path."""
    with pytest.raises(BadTimeZone):
        parse_time_zone(text)


@pytest.mark.covers("X-UP-22")
def test_the_account_is_named_only_where_it_is_in_the_way() -> None:
    """Else link or project are; an account without an end has no limit."""
    assert None is explain_account(None, 5)
    assert None is explain_account(Use(5, None), 5)
    assert None is explain_account(Use(5, 10), 5)
    told = explain_account(Use(999_000_000, 10**9), 2_000_000)
    assert told is not None
    assert "quota.bytes" == told.code
    assert told.message.startswith("Storage limit reached (1GB): this account has 999000000 of")


def test_a_full_day_is_told_with_its_limit() -> None:
    """A program reads the number."""
    told = refuse_day(10)

    assert ("quota.uploads_per_day", 10) == (told.code, told.facts["limit"])


def test_sizes_are_told_as_people_say_them() -> None:
    """Decimal units, without digits that say nothing."""
    sizes = (10**9, 15 * 10**8, 500 * 10**6, 2 * 10**12, 1_023)

    assert ["1GB", "1.5GB", "500MB", "2TB", "1023 bytes"] == [format_bytes(size) for size in sizes]
