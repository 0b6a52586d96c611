"""Which events are known, where numbers come late: a horizon below which none is missing.

PostgreSQL gives a row its number before it commits, so 7 may be seen before 6, and a number whose
transaction failed is never seen at all (https://www.postgresql.org/docs/current/functions-sequence.html).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SETTLED_SECONDS: Final = 60.0
"""A number that is still missing so long after a later one was seen never comes: a transaction that
does nothing is ended after half of that (`db.engine.FROZEN_MS`)."""

MOST_MISSING: Final = 500
"""How many missing numbers are asked for at once."""


@dataclass(slots=True)
class Horizon:
    """All numbers up to `floor` were seen or never come; `top` is the highest that was seen."""

    floor: int
    top: int = 0
    _beyond: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with nothing beyond the floor."""
        self.top = max(self.top, self.floor)

    def see(self, number: int, now: float) -> bool:
        """Take in a number at a moment of a steady clock, in seconds; say whether it is news."""
        if number <= self.floor or number in self._beyond:
            return False
        self._beyond[number] = now
        self.top = max(self.top, number)
        self._climb()
        return True

    def settle(self, now: float) -> None:
        """Give up what is missing below numbers that were seen long ago."""
        old = [number for number, at in self._beyond.items() if now - at > SETTLED_SECONDS]
        if old:
            self.floor = max(old)
            self._beyond = {key: at for key, at in self._beyond.items() if key > self.floor}
            self._climb()

    def list_missing(self) -> list[int]:
        """Return numbers between `floor` and `top` that were not seen, lowest first."""
        missing: list[int] = []
        expected = self.floor + 1
        for number in sorted(self._beyond):
            missing.extend(range(expected, min(number, expected + MOST_MISSING)))
            expected = number + 1
        return missing[:MOST_MISSING]

    def _climb(self) -> None:
        while self._beyond.pop(self.floor + 1, None) is not None:
            self.floor += 1
