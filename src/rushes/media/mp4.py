"""ISO base media boxes: walk, find, make and patch them, never reading past what was given.

Source: ISO/IEC 14496-12. Every malformed input raises `InvalidMedia`, nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rushes.media.failures import InvalidMedia

BOXES_AT_MOST: Final = 100_000
HEADER_BYTES: Final = 8
WIDE_HEADER_BYTES: Final = 16
FULL_BYTES: Final = 4
"""Version (1) and flags (3) that follow the header of a full box."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies: `start` of its header, `body` after it, `end` after the box."""

    kind: str
    start: int
    body: int
    end: int

    @property
    def size_bytes(self) -> int:
        """Return the bytes of header and body."""
        return self.end - self.start


def walk(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes that lie side by side in data[start:end]."""
    stop = len(data) if end is None else end
    for _ in range(BOXES_AT_MOST):
        if start == stop:
            return
        box = read_header(data, start, stop)
        if box is None or box.end > stop:
            raise InvalidMedia("A box is longer than what holds it.")
        yield box
        start = box.end
    raise InvalidMedia(f"More than {BOXES_AT_MOST} boxes lie side by side.")


def read_header(data: bytes, start: int, stop: int) -> Box | None:
    """Return the box whose header begins at `start`; None where the header is not all there yet.

    The box itself may end after `stop`. A size of 0 means: up to `stop`.
    """
    if stop - start < HEADER_BYTES:
        return None
    size, kind = struct.unpack_from(">I4s", data, start)
    header = HEADER_BYTES
    if size == 1:
        if stop - start < WIDE_HEADER_BYTES:
            return None
        (size,), header = struct.unpack_from(">Q", data, start + HEADER_BYTES), WIDE_HEADER_BYTES
    elif size == 0:
        size = stop - start
    if size < header:
        raise InvalidMedia("A box is shorter than its own header.")
    return Box(kind.decode("latin-1"), start, start + header, start + size)


def find(data: bytes, path: str, start: int = 0, end: int | None = None) -> Box:
    """Return the first box at a path such as `moof/traf/tfdt`, or raise InvalidMedia."""
    name, _, rest = path.partition("/")
    for box in walk(data, start, end):
        if box.kind == name:
            return find(data, rest, box.body, box.end) if rest else box
    raise InvalidMedia(f"There is no {name} box.")


def has(data: bytes, path: str, start: int = 0, end: int | None = None) -> bool:
    """Say whether a box stands at the path."""
    name, _, rest = path.partition("/")
    return any(
        box.kind == name and (not rest or has(data, rest, box.body, box.end))
        for box in walk(data, start, end)
    )


def unpack(layout: str, data: bytes, offset: int, end: int) -> tuple[int, ...]:
    """Return big-endian integers at `offset`, refusing to read at or after `end`."""
    length = struct.calcsize(f">{layout}")
    if offset < 0 or offset + length > min(end, len(data)):
        raise InvalidMedia("A box ends in the middle of a field.")
    return struct.unpack_from(f">{layout}", data, offset)


def read_full(data: bytes, box: Box) -> tuple[int, int, int]:
    """Return version, flags and the offset of what follows them in a full box."""
    (word,) = unpack("I", data, box.body, box.end)
    return word >> 24, word & 0xFFFFFF, box.body + FULL_BYTES


def make(kind: str, *parts: bytes) -> bytes:
    """Return a box with these parts as its body."""
    size = HEADER_BYTES + sum(len(part) for part in parts)
    if size >= 1 << 32:
        return b"".join(
            (struct.pack(">I4sQ", 1, kind.encode("latin-1"), size + HEADER_BYTES), *parts)
        )
    return b"".join((struct.pack(">I4s", size, kind.encode("latin-1")), *parts))


def make_full(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    """Return a full box: version and flags stand before the parts."""
    return make(kind, struct.pack(">I", version << 24 | flags), *parts)


def pack(layout: str, *values: int) -> bytes:
    """Return big-endian integers, or raise InvalidMedia where one does not fit."""
    try:
        return struct.pack(f">{layout}", *values)
    except struct.error as error:
        raise InvalidMedia("A number does not fit its field.") from error
