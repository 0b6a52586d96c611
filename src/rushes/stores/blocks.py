"""Blocks: a SHA-256 for every 16 MiB, by which a copy can be parallel, resumed and checked.

What is known of an object may be its blocks, the digest of the whole, or both: a `Fingerprint`
compares what is known with what was read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

BLOCK_BYTES: Final = 16 * 2**20
"""Small enough to be sent again, large enough that 100 GB need about 190 kB of digests."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is known of an object's bytes; None is what nobody computed.

    `blocks` are the SHA-256 of each block in order, `whole` that of all bytes.
    """

    size_bytes: int
    blocks: tuple[bytes, ...] | None = None
    whole: bytes | None = None

    def is_confirmed_by(self, read: Fingerprint) -> bool:
        """Say whether what was read agrees with everything known here."""
        return (
            self.size_bytes == read.size_bytes
            and self.blocks in {None, read.blocks}
            and self.whole in {None, read.whole}
        )


class BlockHasher:
    """Takes bytes in order, in pieces of any length, and knows their fingerprint at the end."""

    def __init__(self, *, with_blocks: bool = True, with_whole: bool = True) -> None:
        self._with_blocks = with_blocks
        self._digests: list[bytes] = []
        self._block = hashlib.sha256()
        self._filled = 0
        self._whole = hashlib.sha256() if with_whole else None
        self._size_bytes = 0

    @property
    def size_bytes(self) -> int:
        """Return how many bytes were taken so far."""
        return self._size_bytes

    def update(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""
        view = memoryview(piece)
        self._size_bytes += len(view)
        if self._whole is not None:
            self._whole.update(view)
        while self._with_blocks and view:
            taken = view[: BLOCK_BYTES - self._filled]
            self._block.update(taken)
            self._filled += len(taken)
            view = view[len(taken) :]
            if self._filled == BLOCK_BYTES:
                self._close_block()

    def _close_block(self) -> None:
        self._digests.append(self._block.digest())
        self._block, self._filled = hashlib.sha256(), 0

    def finish(self) -> Fingerprint:
        """Return what the bytes taken so far are; more may follow only at a block's border."""
        if self._filled:
            self._close_block()
        return Fingerprint(
            self._size_bytes,
            tuple(self._digests) if self._with_blocks else None,
            None if self._whole is None else self._whole.digest(),
        )
