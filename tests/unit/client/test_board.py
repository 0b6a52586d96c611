"""Which part goes next, which wait, and when a transfer is over."""

from __future__ import annotations

import pytest

from rushes.client.board import Board
from rushes.client.failures import Refused, Unreachable
from rushes.client.pace import Pace

NO = Unreachable("No answer.")


def taken(board: Board[str], now: float = 0.0) -> str:
    """Take all parts that may begin."""
    found = ""
    while (part := board.take(now)) is not None:
        found += part
    return found


def fail_all(board: Board[int], tried: list[int]) -> None:
    """Let every part fail; note which were tried."""
    now = 0.0
    while True:
        now += 1
        while (part := board.take(now)) is not None:
            tried.append(part)
            board.fail(part, NO, now, 1.0)


def test_parts_go_out_in_order_as_many_as_the_pace_allows() -> None:
    """Each that ends makes place for the next."""
    board = Board("abcde", Pace())

    assert "abc" == taken(board)
    assert board.find_wait(0) is None
    board.finish("b")
    assert 0 == board.find_wait(0)
    assert "d" == taken(board)
    for part in "acd":
        board.finish(part)
    assert "e" == taken(board)
    assert not board.is_over
    assert board.find_wait(0) is None
    board.finish("e")
    assert board.is_over


def test_nothing_to_do_is_over_at_once() -> None:
    """An empty file has no parts."""
    assert Board("", Pace()).is_over


def test_a_part_that_failed_goes_first_when_its_pause_is_over() -> None:
    """It keeps its place meanwhile."""
    board = Board("abcdef", Pace(2))
    assert "ab" == taken(board)

    board.fail("a", NO, 0, 1.0)

    assert 1 == board.pace.width
    assert "" == taken(board)
    board.finish("b")
    assert "" == taken(board, 0.5)
    assert 0.5 == board.find_wait(0.5)
    assert "a" == taken(board, 1)
    board.finish("a")
    assert "c" == taken(board, 1)


def test_a_server_that_takes_nothing_is_asked_for_few_parts() -> None:
    """Three at once, three tries each at most; then the failure is raised."""
    tried: list[int] = []
    with pytest.raises(Unreachable):
        fail_all(Board(range(10_000), Pace()), tried)

    assert len(tried) <= 9
    assert {0, 1, 2} >= set(tried)


def test_tries_count_anew_when_any_part_went_through() -> None:
    """The line is not dead."""
    board = Board("ab", Pace(2))
    taken(board)
    board.fail("a", NO, 0, 0.0)
    taken(board)
    board.finish("b")
    for now in (1, 2):
        assert "a" == taken(board, now)
        board.fail("a", NO, now, 0.0)
    taken(board, 3)
    with pytest.raises(Unreachable):
        board.fail("a", NO, 3, 0.0)


def test_a_refusal_without_hope_is_raised_at_once() -> None:
    """Another try would change nothing."""
    board = Board("a", Pace())
    taken(board)
    with pytest.raises(Refused):
        board.fail("a", Refused(403, "x", "No."), 0, 0.0)


def test_all_wait_when_the_server_asks_to_be_left_alone() -> None:
    """429 with a time holds what did not fail, too."""
    board = Board("abc", Pace(2))
    taken(board)
    board.fail("a", Refused(429, "x", "No.", retry_after=10), 0, 0.0)
    board.finish("b")

    assert "" == taken(board, 9)
    assert 1 == board.find_wait(9)
    assert "a" == taken(board, 10)[0]
