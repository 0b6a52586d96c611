"""Reads what a boxed child printed, each field within bounds: the child read hostile bytes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

TAGS_AT_MOST: Final = 32
FRACTION_AT_MOST: Final = 64
TEXT_AT_MOST: Final = 512
TRACKS_AT_MOST: Final = 64


class Reader:
    """Reads fields of one object, each within its bounds; raises ValueError outside them."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """Return a text, cut to its bound."""
        value = self._values[name]
        if not isinstance(value, str):
            raise TypeError(name)
        return value[:TEXT_AT_MOST]

    def find_text(self, name: str) -> str | None:
        """Return a text, or None where there is none."""
        return None if self._values.get(name) is None else self.text(name)

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(name)
        return value

    def find_whole(self, name: str, low: int = 0, high: int = 1 << 53) -> int | None:
        """Return a whole number, or None where there is none."""
        return None if self._values.get(name) is None else self.whole(name, low, high)

    def fraction(self, name: str, low: int, high: int) -> Fraction:
        """Return a rational number from `low` to `high`."""
        text = self.text(name)
        if len(text) > FRACTION_AT_MOST or "e" in text.lower():  # 1e9999999 would take minutes
            raise ValueError(name)
        value = Fraction(text)
        if not low <= value <= high:
            raise ValueError(name)
        return value

    def flag(self, name: str) -> bool:
        """Return whether the field is there and true."""
        return bool(self._values.get(name, False))

    def rows(self, name: str) -> list[object]:
        """Return a list; an absent one is empty."""
        value = self._values.get(name, [])
        if not isinstance(value, list):
            raise TypeError(name)
        return value

    def readers(self, name: str) -> list[Reader]:
        """Return readers of the objects in a list, at most `TRACKS_AT_MOST`."""
        rows = self.rows(name)[:TRACKS_AT_MOST]
        return [Reader(row) for row in rows if isinstance(row, dict)]

    def reader(self, name: str) -> Reader:
        """Return a reader of an object."""
        value = self._values[name]
        if not isinstance(value, dict):
            raise TypeError(name)
        return Reader(value)

    def find_reader(self, name: str) -> Reader | None:
        """Return a reader of an object, or None where there is none."""
        value = self._values.get(name)
        return Reader(value) if isinstance(value, dict) else None
