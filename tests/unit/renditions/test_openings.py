"""Films that are opened are counted, and who makes what nobody waits for is told."""

from __future__ import annotations

from rushes.renditions.openings import Openings


def test_the_first_and_the_last_are_told() -> None:
    """Those between change nothing."""
    told: list[bool] = []
    openings = Openings()
    openings.changed.append(lambda: told.append(openings.is_any))

    with openings.going_on():
        with openings.going_on():
            assert openings.is_any
        assert openings.is_any

    assert not openings.is_any
    assert [True, False] == told
