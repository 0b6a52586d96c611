"""Patience with a store: deadlines, when to try again, and when to call it down.

A full server hangs instead of failing, so nothing here trusts it to answer. Whoever asks hands in
the present (seconds of a clock that only goes on) and chance.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

WINDOW_SECONDS: Final = 60.0
FREE_TRIES: Final = 10
"""Second tries in a minute that need no share: a store with few calls may try again too."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for one store, in seconds.

    `metadata` for a small question, `part` and `bytes_a_second` for bytes, `whole` for Complete
    and copies. `idle` is how long a connection may say nothing, `connect` how long it may take to
    stand. Second tries wait up to `first_wait`, doubling, at most `longest_wait`.
    """

    metadata: float = 15
    part: float = 60
    bytes_a_second: float = 0.25 * 2**20
    whole: float = 180
    idle: float = 30
    connect: float = 5
    tries: int = 3
    first_wait: float = 1
    longest_wait: float = 30
    retry_share: float = 0.2
    down_after: int = 5
    down: float = 30
    narrow: float = 60

    def deadline(self, size_bytes: int) -> float:
        """Return how long a transfer of this size may take."""
        return self.part + size_bytes / self.bytes_a_second

    def wait(self, tried: int, chance: float, retry_after: float | None) -> float:
        """Return how long to wait after `tried` tries: full jitter, or what the server asks for.

        `chance` is at least 0 and below 1.
        """
        longest = min(self.longest_wait, self.first_wait * 2.0 ** (tried - 1))
        if retry_after is not None:
            return min(retry_after + chance * self.first_wait, self.longest_wait)
        return longest * chance


class Health:
    """What is known of how a store does; every moment is handed in."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._calls: deque[float] = deque()
        self._retries: deque[float] = deque()
        self._silent = 0
        self._asked_again: float | None = None
        self._narrow_until: float | None = None

    def note_call(self, now: float) -> None:
        """Count a call."""
        self._calls.append(now)

    def take_retry(self, now: float) -> bool:
        """Say whether a second try fits the share of this minute, and count it if so."""
        for moments in (self._calls, self._retries):
            while moments and moments[0] <= now - WINDOW_SECONDS:
                moments.popleft()
        allowed = max(FREE_TRIES, self._patience.retry_share * len(self._calls))
        if len(self._retries) >= allowed:
            return False
        self._retries.append(now)
        return True

    def note_answer(self) -> None:
        """The store answered, whatever it said."""
        self._silent = 0
        self._asked_again = None

    def note_silence(self, now: float) -> None:
        """The store did not answer."""
        self._silent += 1
        if self._silent >= self._patience.down_after:
            self._asked_again = now

    def note_busy(self, now: float) -> None:
        """The store asks for patience."""
        self._narrow_until = now + self._patience.narrow

    @property
    def is_down(self) -> bool:
        """Whether it was silent so often that only a look now and then is worth it."""
        return self._silent >= self._patience.down_after

    def may_ask(self, now: float) -> bool:
        """Say whether a call is worth it; of a store that is down, one in a while is."""
        if self._asked_again is None:
            return True
        if now - self._asked_again < self._patience.down:
            return False
        self._asked_again = now
        return True

    def width(self, streams: int, now: float) -> int:
        """Return how many streams the store gets: half of them for a while after `Busy`."""
        if self._narrow_until is not None and now < self._narrow_until:
            return max(1, streams // 2)
        return streams
