"""Cutting what comes into the pieces that a partner takes."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncGenerator


async def cut(source: AsyncGenerator[bytes, None], *lengths: int) -> AsyncGenerator[bytes, None]:
    """Cut what comes into pieces of these lengths, of which the last one goes on.

    The last piece may be shorter; the source is closed at the end.
    """
    wanted = itertools.chain(lengths, itertools.repeat(lengths[-1]))
    held, length = bytearray(), next(wanted)
    async with contextlib.aclosing(source):
        async for some in source:
            held += some
            while len(held) >= length:
                yield bytes(held[:length])
                del held[:length]
                length = next(wanted)
    if held:
        yield bytes(held)
