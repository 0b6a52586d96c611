"""How many parts go at once, and how fast."""

from __future__ import annotations

import pytest

from rushes.client.pace import Pace, Rate, guess_width

MIB = 2**20


def drive(pace: Pace, *mib_per_second: int) -> list[int]:
    """Let five seconds pass with each of these rates; return the width after each."""
    widths, now = [], 0.0
    pace.look(now)
    for rate in mib_per_second:
        pace.move(rate * 5 * MIB)
        now += 5
        pace.look(now)
        widths.append(pace.width)
    return widths


@pytest.mark.covers("X-UP-17", "CF-13")
def test_it_widens_while_the_rate_grows_by_a_tenth() -> None:
    """From three to six, and not for less."""
    assert [4, 5, 5, 6, 6] == drive(Pace(), 10, 11, 12, 13, 20)


@pytest.mark.parametrize(
    ("mbit", "width"), [(None, 3), (0.5, 1), (3.9, 1), (4, 2), (19.9, 2), (20, 3), (1_000, 3)]
)
def test_it_begins_with_fewer_on_a_slow_line(mbit: float | None, width: int) -> None:
    """Parts that share a slow line only wait for each other."""
    assert width == guess_width(mbit) == Pace(6, guess_width(mbit)).width


def test_within_a_window_nothing_changes() -> None:
    """Five seconds are one window."""
    pace = Pace()
    pace.look(0)
    pace.move(MIB)
    pace.look(4.9)

    assert 3 == pace.width


@pytest.mark.parametrize(("most", "first"), [(0, 1), (1, 1), (2, 2), (6, 3)])
def test_it_never_becomes_wider_than_allowed(most: int, first: int) -> None:
    """From the first part on."""
    pace = Pace(most)

    assert first == pace.width
    assert max(1, most) >= drive(pace, 1, 10, 100, 1000)[-1]


def test_trouble_halves_it_down_to_one_and_it_grows_again() -> None:
    """What was measured before counts no more."""
    pace = Pace()
    drive(pace, 10, 20, 30)
    widths = []
    for _ in range(4):
        pace.halve(15)
        widths.append(pace.width)
    pace.move(MIB)
    pace.look(20)

    assert [3, 1, 1, 1] == widths
    assert 2 == pace.width


@pytest.mark.covers("M-UX-06", "BG-44")
def test_a_rate_is_smoothed_by_seven_to_three() -> None:
    """One sample per five seconds."""
    rate = Rate()
    for now, done in [(0, 0), (5, 500), (7, 600), (10, 1500)]:
        rate.note(now, done)

    assert pytest.approx(0.7 * 100 + 0.3 * 200) == rate.find(10, 1500)
    assert pytest.approx(13) == rate.find_seconds_left(10, 1500, 3190)


def test_before_the_first_sample_the_first_seconds_count() -> None:
    """And before them nothing is known."""
    rate = Rate()
    assert rate.find(0, 0) is None
    rate.note(0, 100)
    assert rate.find(0, 100) is None
    assert rate.find_seconds_left(0, 100, 200) is None
    assert 50 == rate.find(2, 200)


def test_a_line_that_stands_still_has_no_time_left_to_tell() -> None:
    """The rate falls towards none; no division by it."""
    rate = Rate()
    rate.note(0, 0)
    rate.note(5, 0)

    assert 0 == rate.find(5, 0)
    assert rate.find_seconds_left(5, 0, 100) is None


def test_fewer_bytes_than_before_begin_the_measure_anew() -> None:
    """A part that failed counts no more."""
    rate = Rate()
    rate.note(0, 100)
    rate.note(1, 50)

    assert 50 == rate.find(2, 100)
