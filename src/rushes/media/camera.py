"""Camera RAW: where the pictures lie that the camera itself has put beside what its sensor saw.

DNG, CR2, NEF and ARW are TIFF (TIFF 6.0 section 2, DNG 1.7 section 4, TIFF/EP); RAF has a header of
its own; CR3 is ISO BMFF with Canon's boxes. Layouts of Canon and Fujifilm as documented by
the ExifTool project. No pixel is looked at: each candidate's own JPEG header says how large it is,
and what no viewer can decode (the lossless JPEG of a sensor) is passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rushes.media.failures import InvalidMedia

Read = Callable[[int, int], bytes]
"""Returns up to so many bytes from an offset on; fewer at the end."""

DIRECTORIES_AT_MOST: Final = 32
ENTRIES_AT_MOST: Final = 512
BOXES_AT_MOST: Final = 256
MARKERS_AT_MOST: Final = 256
TEXT_AT_MOST: Final = 64
JPEG_AT_MOST: Final = 64 * 2**20
WIDE_ENOUGH: Final = 2_560
"""The widest preview that is made: of wider pictures, the narrowest is decoded soonest."""

BASELINE: Final = frozenset({0xC0, 0xC1, 0xC2})  # ITU-T T.81, table B.1: what viewers decode
FRAMES: Final = BASELINE | {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
WIDTHS: Final = {1: 1, 2: 1, 3: 2, 4: 4, 13: 4}  # bytes of BYTE, ASCII, SHORT, LONG, IFD
MAKER, MODEL, STRIPS, ORIENTATION, STRIP_SIZES = 271, 272, 273, 274, 279
SUBDIRECTORIES, JPEG_AT, JPEG_SIZE = 330, 513, 514
RAF_AT: Final = 84
RAF_START: Final = b"FUJIFILMCCD-RAW"
CANON_FACTS: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
CANON_PREVIEW: Final = bytes.fromhex("eaf42b5e1c984b88b9fbb7dc406e4d16")
NESTING: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})


@dataclass(frozen=True, slots=True)
class Embedded:
    """A JPEG inside a RAW file; bytes and pixels."""

    offset: int
    length: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CameraFile:
    """What a RAW file tells; `orientation` as in EXIF, 0 where it says none."""

    orientation: int
    maker: str
    model: str
    pictures: tuple[Embedded, ...]

    @property
    def camera(self) -> str | None:
        """Return maker and model, the maker once."""
        words = self.model if self.model.startswith(self.maker) else f"{self.maker} {self.model}"
        return words.strip() or None

    @property
    def best(self) -> Embedded | None:
        """Return the narrowest picture that is wide enough, else the widest, else None."""
        enough = [each for each in self.pictures if max(each.width, each.height) >= WIDE_ENOUGH]
        if enough:
            return min(enough, key=_pixels)
        return max(self.pictures, key=_pixels, default=None)


@dataclass(slots=True)
class _Notes:
    """What was found so far."""

    orientation: int = 0
    maker: str = ""
    model: str = ""
    places: list[tuple[int, int]] = field(default_factory=list)


def parse_camera(read: Read, sniffed: str) -> CameraFile:
    """Return what a RAW file of this sniffed format tells.

    Raises:
        InvalidMedia: it does not follow its format.
    """
    notes = _Notes()
    if sniffed == "raf":
        _read_raf(read, notes)
    elif sniffed == "cr3":
        _read_boxes(read, notes)
    else:
        _read_tiff(read, 0, notes)
    found = (_measure(read, offset, length) for offset, length in dict.fromkeys(notes.places))
    pictures = tuple(each for each in found if each is not None)
    return CameraFile(notes.orientation, notes.maker, notes.model, pictures)


def _pixels(picture: Embedded) -> int:
    return picture.width * picture.height


def _unpack(form: str, content: bytes, at: int = 0) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, content, at)
    except struct.error:
        raise InvalidMedia("The RAW file ends before its own directory does.") from None


def _read_tiff(read: Read, base: int, notes: _Notes) -> None:
    """Walk the directories of a TIFF that begins at `base`."""
    head = read(base, 8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None:
        raise InvalidMedia("The RAW file does not begin as its kind does.")
    waiting, seen = [_unpack(f"{order}I", head, 4)[0]], set[int]()
    while waiting and len(seen) < DIRECTORIES_AT_MOST:
        at = waiting.pop(0)
        if at == 0 or at in seen:
            continue
        seen.add(at)
        directory = _Directory(read, base, at, order)
        waiting += [*directory.numbers(SUBDIRECTORIES), directory.following]
        _note(directory, base, notes)


class _Directory:
    """One image file directory: tag -> type, count, and the four bytes of its value."""

    def __init__(self, read: Read, base: int, at: int, order: str) -> None:
        self._read, self._base, self._order = read, base, order
        (count,) = _unpack(f"{order}H", read(base + at, 2))
        if count > ENTRIES_AT_MOST:
            raise InvalidMedia("A directory of the RAW file has too many entries.")
        table = read(base + at + 2, count * 12 + 4)
        self._entries = {
            tag: (kind, number, value)
            for tag, kind, number, value in (
                _entry(order, table, index * 12) for index in range(count)
            )
        }
        (self.following,) = _unpack(f"{order}I", table.ljust(count * 12 + 4, b"\0"), count * 12)

    def numbers(self, tag: int) -> list[int]:
        """Return the whole numbers of a tag; none where it is not there."""
        kind, count, value = self._entries.get(tag, (0, 0, b""))
        size = WIDTHS.get(kind, 0)
        if not size or count > DIRECTORIES_AT_MOST:
            return []
        content = self._content(value, size * count)
        letter = {1: "B", 2: "H", 4: "I"}[size]
        return list(_unpack(f"{self._order}{count}{letter}", content))

    def text(self, tag: int) -> str:
        """Return a text, without what ends it."""
        kind, count, value = self._entries.get(tag, (0, 0, b""))
        if kind != 2:  # noqa: PLR2004 - ASCII
            return ""
        content = self._content(value, min(count, TEXT_AT_MOST))
        return content.split(b"\0")[0].decode("ascii", "replace").strip()

    def _content(self, value: bytes, size: int) -> bytes:
        if size <= len(value):
            return value[:size]
        return self._read(self._base + _unpack(f"{self._order}I", value)[0], size)


def _entry(order: str, table: bytes, at: int) -> tuple[int, int, int, bytes]:
    tag, kind, count = _unpack(f"{order}HHI", table, at)
    return tag, kind, count, table[at + 8 : at + 12].ljust(4, b"\0")


def _note(directory: _Directory, base: int, notes: _Notes) -> None:
    notes.orientation = notes.orientation or next(
        (turn for turn in directory.numbers(ORIENTATION) if turn in range(1, 9)), 0
    )
    notes.maker = notes.maker or directory.text(MAKER)
    notes.model = notes.model or directory.text(MODEL)
    for places, sizes in ((JPEG_AT, JPEG_SIZE), (STRIPS, STRIP_SIZES)):
        place, size = directory.numbers(places), directory.numbers(sizes)
        if len(place) == len(size) == 1:  # a picture in several strips is none of these
            notes.places.append((base + place[0], size[0]))


def _read_raf(read: Read, notes: _Notes) -> None:
    head = read(0, RAF_AT + 8)
    if not head.startswith(RAF_START):
        raise InvalidMedia("The RAW file does not begin as its kind does.")
    offset, length = _unpack(">II", head, RAF_AT)
    notes.maker, notes.model = "FUJIFILM", head[28:60].split(b"\0")[0].decode("ascii", "replace")
    notes.places.append((offset, length))


def _read_boxes(read: Read, notes: _Notes) -> None:
    """Walk the boxes of a CR3: Canon's own, and the sample of the track that is a JPEG."""
    waiting, seen, sizes = [(0, 1 << 62)], 0, list[int]()
    while waiting:
        begin, end = waiting.pop(0)
        for kind, at, stop in _list_boxes(read, begin, end):
            seen += 1
            if seen > BOXES_AT_MOST:
                return
            if kind in NESTING:
                waiting.append((at, stop))
            elif kind == b"uuid":
                _read_canon(read, at, stop, notes)
            elif kind == b"stsz":
                sizes = [_unpack(">I", read(at + 4, 4))[0] or _unpack(">I", read(at + 12, 4))[0]]
            elif kind == b"co64" and sizes:
                notes.places.append((_unpack(">Q", read(at + 8, 8))[0], sizes.pop()))


def _list_boxes(read: Read, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, begin and end of the content of each box."""
    while at + 8 <= end and len(head := read(at, 16)) >= 8:  # noqa: PLR2004 - size and type
        size, kind, begin = _unpack(">I", head)[0], head[4:8], at + 8
        if size == 1:
            size, begin = _unpack(">Q", head, 8)[0], at + 16
        if size < begin - at:
            return  # to the end of the file, or nonsense: nothing of ours comes after it
        yield kind, begin, min(at + size, end)
        at += size


def _read_canon(read: Read, at: int, stop: int, notes: _Notes) -> None:
    owner = read(at, 16)
    if owner == CANON_FACTS:
        for kind, begin, _ in _list_boxes(read, at + 16, stop):
            if kind == b"CMT1":
                _read_tiff(read, begin, notes)
    if owner == CANON_PREVIEW:
        start = read(at + 16, 64)
        mark, picture = start.find(b"PRVW"), start.find(b"\xff\xd8\xff")
        if 0 <= mark < picture - 4:
            notes.places.append((at + 16 + picture, _unpack(">I", start, picture - 4)[0]))


def _measure(read: Read, offset: int, length: int) -> Embedded | None:
    """Return the picture at a place, if it is a JPEG that viewers decode."""
    if not 0 < length <= JPEG_AT_MOST or read(offset, 2) != b"\xff\xd8":
        return None
    at, end = offset + 2, offset + length
    for _ in range(MARKERS_AT_MOST):
        marker = read(at, 9)
        if len(marker) < 9 or marker[0] != 0xFF or at >= end:  # noqa: PLR2004 - to the width's end
            return None
        if marker[1] in FRAMES:
            height, width = _unpack(">HH", marker, 5)
            is_shown = marker[1] in BASELINE and marker[4] == 8 and width and height  # noqa: PLR2004 - bits
            return Embedded(offset, length, width, height) if is_shown else None
        at += 2 + _unpack(">H", marker, 2)[0]
    return None
