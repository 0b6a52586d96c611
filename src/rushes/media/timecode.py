"""Timecode: how editors number frames, and the track in which a movie says where it begins.

A number counts frames from midnight. Drop-frame counting, of 29.97 and 59.94 pictures a second,
leaves out two numbers a minute (four) but not each tenth minute, so that it stays near the clock;
no frame is dropped. It is written with `;` before the frames.
Sources: SMPTE ST 12-1; QuickTime File Format, "Timecode media"; ISO/IEC 14496-12 section 8.4.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rushes.media import mp4
from rushes.media.movie import MOVIE_TIMESCALE, Track, format_trak

RATE_AT_MOST: Final = 60
SAMPLE_BYTES: Final = 4

_FORM: Final = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})([:;.,])([0-9]{2})")
_MINUTES, _SECONDS, _HOURS, _TENTH = 60, 60, 24, 10
_NTSC: Final = 1_001
_DROPPING: Final = frozenset({Fraction(30_000, _NTSC), Fraction(60_000, _NTSC)})
_DROPPED_PART: Final = 15
"""Of 30 numbers a second 2 are left out each minute, of 60 there are 4."""

_TICKS_AT_MOST: Final = 2**32 - 1
"""What a duration of one sample can say: 39 hours of 29.97 pictures a second."""

_DROPS, _TURNS_AT_MIDNIGHT = 1, 2
"""Flags of a description: numbers are left out; 24 hours are followed by 0."""


@dataclass(frozen=True, slots=True)
class Timecode:
    """The number of a frame, at so many frames a second."""

    frame: int
    rate: Fraction
    is_drop: bool = False

    @property
    def nominal(self) -> int:
        """Return how many numbers a second has: 30 of 29.97."""
        return round(self.rate)

    @property
    def text(self) -> str:
        """Return how it is written: `01:00:00:00`, or `01:00:00;00` where numbers are left out."""
        number = self.frame
        if self.is_drop:
            number += _left_out(number, self.nominal)
        seconds, frames = divmod(number, self.nominal)
        minutes, second = divmod(seconds, _SECONDS)
        hour, minute = divmod(minutes, _MINUTES)
        clock = f"{hour % _HOURS:02}:{minute:02}:{second:02}"
        return f"{clock}{';' if self.is_drop else ':'}{frames:02}"

    def sample(self) -> bytes:
        """Return what the one sample of its track holds."""
        return mp4.pack("I", self.frame)

    def trak(self, number: int, at: int, seconds: Fraction) -> bytes:
        """Return its track: one sample that lies at this offset, and counts for so long."""
        ticks = min(round(seconds * self.rate.numerator), _TICKS_AT_MOST)
        tables = mp4.make(
            "stbl",
            mp4.make_full("stsd", 0, 0, mp4.pack("I", 1), self.track().description),
            mp4.make_full("stts", 0, 0, mp4.pack("III", 1, 1, ticks)),
            mp4.make_full("stsc", 0, 0, mp4.pack("IIII", 1, 1, 1, 1)),
            mp4.make_full("stsz", 0, 0, mp4.pack("II", SAMPLE_BYTES, 1)),
            mp4.make_full("stco", 0, 0, mp4.pack("II", 1, at)),
        )
        whole = round(seconds * MOVIE_TIMESCALE)
        return format_trak(self.track(), number, tables, ticks=ticks, movie_ticks=whole)

    def track(self) -> Track:
        """Return its track, which counts in parts of a frame."""
        flags = _TURNS_AT_MIDNIGHT | (_DROPS if self.is_drop else 0)
        step = (flags, self.rate.numerator, self.rate.denominator, self.nominal)
        description = mp4.make("tmcd", mp4.pack("6xHIIIIBx", 1, 0, *step))
        return Track("tmcd", self.rate.numerator, description)


def parse_timecode(text: str | None, rate: Fraction | None) -> Timecode | None:
    """Return the first number of a film; None where there is none, or it is none at this rate.

    Args:
        text: as a container tells it.
        rate: pictures a second, None where it varies.
    """
    found = _FORM.fullmatch(text or "")
    if found is None or rate is None or not 1 <= rate <= RATE_AT_MOST:
        return None
    hour, minute, second, frames = (int(found[place]) for place in (1, 2, 3, 5))
    nominal = round(rate)
    is_drop = found[4] != ":" and rate in _DROPPING
    if hour >= _HOURS or minute >= _MINUTES or second >= _SECONDS or frames >= nominal:
        return None
    minutes = hour * _MINUTES + minute
    number = (minutes * _SECONDS + second) * nominal + frames
    if is_drop:
        dropped = nominal // _DROPPED_PART
        if minute % _TENTH and not second and frames < dropped:  # such a number does not exist
            return None
        number -= dropped * (minutes - minutes // _TENTH)
    return Timecode(number, rate, is_drop)


def _left_out(frame: int, nominal: int) -> int:
    """Return how many numbers were left out before this frame."""
    dropped = nominal // _DROPPED_PART
    per_minute = nominal * _SECONDS - dropped
    tens, rest = divmod(frame, per_minute * _TENTH + dropped)
    minutes = max(0, rest - dropped) // per_minute
    return dropped * ((_TENTH - 1) * tens + minutes)
