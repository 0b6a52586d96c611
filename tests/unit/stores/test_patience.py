"""Deadlines, second tries, and when a store is down."""

from __future__ import annotations

import pytest

from rushes.stores.patience import FREE_TRIES, Health, Patience

USUAL = Patience()


def test_bytes_have_time_by_their_size() -> None:
    """A minute, and a quarter of a MiB in each second."""
    assert (60, 124) == (USUAL.deadline(0), USUAL.deadline(16 * 2**20))


@pytest.mark.parametrize(
    ("tried", "chance", "retry_after", "expected"),
    [
        (1, 0.0, None, 0),
        (1, 0.5, None, 0.5),
        (3, 0.5, None, 2),
        (9, 0.5, None, 15),
        (1, 0.5, 0.0, 0.5),
        (1, 0.0, 7.0, 7),
        (1, 0.5, 900.0, 30),
    ],
)
def test_a_second_try_waits_by_chance_or_as_the_server_says(
    tried: int, chance: float, retry_after: float | None, expected: float
) -> None:
    """Longer each time, never longer than half a minute."""
    assert expected == USUAL.wait(tried, chance, retry_after)


def test_second_tries_are_a_share_of_a_minutes_calls() -> None:
    """A few are free; older ones are forgotten."""
    health = Health(USUAL)
    for moment in range(100):
        health.note_call(moment / 10)

    taken = [health.take_retry(10) for _ in range(30)]
    later = [health.take_retry(75) for _ in range(30)]

    assert (20, FREE_TRIES) == (sum(taken), sum(later))


def test_a_store_is_down_after_five_silences_and_asked_now_and_then() -> None:
    """One answer brings it back."""
    health = Health(USUAL)
    for _ in range(4):
        health.note_silence(0)
    assert not health.is_down
    assert health.may_ask(0)

    health.note_silence(0)

    assert health.is_down
    assert [False, True, False, True] == [health.may_ask(now) for now in (29, 30, 59, 60)]
    health.note_answer()
    assert (False, True) == (health.is_down, health.may_ask(61))


def test_a_busy_store_gets_half_the_streams_for_a_minute() -> None:
    """Never none."""
    health = Health(USUAL)
    assert 16 == health.width(16, 0)

    health.note_busy(0)

    assert [8, 1, 16] == [health.width(16, 59), health.width(1, 59), health.width(16, 60)]
