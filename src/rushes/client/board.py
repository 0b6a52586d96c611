"""The board of a transfer: which part goes next, which wait, which are done. It does no I/O.

Parts are handed out in order, those that failed first of all; how many at once says the pace. A
part that failed keeps its place while it waits for its next try, so a server that takes nothing is
asked for a few parts only. If it asked to be left alone, all wait. Tries count anew whenever any
part went through.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import islice
from typing import Generic, TypeVar

from rushes.client.failures import ClientFailure, Refused
from rushes.client.pace import Pace
from rushes.client.patience import Patience, find_named_pause

P = TypeVar("P", bound=Hashable)


class Board(Generic[P]):
    """`parts` are taken from as places become free; seconds are those of the caller's clock."""

    def __init__(self, parts: Iterable[P], pace: Pace, offline_seconds: float = 0.0) -> None:
        self.pace = pace
        self._fresh = iter(parts)
        self._next: list[P] = []
        self._offline_seconds = offline_seconds
        self._running: set[P] = set()
        self._waiting: dict[P, float] = {}
        self._patience: dict[P, Patience] = {}
        self._held_until = float("-inf")

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return not self._running and not self._waiting and not self._has_fresh()

    def take(self, now: float) -> P | None:
        """Return a part to begin with now; None where none may begin."""
        self.pace.look(now)
        if len(self._running) >= self.pace.width or now < self._held_until:
            return None
        part = self._find_due(now)
        if part is not None:
            self._running.add(part)
        return part

    def find_wait(self, now: float) -> float | None:
        """Return for how many seconds nothing begins by itself; None: until a part ends."""
        if len(self._running) >= self.pace.width:
            return None
        due = list(self._waiting.values())
        if self._may_begin():
            due.append(self._held_until)
        return max(0.0, min(due) - now, self._held_until - now) if due else None

    def finish(self, part: P) -> None:
        """Note that a part went through."""
        self._running.remove(part)
        self._patience.pop(part, None)
        for patience in self._patience.values():
            patience.restore()

    def fail(self, part: P, failure: ClientFailure, now: float, spread: float) -> None:
        """Note that a part failed: it waits for its next try.

        Raises:
            ClientFailure: the same one: the transfer cannot go on.
        """
        self._running.remove(part)
        patience = self._patience.setdefault(part, Patience(self._offline_seconds))
        self._waiting[part] = now + patience.find_pause(failure, now, spread)
        self.pace.halve(now)
        if isinstance(failure, Refused) and failure.asks_for_less:
            self._held_until = max(self._held_until, now + find_named_pause(failure))

    def _find_due(self, now: float) -> P | None:
        due = [part for part, at in self._waiting.items() if at <= now]
        if due:
            del self._waiting[due[0]]
            return due[0]
        return self._next.pop() if self._may_begin() else None

    def _may_begin(self) -> bool:
        return len(self._running) + len(self._waiting) < self.pace.width and self._has_fresh()

    def _has_fresh(self) -> bool:
        if not self._next:
            self._next.extend(islice(self._fresh, 1))
        return bool(self._next)
