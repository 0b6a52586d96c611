"""Parts: how a file is cut for the line, and what is still missing of it. It does no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MIB: Final = 2**20
FIRST_APPEND: Final = 8 * MIB
LARGEST_APPEND: Final = 512 * MIB
SMALLEST_APPEND: Final = MIB // 4
AIM_SECONDS: Final = 8.0
"""An append should take about this long: short enough to lose little, long enough to be rare."""

PIECE_BYTES: Final = 16 * MIB
"""Of a download: as long as a block of the server."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` up to `start + length` of a file; `index` counts its parts from 0."""

    index: int
    start: int
    length: int


def cut(size_bytes: int, part_bytes: int) -> Iterator[Part]:
    """Give the parts of a file in order; all are equal but the last, an empty file has none."""
    for index, start in enumerate(range(0, size_bytes, part_bytes)):
        yield Part(index, start, min(part_bytes, size_bytes - start))


def find_missing(
    size_bytes: int, part_bytes: int, received: Iterable[tuple[int, int]]
) -> tuple[Part, ...]:
    """Return the parts that are in none of the ranges, which name their first and last index."""
    known = {index for first, last in received for index in range(first, last + 1)}
    return tuple(part for part in cut(size_bytes, part_bytes) if part.index not in known)


def pick(size_bytes: int, part_bytes: int, ranges: Iterable[tuple[int, int]]) -> tuple[Part, ...]:
    """Return the parts that are in one of the ranges."""
    wanted = {index for first, last in ranges for index in range(first, last + 1)}
    return tuple(part for part in cut(size_bytes, part_bytes) if part.index in wanted)


def fit_append(length: int, seconds: float) -> int:
    """Return the length of the next append after one of this length took so long."""
    if seconds < AIM_SECONDS / 2:
        return min(LARGEST_APPEND, length * 2)
    return max(SMALLEST_APPEND, length // 2) if seconds > AIM_SECONDS * 2 else length


class Tally:
    """How many bytes have arrived, with those of parts on their way; never more than there are."""

    __slots__ = ("_moving", "_settled", "whole")

    def __init__(self, whole: int, settled: int = 0) -> None:
        self.whole = whole
        self._settled = settled
        self._moving: dict[int, int] = {}

    @property
    def done(self) -> int:
        """Return the bytes that are there, or on the line."""
        return min(self.whole, self._settled + sum(self._moving.values()))

    def move(self, index: int, size_bytes: int) -> None:
        """Note that so many more bytes of a part went out."""
        self._moving[index] = self._moving.get(index, 0) + size_bytes

    def drop(self, index: int) -> None:
        """Note that a part begins anew."""
        self._moving.pop(index, None)

    def settle(self, index: int, size_bytes: int) -> None:
        """Note that a part arrived whole."""
        self.drop(index)
        self._settled += size_bytes
