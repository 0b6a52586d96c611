"""Rows against a store, a stretch of keys at a time."""

from __future__ import annotations

import pytest

from rushes.tiers.comparing import compare
from rushes.tiers.placement import Placement, State, Tier


def row(key: str, state: State = State.PRESENT, size_bytes: int = 5) -> Placement:
    return Placement(f"plc_{key}", f"rnd_{key}", "cnt_1", Tier.EDGE, key, size_bytes, state)


def test_both_sides_are_asked() -> None:
    """What the store lacks, what it has with another size, and what no row tells of."""
    rows = [row("a"), row("b"), row("c")]

    found = compare(rows, {"b": 5, "c": 4, "d": 9, "e": 9}, {"e"})

    assert ["a"] == [place.key for place in found.missing]
    assert ["c"] == [place.key for place in found.resized]
    assert ("d",) == found.unknown


@pytest.mark.parametrize("state", [state for state in State if state is not State.PRESENT])
def test_only_what_says_present_is_held_to_it(state: State) -> None:
    """What comes, leaves or is lost may be there or not; it is not unknown."""
    found = compare([row("a", state), row("b", state)], {"a": 1})

    assert ((), (), ()) == (found.missing, found.resized, found.unknown)
