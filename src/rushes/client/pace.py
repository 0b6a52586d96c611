"""Pace: how many parts are on their way at once, and how fast they go.

It begins with three, with fewer on a line that was found slow. Every five seconds one more is let
go while the rate grew by a tenth; a server that asks for less, or a line that breaks, halves it.
Times are seconds of any clock.
"""

from __future__ import annotations

from typing import Final

FIRST: Final = 3
MOST: Final = 6
SLOW_MBIT, FAST_MBIT = 4.0, 20.0
"""Below the first one part fills the line, below the second two: more would only wait."""

WINDOW_SECONDS: Final = 5.0
GROWTH: Final = 1.1
OLD_SHARE, NEW_SHARE = 0.7, 0.3
"""How a new sample moves the shown rate; with one per five seconds its half-life is 9.7 s."""


def guess_width(mbit: float | None) -> int:
    """Return how many parts to begin with on a line of so many Mbit/s; None: not known."""
    if mbit is None or mbit >= FAST_MBIT:
        return FIRST
    return 1 if mbit < SLOW_MBIT else 2


class Pace:
    """`width` is how many parts may be on their way; `most` the largest it becomes."""

    __slots__ = ("_best", "_bytes", "_since", "most", "width")

    def __init__(self, most: int = MOST, first: int = FIRST) -> None:
        self.most = max(1, most)
        self.width = min(first, self.most)
        self._bytes = 0
        self._since: float | None = None
        self._best: float | None = None

    def move(self, size_bytes: int) -> None:
        """Count bytes that went over the line."""
        self._bytes += size_bytes

    def look(self, now: float) -> None:
        """Widen where a window has ended and its rate grew."""
        if self._since is None:
            self._since = now
        elapsed = now - self._since
        if elapsed < WINDOW_SECONDS:
            return
        rate = self._bytes / elapsed
        if self._best is None or rate >= self._best * GROWTH:
            self.width = min(self.most, self.width + 1)
            self._best = rate
        self._since, self._bytes = now, 0

    def halve(self, now: float) -> None:
        """Give way, and find out anew what the line bears."""
        self.width = max(1, self.width // 2)
        self._since, self._bytes, self._best = now, 0, None


class Rate:
    """Bytes per second, smoothed: one sample per five seconds, 0.7 of the old and 0.3 of it."""

    __slots__ = ("_begun", "_last", "_value")

    def __init__(self) -> None:
        self._begun: tuple[float, int] | None = None
        self._last: tuple[float, int] | None = None
        self._value: float | None = None

    def note(self, now: float, done: int) -> None:
        """Take in how many bytes are there; fewer than before begin the measure anew."""
        if self._last is None or self._begun is None or done < self._last[1]:
            self._begun = self._last = (now, done)
            return
        elapsed = now - self._last[0]
        if elapsed >= WINDOW_SECONDS:
            sample = (done - self._last[1]) / elapsed
            old = self._value
            self._value = sample if old is None else OLD_SHARE * old + NEW_SHARE * sample
            self._last = (now, done)

    def find(self, now: float, done: int) -> float | None:
        """Return bytes per second; before the first sample what the first seconds tell."""
        if self._value is not None:
            return self._value
        if self._begun is None or now <= self._begun[0]:
            return None
        return (done - self._begun[1]) / (now - self._begun[0])

    def find_seconds_left(self, now: float, done: int, whole: int) -> float | None:
        """Return how long the rest takes; None where nothing moves."""
        rate = self.find(now, done)
        return (whole - done) / rate if rate else None
