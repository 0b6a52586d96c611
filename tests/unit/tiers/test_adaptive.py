"""Learned windows: what they learn, and that they never cost more than they may."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.tiers.adaptive import DAY, ENOUGH, HOUR, Activity, Learner
from rushes.tiers.prices import Rates

GB = 10**9
RATES = Rates(rent=0.015 / GB / 2_592_000, fill=0, read=0, fetch=0, egress=0, penalty=0.001)
EVEN = RATES.window(GB)
"""Two days, for a GB."""


def test_before_anything_is_known_the_window_is_the_break_even() -> None:
    """Where nothing costs rent that is for ever."""
    free = Rates(0, 0, 0, 0, 0, 1)

    assert EVEN == Learner(RATES).made("a", "a", "720p", GB, 0)
    assert inf == Learner(free).made("a", "a", "720p", GB, 0)
    assert inf == Learner(free).read("a", "a", "720p", GB, 9)


def teach(learner: Learner, pause: float, count: int = 4 * ENOUGH) -> float:
    """Make and read so many objects, each after the same pause; return the time."""
    for number in range(count):
        learner.made(number, number, "720p", GB, number * HOUR)
    for number in range(count):
        learner.pass_time(number * HOUR + pause)
        learner.read(number, number, "720p", GB, number * HOUR + pause)
    return count * HOUR + pause


def test_what_is_read_soon_is_kept_until_then_and_not_much_longer() -> None:
    """All were read after 5 hours."""
    learner = Learner(RATES)
    at = teach(learner, 5 * HOUR)

    window = learner.made("new", "new", "720p", GB, at)

    assert 5 * HOUR < window < 9 * HOUR


def test_what_is_never_read_in_time_is_not_kept() -> None:
    """All were read after 20 days, and a miss buys two."""
    learner = Learner(RATES)
    at = teach(learner, 20 * DAY)

    assert learner.made("new", "new", "720p", GB, at) == 0


def test_what_will_surely_be_read_may_be_kept_a_little_beyond_the_break_even() -> None:
    """The lengths of pauses are known in steps: all ended in the one from 43 to 65 hours."""
    learner = Learner(RATES)
    at = teach(learner, 50 * HOUR)
    size_bytes = GB * 48 // 60

    window = learner.made("new", "new", "720p", size_bytes, at)

    assert RATES.window(size_bytes) < window < 65 * HOUR


def test_a_deleted_object_has_no_pause_to_end() -> None:
    """What it had reserved comes back, and a second delete does nothing."""
    learner = Learner(RATES)
    learner.made("a", "film", "720p", GB, 0)
    before = learner.credit

    learner.gone("a", GB, 1.5 * DAY)
    learner.gone("a", GB, 1.5 * DAY)

    assert pytest.approx(before) == learner.credit
    assert EVEN == pytest.approx(learner.read("a", "film", "720p", GB, 2 * DAY))


def test_a_very_long_pause_counts_as_the_longest() -> None:
    """A year later."""
    learner = Learner(RATES)
    at = teach(learner, 400 * DAY)

    learner.pass_time(at + 400 * DAY)

    assert learner.made("new", "new", "720p", GB, at + 400 * DAY) == 0


def test_activity_halves_in_three_days() -> None:
    """Two plays three days apart are one and a half."""
    activity = Activity()

    activity.add(0)
    activity.add(3 * DAY)

    assert (1.5, 0.75) == (activity.value, activity.at_time(6 * DAY))


events = st.tuples(
    st.integers(0, 4),
    st.sampled_from(["read", "read", "read", "gone"]),
    st.floats(0, 5 * DAY),
)


class Bill:
    """What one pays who keeps to the windows, and what one would pay who knew the future."""

    def __init__(self) -> None:
        self.paid = self.least = 0.0
        self.open: dict[int, tuple[float, float]] = {}

    def end(self, one: int, at: float, *, is_read: bool) -> None:
        if one not in self.open:
            return
        since, until = self.open.pop(one)
        rent, miss = RATES.rent * GB, RATES.miss(GB)
        self.paid += rent * (min(at, until) - since)
        if is_read:
            self.paid += miss if at > until else 0
            self.least += min(miss, rent * (at - since))


@settings(max_examples=30, deadline=None)
@given(st.lists(events, max_size=60), st.integers(0, 200))
def test_it_never_costs_more_than_twice_the_optimum_and_two_misses_an_object(
    told: list[tuple[int, str, float]], taught: int
) -> None:
    """Whatever was learned before, and whatever comes."""
    learner, bill, objects = Learner(RATES), Bill(), 0
    teach(learner, 5 * HOUR, taught)
    spare, at = learner.credit, taught * HOUR + 5 * HOUR

    for one, event, pause in told:
        at += pause
        if event == "gone":
            bill.end(one, at, is_read=False)
            learner.gone(one, GB, at)
        elif event == "read" and one in bill.open:
            bill.end(one, at, is_read=True)
            bill.open[one] = (at, at + learner.read(one, one, "720p", GB, at))
        elif event == "read":
            objects += 1
            bill.open[one] = (at, at + learner.made(one, one, "720p", GB, at))
        assert learner.credit >= -1e-12
    for one in list(bill.open):
        bill.end(one, inf, is_read=False)

    allowed = 2 * bill.least + 2 * objects * RATES.miss(GB) + spare
    assert bill.paid <= allowed + 1e-9


def test_what_was_learned_fades() -> None:
    """After a year nothing is known, and the window is the break-even again."""
    learner = Learner(RATES)
    at = teach(learner, 5 * HOUR)

    for day in range(365):
        learner.pass_time(at + day * DAY)

    assert pytest.approx(EVEN) == learner.made("new", "new", "720p", GB, at + 365 * DAY)
