"""The front of a file: how much has to be there before it is looked at."""

from __future__ import annotations

import pytest

from rushes.intake.front import (
    LARGEST_BYTES,
    OTHERS_BYTES,
    SAMPLES_BYTES,
    Look,
    begin,
    step,
)


def header(kind: bytes, size: int) -> bytes:
    """Return the 16 bytes at the start of a box of this size."""
    if size < 2**32:
        return size.to_bytes(4, "big") + kind + bytes(8)
    return (1).to_bytes(4, "big") + kind + size.to_bytes(8, "big")


@pytest.mark.parametrize(
    ("name", "size_bytes", "look"),
    [
        ("mov", 10, Look()),
        ("jpeg", 10**9, Look(needs=0)),
        ("other", None, Look(needs=0)),
        ("mpegts", None, Look(needs=OTHERS_BYTES)),
        ("mpegts", 10**9, Look(needs=OTHERS_BYTES)),
        ("matroska", 1_000, Look(needs=1_000)),
    ],
)
def test_the_format_says_where_to_begin(name: str, size_bytes: int | None, look: Look) -> None:
    """Boxes are walked, other containers read at once, pictures only when they are whole."""
    assert look == begin(name, size_bytes)


@pytest.mark.parametrize(
    ("look", "kind", "size", "size_bytes", "after"),
    [
        (Look(), b"ftyp", 32, 10**9, Look(32)),
        (Look(32), b"moov", 500, 10**9, Look(32, 532 + SAMPLES_BYTES)),
        (Look(32), b"moov", 500, None, Look(32, 532 + SAMPLES_BYTES)),
        (Look(32), b"moov", 500, 600, Look(32, 600)),
        (Look(32), b"moov", LARGEST_BYTES, 10**10, Look(32, 0)),
        (Look(32), b"mdat", 10**6, 10**9, Look(32, 0)),
        (Look(32), b"moof", 100, 10**9, Look(32, 0)),
        (Look(32), b"free", 2**33, 10**10, Look(32, 0)),
        (Look(32), b"free", 2**20, 10**10, Look(32 + 2**20)),
        (Look(32), b"free", 0, 10**10, Look(32, 0)),
        (Look(32), b"moov", 7, 10**10, Look(32, 0)),
    ],
)
def test_a_header_leads_to_the_next_or_to_what_is_needed(
    look: Look, kind: bytes, size: int, size_bytes: int | None, after: Look
) -> None:
    """A `moov` in front is waited for; behind the pictures, or absurdly large, it is not."""
    assert after == step(look, header(kind, size), size_bytes)
