"""Blocks are hashed alike, however the bytes are cut."""

from __future__ import annotations

import hashlib
import random

import pytest

from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.blocks import Block, Hashing, count_blocks, find_root

BYTES = random.Random(1).randbytes(2 * BLOCK_BYTES + 5)  # noqa: S311 - any bytes
DIGESTS = [
    hashlib.sha256(BYTES[at : at + BLOCK_BYTES]).digest()
    for at in range(0, len(BYTES), BLOCK_BYTES)
]


@pytest.mark.parametrize("piece", [2**20 - 1, BLOCK_BYTES, len(BYTES)])
def test_the_cuts_do_not_matter(piece: int) -> None:
    """Full blocks are told once; the last, part-filled one when it is asked for."""
    hashing = Hashing()

    for at in range(0, len(BYTES), piece):
        hashing.update(memoryview(BYTES)[at : at + piece])

    assert (Block(0, DIGESTS[0]), Block(1, DIGESTS[1])) == hashing.take_full()
    assert () == hashing.take_full()
    assert Block(2, DIGESTS[2]) == hashing.find_last()
    assert len(BYTES) == hashing.offset


def test_it_may_begin_at_any_block_and_nowhere_else() -> None:
    """After a restart the open block is read again."""
    hashing = Hashing(2 * BLOCK_BYTES)
    hashing.update(memoryview(BYTES)[2 * BLOCK_BYTES :])

    assert Block(2, DIGESTS[2]) == hashing.find_last()
    with pytest.raises(ValueError, match="start of a block"):
        Hashing(1)


def test_at_the_start_of_a_block_there_is_no_last_one() -> None:
    """Also for no bytes at all."""
    hashing = Hashing()
    assert hashing.find_last() is None

    hashing.update(memoryview(BYTES)[:BLOCK_BYTES])

    assert hashing.find_last() is None


def test_a_copy_can_be_gone_back_to() -> None:
    """What the original takes in later does not touch it."""
    hashing = Hashing()
    hashing.update(memoryview(BYTES)[:10])
    before = hashing.copy()
    hashing.update(memoryview(BYTES)[10:])

    before.update(memoryview(BYTES)[10:BLOCK_BYTES])

    assert (Block(0, DIGESTS[0]),) == before.take_full()
    assert 2 == len(hashing.take_full())


@pytest.mark.parametrize(
    ("size_bytes", "blocks"),
    [(0, 0), (1, 1), (BLOCK_BYTES, 1), (BLOCK_BYTES + 1, 2), (5 * 2**40, 327_680)],
)
def test_blocks_are_counted_up(size_bytes: int, blocks: int) -> None:
    """At the limit and one beyond."""
    assert blocks == count_blocks(size_bytes)


def test_the_root_is_the_digest_over_the_digests() -> None:
    """In order; of no block it is that of nothing."""
    assert hashlib.sha256(DIGESTS[0] + DIGESTS[1]).digest() == find_root(DIGESTS[:2])
    assert hashlib.sha256().digest() == find_root([])
