"""The grid loses no frame and doubles none, at any rate."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.media.failures import InvalidMedia
from rushes.media.grid import (
    FRAMES_AT_MOST,
    Grid,
    capped,
    format_grid,
    parse_grid,
    plan_at_keys,
    plan_constant,
    plan_variable,
    rounded,
    timing_of,
)


def frames(grid: Grid) -> list[int]:
    """Return the frames of each segment."""
    return [grid.frames_of(index) for index in range(grid.count)]


@pytest.mark.parametrize(
    ("rate", "seconds", "expected", "timescale"),
    [
        (Fraction(24_000, 1_001), 10, [24, 96, 96, 24], 24_000),
        (Fraction(30_000, 1_001), 9, [30, 120, 120], 30_000),
        (Fraction(25), 9, [25, 100, 100], 10_000),
        (Fraction(30), 9, [30, 120, 120], 10_020),
        (Fraction(1), 9, [1, 4, 4], 10_000),
        (Fraction(120), 2, [60, 60], 10_020),
        (Fraction(25), Fraction(149, 25), [25, 124], 10_000),
        (Fraction(25), Fraction(150, 25), [25, 100, 25], 10_000),
        (Fraction(25), Fraction(1, 100), [1], 10_000),
        (Fraction(25), 1, [25], 10_000),
        (Fraction(1, 10), 100, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 10_000),
    ],
)
def test_a_constant_rate_is_cut_in_whole_frames(
    rate: Fraction, seconds: Fraction, expected: list[int], timescale: int
) -> None:
    """About 1 s, then about 4 s each; a tail under 1 s joins its neighbour."""
    grid = plan_constant(rate, Fraction(seconds))

    assert expected == frames(grid)
    assert timescale == grid.timescale


@given(st.integers(1, 240_000), st.sampled_from([1, 1_000, 1_001]), st.integers(1, 40_000))
@settings(max_examples=100, deadline=None)
def test_no_frame_is_lost_or_doubled(numerator: int, denominator: int, hundredths: int) -> None:
    """Whatever the rate and the duration."""
    rate, duration = Fraction(numerator, denominator), Fraction(hundredths, 100)
    if rate > 1_000:
        return
    grid = plan_constant(rate, duration)
    assert grid.rate is not None

    assert max(1, round(duration * grid.rate)) == sum(frames(grid))
    assert all(earlier < later for earlier, later in pairwise(grid.starts))
    assert 10_000 <= grid.timescale
    assert 60 >= grid.rate
    assert grid.end == sum(grid.ticks_of(index) for index in range(grid.count))
    assert grid.duration == sum(grid.seconds_of(index) for index in range(grid.count))


def test_the_longest_segment_is_told() -> None:
    """The last one may be it."""
    found = [plan_at_keys(10, Fraction(1), [0, 10, 60], end) for end in (90, 120)]

    assert [5, 6] == [grid.longest for grid in found]


@given(st.integers(-10_000, 10_000), st.integers(1, 100))
@settings(max_examples=100, deadline=None)
def test_cuts_are_rounded_as_fractions_are(over: int, under: int) -> None:
    """Halves become even."""
    assert round(Fraction(over, under)) == rounded(over, under)
    assert round(Fraction(over, 2)) == rounded(over, 2)


@pytest.mark.covers("M-PR-05")
def test_ten_thousand_rates_lose_no_frame() -> None:
    """Common ones, odd ones and absurd ones; whole frames, exact ticks, no gap between cuts."""
    chance = random.Random(4)  # noqa: S311 - a test, not a key
    for _ in range(10_000):
        rate = Fraction(chance.randint(1, 240_000), chance.choice([1, 7, 1_000, 1_001]))
        if rate > 1_000:
            rate /= 1_001
        duration = Fraction(chance.randint(1, 12_000), 1_000)
        grid = plan_constant(rate, duration)
        assert grid.rate is not None
        assert max(1, round(duration * grid.rate)) == sum(frames(grid))
        assert grid.end == sum(grid.ticks_of(index) for index in range(grid.count))
        assert all(start % grid.frame_ticks == 0 for start in grid.starts)
        assert grid.frame_ticks * grid.rate == grid.timescale


def test_ten_thousand_lists_of_times_lose_no_frame() -> None:
    """Each frame lies in one segment, each segment begins with a frame."""
    chance = random.Random(5)  # noqa: S311 - a test, not a key
    for _ in range(10_000):
        steps = [chance.randint(1, 200_000) for _ in range(chance.randint(0, 16))]
        times = [0, *accumulate(steps)]
        keys = [0, *sorted(chance.sample(times[1:], chance.randint(0, len(times) - 1)))]
        end = times[-1] + chance.randint(1, 200_000)
        for grid in (plan_variable(times, end), plan_at_keys(90_000, None, keys, end)):
            bounds = [*grid.starts, grid.end]
            assert set(grid.starts) <= set(times)
            shared = [sum(a <= at < b for a, b in pairwise(bounds)) for at in times]
            assert [1] * len(times) == shared


@pytest.mark.parametrize(
    ("keys", "end", "expected"),
    [
        ([0, 30, 60, 150, 180], 210, [0, 30, 150]),
        ([0, 30, 60, 149, 180], 300, [0, 30, 180]),
        ([0, 29, 60, 200], 229, [0, 60]),
        ([0], 400, [0]),
    ],
)
def test_copied_pictures_are_cut_at_key_frames(
    keys: list[int], end: int, expected: list[int]
) -> None:
    """The first one 1 s after the start, then the first one 4 s after the last cut."""
    timescale, ticks = timing_of(Fraction(30))
    grid = plan_at_keys(timescale, Fraction(30), [key * ticks for key in keys], end * ticks)

    assert expected == [start // ticks for start in grid.starts]
    assert end == sum(frames(grid))


@pytest.mark.parametrize(("keys", "end"), [([], 1), ([1], 2), ([0, 5], 5)])
def test_key_frames_that_make_no_sense_are_refused(keys: list[int], end: int) -> None:
    """They begin with 0 and end before the end."""
    with pytest.raises(InvalidMedia):
        plan_at_keys(90_000, None, keys, end)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(Fraction(60), 60), (Fraction(61), Fraction(61, 2)), (Fraction(100), 50), (Fraction(144), 48)],
)
def test_more_than_sixty_frames_are_divided(rate: Fraction, expected: Fraction) -> None:
    """By the smallest whole number."""
    assert expected == capped(rate)


@pytest.mark.parametrize(
    ("rate", "duration"),
    [(0, 1), (25, 0), (-1, 1), (60, FRAMES_AT_MOST)],
)
def test_a_grid_needs_real_numbers(rate: int, duration: int) -> None:
    """Neither nothing nor more than 92 hours."""
    with pytest.raises(InvalidMedia):
        plan_constant(Fraction(rate), Fraction(duration))


@given(st.lists(st.integers(1, 300_000), max_size=80), st.integers(1, 300_000))
@settings(max_examples=100, deadline=None)
def test_a_variable_rate_is_cut_at_real_frames(steps: list[int], last: int) -> None:
    """Each segment has frames; together they are all of them."""
    times = [0, *accumulate(steps)]
    grid = plan_variable(times, times[-1] + last)

    assert set(grid.starts) <= set(times)
    assert grid.end == times[-1] + last == sum(grid.ticks_of(i) for i in range(grid.count))
    for index in range(1, grid.count - 1):
        assert grid.ticks_of(index) >= 360_000
    assert grid.count == 1 or grid.ticks_of(grid.count - 1) >= 90_000
    assert 0 == grid.frame_ticks
    assert 0 == grid.frames_of(0)


def test_variable_cuts_stand_where_the_page_says() -> None:
    """At the first frame at or after 1 s, then 4 s after the last cut."""
    times = [0, 80_000, 95_000, 400_000, 455_000, 500_000]

    assert (0, 95_000, 455_000) == plan_variable(times, 545_000).starts
    assert (0, 95_000) == plan_variable(times, 544_999).starts


@pytest.mark.parametrize(("times", "end"), [([], 1), ([1, 2], 3), ([0, 5], 5)])
def test_times_that_make_no_sense_are_refused(times: list[int], end: int) -> None:
    """They begin with 0 and end before the end."""
    with pytest.raises(InvalidMedia):
        plan_variable(times, end)


@pytest.mark.parametrize(
    "grid",
    [plan_constant(Fraction(30_000, 1_001), Fraction(9)), plan_variable([0, 100_000], 200_000)],
)
def test_a_grid_comes_back_from_its_row(grid: Grid) -> None:
    """With the same name."""
    again = parse_grid(format_grid(grid))

    assert (grid, grid.name) == (again, again.name)
    assert 8 == len(grid.name)


def test_a_row_without_fields_is_refused() -> None:
    """No grid is guessed."""
    with pytest.raises(InvalidMedia):
        parse_grid({"timescale": 1})
