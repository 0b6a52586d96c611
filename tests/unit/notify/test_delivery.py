"""A delivery: ten attempts over about 75 hours, and its table of steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rushes.notify.delivery import (
    MAX_WORDS,
    STEPS,
    WAITS,
    Attempt,
    Delivery,
    IllegalStep,
    State,
    Step,
    after,
)
from tests.support.moments import NOON

FRESH = Delivery("dlv_1", "whk_1", "evt_1", NOON, due_at=NOON)
SOON = timedelta(milliseconds=12)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_every_step_is_legal_or_refused(state: State, step: Step) -> None:
    """What does not stand in the table changes nothing."""
    if (state, step) in STEPS:
        assert STEPS[state, step] is after(state, step)
    else:
        with pytest.raises(IllegalStep):
            after(state, step)


def test_what_arrives_is_delivered() -> None:
    """With what was answered, and how long it took."""
    delivery = FRESH.tried(Attempt(204, SOON), NOON, 0.5)

    assert (State.DELIVERED, 1, None) == (delivery.state, delivery.attempts, delivery.due_at)
    assert (204, 12, NOON) == (delivery.status, delivery.took_ms, delivery.tried_at)


@pytest.mark.covers("BG-75", "BG-76")
def test_ten_attempts_are_spread_over_75_hours() -> None:
    """Then it has failed, until somebody replays it."""
    delivery, now = FRESH, NOON
    while delivery.state is State.WAITING:
        assert delivery.due_at is not None
        now = max(now, delivery.due_at)
        delivery = delivery.tried(Attempt(None, SOON, "no connection"), now, 0.5)

    assert (State.FAILED, len(WAITS), None) == (delivery.state, delivery.attempts, delivery.due_at)
    assert timedelta(hours=75) < now - NOON < timedelta(hours=76)
    again = delivery.replayed(now)
    assert (State.WAITING, 0, now) == (again.state, again.attempts, again.due_at)


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)])
def test_waits_are_spread(chance: float, share: float) -> None:
    """By a tenth, so that what failed together does not return together."""
    delivery = FRESH.tried(Attempt(500, SOON), NOON, chance)

    assert NOON + WAITS[1] * share == delivery.due_at


def test_a_redirect_is_not_followed_but_missed() -> None:
    """3xx is an answer like any other that is not 2xx."""
    assert State.WAITING is FRESH.tried(Attempt(302, SOON), NOON, 0.5).state


def test_410_ends_it_at_once() -> None:
    """The receiver wants no more."""
    attempt = Attempt(410, SOON, words="x" * 9_999)

    delivery = FRESH.tried(attempt, NOON, 0.5)

    assert attempt.ends_all
    assert (State.FAILED, MAX_WORDS) == (delivery.state, len(delivery.words))


def test_what_was_delivered_is_not_tried_again_by_itself() -> None:
    """An attempt that comes back late finds nothing to change."""
    with pytest.raises(IllegalStep):
        replace(FRESH, state=State.DELIVERED).tried(Attempt(200, SOON), NOON, 0.5)
