"""Copying pictures and sound: segments whose samples are those of the original, byte for byte.

1. An original is copied only where its samples are exactly what the grid says: one frame for each
   place, none missing, none doubled, and every cut at a key frame that nothing reaches across.
2. Pictures are counted in the order in which they are shown; a sample's time of decoding is that
   of the picture with its number, so every segment stands for itself, and `lead` (the longest
   wait of a picture) is cut by the one edit list, as in what an encoder makes.
3. Sound is copied in whole AAC frames, on the grid of its own that begins before the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from operator import add, sub
from typing import Final

from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.fragment import Fragment, Sample
from rushes.media.grid import RATE_AT_MOST, VARIABLE_TIMESCALE, Grid, plan_at_keys, timing_of
from rushes.media.h264 import ENTRY_BYTES, parse_entry
from rushes.media.movie import AAC_FRAME, AAC_LC, AAC_RATES, Track
from rushes.media.samples import SampleTable
from rushes.media.sound import SoundGrid, plan_copied_sound

GAP_AT_MOST: Final = 10
"""Seconds between key frames; a viewer who seeks waits for one such stretch at most."""

COPIED_RATES: Final = (44_100, 48_000)
CHANNELS_AT_MOST: Final = 2
LATE_AT_MOST: Final = Fraction(1, 100)
"""Seconds by which copied sound may begin late; below what anybody notices."""

BITS: Final = 8

HEAD_BYTES: Final = 128
ROW_BYTES: Final = 16
"""What a fragment needs beside its samples, at most: its boxes, and a row for each sample."""

_VERSION, _AUDIO_ENTRY = 8, 28
_MORE_OF_VERSION: Final = {1: 16, 2: 36}
"""What sound descriptions of QuickTime hold beyond those of MP4; `esds` lies in a `wave` there."""


class NotCopied(Exception):
    """The samples of an original cannot be handed on as they are; the text says why."""


@dataclass(frozen=True, slots=True)
class PictureCopy:
    """How the pictures of an original are copied.

    `times` holds, in the order of decoding, the tick at which each sample is shown; `shown` the
    same ticks, sorted. `bounds` are the samples at which segments begin, and their number.
    """

    table: SampleTable = field(repr=False)
    grid: Grid
    track: Track
    times: Sequence[int] = field(repr=False)
    shown: Sequence[int] = field(repr=False)
    bounds: tuple[int, ...]

    def fragment(self, index: int, payload: bytes) -> Fragment:
        """Return segment `index` around the bytes of its samples."""
        first, end = self.bounds[index], self.bounds[index + 1]
        decoded = [*self.shown[first:end], self.grid.end_of(index)]
        sync = set(self.table.list_sync_within(first, end))
        samples = tuple(
            Sample(
                duration=decoded[place + 1] - decoded[place],
                size_bytes=self.table.sizes[number],
                is_sync=number in sync,
                composition=self.times[number] - decoded[place] + self.track.lead,
            )
            for place, number in enumerate(range(first, end))
        )
        return Fragment(1, index + 1, self.grid.begin_of(index), samples, payload)

    def rates(self) -> tuple[int, int]:
        """Return the highest rate of a segment and that of the whole, in bit/s, heads included."""
        segments = [
            sum(self.table.sizes[first:end]) + HEAD_BYTES + ROW_BYTES * (end - first)
            for first, end in pairwise(self.bounds)
        ]
        scale = BITS * self.grid.timescale
        peak = max(
            -(-size_bytes * scale // self.grid.ticks_of(index))
            for index, size_bytes in enumerate(segments)
        )
        return peak, ceil(sum(segments) * BITS / self.grid.duration)


@dataclass(frozen=True, slots=True)
class SoundCopy:
    """How the sound of an original is copied: AAC frames from `first` on, cut at `cuts`."""

    table: SampleTable = field(repr=False)
    cuts: SoundGrid
    first: int
    channels: int


def plan_picture(table: SampleTable, rate: Fraction | None) -> PictureCopy:
    """Return how pictures are copied; `rate` is None where it varies.

    Raises:
        NotCopied: they cannot be; it says why.
        InvalidMedia: the decoder record is broken.
    """
    description = _check_coding(table)
    start = table.first_shown()
    _check_edits(table, start)
    times, timescale, lead = _ticks(table, start, rate)
    shown = sorted(times)
    end = _end(table, shown, timescale, rate)
    keys = _closed_keys(table, times, shown)
    grid = plan_at_keys(timescale, rate, [times[key] for key in keys], end)
    number_of = {times[key]: key for key in keys}
    bounds = (*(number_of[start] for start in grid.starts), table.count)
    if lead is None:
        lead = max(map(sub, shown, times))
    width, height = mp4.unpack("HH", table.descriptions[0], 8 + 24, len(table.descriptions[0]))
    track = Track("vide", timescale, description, lead, width, height)
    return PictureCopy(table, grid, track, times, shown, bounds)


def _check_coding(table: SampleTable) -> bytes:
    """Return a sample description with nothing in it but what a decoder needs."""
    if len(table.descriptions) != 1:
        raise NotCopied("it changes its coding on the way")
    if not table.is_upright:
        raise NotCopied("its pictures are turned")
    try:
        stream, avcc = parse_entry(table.descriptions[0])
    except InvalidMedia:
        raise NotCopied("its pictures are not plain H.264") from None
    if stream.sets != 1:
        raise NotCopied("it has several parameter sets")
    if (stream.chroma, stream.bit_depth) != (1, 8):
        raise NotCopied("its colours are not 8 bit 4:2:0")
    if not stream.is_progressive:
        raise NotCopied("its pictures are interlaced")
    fixed = bytearray(table.descriptions[0][8 : 8 + ENTRY_BYTES])
    fixed[42:74] = bytes(32)  # the name of the encoder
    return mp4.make("avc1", bytes(fixed), avcc)


def _check_edits(table: SampleTable, start: int) -> None:
    """Accept what shows all of the media once: one row, perhaps after an empty one."""
    rows = [edit for edit in table.edits if edit.media_time is not None]
    if not table.edits:
        return
    if len(rows) != 1 or len(table.edits) > 2 or table.edits[-1] is not rows[0]:  # noqa: PLR2004
        raise NotCopied("it is cut by an edit list")
    row = rows[0]
    last = table.decode_times[-1]
    frame = Fraction(table.end - last, table.timescale)
    length = Fraction(table.end - (row.media_time or 0), table.timescale)
    cuts_start = (row.media_time or 0) > start
    cuts_end = 0 < row.duration < length - 2 * frame - Fraction(1, 500)
    if cuts_start or cuts_end or not row.is_plain:
        raise NotCopied("it is cut by an edit list")


class _Waits(dict[int, int]):
    """By how many ticks of the grid pictures wait, by their delays; in hours of film few differ."""

    def __init__(self, start: int, times: int, by: int, step: int) -> None:
        super().__init__()
        self._scale = start, times, by, step

    def __missing__(self, delay: int) -> int:
        """Rescale a delay that is new."""
        [wait] = _rescale_all([delay], *self._scale)
        self[delay] = wait
        return wait


def _ticks(
    table: SampleTable, start: int, rate: Fraction | None
) -> tuple[list[int], int, int | None]:
    """Return when samples are shown in ticks of the grid, in the order of decoding.

    Behind it stand the timescale of the grid and the longest wait, None where it is to be found.
    """
    if rate is None:
        scale, whole = VARIABLE_TIMESCALE, table.timescale
        return _rescale_all(table.shown_times(), start, scale, whole), scale, None
    if rate > RATE_AT_MOST:
        raise NotCopied("it has more than 60 pictures a second")
    timescale, frame = timing_of(rate)
    whole = table.timescale * rate.denominator
    delays, count = table.compositions, table.count
    if delays is None or not _is_even(table, rate):
        shown_at = table.shown_times()
        return _rescale_all(shown_at, start, rate.numerator, whole, frame), timescale, None
    waits = _Waits(start, rate.numerator, whole, frame)
    times = [*map(add, range(0, count * frame, frame), map(waits.__getitem__, delays))]
    return times, timescale, -min(waits.values())


def _is_even(table: SampleTable, rate: Fraction) -> bool:
    """Say whether each picture is decoded one place of the grid after the last one."""
    times = table.decode_times
    return isinstance(times, range) and times.step * rate == table.timescale


def _rescale_all(
    values: Sequence[int], start: int, times: int, by: int, step: int = 1
) -> list[int]:
    """Rescale what each value is after `start`; in one go, as there are hundreds of thousands."""
    twice, half, whole = 2 * times, by - 2 * times * start, 2 * by
    return [(value * twice + half) // whole * step for value in values]


def _rescale(value: int, times: int, by: int) -> int:
    return (2 * value * times + by) // (2 * by)


def _end(table: SampleTable, shown: list[int], timescale: int, rate: Fraction | None) -> int:
    """Return where the last picture ends, after checking that there is one for each place."""
    if rate is not None:
        frame = int(timescale / rate)
        if shown != list(range(0, frame * len(shown), frame)):
            raise NotCopied("pictures are missing or doubled")
        return shown[-1] + frame
    if len(set(shown)) != len(shown):
        raise NotCopied("pictures are doubled")
    last = table.end - table.decode_times[-1]
    return shown[-1] + max(1, _rescale(last, timescale, table.timescale))


def _closed_keys(table: SampleTable, times: Sequence[int], shown: Sequence[int]) -> list[int]:
    """Return the key frames that part what is before from what is after, in both orders.

    No two samples are shown at once. Where as many are shown before a key frame as are decoded
    before it, and those are the same, none that comes after it is shown before it.
    """
    sync = table.list_sync()
    latest = (max(times[first:end]) for first, end in pairwise((*sync, len(times))))
    before = accumulate(latest, max, initial=-1)
    keys = [
        number
        for number, last in zip(sync, before, strict=False)
        if last < times[number] == shown[number]
    ]
    if not keys or keys[0] != 0:
        raise NotCopied("it does not begin with a key frame")
    return keys


def check_gaps(copy: PictureCopy) -> None:
    """Raise NotCopied where a segment would be longer than viewers should wait for."""
    seconds = copy.grid.longest
    if seconds > GAP_AT_MOST:
        raise NotCopied(f"its key frames stand up to {float(seconds):.0f} s apart")


def plan_sound(table: SampleTable, picture: SampleTable, grid: Grid) -> SoundCopy:
    """Return how sound is copied beside a picture.

    Raises:
        NotCopied: it cannot be; it says why, and the sound is encoded.
    """
    rate, channels = _check_sound(table)
    shown_from = _starts_at(picture, picture.first_shown())
    heard_from = _starts_at(table, 0)
    lead = round((shown_from - heard_from) * rate)
    if lead < -LATE_AT_MOST * rate:
        raise NotCopied("its sound begins after its picture")
    first = max(0, lead // AAC_FRAME - 1)
    lead = max(0, lead - first * AAC_FRAME)
    cuts = plan_copied_sound(grid, rate, lead, _count_heard(table) - first)
    if cuts is None:
        raise NotCopied("its sound ends before its picture")
    return SoundCopy(table, cuts, first, channels)


def _count_heard(table: SampleTable) -> int:
    """Return the frames up to where an edit list ends the sound."""
    shown = [edit for edit in table.edits if edit.media_time is not None and edit.duration > 0]
    ends = [(edit.media_time or 0) + edit.duration * table.timescale for edit in shown]
    return min([table.count, *(ceil(end / AAC_FRAME) for end in ends)])


def _starts_at(table: SampleTable, media_time: int) -> Fraction:
    """Return when this moment of the media is presented, in seconds."""
    at = Fraction(0)
    for edit in table.edits:
        if edit.media_time is not None:
            return at + Fraction(media_time - edit.media_time, table.timescale)
        at += edit.duration
    return at + Fraction(media_time, table.timescale)


def _check_sound(table: SampleTable) -> tuple[int, int]:
    """Return rate and channels of sound that any player takes as it is."""
    steps = table.list_steps()
    if len(table.descriptions) != 1 or steps - {AAC_FRAME}:
        raise NotCopied("its sound is not in even frames")
    rows = [edit for edit in table.edits if edit.media_time is not None]
    if len(rows) > 1 or any(not edit.is_plain for edit in rows):
        raise NotCopied("its sound is cut by an edit list")
    try:
        config = _audio_config(table.descriptions[0])
    except InvalidMedia:
        raise NotCopied("its sound is not AAC") from None
    kind, rate = config >> 11, config >> 7 & 0xF
    channels, is_short = config >> 3 & 0xF, config >> 2 & 1
    known = AAC_RATES[rate] if rate < len(AAC_RATES) else 0
    if kind != AAC_LC or is_short or known != table.timescale or known not in COPIED_RATES:
        raise NotCopied("its sound is not plain AAC")
    if not 1 <= channels <= CHANNELS_AT_MOST:
        raise NotCopied("its sound has more than two channels")
    return known, channels


def _audio_config(description: bytes) -> int:
    """Return the first 16 bits of the AudioSpecificConfig in an `mp4a` entry."""
    entry = next(mp4.walk(description), None)
    if entry is None or entry.kind != "mp4a":
        raise InvalidMedia("The sound is not stored as mp4a.")
    (version,) = mp4.unpack("H", description, entry.body + _VERSION, entry.end)
    inside = entry.body + _AUDIO_ENTRY + _MORE_OF_VERSION.get(version, 0)
    is_wrapped = version > 0 and mp4.has(description, "wave/esds", inside, entry.end)
    esds = mp4.find(description, "wave/esds" if is_wrapped else "esds", inside, entry.end)
    at = esds.body + mp4.FULL_BYTES
    for tag, skipped in ((3, 3), (4, 13), (5, 0)):
        found, at = _descriptor(description, at, esds.end)
        if found != tag:
            raise InvalidMedia("The description of the sound has an unknown order.")
        at += skipped
    return mp4.unpack("H", description, at, esds.end)[0]


def _descriptor(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the tag of a descriptor and where its body begins (14496-1 section 8.3.3)."""
    (tag,) = mp4.unpack("B", data, at, end)
    for _ in range(4):
        at += 1
        (size,) = mp4.unpack("B", data, at, end)
        if not size & 0x80:
            break
    return tag, at + 1


def sound_fragment(copy: SoundCopy, index: int, payload: bytes) -> Fragment:
    """Return segment `index` of copied sound around the bytes of its frames."""
    begin, count = copy.cuts.begin_of(index), copy.cuts.frames_of(index)
    sizes = copy.table.sizes[copy.first + begin : copy.first + begin + count]
    samples = tuple(Sample(AAC_FRAME, size, is_sync=True) for size in sizes)
    return Fragment(1, index + 1, begin * AAC_FRAME, samples, payload)


def picture_span(copy: PictureCopy, index: int) -> tuple[int, int]:
    """Return the first sample of segment `index`, and how many it has."""
    first = copy.bounds[index]
    return first, copy.bounds[index + 1] - first


def sound_span(copy: SoundCopy, index: int) -> tuple[int, int]:
    """Return the first AAC frame of segment `index` in its track, and how many it has."""
    return copy.first + copy.cuts.begin_of(index), copy.cuts.frames_of(index)
