"""Who calls is known inside a block, and nowhere else."""

from __future__ import annotations

from rushes.events.origin import WORD_AT_MOST, Caller, called_by, find_caller, trim


def test_a_caller_is_known_in_its_block() -> None:
    """Blocks may stand in each other; behind them nobody calls."""
    outer, inner = Caller("192.0.2.7", "curl/8", "1"), Caller("192.0.2.8", "", "2")

    assert find_caller() is None
    with called_by(outer):
        with called_by(inner):
            assert inner == find_caller()
        assert outer == find_caller()
    assert find_caller() is None


def test_words_of_strangers_are_cut() -> None:
    """They are kept, so they are not endless."""
    long = "a" * (WORD_AT_MOST + 1)

    assert Caller(*[long[:-1]] * 3) == trim(long, long, long)
