"""Tables of colours (LUTs): built from published curves, or read from `.cube` files.

A table has `side` steps of each of red, green and blue, red fastest. It goes to the tool as a
Hald image: the same colours as a square picture of 16 bits a channel, whose side is a whole number
only for some sides. Source of `.cube`: Adobe, Cube LUT Specification 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import isqrt, sqrt
from typing import Final

from rushes.media.curves import (
    BT2020,
    CAMERAS,
    WHITE_NITS,
    Color,
    Matrix,
    bt709_signal,
    hlg_nits,
    keep_inside,
    matrix_to_bt709,
    pq_nits,
    roll_off,
    screen_signal,
    transform,
)
from rushes.media.failures import InvalidMedia

CUBE_BYTES_AT_MOST: Final = 10 * 2**20
SIDE_AT_MOST: Final = 65
STEPS_AT_MOST: Final = 65_536
"""Entries of a table of three curves (`LUT_1D_SIZE`), as the specification has it."""

LINE_AT_MOST: Final = 250
TITLE_AT_MOST: Final = 100
VALUE_AT_MOST: Final = 1e6
FULL_16_BITS: Final = 65_535
HALF: Final = 0.5
COARSE, FINE = 36, 64
"""Sides of the tables that the tool gets: squares of 6 and 8."""

HDR_PEAK: Final = 1_000 / WHITE_NITS
"""The brightest light that is told apart, in parts of white: what screens of studios show."""

LOG_PEAK: Final = 12.0
"""The same of LOG, in parts of what a white sheet reflects: three and a half stops above it."""

TABULATED: Final = 4_096

Source = Callable[[Color], Color]


class CubeInvalid(InvalidMedia):
    """A `.cube` file does not follow its format."""

    code = "color.cube_invalid"


@dataclass(frozen=True, slots=True)
class Lut:
    """A table of colours; `low` and `high` are the signals of its first and last step."""

    side: int
    colors: Sequence[Color]
    low: Color = (0.0, 0.0, 0.0)
    high: Color = (1.0, 1.0, 1.0)
    title: str = ""

    def at(self, color: Color) -> Color:
        """Return what a colour becomes, between the steps by three straight lines."""
        places = [
            min(1.0, max(0.0, (value - low) / (high - low))) * (self.side - 1)
            for value, low, high in zip(color, self.low, self.high, strict=True)
        ]
        lower = [min(int(place), self.side - 2) for place in places]
        parts = [place - step for place, step in zip(places, lower, strict=True)]
        red, green, blue = 0.0, 0.0, 0.0
        for corner in product((0, 1), repeat=3):
            weight = 1.0
            for part, up in zip(parts, corner, strict=True):
                weight *= part if up else 1 - part
            if weight:
                steps = [step + up for step, up in zip(lower, corner, strict=True)]
                found = self.colors[steps[0] + self.side * (steps[1] + self.side * steps[2])]
                red, green, blue = (
                    red + weight * found[0],
                    green + weight * found[1],
                    blue + weight * found[2],
                )
        return red, green, blue


@dataclass(frozen=True, slots=True)
class Hald:
    """A table as the tool gets it: `width` x `width` pixels of rgb48le, `side` steps a colour."""

    side: int
    content: bytes

    @property
    def level(self) -> int:
        """Return the level of the Hald image: the root of the side."""
        return isqrt(self.side)

    @property
    def width(self) -> int:
        """Return width and height of the picture."""
        return self.level**3

    def at(self, red: int, green: int, blue: int) -> tuple[int, int, int]:
        """Return the colour of a step, 0 to 65,535 a channel."""
        place = 6 * (red + self.side * (green + self.side * blue))
        first, second, third = struct.unpack_from("<3H", self.content, place)
        return first, second, third


def make_hald(source: Source, side: int = COARSE) -> Hald:
    """Return the Hald image of a function of colours."""
    steps = [step / (side - 1) for step in range(side)]
    values: list[int] = []
    for blue, green, red in product(steps, repeat=3):
        values.extend(
            int(min(1.0, max(0.0, value)) * FULL_16_BITS + HALF)
            for value in source((red, green, blue))
        )
    return Hald(side, struct.pack(f"<{len(values)}H", *values))


def hald_of(lut: Lut) -> Hald:
    """Return the Hald image of a table, as fine as it is worth: what `at` gives, axis by axis."""
    side = COARSE if lut.side <= COARSE else FINE
    channels = []
    for channel in range(3):
        values = [color[channel] for color in lut.colors]
        for low, high in zip(lut.low, lut.high, strict=True):
            values = _stretch(values, lut.side, _list_places(lut.side, side, low, high))
        channels.append([int(min(1.0, max(0.0, each)) * FULL_16_BITS + HALF) for each in values])
    mixed = [each for color in zip(*channels, strict=True) for each in color]
    return Hald(side, struct.pack(f"<{len(mixed)}H", *mixed))


def _list_places(steps: int, side: int, low: float, high: float) -> list[tuple[int, float]]:
    """Return where each of `side` signals lies among steps: after which one, and how far."""
    signals = [step / (side - 1) for step in range(side)]
    places = [min(1.0, max(0.0, (signal - low) / (high - low))) * (steps - 1) for signal in signals]
    lower = [min(int(place), steps - 2) for place in places]
    return [(step, place - step) for step, place in zip(lower, places, strict=True)]


def _stretch(values: list[float], steps: int, places: list[tuple[int, float]]) -> list[float]:
    """Return values at other places of the fastest axis; the next axis is the fastest then."""
    rows = [values[at : at + steps] for at in range(0, len(values), steps)]
    made = [row[at] + part * (row[at + 1] - row[at]) for row in rows for at, part in places]
    return [each for place in range(len(places)) for each in made[place :: len(places)]]


@cache
def pq_hald() -> Hald:
    """Return the table that brings PQ with the colours of BT.2020 to BT.709."""
    light = cache(lambda signal: pq_nits(signal) / WHITE_NITS)
    return make_hald(_shown(lambda color: _each(light, color), HDR_PEAK, screen_signal))


@cache
def hlg_hald() -> Hald:
    """Return the table that brings HLG with the colours of BT.2020 to BT.709."""
    scale = 1 / WHITE_NITS
    light: Source = lambda color: _each(lambda nits: nits * scale, hlg_nits(color))  # noqa: E731 - one line of a formula
    return make_hald(_shown(light, HDR_PEAK, screen_signal))


@cache
def log_hald(name: str, *, is_full: bool) -> Hald:
    """Return the table of a LOG that is built in (`curves.CAMERAS`); KeyError of any other."""
    camera = CAMERAS[name]
    light = cache(lambda signal: camera.light(signal, is_full=is_full))
    matrix = matrix_to_bt709(camera.gamut)
    return make_hald(_shown(lambda color: _each(light, color), LOG_PEAK, bt709_signal, matrix))


def _shown(
    light: Source, peak: float, signal: Callable[[float], float], matrix: Matrix | None = None
) -> Source:
    """Return what an ordinary screen is given: bright light rolled off, colours it can show."""
    to_screen = matrix or matrix_to_bt709(BT2020)
    share_of = _tabulate(lambda seen: roll_off(seen, peak) / seen if seen else 1.0, peak)
    signal_of = _tabulate(signal, 1.0)

    def shown(color: Color) -> Color:
        """Return the signal of one colour."""
        red, green, blue = light(color)
        share = share_of(max(red, green, blue))
        seen = transform(to_screen, (red * share, green * share, blue * share))
        if min(seen) < 0 or max(seen) > 1:
            seen = keep_inside(seen)
        return signal_of(seen[0]), signal_of(seen[1]), signal_of(seen[2])

    return shown


def _tabulate(function: Callable[[float], float], top: float) -> Callable[[float], float]:
    """Return a function of light up to `top` that looks its values up, close together near black.

    A table of colours asks for the same curve a hundred thousand times.
    """
    values = [function(top * (step / TABULATED) ** 2) for step in range(TABULATED + 2)]

    def look_up(light: float) -> float:
        """Return the value, between two of the table by a straight line."""
        place = TABULATED * sqrt(min(1.0, max(0.0, light / top)))
        step = int(place)
        return values[step] + (place - step) * (values[step + 1] - values[step])

    return look_up


def _each(change: Callable[[float], float], color: Color) -> Color:
    red, green, blue = color
    return change(red), change(green), change(blue)


def parse_cube(content: bytes) -> Lut:
    """Return the table in a `.cube` file, of three dimensions or of three curves.

    Raises:
        CubeInvalid: it is too large or does not follow the format; the text says where.
    """
    if len(content) > CUBE_BYTES_AT_MOST:
        raise CubeInvalid("A .cube file has at most 10 MiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CubeInvalid("A .cube file is plain text; this one is not.") from None
    reader = _CubeReader()
    for number, line in _list_lines(text):
        reader.take(number, line)
    return reader.finish()


def _list_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, with their numbers."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            if len(stripped) > LINE_AT_MOST:
                raise CubeInvalid(f"Line {number} is longer than {LINE_AT_MOST} characters.")
            yield number, stripped


class _CubeReader:
    """Collects what the lines of a `.cube` file say."""

    def __init__(self) -> None:
        self._title = ""
        self._side, self._steps = 0, 0
        self._low, self._high = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
        self._rows = list[Color]()

    def take(self, number: int, line: str) -> None:
        """Take one line."""
        word, *further = line.split(None, 1)
        rest = further[0] if further else ""
        if word == "TITLE":
            self._title = "".join(filter(str.isprintable, rest.strip('"')))[:TITLE_AT_MOST]
        elif word == "LUT_3D_SIZE":
            self._side = _count(number, rest, SIDE_AT_MOST)
        elif word == "LUT_1D_SIZE":
            self._steps = _count(number, rest, STEPS_AT_MOST)
        elif word == "DOMAIN_MIN":
            self._low = _color(number, rest)
        elif word == "DOMAIN_MAX":
            self._high = _color(number, rest)
        elif word in {"LUT_3D_INPUT_RANGE", "LUT_1D_INPUT_RANGE"}:
            low, high = _numbers(number, rest, 2)
            self._low, self._high = (low, low, low), (high, high, high)
        else:
            self._rows.append(_color(number, line))
            if len(self._rows) > (self._side**3 or self._steps):
                raise CubeInvalid(f"Line {number} is one more than the size of the table allows.")

    def finish(self) -> Lut:
        """Return the table when all lines were taken."""
        if bool(self._side) == bool(self._steps):
            raise CubeInvalid("A .cube file says either LUT_3D_SIZE or LUT_1D_SIZE.")
        if len(self._rows) != (self._side**3 or self._steps):
            raise CubeInvalid(
                f"The table has {len(self._rows)} rows instead of {self._side**3 or self._steps}."
            )
        if any(high <= low for low, high in zip(self._low, self._high, strict=True)):
            raise CubeInvalid("DOMAIN_MAX must be above DOMAIN_MIN in each colour.")
        if self._side:
            return Lut(self._side, self._rows, self._low, self._high, self._title)
        return self._of_curves()

    def _of_curves(self) -> Lut:
        """Return a table of three dimensions that does what the three curves do."""
        side, last = COARSE, self._steps - 1
        curves = []
        for channel in range(3):
            places = [step / (side - 1) * last for step in range(side)]
            lower = [min(int(place), last - 1) for place in places]
            curves.append(
                [
                    self._rows[at][channel]
                    + (place - at) * (self._rows[at + 1][channel] - self._rows[at][channel])
                    for place, at in zip(places, lower, strict=True)
                ]
            )
        reds, greens, blues = curves
        colors = [(red, green, blue) for blue, green, red in product(blues, greens, reds)]
        return Lut(side, colors, self._low, self._high, self._title)


def _count(number: int, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < LINE_AT_MOST):
        raise CubeInvalid(f"Line {number} does not say a whole number.")
    if not 2 <= int(text) <= most:  # noqa: PLR2004 - black and white
        raise CubeInvalid(f"Line {number} says {text[:8]}; a table has 2 to {most} steps.")
    return int(text)


def _color(number: int, text: str) -> Color:
    red, green, blue = _numbers(number, text, 3)
    return red, green, blue


def _numbers(number: int, text: str, count: int) -> list[float]:
    words = text.split()
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != count or not all(-VALUE_AT_MOST <= each <= VALUE_AT_MOST for each in values):
        raise CubeInvalid(f"Line {number} does not hold {count} numbers.")
    return values
