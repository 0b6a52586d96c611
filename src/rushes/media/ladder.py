"""The ladder: which qualities an original gets, how large, at which rate and level.

1. A rung's box is turned for portrait. The top rung is the smallest box that holds the display
   size with 10 % slack, made at native size; lower rungs only where they shrink by 15 % or more.
2. Never upscale. The ladder is never empty: 319x181 gives one 360p rung of 318x180.
3. Square pixels, even sizes rounded down. Integers only: a cut never depends on history.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Final

from rushes.media.failures import InvalidMedia
from rushes.media.grid import capped

RECIPE: Final = "r1"
"""Part of every name of a segment; it changes when any byte of the recipe does."""

SLACK: Final = Fraction(11, 10)
SHRINKS_BELOW: Final = Fraction(85, 100)
FAST_ABOVE: Final = 30
FAST_FACTOR: Final = Fraction(3, 2)
SMALLEST: Final = 16
"""x264 and every decoder take 16x16; thinner pictures are padded by nobody, they are refused."""


class Quality(StrEnum):
    """The names of the rungs."""

    P360 = "360p"
    P540 = "540p"
    P720 = "720p"
    P1080 = "1080p"
    P2160 = "2160p"

    @property
    def height(self) -> int:
        """Return the height of its box."""
        return int(self.value[:-1])


class Fit(StrEnum):
    """How a picture meets its box: inside it, or padded to it."""

    INSIDE = "inside"
    PAD = "pad"


@dataclass(frozen=True, slots=True)
class Box:
    """The frame of a rung and its ceiling in bit/s at 30 frames a second."""

    width: int
    height: int
    maxrate: int


BOXES: Final = {
    Quality.P360: Box(640, 360, 800_000),
    Quality.P540: Box(960, 540, 1_600_000),
    Quality.P720: Box(1280, 720, 3_000_000),
    Quality.P1080: Box(1920, 1080, 5_500_000),
    Quality.P2160: Box(3840, 2160, 18_000_000),
}


@dataclass(frozen=True, slots=True)
class Level:
    """Limits of an H.264 level: macroblocks a frame and a second, bit/s in High profile."""

    name: str
    frame: int
    second: int
    bit_rate: int


LEVELS: Final = (
    Level("3.0", 1_620, 40_500, 12_500_000),
    Level("3.1", 3_600, 108_000, 17_500_000),
    Level("3.2", 5_120, 216_000, 25_000_000),
    Level("4.0", 8_192, 245_760, 25_000_000),
    Level("4.2", 8_704, 522_240, 62_500_000),
    Level("5.0", 22_080, 589_824, 168_750_000),
    Level("5.1", 36_864, 983_040, 300_000_000),
    Level("5.2", 36_864, 2_073_600, 300_000_000),
)
"""ISO/IEC 14496-10 table A-1; 4.1 differs from 4.0 only where we never are."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One quality of one asset. The frame holds the picture; they differ only when padded."""

    quality: Quality
    width: int
    height: int
    picture_width: int
    picture_height: int
    maxrate: int
    level: str

    @property
    def bufsize(self) -> int:
        """Return the size of the rate control's buffer in bit."""
        return 2 * self.maxrate


def plan_ladder(width: int, height: int, rate: Fraction, fit: Fit = Fit.INSIDE) -> tuple[Rung, ...]:
    """Return the rungs of a picture of this display size (square pixels), lowest first.

    More than 60 frames a second are divided, as on the grid.
    """
    rate = capped(rate)
    if width < SMALLEST or height < SMALLEST:
        raise InvalidMedia(f"A picture of {width}x{height} is too small for a video.")
    top = _top(width, height)
    qualities = list(Quality)[: list(Quality).index(top) + 1]
    lower = [
        quality for quality in qualities[:-1] if _shrink(width, height, quality) <= SHRINKS_BELOW
    ]
    return tuple(_rung(quality, width, height, rate, fit) for quality in (*lower, top))


def _top(width: int, height: int) -> Quality:
    for quality in Quality:
        if _shrink(width, height, quality) * SLACK >= 1:
            return quality
    return Quality.P2160


def _turned(quality: Quality, width: int, height: int) -> tuple[int, int]:
    box = BOXES[quality]
    return (box.width, box.height) if width >= height else (box.height, box.width)


def _shrink(width: int, height: int, quality: Quality) -> Fraction:
    """Return the factor that brings the picture into the box; above 1 it would grow."""
    box_width, box_height = _turned(quality, width, height)
    return min(Fraction(box_width, width), Fraction(box_height, height))


def _rung(quality: Quality, width: int, height: int, rate: Fraction, fit: Fit) -> Rung:
    factor = _shrink(width, height, quality)
    maxrate = BOXES[quality].maxrate
    maxrate = int(maxrate * FAST_FACTOR) if rate > FAST_ABOVE else maxrate
    if factor * SLACK >= 1 and _find_level(width, height, rate, maxrate):
        factor = Fraction(1)
    picture = (_even(width * factor), _even(height * factor))
    frame = picture
    if fit is Fit.PAD:
        turned = _turned(quality, width, height)
        frame = (max(turned[0], picture[0]), max(turned[1], picture[1]))
    return Rung(quality, *frame, *picture, maxrate, level_of(*frame, rate, maxrate))


def _even(length: Fraction) -> int:
    return max(SMALLEST, int(length) // 2 * 2)


def level_of(width: int, height: int, rate: Fraction, maxrate: int) -> str:
    """Return the lowest H.264 level (from 3.0 on) that allows this frame, rate and bit rate.

    Raises InvalidMedia where none does.
    """
    level = _find_level(width, height, rate, maxrate)
    if level is None:
        raise InvalidMedia(f"No H.264 level allows {width}x{height} at {float(rate):.2f} frames.")
    return level


def _find_level(width: int, height: int, rate: Fraction, maxrate: int) -> str | None:
    blocks = ceil(width / 16) * ceil(height / 16)
    for level in LEVELS:
        if (
            blocks <= level.frame
            and blocks * rate <= level.second
            and maxrate <= level.bit_rate
            and ceil(max(width, height) / 16) ** 2 <= 8 * level.frame
        ):
            return level.name
    return None
