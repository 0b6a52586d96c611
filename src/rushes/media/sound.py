"""The sound's own grid: whole AAC frames, cut nearest to the cuts of the picture.

Sound is made once, and shared by all rungs. Where it outlasts the picture its last segment is
longer, by half a minute at most: a player holds the last picture meanwhile. It begins with a `lead`
of samples that the edit list takes away: frame j is heard from j x 1,024 - lead on. Of what we
encode the lead is one frame, the encoder's priming; of copied sound it is what the original says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from rushes.media.facts import AudioFacts, MediaInfo
from rushes.media.failures import InvalidMedia
from rushes.media.fragment import Fragment, Sample
from rushes.media.grid import FIRST_SECONDS, SEGMENT_SECONDS, Grid, rounded
from rushes.media.movie import AAC_FRAME, AAC_RATES
from rushes.media.tracks import STEREO

SAMPLE_RATE: Final = 48_000
BIT_RATE: Final = 128_000
SURROUND_BIT_RATE: Final = 384_000
"""For 5.1: as much for a pair of loudspeakers as stereo has."""
END_SLACK: Final = Fraction(1, 10)
"""Seconds by which copied sound may end before its picture; a longer silence is encoded."""

LEAD_IN: Final = 4
"""AAC frames that are encoded before a stretch and left out: joins err by 0.011, without by 0.061
(elsewhere the encoder errs by 0.009)."""

TAIL_AT_MOST: Final = 30
"""Seconds for which a sound goes on after its picture."""

TAIL_AT_LEAST: Final = Fraction(1, 10)
"""Seconds that are no tail: containers round, and encoders fill their last frame."""

_ADTS_HEAD: Final = 7
_ADTS_HEAD_WITH_CRC: Final = 9


@dataclass(frozen=True, slots=True)
class SoundGrid:
    """Where sound is cut: `starts` count AAC frames, the first is 0; `end` is their number.

    `rate` in samples a second, `lead` in samples.
    """

    starts: tuple[int, ...]
    end: int
    rate: int = SAMPLE_RATE
    lead: int = AAC_FRAME

    @property
    def count(self) -> int:
        """Return the number of segments."""
        return len(self.starts)

    def begin_of(self, index: int) -> int:
        """Return the first AAC frame of segment `index`."""
        return self.starts[index]

    def frames_of(self, index: int) -> int:
        """Return the AAC frames of segment `index`."""
        return (self.end if index + 1 == self.count else self.starts[index + 1]) - self.starts[
            index
        ]

    def seconds_of(self, index: int) -> Fraction:
        """Return how long segment `index` is heard; the first one lacks its lead."""
        return Fraction(self.ticks_of(index), self.rate)

    def ticks_of(self, index: int) -> int:
        """Return how many samples of segment `index` are heard."""
        return self.frames_of(index) * AAC_FRAME - (self.lead if index == 0 else 0)


def bit_rate_of(channels: int) -> int:
    """Return at how many bit/s this many channels are encoded."""
    return BIT_RATE if channels <= STEREO else SURROUND_BIT_RATE


def plan_sound(grid: Grid, tail: Fraction = Fraction(0)) -> SoundGrid:
    """Return the cuts that belong to a picture's grid; the last piece has its `tail` (seconds)."""
    over, under = SAMPLE_RATE, grid.timescale * AAC_FRAME
    cuts = (rounded(start * over, under) + 1 for start in grid.starts[1:])
    return _cut(cuts, grid.duration + tail)


def tail_of(facts: MediaInfo, sound: AudioFacts, grid: Grid) -> Fraction:
    """Return for how many seconds a sound is heard after its picture.

    Of what is damaged nothing is believed: its header tells of seconds that are not there.
    """
    begin = sound.start if facts.video is None else facts.video.start
    tail = sound.start + sound.duration - begin - grid.duration
    return _tail(Fraction(0) if facts.damage is not None else tail)


def _tail(seconds: Fraction) -> Fraction:
    return Fraction(0) if seconds < TAIL_AT_LEAST else min(seconds, Fraction(TAIL_AT_MOST))


def plan_sound_alone(duration: Fraction) -> SoundGrid:
    """Return the cuts of a sound without picture: after 1 s, then every 4 s."""
    if duration <= 0:
        raise InvalidMedia("The sound has no length.")
    starts = range(FIRST_SECONDS, int(duration) - FIRST_SECONDS + 1, SEGMENT_SECONDS)
    return _cut((rounded(start * SAMPLE_RATE, AAC_FRAME) + 1 for start in starts), duration)


def _cut(cuts: Iterable[int], duration: Fraction) -> SoundGrid:
    """Return the grid whose segments after the first begin with these frames."""
    return SoundGrid((0, *cuts), ceil(duration * SAMPLE_RATE / AAC_FRAME) + 1)


def plan_copied_sound(grid: Grid, rate: int, lead: int, frames: int) -> SoundGrid | None:
    """Return the cuts of sound that has these AAC frames already; None where they are too few.

    Sound may end a little before its picture, as that of most cameras and editors does. What comes
    after the picture goes on as far as a tail may.
    """
    ahead, under = lead * grid.timescale, grid.timescale * AAC_FRAME
    cuts = [0, *(rounded(start * rate + ahead, under) for start in grid.starts[1:])]
    wanted = ceil((grid.duration * rate + lead) / AAC_FRAME)
    tail = _tail(Fraction(frames * AAC_FRAME - lead, rate) - grid.duration)
    end = min(wanted + int(tail * rate / AAC_FRAME), frames)
    if end < wanted - ceil(END_SLACK * rate / AAC_FRAME):
        return None
    if end * AAC_FRAME <= lead or cuts[-1] >= end:
        return None
    return SoundGrid(tuple(cuts), end, rate, lead)


@dataclass(frozen=True, slots=True)
class SoundStretch:
    """Which samples are encoded for some AAC frames, and which frames of the answer those are.

    Samples count from the start of the picture. `dropped` frames at the front are the encoder's
    priming and what leads in; what comes after the last wanted frame is left.
    """

    begin: int
    end: int
    dropped: int


def plan_stretch(cuts: SoundGrid, first: int, count: int) -> SoundStretch:
    """Return what is encoded for segments first .. first+count-1 of sound that we encode.

    A stretch begins `LEAD_IN` frames early on the same grid and ends a frame late, so that joins
    are not heard.
    """
    frame = cuts.begin_of(first)
    last = first + count - 1
    behind = cuts.begin_of(last) + cuts.frames_of(last)
    begin = max(0, frame - 1 - LEAD_IN) if frame else 0
    end = cuts.end - 1 if behind == cuts.end else min(cuts.end - 1, behind + 1)
    return SoundStretch(begin * AAC_FRAME, end * AAC_FRAME, frame - begin)


def format_cuts(cuts: SoundGrid) -> dict[str, object]:
    """Return plain values for a row."""
    return {"starts": list(cuts.starts), "end": cuts.end, "rate": cuts.rate, "lead": cuts.lead}


def parse_cuts(values: Mapping[str, object]) -> SoundGrid:
    """Return the cuts that `format_cuts` wrote."""
    match values:
        case {"starts": list(starts), "end": int(end), "rate": int(rate), "lead": int(lead)}:
            return SoundGrid(tuple(int(start) for start in starts), end, rate, lead)
        case _:
            raise InvalidMedia("The stored cuts of a sound lack their fields.")


def sound_duration(facts: MediaInfo) -> Fraction:
    """Return how long the first sound track is, in seconds."""
    return facts.audio[0].duration or facts.duration


class AdtsReader:
    """Cuts a growing ADTS stream into its raw AAC frames; no input, no output.

    Source: ISO/IEC 13818-7 section 6.2.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, arrived: bytes) -> Iterator[bytes]:
        """Yield each raw frame that is complete now."""
        self._waiting += arrived
        at = 0
        while len(self._waiting) - at >= _ADTS_HEAD:
            size = self._size_at(at)
            if at + size > len(self._waiting):
                break
            has_crc = not self._waiting[at + 1] & 1
            head = _ADTS_HEAD_WITH_CRC if has_crc else _ADTS_HEAD
            yield bytes(self._waiting[at + head : at + size])
            at += size
        del self._waiting[:at]

    def _size_at(self, at: int) -> int:
        mark, flags, setup, high, middle, low = self._waiting[at : at + 6]
        size = (high & 3) << 11 | middle << 3 | low >> 5
        rate = setup >> 2 & 0xF
        is_sync = mark == 0xFF and flags & 0xF6 == 0xF0  # noqa: PLR2004 - 12 bits set, layer 0
        if not is_sync or size <= _ADTS_HEAD_WITH_CRC or rate != AAC_RATES.index(SAMPLE_RATE):
            raise InvalidMedia("The encoder wrote no AAC frame where one should begin.")
        return size


def pack_sound(frames: list[bytes], index: int, first_frame: int) -> Fragment:
    """Return segment `index` made of these AAC frames, the first of which is `first_frame`."""
    samples = tuple(Sample(AAC_FRAME, len(frame), is_sync=True) for frame in frames)
    return Fragment(1, index + 1, first_frame * AAC_FRAME, samples, b"".join(frames))
