"""The horizon below which no number of an event is missing."""

from __future__ import annotations

from rushes.notify.horizon import MOST_MISSING, SETTLED_SECONDS, Horizon


def test_numbers_in_order_lift_the_floor() -> None:
    """Each is news once, and nothing is missing."""
    horizon = Horizon(7)

    news = [horizon.see(number, 0.0) for number in (8, 9, 9, 3)]

    assert [True, True, False, False] == news
    assert (9, 9, []) == (horizon.floor, horizon.top, horizon.list_missing())


def test_a_late_number_closes_its_gap() -> None:
    """The floor waits for it, so that who returns with the floor's number misses nothing."""
    horizon = Horizon(0)
    for number in (1, 3, 6):
        horizon.see(number, 0.0)
    before = (horizon.floor, horizon.top, horizon.list_missing())

    is_news = [horizon.see(number, 1.0) for number in (2, 3, 4, 5)]

    assert (1, 6, [2, 4, 5]) == before
    assert [True, False, True, True] == is_news
    assert (6, 6, []) == (horizon.floor, horizon.top, horizon.list_missing())


def test_a_number_that_never_comes_is_given_up() -> None:
    """Only below one that was seen long ago; what is newer is waited for."""
    horizon = Horizon(0)
    horizon.see(2, 0.0)
    horizon.see(3, SETTLED_SECONDS)
    horizon.see(5, SETTLED_SECONDS)

    horizon.settle(SETTLED_SECONDS)
    early = horizon.floor
    horizon.settle(SETTLED_SECONDS + 1)

    assert 0 == early
    assert (3, [4]) == (horizon.floor, horizon.list_missing())
    assert not horizon.see(1, SETTLED_SECONDS + 2)


def test_so_many_are_asked_for_at_once() -> None:
    """A leap of numbers makes no endless question."""
    horizon = Horizon(0)
    horizon.see(10 * MOST_MISSING, 0.0)
    horizon.see(20 * MOST_MISSING, 0.0)

    assert [*range(1, MOST_MISSING + 1)] == horizon.list_missing()
