"""Reads parts of an object, one after another, as one file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from rushes.tiers.locate import Locator


async def stream_parts(
    locator: Locator, object_id: str, parts: Sequence[tuple[int, int]]
) -> AsyncGenerator[bytes, None]:
    """Give these parts of an object in order, each from its start up to, not including, its end.

    Raises:
        NoCopy, Broken, NotFound, Unreachable, Busy, Refused: see `Locator.stream`.
    """
    for start, end in parts:
        left = end - start
        async with aclosing(locator.stream(object_id, start)) as pieces:
            async for piece in pieces:
                if left <= 0:
                    break
                yield piece[:left]
                left -= len(piece)
