"""Cutting: whatever comes in whatever pieces goes on in those that are asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from rushes.partners.cutting import cut


async def give(*pieces: bytes) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize(
    ("pieces", "lengths", "expected"),
    [
        ([b"abcdefg"], [3], [b"abc", b"def", b"g"]),
        ([b"a", b"b", b"cd", b"ef"], [3], [b"abc", b"def"]),
        ([b"abcdefg"], [1, 4], [b"a", b"bcde", b"fg"]),
        ([b"ab"], [5], [b"ab"]),
        ([], [5], []),
    ],
)
async def test_pieces_are_of_the_lengths_that_are_asked_for(
    pieces: list[bytes], lengths: list[int], expected: list[bytes]
) -> None:
    """The last length goes on, the last piece may be shorter."""
    assert expected == [piece async for piece in cut(give(*pieces), *lengths)]
