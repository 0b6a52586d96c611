"""The front of a file: how much of it must be there before a look into it is worth anything.

Of MP4 and MOV the boxes are walked by their headers (ISO/IEC 14496-12, section 4.2): a `moov`
before the first `mdat` tells everything, one behind it only comes with the last bytes. Other
containers carry what they are in their first megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rushes.media.ffmpeg import DEMUXERS

MIB: Final = 2**20
HEADER_BYTES: Final = 16
"""The longest header of a box: size, type, and a large size."""

SAMPLES_BYTES: Final = 2 * MIB
"""What has to be there behind a `moov`: the first picture, so that it can be decoded."""

OTHERS_BYTES: Final = 4 * MIB
"""What has to be there of a container without such a header."""

LARGEST_BYTES: Final = 256 * MIB
"""A header that ends behind this is waited for by nobody."""

BOXED: Final = "mov"
_HEADER: Final = 8
_WIDE: Final = 1


@dataclass(frozen=True, slots=True)
class Look:
    """What is known after a header: `at` is where the next one is, `needs` what has to be there.

    `needs` None while it is not known; 0 where nothing can be said before the end.
    """

    at: int = 0
    needs: int | None = None


def begin(container_format: str, size_bytes: int | None) -> Look:
    """Return what is known of a file of this sniffed format; `size_bytes` of the whole."""
    if container_format == BOXED:
        return Look()
    if container_format not in DEMUXERS:
        return Look(needs=0)
    return Look(needs=OTHERS_BYTES if size_bytes is None else min(OTHERS_BYTES, size_bytes))


def step(look: Look, header: bytes, size_bytes: int | None) -> Look:
    """Return what is known after the header of the box at `look.at`, of `HEADER_BYTES` bytes."""
    size, kind = int.from_bytes(header[:4], "big"), header[4:_HEADER]
    if size == _WIDE:
        size = int.from_bytes(header[_HEADER:HEADER_BYTES], "big")
    end = look.at + size
    if kind == b"moov" and size >= _HEADER:
        needs = end + SAMPLES_BYTES
        whole = needs if size_bytes is None else min(needs, size_bytes)
        return Look(look.at, whole if end <= LARGEST_BYTES else 0)
    is_end = kind in {b"mdat", b"moof"} or size < _HEADER or end > LARGEST_BYTES
    return Look(look.at, 0) if is_end else Look(end)
