"""Camera RAW made here: a DNG of a blue field with a red corner, with a camera picture or not."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from PIL import Image

BYTE, ASCII, SHORT, LONG, RATIONAL, SIGNED = 1, 2, 3, 4, 5, 10
BRIGHT, DARK, BLACK = 15_000, 600, 512
Entry = tuple[int, int, int, bytes]


def write_dng(path: Path, size: tuple[int, int], *, orientation: int, preview: bool) -> Path:
    """Write a DNG of 16 bits in a Bayer pattern; its first sixth is red each way."""
    sensor, jpeg = _sensor(*size), _jpeg(*size) if preview else b""
    subs = (1_500, 2_500) if preview else (1_500,)
    jpeg_at, sensor_at = 4_096, 4_096 + len(jpeg)
    directories = {
        8: _main(orientation, subs),
        1_500: _raw(size, sensor_at, len(sensor)),
    }
    if preview:
        directories[2_500] = _shown(size, jpeg_at, len(jpeg))
    content = bytearray(sensor_at + len(sensor))
    content[:8] = b"II*\0" + _longs(8)
    for at, entries in directories.items():
        table = _directory(entries, at)
        content[at : at + len(table)] = table
    content[jpeg_at:sensor_at], content[sensor_at:] = jpeg, sensor
    path.write_bytes(content)
    return path


def _main(orientation: int, subs: tuple[int, ...]) -> list[Entry]:
    unit = b"".join(struct.pack("<ii", int(n in {0, 4, 8}), 1) for n in range(9))
    return [
        (254, LONG, 1, _longs(1)),
        (271, ASCII, 6, b"Synth\0"),
        (272, ASCII, 4, b"Cam\0"),
        (274, SHORT, 1, struct.pack("<H", orientation)),
        (330, LONG, len(subs), _longs(*subs)),
        (50_706, BYTE, 4, bytes([1, 4, 0, 0])),
        (50_708, ASCII, 10, b"Synth Cam\0"),
        (50_721, SIGNED, 9, unit),
        (50_728, RATIONAL, 3, struct.pack("<6I", 1, 1, 1, 1, 1, 1)),
    ]


def _raw(size: tuple[int, int], at: int, length: int) -> list[Entry]:
    pattern = [(33_421, SHORT, 2, struct.pack("<2H", 2, 2)), (33_422, BYTE, 4, bytes([0, 1, 1, 2]))]
    levels = [(50_714, SHORT, 1, struct.pack("<H", BLACK)), (50_717, LONG, 1, _longs(16_383))]
    return [
        *_picture(size, at, length, compression=1, meaning=32_803),
        (258, SHORT, 1, struct.pack("<H", 16)),
        (277, SHORT, 1, struct.pack("<H", 1)),
        *pattern,
        *levels,
    ]


def _shown(size: tuple[int, int], at: int, length: int) -> list[Entry]:
    return [*_picture(size, at, length, compression=7, meaning=6), (277, SHORT, 1, b"\x03\0")]


def _picture(
    size: tuple[int, int], at: int, length: int, *, compression: int, meaning: int
) -> list[Entry]:
    return [
        (254, LONG, 1, _longs(0 if compression == 1 else 1)),
        (256, LONG, 1, _longs(size[0])),
        (257, LONG, 1, _longs(size[1])),
        (259, SHORT, 1, struct.pack("<H", compression)),
        (262, SHORT, 1, struct.pack("<H", meaning)),
        (273, LONG, 1, _longs(at)),
        (278, LONG, 1, _longs(size[1])),
        (279, LONG, 1, _longs(length)),
    ]


def _directory(entries: list[Entry], at: int) -> bytes:
    rows, extra, extra_at = struct.pack("<H", len(entries)), b"", at + 6 + 12 * len(entries)
    for tag, kind, count, value in sorted(entries):
        rows += struct.pack("<HHI", tag, kind, count)
        if len(value) <= 4:
            rows += value.ljust(4, b"\0")
        else:
            rows += _longs(extra_at + len(extra))
            extra += value + b"\0" * (len(value) % 2)
    return rows + _longs(0) + extra


def _longs(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def _sensor(width: int, height: int) -> bytes:
    def row(red: int, blue: int, line: int, count: int) -> bytes:
        pair = (red, DARK) if line % 2 == 0 else (DARK, blue)
        return struct.pack("<2H", *pair) * (count // 2)

    corner = width // 6 // 2 * 2
    with_red = [row(BRIGHT, DARK, n, corner) + row(DARK, BRIGHT, n, width - corner) for n in (0, 1)]
    plain = [row(DARK, BRIGHT, n, width) for n in (0, 1)]
    rows = (with_red[n % 2] if n < height // 6 else plain[n % 2] for n in range(height))
    return b"".join(rows)


def _jpeg(width: int, height: int) -> bytes:
    picture, held = Image.new("RGB", (width, height), (10, 10, 250)), io.BytesIO()
    picture.paste((250, 10, 10), (0, 0, width // 6, height // 6))
    picture.save(held, "JPEG", quality=90)
    return held.getvalue()
