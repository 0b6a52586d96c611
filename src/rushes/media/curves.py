"""Curves of signals and cameras: from a code value to light, and the colours that each can hold.

Signals are 0 to 1 of the nominal range (black to white), light is relative to the white of an
ordinary screen unless it says cd/m2. Sources:

- PQ: SMPTE ST 2084; HLG and its OOTF: ITU-R BT.2100-2; the gamma of a screen: ITU-R BT.1886;
  the camera curve of BT.709: ITU-R BT.709-6
- S-Log3, S-Gamut3.Cine: Sony, Technical Summary for S-Gamut3.Cine/S-Log3
- V-Log, V-Gamut: Panasonic, V-Log/V-Gamut Reference Manual
- Canon Log 3, Cinema Gamut: Canon, Canon Log Gamma Curves, version 1.2
- LogC3 at EI 800, ARRI Wide Gamut 3: ARRI, ALEXA LogC Curve, Usage in VFX
- generic: the printing density curve of Cineon, Kodak, Conversion of 10-bit Log Film Data
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp
from types import MappingProxyType
from typing import Final

Color = tuple[float, float, float]
Matrix = tuple[Color, Color, Color]
Curve = Callable[[float], float]

WHITE_NITS: Final = 203.0
"""The light of white in HDR, by ITU-R BT.2408; white of an ordinary screen is to look like it."""

PQ_PEAK: Final = 10_000.0
HLG_PEAK: Final = 1_000.0
HLG_GAMMA: Final = 1.2
M1, M2, C1, C2, C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
HLG_A, HLG_B, HLG_C = 0.17883277, 0.28466892, 0.55991073
HLG_TURN, TV_BLACK, TV_STEPS, CODES = 0.5, 64, 876, 1023
BT709_TURN, SLOG3_TURN, VLOG_TURN = 0.018, 171.2102946929 / 1023, 0.181
CANON_LOW, CANON_HIGH = 0.097465473, 0.153926720
LOGC_CUT: Final = 5.367655 * 0.010591 + 0.092809
CINEON_BLACK: Final = 10 ** ((95 - 685) * 0.002 / 0.6)


@dataclass(frozen=True, slots=True)
class Gamut:
    """The colours of red, green and blue, as CIE 1931 x and y; white is D65."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


D65: Final = (0.3127, 0.3290)
BT709: Final = Gamut((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
BT2020: Final = Gamut((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
BT709_LUMA: Final = (0.2126, 0.7152, 0.0722)
BT2020_LUMA: Final = (0.2627, 0.6780, 0.0593)


@dataclass(frozen=True, slots=True)
class Camera:
    """One LOG: its curve from signal to reflected light, and its colours.

    `is_code`: the curve is defined over ten-bit codes as they are recorded, where black of a
    signal of limited range is 64 and its white 940; else over the signal itself.
    """

    curve: Curve
    gamut: Gamut
    is_code: bool = True

    def light(self, signal: float, *, is_full: bool) -> float:
        """Return the light that was reflected, 0.18 for a grey card; never below 0."""
        limited = self.is_code and not is_full
        code = (TV_BLACK + TV_STEPS * signal) / CODES if limited else signal
        return max(0.0, self.curve(code))


def pq_nits(signal: float) -> float:
    """Return the light of a PQ signal in cd/m2."""
    power = max(0.0, signal) ** (1 / M2)
    return float(PQ_PEAK * (max(0.0, power - C1) / (C2 - C3 * power)) ** (1 / M1))


def pq_signal(nits: float) -> float:
    """Return the PQ signal of so much light."""
    power = (max(0.0, nits) / PQ_PEAK) ** M1
    return float(((C1 + C2 * power) / (1 + C3 * power)) ** M2)


def hlg_scene(signal: float) -> float:
    """Return the light before the lens of an HLG signal, 0 to 1."""
    if signal <= HLG_TURN:
        return signal * signal / 3
    return (exp((signal - HLG_C) / HLG_A) + HLG_B) / 12


def hlg_nits(color: Color) -> Color:
    """Return the light on a screen of 1,000 cd/m2 of three HLG signals, in cd/m2."""
    red, green, blue = (hlg_scene(signal) for signal in color)
    luma = sum(part * light for part, light in zip(BT2020_LUMA, (red, green, blue), strict=True))
    scale = HLG_PEAK * luma ** (HLG_GAMMA - 1)
    return red * scale, green * scale, blue * scale


def screen_signal(light: float) -> float:
    """Return the signal that makes an ordinary screen show so much of its white."""
    return float(max(0.0, light) ** (1 / 2.4))


def bt709_signal(light: float) -> float:
    """Return the signal that a camera of BT.709 makes of reflected light."""
    if light < BT709_TURN:
        return 4.5 * max(0.0, light)
    return float(1.099 * light**0.45 - 0.099)


def _slog3(code: float) -> float:
    if code >= SLOG3_TURN:
        return float(10 ** ((code * CODES - 420) / 261.5) * (0.18 + 0.01) - 0.01)
    return (code * CODES - 95) * 0.01125 / (171.2102946929 - 95)


def _vlog(code: float) -> float:
    if code < VLOG_TURN:
        return (code - 0.125) / 5.6
    return float(10 ** ((code - 0.598206) / 0.241514) - 0.00873)


def _canon_log3(code: float) -> float:
    """0.9 is the reflectance of Canon's white."""
    if code < CANON_LOW:
        return -0.9 * (10 ** ((0.12783901 - code) / 0.36726845) - 1) / 14.98325
    if code <= CANON_HIGH:
        return 0.9 * (code - 0.12512219) / 1.9754798
    return 0.9 * (10 ** ((code - 0.12240537) / 0.36726845) - 1) / 14.98325


def _logc3(signal: float) -> float:
    if signal > LOGC_CUT:
        return float((10 ** ((signal - 0.385537) / 0.247190) - 0.052272) / 5.555556)
    return (signal - 0.092809) / 5.367655


def _cineon(signal: float) -> float:
    exposed = 10 ** ((signal * CODES - 685) * 0.002 / 0.6)
    return float((exposed - CINEON_BLACK) / (1 - CINEON_BLACK))


CAMERAS: Final[Mapping[str, Camera]] = MappingProxyType(
    {
        "slog3": Camera(_slog3, Gamut((0.766, 0.275), (0.225, 0.800), (0.089, -0.087))),
        "clog3": Camera(_canon_log3, Gamut((0.740, 0.270), (0.170, 1.140), (0.080, -0.100))),
        "vlog": Camera(_vlog, Gamut((0.730, 0.280), (0.165, 0.840), (0.100, -0.030))),
        "logc3": Camera(
            _logc3, Gamut((0.6840, 0.3130), (0.2210, 0.8480), (0.0861, -0.1020)), is_code=False
        ),
        "generic": Camera(_cineon, BT709, is_code=False),
    }
)
"""The LOGs that are built in, by the name that people choose them with."""


def roll_off(light: float, peak: float) -> float:
    """Return light up to `peak` brought under white (1.0): the EETF of ITU-R BT.2390-11, 5.4.1.

    Both in parts of white; what is dark stays as it is.
    """
    top = pq_signal(peak * WHITE_NITS)
    white = pq_signal(WHITE_NITS) / top
    seen, knee = min(1.0, pq_signal(light * WHITE_NITS) / top), 1.5 * white - 0.5
    if seen <= knee:
        return light
    t = (seen - knee) / (1 - knee)
    curve = (2 * t**3 - 3 * t**2 + 1) * knee
    curve += (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * white
    return min(1.0, pq_nits(curve * top) / WHITE_NITS)


def matrix_to_bt709(gamut: Gamut) -> Matrix:
    """Return what brings linear colours of a gamut to those of BT.709 (SMPTE RP 177)."""
    return _product(_inverse(_to_xyz(BT709)), _to_xyz(gamut))


def transform(matrix: Matrix, color: Color) -> Color:
    """Return a colour after a matrix."""
    red, green, blue = color
    first, second, third = (row[0] * red + row[1] * green + row[2] * blue for row in matrix)
    return first, second, third


def keep_inside(color: Color) -> Color:
    """Return a colour that BT.709 can show: as much grey added as it takes, equally light."""
    luma = sum(part * light for part, light in zip(BT709_LUMA, color, strict=True))
    luma = min(1.0, max(0.0, luma))
    share = 1.0
    for light in color:
        if light > 1:
            share = min(share, (1 - luma) / (light - luma))
        elif light < 0:
            share = min(share, luma / (luma - light))
    red, green, blue = (luma + share * (light - luma) for light in color)
    return red, green, blue


def _to_xyz(gamut: Gamut) -> Matrix:
    """Return what brings linear colours of a gamut to CIE XYZ, white being 1."""
    columns = tuple((x / y, 1.0, (1 - x - y) / y) for x, y in (gamut.red, gamut.green, gamut.blue))
    plain = _columns(*columns)
    x, y = D65
    scale = transform(_inverse(plain), (x / y, 1.0, (1 - x - y) / y))
    red, green, blue = (
        (part * cells[0], part * cells[1], part * cells[2])
        for part, cells in zip(scale, columns, strict=True)
    )
    return _columns(red, green, blue)


def _columns(red: Color, green: Color, blue: Color) -> Matrix:
    first, second, third = zip(red, green, blue, strict=True)
    return first, second, third


def _product(left: Matrix, right: Matrix) -> Matrix:
    first, second, third = _columns(*right)
    return _columns(transform(left, first), transform(left, second), transform(left, third))


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    minors = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    whole = a * minors[0][0] + b * minors[1][0] + c * minors[2][0]
    first, second, third = ((row[0] / whole, row[1] / whole, row[2] / whole) for row in minors)
    return first, second, third
