"""A made trace is plausible, and the same for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest

from rushes.tiers.trace import Event, Line
from rushes.tiers.traffic import DAY, Traffic, make_trace

SMALL = Traffic(assets=80, days=60, plays=10)


def test_the_same_seed_gives_the_same_trace() -> None:
    """Another seed gives another."""
    again, other = Traffic(80, 60, plays=10), Traffic(80, 60, plays=10, seed=2)

    assert make_trace(SMALL) == make_trace(again) != make_trace(other)


def test_lines_are_in_order_and_within_the_days() -> None:
    """Four of five assets are there when it begins."""
    lines = make_trace(SMALL)

    times = [line.at for line in lines]
    assert sorted(times) == times
    assert 0 <= times[0] <= times[-1] <= 60 * DAY
    first = {line.asset for line in lines if line.event is Event.MADE and line.at == 0}
    assert 40 <= len(first) < 80


LONELY = [Traffic(assets=1, days=60, plays=50, seed=seed) for seed in range(12)]
"""One film each, and often it is not there from the beginning."""


@pytest.mark.parametrize("traffic", [SMALL, *LONELY])
def test_nothing_is_read_before_it_was_made(traffic: Traffic) -> None:
    """And what is read has the size that was made."""
    made: dict[tuple[str, str], Line] = {}

    for line in make_trace(traffic):
        case = (line.asset, line.quality)
        if line.event is Event.MADE:
            made[case] = line
        else:
            assert made[case].size_bytes == line.size_bytes


def test_few_assets_have_many_of_the_plays() -> None:
    """By Zipf's law the first tenth has most of them."""
    reads = Counter(line.asset for line in make_trace(SMALL) if line.event is Event.READ)

    most = sum(count for _, count in reads.most_common(8))
    assert most > 0.3 * reads.total()
