"""What an H.264 stream says of itself: its decoder record and its sequence parameter set.

Read to decide whether the pictures of an original can be handed on as they are.
Sources: ISO/IEC 14496-10 sections 7.3.2.1 (SPS) and 7.4.1 (units), 14496-15 section 5.3.3 (avcC).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rushes.media import mp4
from rushes.media.failures import InvalidMedia

ENTRY_BYTES: Final = 78
"""The fixed fields of a picture's sample entry, which stand before its boxes."""

IDR: Final = 5
"""The type of a picture after which nothing refers to what was before it."""

UNITS_AT_MOST: Final = 64
"""Units that are looked at before the picture of a sample; encoders write a handful."""

_SLICES: Final = range(1, 6)
_TYPE_MASK: Final = 0x1F
_WITH_CHROMA: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_LISTS: Final = 8
_SMALL_LIST, _LARGE_LIST, _SMALL_LISTS = 16, 64, 6
_ZEROS_AT_MOST: Final = 32
_CYCLE_AT_MOST: Final = 255


@dataclass(frozen=True, slots=True)
class Stream:
    """How pictures are coded. `sets` counts sequence parameter sets; 4:2:0 is chroma 1."""

    profile: int
    level: int
    chroma: int
    bit_depth: int
    is_progressive: bool
    sets: int


def parse_entry(description: bytes) -> tuple[Stream, bytes]:
    """Return what an `avc1` sample description says, and its `avcC` box.

    Raises InvalidMedia where it is none.
    """
    entry = next(mp4.walk(description), None)
    if entry is None or entry.kind != "avc1":
        raise InvalidMedia("Its pictures are not stored as avc1.")
    avcc = mp4.find(description, "avcC", entry.body + ENTRY_BYTES, entry.end)
    version, _, _, _, _, count = mp4.unpack("6B", description, avcc.body, avcc.end)
    sets = count & 0x1F
    if version != 1 or not sets:
        raise InvalidMedia("Its decoder record has no parameter set.")
    at = avcc.body + 6
    (length,) = mp4.unpack("H", description, at, avcc.end)
    (start, end) = (at + 2, at + 2 + length)
    if end > avcc.end:
        raise InvalidMedia("Its parameter set is longer than the box around it.")
    return _parse_sps(description[start:end], sets), description[avcc.start : avcc.end]


def unit_bytes_of(record: bytes) -> int:
    """Return how many bytes tell the length of a unit, out of an `avcC` box."""
    box = mp4.find(record, "avcC")
    return (mp4.unpack("5B", record, box.body, box.end)[4] & 3) + 1


def find_picture(head: bytes, unit_bytes: int) -> int | None:
    """Return the type of the first unit of a picture in a sample; None where it comes later.

    `head` is what the sample begins with; before its picture stand parameters and remarks. Behind
    `UNITS_AT_MOST` of these nothing is looked for.
    """
    at = 0
    for _ in range(UNITS_AT_MOST):
        if at + unit_bytes >= len(head):
            break
        kind = head[at + unit_bytes] & _TYPE_MASK
        if kind in _SLICES:
            return kind
        at += unit_bytes + int.from_bytes(head[at : at + unit_bytes])
    return None


def _parse_sps(unit: bytes, sets: int) -> Stream:
    bits = _Bits(unit[1:].replace(b"\0\0\3", b"\0\0"))
    profile, _, level = bits.read(8), bits.read(8), bits.read(8)
    bits.golomb()
    chroma, depth = 1, 8
    if profile in _WITH_CHROMA:
        chroma, depth = _skip_chroma(bits)
    bits.golomb()  # log2_max_frame_num
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.read(1)
        bits.golomb()
        bits.golomb()
        for _ in range(min(bits.golomb(), _CYCLE_AT_MOST)):
            bits.golomb()
    bits.golomb()  # reference frames
    bits.read(1)
    bits.golomb()  # width
    bits.golomb()  # height
    return Stream(profile, level, chroma, depth, bool(bits.read(1)), sets)


def _skip_chroma(bits: _Bits) -> tuple[int, int]:
    chroma = bits.golomb()
    if chroma == 3:  # noqa: PLR2004 - 4:4:4
        bits.read(1)
    luma, other = bits.golomb(), bits.golomb()
    bits.read(1)
    if bits.read(1):
        for number in range(_LISTS if chroma != 3 else 12):  # noqa: PLR2004 - 4:4:4 has more
            if bits.read(1):
                _skip_list(bits, _SMALL_LIST if number < _SMALL_LISTS else _LARGE_LIST)
    return chroma, 8 + max(luma, other)


def _skip_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.golomb()
            following = (last + (code + 1) // 2 * (1 if code % 2 else -1)) % 256
        last = following or last


class _Bits:
    """Reads bits from the front; more than there are raise InvalidMedia."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), len(data) * 8

    def read(self, count: int) -> int:
        """Return the next bits as a number."""
        self._left -= count
        if self._left < 0:
            raise InvalidMedia("Its parameter set ends in the middle.")
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """Return the next number in Exp-Golomb code (section 9.1)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > _ZEROS_AT_MOST:
                raise InvalidMedia("Its parameter set holds a number without end.")
        return (1 << zeros) - 1 + self.read(zeros)
