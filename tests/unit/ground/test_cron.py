"""Cron lines: what they say, when that was last, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rushes.cron import BadCron, parse_cron
from tests.support.moments import NOON


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("* * * * *", "2026-11-21 12:00"),
        ("0 */6 * * *", "2026-11-21 12:00"),
        ("1 */6 * * *", "2026-11-21 06:01"),
        ("0 */2 * * *", "2026-11-21 12:00"),
        ("30 3 * * *", "2026-11-21 03:30"),
        ("0 18 * * *", "2026-11-20 18:00"),
        ("0 1 * * 0", "2026-11-15 01:00"),
        ("0 1 * * 7", "2026-11-15 01:00"),
        ("0,45 8-10 * * *", "2026-11-21 10:45"),
        ("0 8-18/5 * * *", "2026-11-21 08:00"),
        ("0 9/8 * * *", "2026-11-21 09:00"),
        ("15 2 1 * *", "2026-11-01 02:15"),
        ("0 0 29 2 *", "2024-02-29 00:00"),
        ("0 0 13 * 5", "2026-11-20 00:00"),
        ("0 0 */2 * 1", "2026-11-09 00:00"),
        ("0  5 * 1 *", "2026-01-31 05:00"),
    ],
)
def test_the_last_time_of_a_line(line: str, expected: str) -> None:
    """NOON is Saturday the 21st; a minute that has just begun counts."""
    assert at(expected) == parse_cron(line).last(NOON)


def test_a_day_that_never_comes_has_no_last_time() -> None:
    """The 30th of February."""
    assert parse_cron("0 0 30 2 *").last(NOON) is None


def test_a_line_is_told_with_single_blanks() -> None:
    """As it is shown and handed on."""
    assert "0 1 * * 0" == parse_cron(" 0  1 * * 0 ").line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "five fields"),
        ("0 0 * * * *", "five fields"),
        ("60 * * * *", "60 is no minute from 0 to 59"),
        ("* 24 * * *", "24 is no hour"),
        ("* * 0 * *", "0 is no day"),
        ("* * * 13 *", "13 is no month"),
        ("* * * * 8", "8 is no week"),
        ("*/0 * * * *", "0 is no minute"),
        ("*/ * * * *", "nothing is no minute"),
        ("5-1 * * * *", "ends before it begins"),
        ("5-5 * * * *", "ends before it begins, or where it does"),
        ("1,,2 * * * *", "nothing is no minute"),
        ("-1 * * * *", "nothing is no minute"),
        ("\u0661 * * * *", "is no minute"),
        ("sun * * * *", "sun is no minute"),
    ],
)
def test_what_is_no_line_is_refused_with_what_is_wrong(line: str, words: str) -> None:
    """Before any worker runs by it."""
    with pytest.raises(BadCron, match=words):
        parse_cron(line)
