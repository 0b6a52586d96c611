"""The layout of a finished rendition: one file, and where in it everything lies.

    ftyp, moov (all tracks) - mdat (the timecode) - free (the inits of each track alone) - sidx -
    segments

A segment is one fragment of the picture, then one of the sound. Where the original has a timecode,
a track of its own says so, whose one sample stands in front. The same file is progressive MP4
and, by byte ranges, HLS: a playlist of one track maps that track's own init from the `free` box.
After the inits that box holds the beginning of a plain MP4, whose data are all segments as they
lie: with these bytes in front the segments are a file for programs that know no fragments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.movie import (
    MOVIE_TIMESCALE,
    Reference,
    Track,
    format_empty_trak,
    format_fragmented,
    format_index,
    format_init,
)
from rushes.media.overlay import Overlay
from rushes.media.timecode import Timecode

BITS: Final = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment in the file; `ticks` is how long it is seen or heard."""

    offset: int
    size_bytes: int
    ticks: int


@dataclass(frozen=True, slots=True)
class TrackLayout:
    """One track: its codec string, where its own init lies, and its fragments."""

    codec: str
    timescale: int
    init: Piece
    segments: tuple[Piece, ...]

    @property
    def duration(self) -> Fraction:
        """Return how long it lasts in seconds."""
        return Fraction(sum(piece.ticks for piece in self.segments), self.timescale)

    def seconds_of(self, index: int) -> Fraction:
        """Return how long segment `index` lasts."""
        return Fraction(self.segments[index].ticks, self.timescale)

    @property
    def peak(self) -> int:
        """Return the highest rate of a segment in bit/s."""
        return max(
            ceil(piece.size_bytes * BITS * self.timescale / piece.ticks) for piece in self.segments
        )

    @property
    def average(self) -> int:
        """Return the rate of the whole in bit/s."""
        return ceil(sum(piece.size_bytes for piece in self.segments) * BITS / self.duration)


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain MP4 of the same samples: where it lies in the file, and its SHA-256 in hex."""

    overlay: Overlay
    digest: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A finished file. Width, height and rate are 0 where there is no picture."""

    name: str
    size_bytes: int
    digest: str
    width: int
    height: int
    rate: Fraction
    video: TrackLayout | None
    sound: TrackLayout | None
    plain: Plain | None = None

    @property
    def plain_bytes(self) -> int:
        """Return the bytes of the plain MP4; 0 where there is none."""
        return 0 if self.plain is None else self.plain.overlay.size_of(self.size_bytes)

    @property
    def tracks(self) -> tuple[TrackLayout, ...]:
        """Return the tracks that there are, the picture first."""
        return tuple(track for track in (self.video, self.sound) if track is not None)

    @property
    def duration(self) -> Fraction:
        """Return the length in seconds: that of the picture, else of the sound."""
        return self.tracks[0].duration

    @property
    def codecs(self) -> str:
        """Return the codec strings of all tracks."""
        return ",".join(track.codec for track in self.tracks)


@dataclass(frozen=True, slots=True)
class Column:
    """What one track brings: its description, the sizes of its fragments and their ticks."""

    track: Track
    sizes: tuple[int, ...]
    ticks: tuple[int, ...]


def plan_file(
    columns: Sequence[Column], timecode: Timecode | None = None, plain: bytes = b""
) -> tuple[bytes, tuple[TrackLayout, ...]]:
    """Return what stands before the segments, and where everything lies; the picture is first.

    `plain`, the beginning of a plain MP4, follows the last init.
    """
    if not columns or len({len(column.sizes) for column in columns}) != 1:
        raise InvalidMedia("The tracks of a rendition do not have the same number of segments.")
    main = columns[0]
    head = _format_head(columns, timecode)
    alone = [
        format_init([column.track], first_id=number) for number, column in enumerate(columns, 1)
    ]
    rows = list(zip(*(column.sizes for column in columns), strict=True))
    references = [
        Reference(sum(sizes), ticks) for sizes, ticks in zip(rows, main.ticks, strict=True)
    ]
    index = format_index(main.track.timescale, references)
    inits_at = len(head) + mp4.HEADER_BYTES
    before = head + mp4.make("free", *alone, plain) + index
    layouts = []
    for place, column in enumerate(columns):
        init = Piece(inits_at + sum(map(len, alone[:place])), len(alone[place]), 0)
        at, pieces = len(before), []
        for sizes, ticks in zip(rows, column.ticks, strict=True):
            pieces.append(Piece(at + sum(sizes[:place]), sizes[place], ticks))
            at += sum(sizes)
        layouts.append(TrackLayout(column.track.codec, column.track.timescale, init, tuple(pieces)))
    return before, tuple(layouts)


def _format_head(columns: Sequence[Column], timecode: Timecode | None) -> bytes:
    """Return `ftyp` and `moov`; with a timecode also its track and, behind, its sample."""
    tracks = [column.track for column in columns]
    lengths = [Fraction(sum(column.ticks), column.track.timescale) for column in columns]
    duration_ms = ceil(max(lengths) * MOVIE_TIMESCALE)
    if timecode is None:
        return format_init(tracks, duration_ms)
    own = len(tracks) + 1
    traks = [
        format_empty_trak(track, number, own if track.is_video else 0)
        for number, track in enumerate(tracks, 1)
    ]
    head_bytes = len(format_fragmented([*traks, timecode.trak(own, 0, lengths[0])], duration_ms))
    trak = timecode.trak(own, head_bytes + mp4.HEADER_BYTES, lengths[0])
    return format_fragmented([*traks, trak], duration_ms) + mp4.make("mdat", timecode.sample())


def format_layout(layout: Layout) -> dict[str, object]:
    """Return plain values for a row."""
    return {
        "name": layout.name,
        "size_bytes": layout.size_bytes,
        "digest": layout.digest,
        "width": layout.width,
        "height": layout.height,
        "rate": str(layout.rate),
        "video": _format_track(layout.video),
        "sound": _format_track(layout.sound),
        "plain": _format_plain(layout.plain),
    }


def _format_track(track: TrackLayout | None) -> dict[str, object] | None:
    if track is None:
        return None
    return {
        "codec": track.codec,
        "timescale": track.timescale,
        "init": [track.init.offset, track.init.size_bytes],
        "segments": [[piece.offset, piece.size_bytes, piece.ticks] for piece in track.segments],
    }


def find_plain(values: Mapping[str, object] | None) -> Plain | None:
    """Return the plain file of a rendition whose row has this layout; None where it has none.

    Nothing else of the layout, which may be long, is looked at.

    Raises:
        InvalidMedia: the row is not one of ours.
    """
    match None if values is None else values.get("plain"):
        case None:
            return None
        case [int(head_at), int(head_bytes), int(data_at), str(digest)]:
            return Plain(Overlay(head_at, head_bytes, data_at), digest)
        case _:
            raise InvalidMedia("The stored layout of a plain file lacks its fields.")


def parse_layout(values: Mapping[str, object]) -> Layout:
    """Return the layout that `format_layout` wrote."""
    match values:
        case {
            "name": str(name),
            "size_bytes": int(size_bytes),
            "digest": str(digest),
            "width": int(width),
            "height": int(height),
            "rate": str(rate),
            "video": video,
            "sound": sound,
        }:
            tracks = _parse_track(video), _parse_track(sound)
            plain = find_plain(values)
            return Layout(name, size_bytes, digest, width, height, Fraction(rate), *tracks, plain)
        case _:
            raise InvalidMedia("The stored layout lacks its fields.")


def _format_plain(plain: Plain | None) -> list[object] | None:
    if plain is None:
        return None
    over = plain.overlay
    return [over.head_at, over.head_bytes, over.data_at, plain.digest]


def _parse_track(values: object) -> TrackLayout | None:
    match values:
        case None:
            return None
        case {
            "codec": str(codec),
            "timescale": int(timescale),
            "init": [int(offset), int(size_bytes)],
            "segments": list(rows),
        }:
            pieces = tuple(Piece(int(row[0]), int(row[1]), int(row[2])) for row in rows)
            return TrackLayout(codec, timescale, Piece(offset, size_bytes, 0), pieces)
        case _:
            raise InvalidMedia("The stored layout of a track lacks its fields.")
