"""Reads inits and fragments box by box, on its own: what a test believes of them is none of ours.

Sources: ISO/IEC 14496-12 (boxes), 14496-14 and 14496-1 (esds), 14496-15 (avcC), RFC 6381.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

HEADER = 8
FULL = 4
NESTED = frozenset({"moov", "trak", "mdia", "minf", "stbl", "edts", "moof", "traf", "mvex"})
ENTRIES = {"avc1": 78, "mp4a": 28}
"""Bytes of a sample entry before the boxes in it."""
IDR = 5
PICTURES = frozenset({1, 5})
SLICE_MASK = 0x1F
NOT_SYNC = 0x00010000


def walk(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the kind and the body of each box, those of nested ones after their parent."""
    end = len(data) if end is None else end
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        assert HEADER <= size <= end - at, f"a box of {size} bytes in {end - at}"
        name = kind.decode("latin-1")
        yield name, data[at + HEADER : at + size]
        if name in NESTED:
            yield from walk(data, at + HEADER, at + size)
        at += size


def find(data: bytes, kind: str) -> bytes:
    """Return the body of the only box of this kind."""
    (body,) = (body for name, body in walk(data) if name == kind)
    return body


@dataclass(frozen=True, slots=True)
class Head:
    """What the init of one track says; `lead` in ticks is cut by its edit list."""

    handler: str
    timescale: int
    lead: int
    codec: str
    width: int
    height: int
    unit_bytes: int
    track_id: int


def read_head(init: bytes) -> Head:
    """Read an init that has one track."""
    mdhd, elst, tkhd = find(init, "mdhd"), find(init, "elst"), find(init, "tkhd")
    (timescale,) = struct.unpack_from(">I", mdhd, FULL + (16 if mdhd[0] else 8))
    (track_id,) = struct.unpack_from(">I", tkhd, FULL + (16 if tkhd[0] else 8))
    (rows,) = struct.unpack_from(">I", elst, FULL)
    assert rows == 1, "more than one edit"
    (lead,) = struct.unpack_from(">q" if elst[0] else ">i", elst, 2 * FULL + (8 if elst[0] else 4))
    stsd = find(init, "stsd")
    entry_kind, entry = next(walk(stsd, 2 * FULL))
    assert entry_kind in ENTRIES, entry_kind
    handler = find(init, "hdlr")[2 * FULL : 3 * FULL].decode()
    inner = entry[ENTRIES[entry_kind] :]
    if entry_kind == "avc1":
        width, height = struct.unpack_from(">HH", entry, 24)
        avcc = find(inner, "avcC")
        codec = f"avc1.{avcc[1:4].hex()}"
        return Head(handler, timescale, lead, codec, width, height, (avcc[4] & 3) + 1, track_id)
    return Head(handler, timescale, lead, _sound_codec(find(inner, "esds")), 0, 0, 0, track_id)


def _sound_codec(esds: bytes) -> str:
    """Return what RFC 6381 calls it: the object type, and that of the sound within MPEG-4."""
    tags = list(_descriptors(esds[FULL:]))
    object_type = next(body[0] for tag, body in tags if tag == 4)
    config = next(body for tag, body in tags if tag == 5)
    return f"mp4a.{object_type:02x}.{config[0] >> 3}"


def _descriptors(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, size = data[at], 0
        at += 1
        while True:
            size = size << 7 | data[at] & 0x7F
            at += 1
            if not data[at - 1] & 0x80:
                break
        body = data[at : at + size]
        yield tag, body
        skipped = {3: 3, 4: 13}.get(tag)
        if skipped is not None:
            yield from _descriptors(body[skipped:])
        at += size


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded frame; times in ticks."""

    decoded_at: int
    duration: int
    composition: int
    is_sync: bool
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """One fragment."""

    sequence: int
    track_id: int
    begin: int
    samples: tuple[Sample, ...]

    @property
    def end(self) -> int:
        """Return the tick at which it ends."""
        return self.begin + sum(sample.duration for sample in self.samples)


def read_piece(data: bytes) -> Piece:
    """Read a fragment of one track: `moof` and `mdat`, whose bytes its samples fill."""
    boxes = dict(walk(data))
    (sequence,) = struct.unpack_from(">I", boxes["mfhd"], FULL)
    (track_id,) = struct.unpack_from(">I", boxes["tfhd"], FULL)
    tfdt = boxes["tfdt"]
    (begin,) = struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, FULL)
    payload, at, decoded_at = boxes["mdat"], 0, begin
    samples = []
    for duration, size, flags, composition in _rows(boxes["trun"], _defaults(boxes["tfhd"])):
        content = payload[at : at + size]
        samples.append(Sample(decoded_at, duration, composition, not flags & NOT_SYNC, content))
        at, decoded_at = at + size, decoded_at + duration
    assert at == len(payload), "samples do not fill their data"
    return Piece(sequence, track_id, begin, tuple(samples))


def _defaults(tfhd: bytes) -> list[int]:
    """Return duration, size and flags of samples that do not tell theirs."""
    (flags,) = struct.unpack_from(">I", tfhd)
    at, found = 2 * FULL, [0, 0, 0]
    for bit, skipped in ((0x1, 8), (0x2, 4)):
        at += skipped if flags & bit else 0
    for place, bit in enumerate((0x8, 0x10, 0x20)):
        if flags & bit:
            (found[place],) = struct.unpack_from(">I", tfhd, at)
            at += 4
    return found


def _rows(trun: bytes, known: list[int]) -> Iterator[tuple[int, int, int, int]]:
    (head, count) = struct.unpack_from(">II", trun)
    version, flags = head >> 24, head & 0xFFFFFF
    at, first_flags = 2 * FULL, None
    at += 4 if flags & 0x1 else 0
    if flags & 0x4:
        (first_flags,) = struct.unpack_from(">I", trun, at)
        at += 4
    for number in range(count):
        row = [*known, 0]
        if number == 0 and first_flags is not None:
            row[2] = first_flags
        for place, bit in enumerate((0x100, 0x200, 0x400, 0x800)):
            if flags & bit:
                form = ">i" if place == 3 and version else ">I"
                (row[place],) = struct.unpack_from(form, trun, at)
                at += 4
        yield row[0], row[1], row[2], row[3]
    assert at == len(trun), "a run of samples is longer or shorter than its box"


def list_units(sample: Sample, unit_bytes: int) -> list[int]:
    """Return the types of the units (NAL) of an H.264 sample."""
    types, at = [], 0
    while at < len(sample.content):
        size = int.from_bytes(sample.content[at : at + unit_bytes])
        types.append(sample.content[at + unit_bytes] & SLICE_MASK)
        at += unit_bytes + size
    assert at == len(sample.content), "units do not fill their sample"
    return types
