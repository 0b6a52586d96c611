"""Blocks are hashed as bytes come, however they are cut."""

from __future__ import annotations

import hashlib

import pytest

from rushes.stores.blocks import BLOCK_BYTES, BlockHasher, Fingerprint


def fingerprint(content: bytes, step: int = 2**20) -> Fingerprint:
    hasher = BlockHasher()
    for at in range(0, len(content), step):
        hasher.update(content[at : at + step])
    return hasher.finish()


@pytest.mark.parametrize("size_bytes", [BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1])
def test_blocks_are_cut_at_their_size_and_not_at_that_of_the_pieces(size_bytes: int) -> None:
    """One byte over the block begins the next one."""
    content = bytes(size_bytes)

    found = fingerprint(content, 3 * 2**20 + 7)

    cuts = range(0, size_bytes, BLOCK_BYTES)
    blocks = tuple(hashlib.sha256(content[at : at + BLOCK_BYTES]).digest() for at in cuts)
    assert Fingerprint(size_bytes, blocks, hashlib.sha256(content).digest()) == found


def test_a_piece_longer_than_a_block_fills_several() -> None:
    """Whoever reads in large pieces gets the same digests."""
    content = bytes(2 * BLOCK_BYTES + 5)

    whole = fingerprint(content, len(content))

    assert fingerprint(content) == whole


def test_an_empty_object_has_no_blocks() -> None:
    """It has a digest all the same."""
    found = BlockHasher().finish()

    assert Fingerprint(0, (), hashlib.sha256().digest()) == found


def test_what_nobody_asked_for_is_not_computed() -> None:
    """Only the size is known then."""
    hasher = BlockHasher(with_blocks=False, with_whole=False)

    hasher.update(b"abc")

    assert Fingerprint(3) == hasher.finish()


@pytest.mark.parametrize(
    ("known", "is_confirmed"),
    [
        (Fingerprint(3), True),
        (Fingerprint(4), False),
        (Fingerprint(3, whole=hashlib.sha256(b"abc").digest()), True),
        (Fingerprint(3, whole=hashlib.sha256(b"abd").digest()), False),
        (Fingerprint(3, blocks=(hashlib.sha256(b"abc").digest(),)), True),
        (Fingerprint(3, blocks=(hashlib.sha256(b"abd").digest(),)), False),
    ],
)
def test_everything_known_must_agree_with_what_was_read(
    known: Fingerprint, *, is_confirmed: bool
) -> None:
    """What is not known cannot disagree."""
    read = fingerprint(b"abc")

    assert is_confirmed is known.is_confirmed_by(read)


def test_a_hasher_says_how_much_it_took() -> None:
    """Before the end, too: a source that gives too much is stopped in time."""
    hasher = BlockHasher()
    hasher.update(b"abc")
    hasher.update(b"de")

    assert 5 == hasher.size_bytes
