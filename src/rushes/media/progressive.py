"""Plans a plain MP4 of a rendition's samples: `moov` in front, tables instead of fragments.

Each fragment becomes one chunk where it lies, so no sample is moved: what a plain file begins with,
and the fragments behind it, are the file.
Source: ISO/IEC 14496-12 section 8.6 and 8.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, groupby
from math import ceil
from typing import Final

from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.fragment import Sample, parse_head
from rushes.media.movie import MOVIE_TIMESCALE, Track, format_brands, format_movie, format_trak
from rushes.media.timecode import SAMPLE_BYTES, Timecode

WIDE_MDAT_HEAD: Final = 16


@dataclass(frozen=True, slots=True)
class Row:
    """A fragment: how far from the first one it lies, and its bytes (the head is enough)."""

    offset: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The samples of a fragment, and where the first of them lies."""

    offset: int
    samples: tuple[Sample, ...]

    @property
    def ticks(self) -> int:
        """Return how long its samples last."""
        return sum(sample.duration for sample in self.samples)


def plan_plain(
    tracks: Sequence[tuple[Track, Sequence[Row]]],
    size_bytes: int,
    timecode: Timecode | None = None,
) -> bytes:
    """Return what a plain MP4 begins with whose data are the fragments as they lie.

    Heads of fragments stand between the samples, and no table names them. Offsets of the rows count
    from the first fragment; `size_bytes` are those of all fragments. Where there is a timecode, its
    one sample comes before them.
    """
    if not tracks or len({len(rows) for _, rows in tracks}) != 1:
        raise InvalidMedia("The tracks of a rendition do not have the same number of segments.")
    columns = [(track, [_chunk(row) for row in rows]) for track, rows in tracks]
    data_at = len(_format_head(columns, 0, timecode)) + WIDE_MDAT_HEAD
    sample = b"" if timecode is None else timecode.sample()
    mdat = mp4.pack("I4BQ", 1, *b"mdat", size_bytes + WIDE_MDAT_HEAD + len(sample))
    return _format_head(columns, data_at, timecode) + mdat + sample


def _chunk(row: Row) -> _Chunk:
    """Return a fragment's samples, and where they lie; its head is enough."""
    head = parse_head(row.content)
    moof = mp4.find(row.content, "moof")
    mdat = mp4.read_header(row.content, moof.end, len(row.content))
    if mdat is None or mdat.kind != "mdat":
        raise InvalidMedia("A fragment has no data.")
    return _Chunk(row.offset + mdat.body, head.samples)


def _format_head(
    columns: Sequence[tuple[Track, Sequence[_Chunk]]], data_at: int, timecode: Timecode | None
) -> bytes:
    """Return `ftyp` and `moov` for data that begins at `data_at`; its length is always the same."""
    first = data_at if timecode is None else data_at + SAMPLE_BYTES
    own = 0 if timecode is None else len(columns) + 1
    traks, longest = [], 0
    for number, (track, chunks) in enumerate(columns, 1):
        ticks = sum(chunk.ticks for chunk in chunks)
        heard = ticks - (0 if track.is_video else track.lead)
        movie_ticks = ceil(Fraction(heard * MOVIE_TIMESCALE, track.timescale))
        longest = max(longest, movie_ticks)
        tables = _format_tables(track, chunks, [first + chunk.offset for chunk in chunks])
        told_by = own if track.is_video else 0
        traks.append(
            format_trak(
                track, number, tables, ticks=ticks, movie_ticks=movie_ticks, told_by=told_by
            )
        )
    if timecode is not None:
        seconds = Fraction(sum(chunk.ticks for chunk in columns[0][1]), columns[0][0].timescale)
        traks.append(timecode.trak(own, data_at, seconds))
    return format_brands(b"isom", b"iso2", b"avc1", b"mp41") + format_movie(traks, longest)


def _format_tables(track: Track, chunks: Sequence[_Chunk], starts: Sequence[int]) -> bytes:
    samples = list(chain.from_iterable(chunk.samples for chunk in chunks))
    sync = [number for number, sample in enumerate(samples, 1) if sample.is_sync]
    composition = [sample.composition for sample in samples]
    tables = [
        mp4.make_full("stsd", 0, 0, mp4.pack("I", 1), track.description),
        _runs("stts", 0, (sample.duration for sample in samples)),
    ]
    if any(composition):
        tables.append(_runs("ctts", 1, (value & 0xFFFFFFFF for value in composition)))
    if len(sync) < len(samples):
        tables.append(_list("stss", sync))
    tables += [
        _chunk_table(chunks),
        mp4.make_full(
            "stsz",
            0,
            0,
            mp4.pack("II", 0, len(samples)),
            mp4.pack(f"{len(samples)}I", *(sample.size_bytes for sample in samples)),
        ),
        mp4.make_full(
            "co64", 0, 0, mp4.pack("I", len(starts)), mp4.pack(f"{len(starts)}Q", *starts)
        ),
    ]
    return mp4.make("stbl", *tables)


def _runs(kind: str, version: int, values: Iterable[int]) -> bytes:
    rows = [(len(list(same)), value) for value, same in groupby(values)]
    body = b"".join(mp4.pack("II", count, value) for count, value in rows)
    return mp4.make_full(kind, version, 0, mp4.pack("I", len(rows)), body)


def _list(kind: str, values: Sequence[int]) -> bytes:
    return mp4.make_full(
        kind, 0, 0, mp4.pack("I", len(values)), mp4.pack(f"{len(values)}I", *values)
    )


def _chunk_table(chunks: Sequence[_Chunk]) -> bytes:
    rows: list[bytes] = []
    before = 0
    for number, chunk in enumerate(chunks, 1):
        if len(chunk.samples) != before:
            before = len(chunk.samples)
            rows.append(mp4.pack("III", number, before, 1))
    return mp4.make_full("stsc", 0, 0, mp4.pack("I", len(rows)), b"".join(rows))
