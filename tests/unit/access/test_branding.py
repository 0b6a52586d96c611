"""Colours of pages that strangers see."""

from __future__ import annotations

import pytest

from rushes.access.branding import is_color


@pytest.mark.parametrize(
    ("text", "is_one"), [("#ffb020", True), ("#FFB020", False), ("#fff", False), ("red", False)]
)
def test_a_colour_is_written_in_one_way(text: str, *, is_one: bool) -> None:
    """Six digits, lower case."""
    assert is_one == is_color(text)
