"""Blocks: 16 MiB of an original each, with its own SHA-256; and the root over them.

The root is the SHA-256 of the blocks' digests, one after the other. It is known at the last byte
in any order of arrival, so identity never waits for a second pass over a large file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from rushes.stores.blocks import BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Block:
    """The digest of one block; `position` counts from 0."""

    position: int
    digest: bytes


def count_blocks(size_bytes: int) -> int:
    """Return how many blocks a file of this size has."""
    return -(-size_bytes // BLOCK_BYTES)


def find_root(digests: Iterable[bytes]) -> bytes:
    """Return the SHA-256 over the digests of all blocks in order."""
    return hashlib.sha256(b"".join(digests)).digest()


class Hashing:
    """The running digest of bytes that come in order, from the start of a block on.

    `offset` is that of the next byte. Digests of full blocks wait until they are taken.
    """

    __slots__ = ("_full", "_open", "offset")

    def __init__(self, offset: int = 0) -> None:
        if offset % BLOCK_BYTES:
            raise ValueError(f"Hashing begins at the start of a block, not at {offset}.")
        self.offset = offset
        self._open = hashlib.sha256()
        self._full: list[Block] = []

    def update(self, piece: memoryview) -> None:
        """Take the next bytes in."""
        rest = piece
        while rest:
            room = BLOCK_BYTES - self.offset % BLOCK_BYTES
            now, rest = rest[:room], rest[room:]
            self._open.update(now)
            self.offset += len(now)
            if len(now) == room:
                self._close()

    def take_full(self) -> tuple[Block, ...]:
        """Return the digests of blocks that became full since the last call."""
        taken, self._full = tuple(self._full), []
        return taken

    def find_last(self) -> Block | None:
        """Return the digest of the part-filled block, where there is one."""
        position, filled = divmod(self.offset, BLOCK_BYTES)
        return Block(position, self._open.digest()) if filled else None

    def copy(self) -> Hashing:
        """Return the same state, to go back to."""
        twin = Hashing()
        twin.offset, twin._open, twin._full = self.offset, self._open.copy(), list(self._full)
        return twin

    def _close(self) -> None:
        self._full.append(Block(self.offset // BLOCK_BYTES - 1, self._open.digest()))
        self._open = hashlib.sha256()
