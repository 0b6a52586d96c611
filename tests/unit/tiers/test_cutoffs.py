"""Rules as moments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rushes.tiers.cutoffs import make_cutoffs
from rushes.tiers.rules import DAY, PRESETS, Kind, Preset, Rules
from tests.support.moments import NOON

RULES = replace(PRESETS[Preset.DEFAULT], cap_bytes=100)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("held", "factor", "grace", "excess"),
    [
        (70, 1.0, DAY, 0),
        (71, 0.75, DAY, 0),
        (81, 0.5, DAY, 0),
        (95, 0.25, DAY, 0),
        (96, 0.25, DAY, 6),
        (100, 0.25, DAY, 10),
        (101, 0.25, HOUR, 11),
    ],
)
def test_a_fuller_tier_has_later_cutoffs(
    held: int, factor: float, grace: timedelta, excess: int
) -> None:
    """At each limit, and one beyond; above 95 % some bytes have to go."""
    found = make_cutoffs(RULES, held, NOON)

    assert (factor, NOON - grace, excess) == (found.factor, found.graced, found.excess_bytes)
    assert NOON - 30 * DAY * factor == found.of(None, Kind.VIDEO, "360p")
    assert NOON - 7 * DAY * factor == found.newest
    assert bool(excess) == found.is_crowded


def test_without_a_cap_nothing_is_crowded() -> None:
    """However much there is."""
    found = make_cutoffs(replace(RULES, cap_bytes=None), 10**18, NOON)

    assert (1.0, False, 0) == (found.factor, found.is_crowded, found.excess_bytes)


def test_nothing_goes_within_the_grace_or_where_it_stays_always() -> None:
    """A span of nothing is the grace; none at all has no cutoff."""
    found = make_cutoffs(Rules(None, {Kind.VIDEO: timedelta()}), 0, NOON)

    assert NOON - DAY == found.of(None, Kind.VIDEO, "720p") == found.newest
    assert found.of(None, Kind.STILL, None) is None
    assert make_cutoffs(Rules(None), 0, NOON).newest == NOON - DAY


def test_what_is_read_in_the_future_tells_of_a_clock() -> None:
    """By more than a day."""
    found = make_cutoffs(RULES, 0, NOON)

    assert not found.is_ahead(NOON + DAY)
    assert found.is_ahead(NOON + DAY + timedelta(microseconds=1))
