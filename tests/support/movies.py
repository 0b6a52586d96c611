"""Headers of plain MP4 files, made row by row, so that a test can bend any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rushes.media import mp4
from rushes.media.movie import Track, aac_track, format_movie, format_trak

SPS = bytes.fromhex("6764001eacd940a02ff9610000030001000003003c8f162d96")
"""High profile, level 3.0, 640x360, progressive; as x264 writes it."""

PPS = bytes.fromhex("68ebe3cb22c0")


def avcc(sps: bytes = SPS, sets: int = 1) -> bytes:
    """Return a decoder record."""
    units = mp4.pack("H", len(sps)) + sps + mp4.pack("BH", 1, len(PPS)) + PPS
    return mp4.make("avcC", mp4.pack("6B", 1, 100, 0, 30, 0xFF, 0xE0 | sets), units)


def avc1(record: bytes | None = None, kind: str = "avc1") -> bytes:
    """Return a sample description of 640x360."""
    fixed = mp4.pack("24xHH50x", 640, 360)
    return mp4.make(kind, fixed, avcc() if record is None else record)


@dataclass(frozen=True, slots=True)
class Made:
    """One track: its samples in the order of decoding; times in ticks."""

    track: Track
    durations: Sequence[int]
    delays: Sequence[int] = ()
    keys: Sequence[int] | None = None
    size: int = 100
    per_chunk: int = 10
    edits: Sequence[tuple[int, int, int]] | None = None
    """Duration in ms, media time and rate of each edit; None: one that shows all of it."""
    boxes: Mapping[str, bytes] = field(default_factory=dict)
    """Tables that stand instead of the right ones; empty bytes leave one out."""

    def box(self, number: int, offset: int) -> bytes:
        """Return the `trak`, its samples from `offset` on."""
        count = len(self.durations)
        tables = {
            "stsd": mp4.make_full("stsd", 0, 0, mp4.pack("I", 1), self.track.description),
            "stts": table("stts", [(1, duration) for duration in self.durations]),
            "ctts": table("ctts", [(1, delay & 0xFFFFFFFF) for delay in self.delays]),
            "stss": b"" if self.keys is None else table("stss", [(key + 1,) for key in self.keys]),
            "stsc": table("stsc", [(1, self.per_chunk, 1)]),
            "stsz": mp4.make_full("stsz", 0, 0, mp4.pack("II", self.size, count)),
            "stco": table(
                "stco",
                [(offset + first * self.size,) for first in range(0, count, self.per_chunk)],
            ),
        }
        if not self.delays:
            tables["ctts"] = b""
        tables |= self.boxes
        stbl = mp4.make("stbl", *tables.values())
        trak = format_trak(self.track, number, stbl, ticks=0, movie_ticks=0)
        return trak if self.edits is None else with_edits(trak, self.edits)


def table(kind: str, rows: Sequence[tuple[int, ...]]) -> bytes:
    """Return a full box with a count and rows of 32 bits."""
    body = b"".join(mp4.pack(f"{len(row)}I", *row) for row in rows)
    return mp4.make_full(kind, 0, 0, mp4.pack("I", len(rows)), body)


def with_edits(trak: bytes, edits: Sequence[tuple[int, int, int]]) -> bytes:
    """Return the track with this edit list; without rows it has none."""
    rows = b"".join(mp4.pack("IiHH", *row, 0) for row in edits)
    elst = mp4.make_full("elst", 0, 0, mp4.pack("I", len(edits)), rows)
    boxes = list(mp4.walk(trak, mp4.HEADER_BYTES))
    kept = [trak[box.start : box.end] for box in boxes if box.kind != "edts"]
    return mp4.make("trak", kept[0], *([mp4.make("edts", elst)] if edits else []), *kept[1:])


def moov(*tracks: Made, extends: bytes = b"") -> bytes:
    """Return the header of a movie of these tracks; it counts in milliseconds."""
    boxes = [made.box(number, number * 1_000_000) for number, made in enumerate(tracks, 1)]
    return format_movie(boxes, 0, extends)


def picture(
    frames: int = 120,
    key_every: int = 30,
    *,
    bent: Mapping[str, bytes] | None = None,
    edits: Sequence[tuple[int, int, int]] | None = None,
) -> Made:
    """Return 30 pictures a second at 15,360 ticks, in the order I P B P B of closed groups."""
    delays: list[int] = []
    for first in range(0, frames, key_every):
        delays += order(min(key_every, frames - first))
    return Made(
        Track("vide", 15_360, avc1(), 512, 640, 360),
        [512] * frames,
        delays,
        list(range(0, frames, key_every)),
        edits=edits,
        boxes=bent or {},
    )


def order(length: int) -> list[int]:
    """Return the delays of a closed group: the key, then pairs of a picture and one before it."""
    shown = [0]
    while len(shown) + 1 < length:
        shown += [len(shown) + 1, len(shown)]
    if len(shown) < length:
        shown.append(len(shown))
    return [(place - at + 1) * 512 for at, place in enumerate(shown)]


def sound(frames: int = 190, *, edits: Sequence[tuple[int, int, int]] | None = None) -> Made:
    """Return AAC at 48 kHz with one frame of priming."""
    return Made(aac_track(48_000, 2, 128_000), [1_024] * frames, edits=edits)
