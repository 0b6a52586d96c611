"""A field of an answer is what it should be, within its bounds, or it is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rushes.media.reading import TEXT_AT_MOST, TRACKS_AT_MOST, Reader

VALUES: dict[str, object] = {
    "text": "t",
    "long": "x" * 2_000,
    "whole": 7,
    "flag": True,
    "rate": "30000/1001",
    "rows": [1, "2"],
    "tracks": [{"a": 1}, 5, *({"a": n} for n in range(100))],
    "inner": {"whole": 1},
    "none": None,
}
READER = Reader(VALUES)


def test_fields_are_read() -> None:
    """Texts are cut, numbers stay, absent fields are None or empty."""
    assert "t" == READER.text("text")
    assert TEXT_AT_MOST == len(READER.text("long"))
    assert None is READER.find_text("none")
    assert "t" == READER.find_text("text")
    assert 7 == READER.whole("whole", 0, 7)
    assert (7, None) == (READER.find_whole("whole"), READER.find_whole("none"))
    assert Fraction(30_000, 1_001) == READER.fraction("rate", 0, 100)
    assert (True, False) == (READER.flag("flag"), READER.flag("absent"))
    assert ([1, "2"], []) == (READER.rows("rows"), READER.rows("absent"))


def test_objects_are_read() -> None:
    """Of a list, what is no object is left out, and there is an end."""
    inner = READER.find_reader("inner")

    assert inner is not None
    assert 1 == READER.reader("inner").whole("whole", 0, 1)
    assert 1 == inner.whole("whole", 0, 1)
    assert READER.find_reader("whole") is None
    assert TRACKS_AT_MOST - 1 == len(READER.readers("tracks"))


@pytest.mark.parametrize(
    ("name", "low", "high"), [("whole", 8, 9), ("whole", 0, 6), ("flag", 0, 9), ("text", 0, 9)]
)
def test_a_number_outside_its_bounds_is_refused(name: str, low: int, high: int) -> None:
    """`true` is no number either."""
    with pytest.raises(ValueError, match=name):
        READER.whole(name, low, high)


@pytest.mark.parametrize("text", ["1e9999999", "1" * 65])
def test_a_rate_that_would_take_long_to_read_is_refused(text: str) -> None:
    """Ten million digits are no rate."""
    with pytest.raises(ValueError, match="rate"):
        Reader({"rate": text}).fraction("rate", 0, 100)


def test_other_types_are_refused() -> None:
    """No text, no list, no rate."""
    with pytest.raises(TypeError):
        READER.text("whole")
    with pytest.raises(TypeError):
        READER.rows("whole")
    with pytest.raises(TypeError):
        READER.reader("rows")
    with pytest.raises(ValueError, match="rate"):
        READER.fraction("rate", 31, 100)
