"""How a file is cut, and what is missing of it."""

from __future__ import annotations

import pytest

from rushes.client.parts import (
    FIRST_APPEND,
    LARGEST_APPEND,
    SMALLEST_APPEND,
    Part,
    Tally,
    cut,
    find_missing,
    fit_append,
    pick,
)


@pytest.mark.parametrize(
    ("size", "lengths"), [(0, []), (1, [1]), (10, [10]), (11, [10, 1]), (30, [10, 10, 10])]
)
def test_all_parts_are_equal_but_the_last(size: int, lengths: list[int]) -> None:
    """They lie side by side from the first byte to the last."""
    parts = list(cut(size, 10))

    assert lengths == [part.length for part in parts]
    assert [10 * index for index in range(len(parts))] == [part.start for part in parts]


def test_what_is_missing_is_what_no_range_names() -> None:
    """Ranges name their first and their last."""
    assert (Part(2, 20, 10), Part(5, 50, 5)) == find_missing(55, 10, [(0, 1), (3, 4)])
    assert (Part(1, 10, 10), Part(5, 50, 5)) == pick(55, 10, [(1, 1), (5, 5)])


@pytest.mark.covers("X-UP-17", "M-UP-19")
@pytest.mark.parametrize(
    ("length", "seconds", "following"),
    [
        (FIRST_APPEND, 1, 2 * FIRST_APPEND),
        (FIRST_APPEND, 8, FIRST_APPEND),
        (FIRST_APPEND, 17, FIRST_APPEND // 2),
        (LARGEST_APPEND, 1, LARGEST_APPEND),
        (SMALLEST_APPEND, 60, SMALLEST_APPEND),
    ],
)
def test_appends_grow_and_shrink_with_the_line(length: int, seconds: float, following: int) -> None:
    """Each should take about eight seconds."""
    assert following == fit_append(length, seconds)


def test_a_tally_counts_what_arrived_and_what_is_on_its_way() -> None:
    """A part that begins anew counts from none; there are never more bytes than all."""
    tally = Tally(100, settled=20)
    tally.move(3, 10)
    tally.move(3, 10)
    tally.move(4, 5)
    assert 45 == tally.done
    tally.drop(3)
    assert 25 == tally.done
    tally.settle(4, 30)
    assert 50 == tally.done
    tally.move(5, 1000)

    assert 100 == tally.done
