"""A file within a file: a beginning that is kept somewhere in it, and then its end.

So one object is two files: what is asked for of the second are one or two ranges of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Overlay:
    """The beginning lies at `head_at`; all that follows it at `data_at`, to the end."""

    head_at: int
    head_bytes: int
    data_at: int

    def size_of(self, size_bytes: int) -> int:
        """Return the bytes of the second file in a first one of so many."""
        return self.head_bytes + size_bytes - self.data_at

    def parts_of(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return where bytes `start` up to, not including, `end` lie in the first file."""
        head_end = min(end, self.head_bytes)
        parts = [(self.head_at + start, self.head_at + head_end)] if start < head_end else []
        shift, data_start = self.data_at - self.head_bytes, max(start, self.head_bytes)
        if data_start < end:
            parts.append((data_start + shift, end + shift))
        return parts


WHOLE: Final = Overlay(0, 0, 0)
"""The second file is the first one."""
