"""Pace: whether a sender is silent for too long, or so slow that it only holds a place.

1. Silence is judged by `stall_seconds`: nothing at all came for that long.
2. A trickle is judged over a window: something came, but less than `least_rate` bytes a second.
3. While we keep the sender waiting, no time passes for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

WINDOW_SECONDS: Final = 30.0


@dataclass(slots=True)
class Pace:
    """One sender's pace; times are seconds of one clock, the first is that of the beginning."""

    moved_at: float
    stall_seconds: float
    least_rate: float = 0.0
    """Bytes a second over a window; 0 takes any pace."""
    _held_at: float | None = None
    _begun_at: float = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        """Begin the first window."""
        self._begun_at = self.moved_at

    def move(self, now: float, count: int) -> None:
        """Take note of bytes that came."""
        self.moved_at = now
        self._count += count

    @property
    def is_held(self) -> bool:
        """Whether we keep the sender waiting."""
        return self._held_at is not None

    def hold(self, now: float) -> None:
        """Keep the sender waiting."""
        if self._held_at is None:
            self._held_at = now

    def release(self, now: float) -> None:
        """Let it send again; both clocks go on where they stood."""
        if self._held_at is not None:
            waited, self._held_at = now - self._held_at, None
            self.moved_at += waited
            self._begun_at += waited

    def silent_seconds(self, now: float) -> float:
        """Return for how long it has kept us waiting; 0 while we keep it waiting."""
        return 0.0 if self.is_held else now - self.moved_at

    def is_late(self, now: float) -> bool:
        """Say whether it should be ended; asked at the times that `next_look` tells."""
        if self.is_held:
            return False
        if now - self.moved_at >= self.stall_seconds:
            return True
        span, count = now - self._begun_at, self._count
        if span < WINDOW_SECONDS:
            return False
        self._begun_at, self._count = now, 0
        return 0 < count < self.least_rate * span

    def next_look(self, now: float) -> float:
        """Return in how many seconds to ask again."""
        if self.is_held:
            return min(self.stall_seconds, WINDOW_SECONDS)
        until_stall = self.stall_seconds - (now - self.moved_at)
        until_window = WINDOW_SECONDS - (now - self._begun_at)
        return max(0.0, min(until_stall, until_window))
