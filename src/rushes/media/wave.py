"""The waveform of a sound: peaks for players, a picture for lists, and how loud it is.

The JSON is that of audiowaveform, version 2: pairs of least and greatest sample of 8 bits. Loudness
is that of EBU R 128, as ffmpeg's filter `ebur128` sums it up.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

NAME: Final = "waveform"
FILE_NAME: Final = f"{NAME}.json"
SAMPLE_RATE: Final = 8_000
POINTS_AT_MOST: Final = 4_000
SAMPLES_AT_LEAST: Final = 16
"""Of one point: below that a drawing shows the wave itself, which nobody looks for here."""

PICTURE_SIZE: Final = (1_280, 720)
PAPER: Final = bytes((19, 22, 27))
INK: Final = bytes((255, 176, 32))
SILENCE: Final = -70.0  # the gate of EBU R 128: quieter is nothing

_SUMMARY: Final = re.compile(
    r"\bI:\s+(-?[\d.]+|-inf) LUFS.*?\bLRA:\s+(-?[\d.]+|-inf) LU\b.*?\bPeak:\s+(-?[\d.]+|-inf) dBFS",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS, its range in LU, the true peak in dBTP."""

    integrated: float
    range: float
    peak: float


class Meter:
    """Takes samples of 16 bits, little-endian and of one channel, and keeps their peaks."""

    def __init__(self, duration: Fraction) -> None:
        samples = max(1, ceil(duration * SAMPLE_RATE))
        self.samples_of_point = max(SAMPLES_AT_LEAST, ceil(Fraction(samples, POINTS_AT_MOST)))
        self.points: list[tuple[int, int]] = []
        self._waiting = b""

    def feed(self, arrived: bytes) -> None:
        """Take what has arrived; what is longer than it was said to be goes unseen."""
        self._waiting += arrived
        size = 2 * self.samples_of_point
        whole = len(self._waiting) // size * size
        for at in range(0, whole, size):
            self._note(self._waiting[at : at + size])
        self._waiting = self._waiting[whole:]

    def finish(self) -> None:
        """Take the rest for a point of its own."""
        if len(self._waiting) > 1:
            self._note(self._waiting)
        self._waiting = b""

    def _note(self, piece: bytes) -> None:
        if len(self.points) < POINTS_AT_MOST:
            samples = struct.unpack_from(f"<{len(piece) // 2}h", piece)
            self.points.append((min(samples) >> 8, max(samples) >> 8))


def format_waveform(meter: Meter) -> bytes:
    """Return the JSON of the peaks."""
    waveform = {
        "version": 2,
        "channels": 1,
        "sample_rate": SAMPLE_RATE,
        "samples_per_pixel": meter.samples_of_point,
        "bits": 8,
        "length": len(meter.points),
        "data": [value for point in meter.points for value in point],
    }
    return json.dumps(waveform, separators=(",", ":")).encode()


def draw_waveform(meter: Meter) -> bytes:
    """Return a picture of the peaks, as a portable pixmap (Netpbm, P6)."""
    width, height = PICTURE_SIZE
    bars = [_bar(meter.points, column, width, height) for column in range(width)]
    rows = (
        b"".join(INK if low <= row <= high else PAPER for low, high in bars)
        for row in range(height)
    )
    return b"P6 %d %d 255\n" % (width, height) + b"".join(rows)


def _bar(points: list[tuple[int, int]], column: int, width: int, height: int) -> tuple[int, int]:
    """Return first and last row of a column; gaps part the bars, and silence is a line."""
    middle = height // 2
    if column % 6 > 3:  # noqa: PLR2004 - bars of four, gaps of two
        return height, 0
    begin = column // 6 * 6 * len(points) // width
    end = max(begin + 1, (column // 6 + 1) * 6 * len(points) // width)
    taken = points[begin:end] or [(0, 0)]
    reach = max(max(-low, high) for low, high in taken) * (height - 80) // 256
    return middle - max(2, reach), middle + max(2, reach)


def parse_loudness(words: str) -> Loudness | None:
    """Return what the filter says in its last words; None where it said nothing of use."""
    summaries = _SUMMARY.findall(words)
    if not summaries:
        return None
    integrated, span, peak = (max(SILENCE, float(figure)) for figure in summaries[-1])
    return Loudness(integrated, span, peak) if integrated > SILENCE else None
