"""A ZIP file of stored entries whose every offset is known before its first byte is read.

    (head, bytes, descriptor) for each entry - directory - (ZIP64 end, locator) - end

Sizes are known and nothing is compressed, so the length is known and any range can be given. CRC-32
is what is learned on the way: it stands behind each entry and in the directory, as bit 3 says.
Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

LARGE: Final = 0xFFFFFFFF
MANY: Final = 0xFFFF
PLAIN, WIDE = 20, 45
"""Versions that a reader needs: without and with ZIP64."""

FLAGS: Final = 0x0808
"""Bit 3: a descriptor follows. Bit 11: names are UTF-8."""

REGULAR: Final = (0o100644 << 16) & LARGE
UNIX: Final = 3 << 8
FIRST_YEAR: Final = 1980


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its name in the ZIP, its size and when it was made (UTC)."""

    name: str
    size_bytes: int
    made_at: datetime

    @property
    def is_large(self) -> bool:
        """Say whether its size needs 64 bits."""
        return self.size_bytes >= LARGE


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lies: `offsets` of the entries' heads, and of the directory."""

    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    directory_at: int
    size_bytes: int

    def data_at(self, index: int) -> int:
        """Return where the bytes of an entry begin."""
        return self.offsets[index] + len(format_head(self.entries[index]))


def plan(entries: Sequence[Entry]) -> Layout:
    """Return the layout of a ZIP of these entries, in this order."""
    offsets, at = [], 0
    for entry in entries:
        offsets.append(at)
        at += len(format_head(entry)) + entry.size_bytes + len(format_descriptor(entry, 0))
    layout = Layout(tuple(entries), tuple(offsets), at, 0)
    tail = len(format_directory(layout, [0] * len(offsets)))
    return Layout(layout.entries, layout.offsets, at, at + tail)


def format_head(entry: Entry) -> bytes:
    """Return what stands before an entry's bytes."""
    name, large = entry.name.encode(), entry.is_large
    extra = struct.pack("<HHQQ", 1, 16, entry.size_bytes, entry.size_bytes) if large else b""
    size_bytes = LARGE if large else entry.size_bytes
    return (
        struct.pack(
            "<4s5H3I2H",
            b"PK\3\4",
            WIDE if large else PLAIN,
            FLAGS,
            0,
            *_moment(entry.made_at),
            0,
            size_bytes,
            size_bytes,
            len(name),
            len(extra),
        )
        + name
        + extra
    )


def format_descriptor(entry: Entry, crc: int) -> bytes:
    """Return what stands behind an entry's bytes."""
    form = "<4sIQQ" if entry.is_large else "<4sIII"
    return struct.pack(form, b"PK\7\10", crc, entry.size_bytes, entry.size_bytes)


def format_directory(layout: Layout, crcs: Sequence[int]) -> bytes:
    """Return the directory and the end of the ZIP."""
    rows = [
        _format_row(entry, offset, crc)
        for entry, offset, crc in zip(layout.entries, layout.offsets, crcs, strict=True)
    ]
    listed = b"".join(rows)
    count, at = len(rows), layout.directory_at
    is_wide = count >= MANY or at >= LARGE or len(listed) >= LARGE
    return (
        listed
        + (_format_wide_end(count, len(listed), at) if is_wide else b"")
        + struct.pack(
            "<4s4H2IH",
            b"PK\5\6",
            0,
            0,
            min(count, MANY),
            min(count, MANY),
            min(len(listed), LARGE),
            min(at, LARGE),
            0,
        )
    )


def _format_row(entry: Entry, offset: int, crc: int) -> bytes:
    name = entry.name.encode()
    sizes = (entry.size_bytes, entry.size_bytes) if entry.is_large else ()
    wide = (*sizes, *((offset,) if offset >= LARGE else ()))
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = WIDE if wide else PLAIN
    size_bytes = min(entry.size_bytes, LARGE)
    return (
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            UNIX | version,
            version,
            FLAGS,
            0,
            *_moment(entry.made_at),
            crc,
            size_bytes,
            size_bytes,
            len(name),
            len(extra),
            0,
            0,
            0,
            REGULAR,
            min(offset, LARGE),
        )
        + name
        + extra
    )


def _format_wide_end(count: int, size_bytes: int, at: int) -> bytes:
    record = struct.pack(
        "<4sQ2H2I4Q", b"PK\6\6", 44, UNIX | WIDE, WIDE, 0, 0, count, count, size_bytes, at
    )
    return record + struct.pack("<4sIQI", b"PK\6\7", 0, at + size_bytes, 1)


def _moment(made_at: datetime) -> tuple[int, int]:
    """Return time and date as MS-DOS has them: two seconds exact, from 1980 on."""
    date = (max(0, made_at.year - FIRST_YEAR) << 9) | (made_at.month << 5) | made_at.day
    return (made_at.hour << 11) | (made_at.minute << 5) | (made_at.second // 2), date
