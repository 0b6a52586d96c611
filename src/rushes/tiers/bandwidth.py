"""Bandwidth: how long to wait before the next bytes may go, so that a rate is not passed.

A bucket of tokens that holds what one second brings: who comes after a pause goes at once, and what
is larger than the bucket goes too and is waited for by the next one. Times are seconds of one
clock, and are handed in.
"""

from __future__ import annotations

BURST_SECONDS = 1.0


class Bandwidth:
    """A limit in bytes a second; `None` lets everything go."""

    def __init__(self, bytes_a_second: int | None) -> None:
        self._rate = bytes_a_second
        self._free_at = 0.0

    def take(self, now: float, count: int) -> float:
        """Take so many bytes, and return how many seconds to wait before they may go."""
        if self._rate is None:
            return 0.0
        begins = max(self._free_at, now - BURST_SECONDS)
        self._free_at = begins + count / self._rate
        return max(0.0, begins - now)
