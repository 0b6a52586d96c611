"""Parts: how an object is cut so that any S3 server takes it, from no byte to 5 TiB.

All parts are equal but the last, which is smaller (R2 demands it), and each is a whole number of
blocks, so that a part's digest may be a block's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rushes.stores.blocks import BLOCK_BYTES

PARTS_AT_MOST: Final = 10_000  # S3: parts of one multipart upload
OBJECT_BYTES_AT_MOST: Final = 5 * 2**40  # S3: size of an object
PART_BYTES_AT_LEAST: Final = 5 * 2**20  # S3: size of a part that is not the last
SINGLE_BYTES: Final = BLOCK_BYTES
"""Up to here an object is sent in one request, and held in memory for that."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a store holds; `etag` is its token for Complete, never a digest."""

    number: int
    size_bytes: int
    etag: str


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where an object of `size_bytes` is cut: every `part_bytes`."""

    size_bytes: int
    part_bytes: int

    @property
    def count(self) -> int:
        """Return how many parts there are; an empty object has one, of no bytes."""
        return max(1, -(-self.size_bytes // self.part_bytes))

    def span(self, number: int) -> tuple[int, int]:
        """Return the first byte of part `number` (from 1), and the first byte after it.

        Raises:
            ValueError: there is no such part.
        """
        if not 1 <= number <= self.count:
            raise ValueError(number)
        start = (number - 1) * self.part_bytes
        return start, min(start + self.part_bytes, self.size_bytes)

    def part_size(self, number: int) -> int:
        """Return the bytes of part `number` (from 1)."""
        start, end = self.span(number)
        return end - start

    def digest(self, number: int, blocks: tuple[bytes, ...] | None) -> bytes | None:
        """Return a part's SHA-256 where it is a block's and known."""
        if blocks is None or self.part_bytes != BLOCK_BYTES or number > len(blocks):
            return None
        return blocks[number - 1]

    def is_whole(self, parts: tuple[Part, ...]) -> bool:
        """Say whether these are all parts of the object, each of its size."""
        return [(part.number, part.size_bytes) for part in parts] == [
            (number, self.part_size(number)) for number in range(1, self.count + 1)
        ]


def cut(size_bytes: int) -> Cuts:
    """Return how an object is cut: by 16 MiB, or the least multiple that needs 10,000 parts.

    Raises:
        ValueError: no S3 server takes an object of this size.
    """
    if not 0 <= size_bytes <= OBJECT_BYTES_AT_MOST:
        raise ValueError(size_bytes)
    blocks_a_part = max(1, -(-size_bytes // (BLOCK_BYTES * PARTS_AT_MOST)))
    return Cuts(size_bytes, BLOCK_BYTES * blocks_a_part)


class Cutter:
    """Takes bytes in pieces of any length, and gives parts of exactly `part_bytes`.

    The SDK's own way over a source with short reads starts no multipart at all (measured), so we
    cut ourselves. At most one part is held.
    """

    def __init__(self, part_bytes: int) -> None:
        self._part_bytes = part_bytes
        self._held = bytearray()

    def take(self, piece: bytes | memoryview) -> Iterator[bytearray]:
        """Take the next bytes, and yield each part that is full."""
        view = memoryview(piece)
        while view:
            taken = view[: self._part_bytes - len(self._held)]
            self._held += taken
            view = view[len(taken) :]
            if len(self._held) == self._part_bytes:
                full, self._held = self._held, bytearray()
                yield full

    def finish(self) -> bytearray:
        """Return the last, smaller part; it may be empty."""
        rest, self._held = self._held, bytearray()
        return rest
