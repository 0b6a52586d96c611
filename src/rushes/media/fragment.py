"""Fragments: one `moof` and its `mdat` are one segment of one track.

What a tool writes is read into samples and written anew in one canonical form, so the bytes of a
segment depend on nothing but its samples and its place on the grid.
Source: ISO/IEC 14496-12 sections 8.8 and 8.16.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rushes.media import mp4
from rushes.media.failures import InvalidMedia

PIECE_AT_MOST: Final = 512 * 2**20
"""A segment of 4 s at 60 Mbit/s has 30 MB; what is larger is no segment of ours."""

SAMPLES_AT_MOST: Final = 50_000
"""A segment of 10 s at 1,000 pictures a second has 10,000; each costs memory before it is read."""

_TFHD_OFFSET, _TFHD_DESCRIPTION, _TFHD_DURATION = 0x1, 0x2, 0x8
_TFHD_SIZE, _TFHD_FLAGS, _TFHD_BASE_IS_MOOF = 0x10, 0x20, 0x20000
_TRUN_OFFSET, _TRUN_FIRST_FLAGS, _TRUN_DURATION = 0x1, 0x4, 0x100
_TRUN_SIZE, _TRUN_FLAGS, _TRUN_COMPOSITION = 0x200, 0x400, 0x800

SYNC_FLAGS: Final = 0x02000000
"""Depends on no other sample."""
OTHER_FLAGS: Final = 0x01010000
"""Depends on others, and is no sync sample."""
_NOT_SYNC: Final = 0x00010000


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded frame; times in ticks of its track."""

    duration: int
    size_bytes: int
    is_sync: bool
    composition: int = 0


@dataclass(frozen=True, slots=True)
class Fragment:
    """The samples of one segment, and where it begins."""

    track_id: int
    sequence: int
    decode_time: int
    samples: tuple[Sample, ...]
    payload: bytes = field(repr=False)

    @property
    def ticks(self) -> int:
        """Return the length in ticks."""
        return sum(sample.duration for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a sample is where its run does not say: `trex`, then `tfhd`."""

    duration: int = 0
    size_bytes: int = 0
    flags: int = 0


class PieceReader:
    """Cuts a growing stream of boxes at `moof` borders; no input, no output.

    Feed it what arrives; it yields the init (`ftyp` and `moov`) once and then fragments (`moof`
    and `mdat`). Other boxes (`styp`, `sidx`, `mfra`) are left out.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._piece = bytearray()

    def feed(self, arrived: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield ("init" or "fragment", bytes) for each piece that is complete now."""
        self._waiting += arrived
        if len(self._waiting) > PIECE_AT_MOST:
            raise InvalidMedia("A tool wrote a box that is larger than any segment.")
        while (box := self._next()) is not None:
            taken = bytes(self._waiting[: box.end])
            del self._waiting[: box.end]
            if box.kind in {"ftyp", "moof"}:
                self._piece = bytearray(taken)
            elif box.kind in {"moov", "mdat"} and self._piece:
                yield ("init" if box.kind == "moov" else "fragment"), bytes(self._piece + taken)
                self._piece = bytearray()

    def _next(self) -> mp4.Box | None:
        if self._waiting[:4] == b"\0\0\0\0":
            raise InvalidMedia("A tool wrote a box without a size.")
        head = bytes(self._waiting[: mp4.WIDE_HEADER_BYTES])
        box = mp4.read_header(head, 0, len(head))
        return box if box is not None and box.end <= len(self._waiting) else None


def parse_fragment(data: bytes, defaults: Defaults | None = None) -> Fragment:
    """Return the fragment in `data`: one `moof` with one track, and its `mdat`."""
    mdat = mp4.find(data, "mdat")
    head = parse_head(data, defaults)
    if sum(sample.size_bytes for sample in head.samples) != mdat.end - mdat.body:
        raise InvalidMedia("The samples of a fragment do not fill its data.")
    return replace(head, payload=data[mdat.body : mdat.end])


def parse_head(data: bytes, defaults: Defaults | None = None) -> Fragment:
    """Return the fragment whose `moof` is in `data`, without its payload."""
    moof = mp4.find(data, "moof")
    header = mp4.find(data, "mfhd", moof.body, moof.end)
    traf = mp4.find(data, "traf", moof.body, moof.end)
    (sequence,) = mp4.unpack("I", data, header.body + mp4.FULL_BYTES, header.end)
    track_id, known = _parse_tfhd(
        data, mp4.find(data, "tfhd", traf.body, traf.end), defaults or Defaults()
    )
    samples: list[Sample] = []
    for box in mp4.walk(data, traf.body, traf.end):
        if box.kind == "trun":
            samples += _parse_trun(data, box, known)
        if len(samples) > SAMPLES_AT_MOST:
            raise InvalidMedia("A fragment claims more samples than any segment has.")
    if not samples:
        raise InvalidMedia("A fragment has no samples.")
    tfdt = mp4.find(data, "tfdt", traf.body, traf.end)
    version, _, at = mp4.read_full(data, tfdt)
    (decode_time,) = mp4.unpack("Q" if version else "I", data, at, tfdt.end)
    return Fragment(track_id, sequence, decode_time, tuple(samples), b"")


def _parse_tfhd(data: bytes, box: mp4.Box, known: Defaults) -> tuple[int, Defaults]:
    _, flags, at = mp4.read_full(data, box)
    (track_id,) = mp4.unpack("I", data, at, box.end)
    at += 4
    at += 8 if flags & _TFHD_OFFSET else 0
    at += 4 if flags & _TFHD_DESCRIPTION else 0
    values = [known.duration, known.size_bytes, known.flags]
    for place, flag in enumerate((_TFHD_DURATION, _TFHD_SIZE, _TFHD_FLAGS)):
        if flags & flag:
            (values[place],) = mp4.unpack("I", data, at, box.end)
            at += 4
    return track_id, Defaults(*values)


def _parse_trun(data: bytes, box: mp4.Box, known: Defaults) -> list[Sample]:
    version, flags, at = mp4.read_full(data, box)
    (count,) = mp4.unpack("I", data, at, box.end)
    at += 8 if flags & _TRUN_OFFSET else 4
    first_flags = known.flags
    if flags & _TRUN_FIRST_FLAGS:
        (first_flags,) = mp4.unpack("I", data, at, box.end)
        at += 4
    fields = [
        flag
        for flag in (_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_COMPOSITION)
        if flags & flag
    ]
    if count > SAMPLES_AT_MOST or at + 4 * len(fields) * count > box.end:
        raise InvalidMedia("A run of samples is longer than its box.")
    samples = []
    for number in range(count):
        row = dict(zip(fields, mp4.unpack(f"{len(fields)}I", data, at, box.end), strict=True))
        at += 4 * len(fields)
        marks = row.get(_TRUN_FLAGS, known.flags if number else first_flags)
        composition = row.get(_TRUN_COMPOSITION, 0)
        if version and composition >= 1 << 31:
            composition -= 1 << 32
        samples.append(
            Sample(
                row.get(_TRUN_DURATION, known.duration),
                row.get(_TRUN_SIZE, known.size_bytes),
                not marks & _NOT_SYNC,
                composition,
            )
        )
    return samples


def format_fragment(fragment: Fragment) -> bytes:
    """Return the canonical bytes: what all samples share stands once, the first one is sync."""
    samples = fragment.samples
    flags, tfhd = _TFHD_BASE_IS_MOOF | _TFHD_FLAGS, [mp4.pack("I", fragment.track_id)]
    is_even = len({sample.duration for sample in samples}) == 1
    if is_even:
        flags |= _TFHD_DURATION
        tfhd.append(mp4.pack("I", samples[0].duration))
    all_sync = all(sample.is_sync for sample in samples)
    tfhd.append(mp4.pack("I", SYNC_FLAGS if all_sync else OTHER_FLAGS))
    run_flags, rows = _trun_rows(samples, is_even=is_even, all_sync=all_sync)

    def moof(data_offset: int) -> bytes:
        """Return the `moof` whose data begins at this offset from its start."""
        head = mp4.pack("Ii", len(samples), data_offset)
        return mp4.make(
            "moof",
            mp4.make_full("mfhd", 0, 0, mp4.pack("I", fragment.sequence)),
            mp4.make(
                "traf",
                mp4.make_full("tfhd", 0, flags, *tfhd),
                mp4.make_full("tfdt", 1, 0, mp4.pack("Q", fragment.decode_time)),
                mp4.make_full("trun", 1, run_flags, head, rows),
            ),
        )

    return moof(len(moof(0)) + mp4.HEADER_BYTES) + mp4.make("mdat", fragment.payload)


def _trun_rows(samples: Sequence[Sample], *, is_even: bool, all_sync: bool) -> tuple[int, bytes]:
    flags = _TRUN_OFFSET | _TRUN_SIZE
    flags |= 0 if is_even else _TRUN_DURATION
    flags |= 0 if all_sync else _TRUN_FLAGS
    flags |= _TRUN_COMPOSITION if any(sample.composition for sample in samples) else 0
    rows = bytearray()
    for sample in samples:
        rows += b"" if is_even else mp4.pack("I", sample.duration)
        rows += mp4.pack("I", sample.size_bytes)
        if not all_sync:
            rows += struct.pack(">I", SYNC_FLAGS if sample.is_sync else OTHER_FLAGS)
        if flags & _TRUN_COMPOSITION:
            rows += mp4.pack("i", sample.composition)
    return flags, bytes(rows)


def place(fragment: Fragment, *, sequence: int, decode_time: int, ticks: int) -> Fragment:
    """Return the fragment at its place on the grid; its last sample ends where the next begins."""
    *others, last = fragment.samples
    duration = ticks - sum(sample.duration for sample in others)
    if duration <= 0:
        raise InvalidMedia("A segment is longer than its place on the grid.")
    return replace(
        fragment,
        sequence=sequence,
        decode_time=decode_time,
        samples=(*others, replace(last, duration=duration)),
    )


def with_track_id(data: bytes, track_id: int) -> bytes:
    """Return the bytes of a fragment with another track id, nothing else changed."""
    tfhd = mp4.find(data, "moof/traf/tfhd")
    mp4.unpack("II", data, tfhd.body, tfhd.end)
    at = tfhd.body + mp4.FULL_BYTES
    return data[:at] + mp4.pack("I", track_id) + data[at + 4 :]
