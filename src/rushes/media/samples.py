"""Sample tables of a plain MP4 or MOV: when each sample is shown, how long it is, where it lies.

Only tables are read, never a sample. Everything is counted before it is made: a file of a few
kilobytes that claims a billion samples is refused, not unfolded.
Source: ISO/IEC 14496-12 sections 8.3 to 8.7; QuickTime File Format for MOV.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, chain, islice, pairwise, repeat, takewhile
from operator import add, mul, sub
from typing import Final

from rushes.media import mp4
from rushes.media.failures import InvalidMedia

SAMPLES_AT_MOST: Final = 2_000_000
"""18 hours at 30 pictures a second; what has more is not copied."""

EDITS_AT_MOST: Final = 10_000
"""What has more rows is not copied anyway; each takes a hundred times the memory of its bytes."""

MOOV_AT_MOST: Final = 128 * 2**20
SUMMED_AT_MOST: Final = 1_000
"""Samples whose sizes are added up whenever somebody asks; of more it is remembered."""

LATE_CHUNKS: Final = 500
"""Of these, the last ones, each is looked at alone: only they lie near the end of most files."""

_WORD: Final = 4
_WIDE: Final = 8
_RATE_ONE: Final = 1
_MATRIX_NUMBERS: Final = 9
_FIXED_ONE: Final = 0x10000
_UPRIGHT: Final = (_FIXED_ONE, 0, 0, 0, _FIXED_ONE, 0)


@dataclass(frozen=True, slots=True)
class Edit:
    """One row of an edit list: seconds, and the media time it shows; None shows nothing."""

    duration: Fraction
    media_time: int | None
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of the original."""

    offset: int
    size_bytes: int


@dataclass(frozen=True)
class Offsets:
    """Where samples begin in the file, found when somebody asks: of hours, few are ever asked for.

    `chunks` begin there in the file, and samples have these `sizes`. From sample `samples[row]`
    and chunk `firsts[row]` on (counted from 1), each chunk holds `lengths[row]` samples.
    """

    chunks: Sequence[int] = field(repr=False)
    samples: Sequence[int] = field(repr=False)
    firsts: Sequence[int] = field(repr=False)
    lengths: Sequence[int] = field(repr=False)
    sizes: Sequence[int] = field(repr=False)

    def __getitem__(self, number: int) -> int:
        """Return where a sample begins; `number` is one of the track's."""
        row = bisect_right(self.samples, number) - 1
        chunk, behind = divmod(number - self.samples[row], self.lengths[row])
        inside = self._count_bytes(number - behind, number)
        return self.chunks[self.firsts[row] - 1 + chunk] + inside

    @cached_property
    def _before(self) -> Sequence[int]:
        """Return the bytes of all samples before each one."""
        return array("Q", accumulate(self.sizes, initial=0))

    def _count_bytes(self, first: int, end: int) -> int:
        """Return the bytes of samples first .. end-1; of few they are counted at once."""
        if end - first <= SUMMED_AT_MOST:
            return sum(self.sizes[first:end])
        return self._before[end] - self._before[first]

    def lie_before(self, end: int) -> bool:
        """Say whether all samples lie before this byte of the file."""
        early = self.chunks[:-LATE_CHUNKS]
        if early and max(early) + max(self.lengths) * max(self.sizes) > end:
            return self.find_end() <= end
        late = range(len(early), len(self.chunks))
        return all(self._end_of(number) <= end for number in late)

    def _end_of(self, chunk: int) -> int:
        """Return where a chunk ends; 0 where no sample lies in it."""
        row = bisect_right(self.firsts, chunk + 1) - 1
        length, count = self.lengths[row], len(self.sizes)
        first = self.samples[row] + (chunk + 1 - self.firsts[row]) * length
        end = min(first + length, count)
        return self.chunks[chunk] + self._count_bytes(first, end) if first < count else 0

    def find_end(self) -> int:
        """Return where the last byte of all samples lies, and one more."""
        counts = map(sub, chain(self.firsts[1:], (len(self.chunks) + 1,)), self.firsts)
        lengths = chain.from_iterable(map(repeat, self.lengths, counts))
        count = len(self.sizes)
        firsts = list(takewhile(count.__gt__, accumulate(lengths, initial=0)))
        ends = map(self._before.__getitem__, chain(firsts[1:], (count,)))
        sizes = map(sub, ends, map(self._before.__getitem__, firsts))
        end: int = max(map(add, self.chunks, sizes))
        return end


@dataclass(frozen=True, slots=True)
class SampleTable:
    """One track; times in its own ticks, samples in the order in which they are decoded.

    `sync` lists the samples that decode alone, None where all do.
    """

    handler: str
    timescale: int
    is_upright: bool
    descriptions: tuple[bytes, ...] = field(repr=False)
    sizes: Sequence[int] = field(repr=False)
    decode_times: Sequence[int] = field(repr=False)
    compositions: Sequence[int] | None = field(repr=False)
    sync: Sequence[int] | None = field(repr=False)
    offsets: Offsets
    edits: tuple[Edit, ...]
    end: int
    """When the last sample ends."""

    @property
    def count(self) -> int:
        """Return the number of samples."""
        return len(self.sizes)

    def first_shown(self) -> int:
        """Return when the sample is shown that is shown first."""
        times, delays = self.decode_times, self.compositions
        if delays is None:
            return times[0]
        end = bisect_right(times, times[0] + delays[0] - min(delays))  # none after it is earlier
        first: int = min(map(add, times[:end], delays))
        return first

    def shown_times(self) -> list[int]:
        """Return when each sample is shown."""
        if self.compositions is None:
            return list(self.decode_times)
        return list(map(add, self.decode_times, self.compositions))

    def list_steps(self) -> set[int]:
        """Return the steps between the times at which samples are decoded."""
        times = self.decode_times
        if isinstance(times, range):
            return {times.step}
        return set(map(sub, times[1:], times))

    def list_sync(self) -> Sequence[int]:
        """Return the numbers of the samples that decode alone."""
        return range(self.count) if self.sync is None else self.sync

    def list_sync_within(self, first: int, end: int) -> Sequence[int]:
        """Return those of the samples first .. end-1 that decode alone."""
        if self.sync is None:
            return range(first, end)
        return self.sync[bisect_left(self.sync, first) : bisect_left(self.sync, end)]

    def list_spans(self, first: int, count: int) -> list[Span]:
        """Return where samples first .. first+count-1 lie, neighbours joined."""
        spans: list[Span] = []
        for number in range(first, first + count):
            offset, size = self.offsets[number], self.sizes[number]
            if spans and spans[-1].offset + spans[-1].size_bytes == offset:
                spans[-1] = Span(spans[-1].offset, spans[-1].size_bytes + size)
            else:
                spans.append(Span(offset, size))
        return spans


def parse_tracks(moov: bytes, sound: int = 0) -> tuple[SampleTable, ...]:
    """Return the first picture track of a `moov` box (its header included), and one of sound.

    `sound` counts among sound tracks. Others are not unfolded: a short table can stand for millions
    of samples, and a movie may hold many tracks.

    Raises InvalidMedia where a table is broken, too long, or the movie is fragmented.
    """
    movie = mp4.find(moov, "moov")
    if mp4.has(moov, "mvex", movie.body, movie.end):
        raise InvalidMedia("It is written in fragments.")
    mvhd = mp4.find(moov, "mvhd", movie.body, movie.end)
    version, _, at = mp4.read_full(moov, mvhd)
    (timescale,) = mp4.unpack("I", moov, at + (16 if version else 8), mvhd.end)
    if not timescale:
        raise InvalidMedia("The movie has no timescale.")
    wanted = {"vide": 0, "soun": sound}
    seen: dict[str, int] = {}
    tracks = []
    for box in mp4.walk(moov, movie.body, movie.end):
        if box.kind != "trak":
            continue
        handler = _handler_of(moov, box)
        number = seen.get(handler, 0)
        seen[handler] = number + 1
        if wanted.get(handler) == number:
            tracks.append(_parse_track(moov, box, timescale, handler))
    return tuple(tracks)


def _handler_of(moov: bytes, trak: mp4.Box) -> str:
    mdia = mp4.find(moov, "mdia", trak.body, trak.end)
    hdlr = mp4.find(moov, "hdlr", mdia.body, mdia.end)
    (handler,) = mp4.unpack("I", moov, hdlr.body + 8, hdlr.end)
    return str(handler.to_bytes(_WORD, "big").decode("latin-1"))


def _parse_track(moov: bytes, trak: mp4.Box, movie_timescale: int, handler: str) -> SampleTable:
    mdia = mp4.find(moov, "mdia", trak.body, trak.end)
    mdhd = mp4.find(moov, "mdhd", mdia.body, mdia.end)
    version, _, at = mp4.read_full(moov, mdhd)
    (timescale,) = mp4.unpack("I", moov, at + (16 if version else 8), mdhd.end)
    if not timescale:
        raise InvalidMedia("A track has no timescale.")
    stbl = _Tables(moov, mp4.find(moov, "minf/stbl", mdia.body, mdia.end))
    sizes = stbl.sizes()
    times, end = stbl.decode_times(len(sizes))
    return SampleTable(
        handler=handler,
        timescale=timescale,
        is_upright=_is_upright(moov, trak),
        descriptions=stbl.descriptions(),
        sizes=sizes,
        decode_times=times,
        compositions=stbl.compositions(len(sizes)),
        sync=stbl.sync(len(sizes)),
        offsets=stbl.offsets(sizes),
        edits=_parse_edits(moov, trak, movie_timescale),
        end=end,
    )


def _is_upright(moov: bytes, trak: mp4.Box) -> bool:
    tkhd = mp4.find(moov, "tkhd", trak.body, trak.end)
    version, _, at = mp4.read_full(moov, tkhd)
    at += (32 if version else 20) + 16
    matrix = mp4.unpack(f"{_MATRIX_NUMBERS}i", moov, at, tkhd.end)
    return (*matrix[:2], *matrix[2:5], matrix[5]) == _UPRIGHT


def _parse_edits(moov: bytes, trak: mp4.Box, movie_timescale: int) -> tuple[Edit, ...]:
    if not mp4.has(moov, "edts/elst", trak.body, trak.end):
        return ()
    elst = mp4.find(moov, "edts/elst", trak.body, trak.end)
    version, _, at = mp4.read_full(moov, elst)
    (count,) = mp4.unpack("I", moov, at, elst.end)
    layout, step = ("QqHH", 20) if version else ("IiHH", 12)
    if count > EDITS_AT_MOST or at + _WORD + count * step > elst.end:
        raise InvalidMedia("An edit list is longer than its box.")
    edits = []
    for number in range(count):
        row = mp4.unpack(layout, moov, at + _WORD + number * step, elst.end)
        ticks, media_time, rate, part = row
        is_plain = rate == _RATE_ONE and part == 0
        shown = None if media_time < 0 else media_time
        edits.append(Edit(Fraction(ticks, movie_timescale), shown, is_plain))
    return tuple(edits)


class _Runs(dict[int, bytes]):
    """What rows of a length and a value stand for; in hours of film few differ."""

    def __missing__(self, row: int) -> bytes:
        """Return the value as often as the length says; both are 32 bits of this machine."""
        pair = row.to_bytes(_WIDE, sys.byteorder)
        length = int.from_bytes(pair[:_WORD], sys.byteorder)
        run = self[row] = pair[_WORD:] * length
        return run


class _Tables:
    """Reads the boxes of one `stbl`; every count is checked against its box first."""

    def __init__(self, moov: bytes, stbl: mp4.Box) -> None:
        self._moov, self._stbl = moov, stbl

    def _find(self, kind: str) -> mp4.Box | None:
        boxes = mp4.walk(self._moov, self._stbl.body, self._stbl.end)
        return next((box for box in boxes if box.kind == kind), None)

    def _rows(self, kind: str, columns: int) -> array[int]:
        """Return the numbers of a table of 32-bit rows, the rows one after the other."""
        box = self._find(kind)
        if box is None:
            return array("I")
        (count,) = mp4.unpack("I", self._moov, box.body + mp4.FULL_BYTES, box.end)
        return self._words(box, box.body + 2 * mp4.FULL_BYTES, count * columns)

    def _words(self, box: mp4.Box, at: int, count: int, size: int = _WORD) -> array[int]:
        if count > 3 * SAMPLES_AT_MOST or at + size * count > box.end:
            raise InvalidMedia(f"The table {box.kind} is longer than its box.")
        words = array("Q" if size == _WIDE else "I")
        words.frombytes(memoryview(self._moov)[at : at + size * count])
        if sys.byteorder == "little":  # pragma: no branch - the other one is that of other machines
            words.byteswap()
        return words

    def descriptions(self) -> tuple[bytes, ...]:
        """Return the sample descriptions, each a box."""
        stsd = mp4.find(self._moov, "stsd", self._stbl.body, self._stbl.end)
        boxes = mp4.walk(self._moov, stsd.body + 2 * mp4.FULL_BYTES, stsd.end)
        return tuple(self._moov[box.start : box.end] for box in islice(boxes, 16))

    def sizes(self) -> array[int]:
        """Return the bytes of each sample."""
        stsz = mp4.find(self._moov, "stsz", self._stbl.body, self._stbl.end)
        at = stsz.body + mp4.FULL_BYTES
        size, count = mp4.unpack("II", self._moov, at, stsz.end)
        if not 0 < count <= SAMPLES_AT_MOST:
            raise InvalidMedia(f"A track has {count} samples.")
        if size:
            return array("I", repeat(size, count))
        return self._words(stsz, at + _WIDE, count)

    def decode_times(self, count: int) -> tuple[Sequence[int], int]:
        """Return when each sample is decoded, and when the last one ends.

        Even steps, but for the last one, are a range: most tracks have no others.
        """
        rows = self._rows("stts", 2)
        if sum(rows[0::2]) != count:
            raise InvalidMedia("The times of a track are not as many as its samples.")
        is_even, is_last_odd = rows[0] == count, rows[2:3] == array("I", [1])
        if rows[1] and (is_even or (is_last_odd and rows[0] == count - 1)):
            times = range(0, count * rows[1], rows[1])
            return times, times[-1] + (rows[1] if is_even else rows[3])
        steps = chain.from_iterable(map(repeat, rows[1::2], rows[0::2]))
        uneven = array("q", accumulate(steps, initial=0))
        return uneven[:-1], uneven[-1]

    def compositions(self, count: int) -> array[int] | None:
        """Return by how much each sample is shown later than it is decoded."""
        rows = self._rows("ctts", 2)
        if not rows:
            return None
        lengths = rows[0::2]
        if lengths == array("I", [1]) * count:
            return array("i", rows[1::2].tobytes())
        if sum(lengths) != count:
            raise InvalidMedia("The delays of a track are not as many as its samples.")
        pairs = memoryview(rows).cast("B").cast("Q")
        return array("i", b"".join(map(_Runs().__getitem__, pairs)))

    def sync(self, count: int) -> list[int] | None:
        """Return the samples that decode alone, counted from 0; None: all of them."""
        if self._find("stss") is None:
            return None
        numbers = [number - 1 for number in self._rows("stss", 1)]
        if any(later <= number for number, later in pairwise(numbers)):
            raise InvalidMedia("The key frames of a track are not in order.")
        if numbers and not (numbers[0] >= 0 and numbers[-1] < count):
            raise InvalidMedia("A key frame of a track is none of its samples.")
        return numbers

    def offsets(self, sizes: array[int]) -> Offsets:
        """Return where each sample begins in the file."""
        chunks = self._chunk_offsets()
        rows = self._rows("stsc", 3)
        firsts, lengths, kinds = rows[0::3], rows[1::3], rows[2::3]
        if not rows or firsts[0] != 1 or 0 in lengths or kinds != array("I", [1]) * len(kinds):
            raise InvalidMedia("The chunks of a track are not told plainly.")
        counts = list(map(sub, islice(firsts, 1, None), firsts))
        if min(counts, default=1) <= 0:
            raise InvalidMedia("The chunks of a track are not in order.")
        used = bisect_right(firsts, len(chunks))
        firsts, lengths = firsts[:used], lengths[:used]
        counts[used - 1 :] = [len(chunks) + 1 - each for each in firsts[-1:]]
        samples = list(accumulate(map(mul, counts, lengths), initial=0))
        if samples.pop() < len(sizes):
            raise InvalidMedia("The chunks of a track hold fewer samples than it has.")
        return Offsets(chunks, samples, firsts, lengths, sizes)

    def _chunk_offsets(self) -> array[int]:
        wide = self._find("co64")
        if wide is None:
            return self._rows("stco", 1)
        (count,) = mp4.unpack("I", self._moov, wide.body + mp4.FULL_BYTES, wide.end)
        return self._words(wide, wide.body + 2 * mp4.FULL_BYTES, count, _WIDE)
