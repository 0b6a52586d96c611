"""Gauges the line before the first large file: a tenth of a second's worth, then a mebibyte.

It is a first guess only: by it the server chooses how long a chunk is, and the client how many are
on their way at once. What happens then is watched, and counts for more.
"""

from __future__ import annotations

import os
from typing import Final

from rushes.client.failures import Refused, Unreachable
from rushes.client.wire import API, Wire

SHORT_BYTES: Final = 128 * 2**10
LONG_BYTES: Final = 2**20
"""What the server takes at most."""

CLEAR_SECONDS: Final = 1.0
"""What takes as long as this says enough of a line."""


async def gauge(wire: Wire) -> float | None:
    """Return how fast the line is upwards, in Mbit/s; None where the server cannot say.

    Bytes are random, so that nothing on the way makes fewer of them.
    """
    seconds = 0.0
    for size_bytes in (SHORT_BYTES, LONG_BYTES):
        begun = wire.moments.now()
        try:
            await wire.once(
                "POST",
                f"{API}/network-test",
                content=os.urandom(size_bytes),
                headers={"Content-Type": "application/octet-stream"},
            )
        except (Refused, Unreachable):
            return None
        seconds = wire.moments.now() - begun
        if seconds >= CLEAR_SECONDS:
            return size_bytes * 8 / 1e6 / seconds
    return LONG_BYTES * 8 / 1e6 / seconds if seconds > 0 else None
