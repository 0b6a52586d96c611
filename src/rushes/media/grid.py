"""The segment grid: where every rung of an asset is cut, in whole frames, exact by construction.

1. Constant rate n/d: the first segment has ceil(n/d) frames (about 1 s, so that it is there soon),
   all others round(4 n/d). The timescale is n times the smallest k that gives 10,000 or more, so a
   frame lasts exactly k*d ticks. Times are integers, never floats.
2. Variable rate: half-open intervals at 90,000 ticks a second, cut at the first real frame at or
   after 1 s, then at the first one 4 s or more after the last cut.
3. Copied pictures: cuts stand at REAL key frames, the first one 1 s or more after the start, then
   the first one 4 s or more after the last cut; never at equal lengths.
4. A tail shorter than the first segment joins its neighbour.
5. More than 60 frames a second are divided: 120 becomes 60, 100 becomes 50.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from operator import sub
from typing import Final

from rushes.media.failures import InvalidMedia

FIRST_SECONDS: Final = 1
SEGMENT_SECONDS: Final = 4
TIMESCALE_AT_LEAST: Final = 10_000
VARIABLE_TIMESCALE: Final = 90_000  # 90 kHz: the clock of MPEG systems
RATE_AT_MOST: Final = 60
FRAMES_AT_MOST: Final = 20_000_000  # 92 hours at 60 frames a second


@dataclass(frozen=True, slots=True)
class Grid:
    """The cuts of one asset.

    `starts` are the ticks at which segments begin, the first is 0; `end` is where the last one
    ends. `rate` is None where the rate varies.
    """

    timescale: int
    rate: Fraction | None
    starts: tuple[int, ...]
    end: int

    @property
    def name(self) -> str:
        """Return eight characters that name this grid in paths."""
        rate = self.rate or Fraction(0)
        text = f"{self.timescale} {rate.numerator}/{rate.denominator} {self.starts} {self.end}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def count(self) -> int:
        """Return the number of segments."""
        return len(self.starts)

    @property
    def duration(self) -> Fraction:
        """Return the length of all segments in seconds."""
        return Fraction(self.end, self.timescale)

    @property
    def frame_ticks(self) -> int:
        """Return the ticks of one frame, 0 where the rate varies."""
        return 0 if self.rate is None else int(self.timescale / self.rate)

    @property
    def longest(self) -> Fraction:
        """Return the length of the longest segment in seconds."""
        ticks = max(map(sub, (*self.starts[1:], self.end), self.starts))
        return Fraction(ticks, self.timescale)

    def begin_of(self, index: int) -> int:
        """Return the tick at which segment `index` begins."""
        return self.starts[index]

    def end_of(self, index: int) -> int:
        """Return the tick at which segment `index` ends: where the next one begins."""
        return self.end if index + 1 == self.count else self.starts[index + 1]

    def ticks_of(self, index: int) -> int:
        """Return the length of segment `index` in ticks."""
        return self.end_of(index) - self.begin_of(index)

    def seconds_of(self, index: int) -> Fraction:
        """Return the length of segment `index` in seconds."""
        return Fraction(self.ticks_of(index), self.timescale)

    def frames_of(self, index: int) -> int:
        """Return the frames of segment `index`; 0, unknown, where the rate varies."""
        return self.ticks_of(index) // self.frame_ticks if self.frame_ticks else 0


def plan_constant(rate: Fraction, duration: Fraction) -> Grid:
    """Return the grid of a constant rate (frames a second) and a duration (seconds)."""
    if rate <= 0 or duration <= 0:
        raise InvalidMedia("The frame rate or the duration is not a positive number.")
    rate = capped(rate)
    frames = max(1, round(duration * rate))
    if frames > FRAMES_AT_MOST:
        raise InvalidMedia(f"It has {frames} frames; {FRAMES_AT_MOST} is the limit.")
    timescale, ticks = timing_of(rate)
    first, step = ceil(rate * FIRST_SECONDS), max(1, round(rate * SEGMENT_SECONDS))
    cuts = [0, *range(first, frames, step)]
    if len(cuts) > 1 and frames - cuts[-1] < first:
        cuts.pop()
    starts = tuple(cut * ticks for cut in cuts)
    return Grid(timescale, rate, starts, frames * ticks)


def timing_of(rate: Fraction) -> tuple[int, int]:
    """Return the timescale of a constant rate, and the ticks of one frame."""
    scale = ceil(Fraction(TIMESCALE_AT_LEAST, rate.numerator))
    return rate.numerator * scale, scale * rate.denominator


def plan_at_keys(timescale: int, rate: Fraction | None, keys: Sequence[int], end: int) -> Grid:
    """Return the grid of pictures that are copied: it is cut at key frames only.

    `keys` are the ticks of frames that decode alone, rising from 0; `end` is where the last
    picture ends. `rate` is None where it varies.
    """
    if not keys or keys[0] != 0 or end <= keys[-1]:
        raise InvalidMedia("The key frames are not a rising list that begins at 0.")
    cuts = _cut(keys, end, timescale)
    return Grid(timescale, rate, tuple(cuts), end)


def _cut(times: Sequence[int], end: int, timescale: int) -> list[int]:
    """Return the first time, one 1 s or more after it, then each 4 s or more after the last."""
    cuts = [0]
    wanted = FIRST_SECONDS * timescale
    while (at := bisect_left(times, wanted)) < len(times):
        cuts.append(times[at])
        wanted = times[at] + SEGMENT_SECONDS * timescale
    if len(cuts) > 1 and end - cuts[-1] < FIRST_SECONDS * timescale:
        cuts.pop()
    return cuts


def rounded(over: int, under: int) -> int:
    """Return the whole number nearest to a fraction, as `round` does, for thousands of cuts."""
    whole, rest = divmod(2 * over + under, 2 * under)
    return whole - (1 if rest == 0 and whole % 2 else 0)  # of two that are as near, the even one


def capped(rate: Fraction) -> Fraction:
    """Return the rate divided by the smallest whole number that brings it to 60 or below."""
    return rate / max(1, ceil(rate / RATE_AT_MOST))


def plan_variable(times: Sequence[int], end: int) -> Grid:
    """Return the grid of frames that begin at `times` and end at `end`, both in 1/90,000 s.

    Times are sorted and begin with 0.
    """
    if not times or times[0] != 0 or end <= times[-1] or len(times) > FRAMES_AT_MOST:
        raise InvalidMedia("The times of the frames are not a rising list that begins at 0.")
    cuts = _cut(times, end, VARIABLE_TIMESCALE)
    return Grid(VARIABLE_TIMESCALE, None, tuple(cuts), end)


def format_grid(grid: Grid) -> dict[str, object]:
    """Return plain values for a row."""
    rate = None if grid.rate is None else str(grid.rate)
    return {
        "timescale": grid.timescale,
        "rate": rate,
        "starts": list(grid.starts),
        "end": grid.end,
    }


def parse_grid(values: Mapping[str, object]) -> Grid:
    """Return the grid that `format_grid` wrote."""
    match values:
        case {"timescale": int(timescale), "rate": rate, "starts": list(starts), "end": int(end)}:
            exact = None if rate is None else Fraction(str(rate))
            return Grid(timescale, exact, tuple(int(start) for start in starts), end)
        case _:
            raise InvalidMedia("The stored grid lacks its fields.")
