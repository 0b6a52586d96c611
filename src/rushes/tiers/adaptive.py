"""Break-even windows that are learned from plays: how long one object is worth keeping.

1. Keeping an object costs rent by the second; missing a read costs once. For its break-even window
   (the time in which rent comes to one miss) after each read is the ski-rental rule: whatever
   comes, it costs at most twice what one would pay who knows the future, and one miss for each
   object's last read.
2. A `Learner` does better than that where the past tells more. Of the pauses before (between two
   reads, or making and the first) it keeps, for objects alike, how many lasted so long and how
   many ended then: a hazard for each length. The window it wants ends where going on would cost
   more rent than it is likely to save.
3. Rule 1 holds nevertheless: a window that differs from the break-even may lose at most so much,
   and that loss is taken from a credit before. Every pause that came out better than twice the
   optimum pays into it. Where the credit is too small, the window goes only as far as it reaches.
   The idea is that of ski rental with advice (Purohit, Svitkina, Kumar 2018); the credit is ours.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from rushes.tiers.prices import Rates

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
STEP: Final = 1.5
BINS: Final = 22

EDGES: Final = (0.0, *(HOUR / 2 * STEP**number for number in range(BINS)))
"""Where the lengths of pauses are cut, in seconds: from half an hour to about 100 days."""

LENGTHS: Final = tuple(after - before for before, after in pairwise(EDGES))

HALF_LIFE: Final = 3 * DAY
"""After which time a play of the same asset counts half."""

TRUST: Final = 10.0
"""How many pauses of its own a group needs until it counts as much as the larger one above it."""

ENOUGH: Final = 30
"""Below so many pauses in all nothing was learned yet."""

FADES: Final = 14 * DAY
"""After which time what was learned counts half: what people watch, and how, drifts."""

MOST_ACTIVITY: Final = 8

AGES: Final = (0.5 * DAY, 2 * DAY, 5 * DAY, 10 * DAY, 20 * DAY)
"""Where ages are cut: what is new is watched by those who wait for it, what is old by chance."""


@dataclass(slots=True)
class Hazard:
    """Of the pauses of objects alike: how many reached each length, and how many ended there."""

    reached: list[float] = field(default_factory=lambda: [0.0] * BINS)
    ended: list[float] = field(default_factory=lambda: [0.0] * BINS)

    def fade(self) -> None:
        """Let what was counted until now count half."""
        self.reached = [number / 2 for number in self.reached]
        self.ended = [number / 2 for number in self.ended]


@dataclass(slots=True)
class Pause:
    """The time since an object was last read, as far as it is known."""

    since: float
    window: float
    reserved: float
    groups: tuple[Hazard, ...]
    bin: int = 0
    is_open: bool = True


@dataclass(slots=True)
class Activity:
    """How much an asset is played: a sum in which a play counts half after each half-life."""

    value: float = 0.0
    at: float = 0.0

    def at_time(self, at: float) -> float:
        """Return the sum as of now."""
        return self.value * math.pow(2.0, (self.at - at) / HALF_LIFE)

    def add(self, at: float) -> None:
        """Count one play."""
        self.value, self.at = self.at_time(at) + 1, at


@dataclass(slots=True)
class Learner:
    """Learns windows from made, read and gone; times in seconds, never going back.

    `credit` is in dollars, and never below 0.
    """

    rates: Rates
    credit: float = 0.0
    _fades_at: float | None = None
    _hazards: dict[Hashable, Hazard] = field(default_factory=dict)
    _pauses: dict[Hashable, Pause] = field(default_factory=dict)
    _made: dict[Hashable, float] = field(default_factory=dict)
    _read: set[Hashable] = field(default_factory=set)
    _activity: dict[Hashable, Activity] = field(default_factory=dict)
    _waiting: list[deque[Pause]] = field(default_factory=lambda: [deque() for _ in range(BINS)])

    def made(
        self, one: Hashable, asset: Hashable, quality: str, size_bytes: int, at: float
    ) -> float:
        """Take note of a new object; return for how many seconds it should be kept."""
        self._made.setdefault(one, at)
        self.credit += self.rates.miss(size_bytes)
        return self._begin(one, asset, quality, size_bytes, at)

    def read(
        self, one: Hashable, asset: Hashable, quality: str, size_bytes: int, at: float
    ) -> float:
        """Take note of a read; return for how many seconds from now to keep the object."""
        self._end(one, size_bytes, at, is_read=True)
        self._read.add(one)
        self._activity.setdefault(asset, Activity()).add(at)
        return self._begin(one, asset, quality, size_bytes, at)

    def gone(self, one: Hashable, size_bytes: int, at: float) -> None:
        """Take note that an object was deleted."""
        self._end(one, size_bytes, at, is_read=False)
        self._made.pop(one, None)
        self._read.discard(one)

    def pass_time(self, at: float) -> None:
        """Take note of the pauses that reached a further length without an end."""
        if self._fades_at is None:
            self._fades_at = at + FADES
        elif at >= self._fades_at:
            self._fades_at += FADES
            for hazard in self._hazards.values():
                hazard.fade()
        for number in range(BINS - 1):
            waiting, after = self._waiting[number], self._waiting[number + 1]
            while waiting and waiting[0].since + EDGES[number + 1] <= at:
                pause = waiting.popleft()
                if pause.is_open:
                    _reach(pause, number + 1)
                    after.append(pause)

    def _begin(
        self, one: Hashable, asset: Hashable, quality: str, size_bytes: int, at: float
    ) -> float:
        groups = self._groups(one, asset, quality, at)
        even = self.rates.window(size_bytes)
        wished = self._wish(groups, size_bytes, even)
        window, reserved = self._afford(wished, even, self.rates.rent * size_bytes)
        pause = Pause(at, window, reserved, groups)
        for group in groups:
            group.reached[0] += 1
        self._waiting[0].append(pause)
        self._pauses[one] = pause
        return window

    def _end(self, one: Hashable, size_bytes: int, at: float, *, is_read: bool) -> None:
        pause = self._pauses.pop(one, None)
        if pause is None:
            return
        pause.is_open = False
        length = at - pause.since
        rent = self.rates.rent * size_bytes
        miss = rent * self.rates.window(size_bytes) if rent > 0 else 0.0
        paid = rent * min(length, pause.window)
        if not is_read:
            self.credit += pause.reserved + min(0.0, miss - paid)
            return
        number = min(bisect_right(EDGES, length) - 1, BINS - 1)
        _reach(pause, number)
        for group in pause.groups:
            group.ended[number] += 1
        paid += miss if length > pause.window else 0.0
        self.credit += pause.reserved + 2 * min(rent * length, miss) - paid

    def _groups(
        self, one: Hashable, asset: Hashable, quality: str, at: float
    ) -> tuple[Hazard, ...]:
        """Return the hazards of objects alike, the closest first."""
        was_read, age = one in self._read, bisect_right(AGES, at - self._made.get(one, at))
        known = self._activity.get(asset)
        activity = 0.0 if known is None else known.at_time(at)
        level = min(math.ceil(math.log2(1 + 2 * activity)), MOST_ACTIVITY)
        cases = (
            (was_read, level, age, quality),
            (was_read, level, age),
            (was_read, level),
            (was_read,),
        )
        return tuple(self._hazards.setdefault(case, Hazard()) for case in cases)

    def _wish(self, groups: tuple[Hazard, ...], size_bytes: int, even: float) -> float:
        """Return the window that is likely to save most; the break-even one if nothing is known."""
        if groups[-1].reached[0] < ENOUGH or math.isinf(even):
            return even
        rent = self.rates.rent * size_bytes
        miss, alive, gain, best, window = rent * even, 1.0, 0.0, 0.0, 0.0
        for number, length in enumerate(LENGTHS):
            hazard = _blend(groups, number)
            gain += alive * (hazard * miss - rent * length * (1 - hazard / 2))
            alive *= 1 - hazard
            if gain > best:
                best, window = gain, EDGES[number + 1]
        return window

    def _afford(self, wished: float, even: float, rent: float) -> tuple[float, float]:
        """Return the window nearest to the wish whose worst loss the credit covers, and that."""
        if rent <= 0 or math.isinf(even):
            return even, 0.0
        loss = min(abs(wished - even) * rent, self.credit)
        self.credit -= loss
        far = loss / rent
        return (even + far if wished > even else max(even - far, 0.0)), loss


def _reach(pause: Pause, number: int) -> None:
    """Count a pause as having reached all lengths up to this one."""
    for passed in range(pause.bin + 1, number + 1):
        for group in pause.groups:
            group.reached[passed] += 1
    pause.bin = max(pause.bin, number)


def _blend(groups: tuple[Hazard, ...], number: int) -> float:
    """Return how likely a pause that reached this length ends in it; few cases ask the larger."""
    hazard = 0.0
    for group in reversed(groups):
        reached = group.reached[number]
        hazard = (group.ended[number] + TRUST * hazard) / (reached + TRUST)
    return hazard
