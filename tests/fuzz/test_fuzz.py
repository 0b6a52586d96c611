"""Parsers raise what they declare and nothing else, whatever they are fed; the short form.

`python tools/fuzz.py all --runs 500000` is the long one: ten million runs.
"""

from __future__ import annotations

from itertools import islice

import pytest

from tests.fuzz.fuzzing import Target, fuzz, make_inputs
from tests.fuzz.targets import TARGETS

RUNS, LONG_RUNS = 1_000, 100_000


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_only_declared_errors_come_out(name: str, request: pytest.FixtureRequest) -> None:
    """And what is read keeps the promises of its parser."""
    runs = LONG_RUNS if request.config.getoption("--long") else RUNS

    tally = fuzz(TARGETS[name], runs, seed=1)

    assert tally.found is None, tally.found
    assert runs == tally.runs


def test_the_same_seed_makes_the_same_inputs() -> None:
    """A find can be run again by its number."""
    target = TARGETS["boxes"]

    first, again, other = (list(islice(make_inputs(target, seed), 50)) for seed in (7, 7, 8))

    assert first == again
    assert first != other


def test_what_breaks_is_told_with_its_input() -> None:
    """The run, the bytes and the words of the error."""

    def refuse_zeros(data: bytes) -> None:
        if b"\x00\x00\x00\x00" in data:
            raise IndexError(data)

    tally = fuzz(Target("zeros", refuse_zeros, (b"abcd" * 4,)), 10_000, seed=1)

    assert tally.found is not None
    assert b"\x00\x00\x00\x00" in tally.found.data
    assert "IndexError" in tally.found.words
    assert tally.found.number + 1 == tally.runs
