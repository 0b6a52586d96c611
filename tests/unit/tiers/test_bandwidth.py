"""How long bytes wait so that a rate is not passed."""

from __future__ import annotations

from rushes.tiers.bandwidth import Bandwidth


def test_without_a_limit_nothing_waits() -> None:
    """However much goes at once."""
    free = Bandwidth(None)

    assert [0.0, 0.0] == [free.take(5.0, 10**12), free.take(5.0, 10**12)]


def test_who_comes_after_a_pause_goes_at_once_and_the_next_one_waits() -> None:
    """One second's worth is saved up, and not more."""
    limit = Bandwidth(100)

    waits = [limit.take(1_000.0, 100) for _ in range(4)]

    assert [0.0, 0.0, 1.0, 2.0] == waits


def test_what_is_larger_than_a_second_goes_and_is_waited_for() -> None:
    """A part of any size passes a limit of any size."""
    limit = Bandwidth(100)

    first, second = limit.take(1_000.0, 1_000), limit.take(1_000.0, 1)

    assert (0.0, 9.0) == (first, second)


def test_time_that_passes_pays_what_was_taken() -> None:
    """The rate holds over any stretch."""
    limit = Bandwidth(100)
    limit.take(1_000.0, 300)

    assert 0.0 == limit.take(1_002.0, 100)
    assert 1.0 == limit.take(1_002.0, 100)
