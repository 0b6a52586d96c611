"""The boxed child that reads a light sequence of xLights or FPP: FSEQ 1 and 2, and ESEQ.

Runs as `python -I fseq.py FORMAT SIZE PICTURES` with the file as descriptor 0. It prints one JSON
line of facts; where PICTURES is `1`, two pictures follow: a heat map (time across, channels down)
and the liveliest seconds, moving. It imports nothing of ours, as the box holds nothing of ours.

Layout (little endian), from `FSEQFile.cpp` of FPP and its page "FSEQ sequence file format":

    0 magic PSEQ   4 u16 start of data   6 u8 minor   7 u8 major   8 u16 end of the fixed header
    10 u32 channels in a frame   14 u32 frames   18 u8 milliseconds of a frame   19 u8 flags
    1: 20 u16 universes  22 u16 size of one  24 u8 gamma  25 u8 order of colours; 28 bytes
    2: 20 u8 low nibble compression, high nibble bits 8-11 of the number of blocks  21 u8 its low
       bits  22 u8 ranges  23 u8 flags  24 u64 id; 32 bytes, then blocks of (u32 first frame, u32
       length), ranges of (u24 start, u24 count), variable headers of (u16 length with these four
       bytes, two letters, content), and padding up to the data
    ESEQ: 0 magic  4 u32 models  8 u32 channels  12 u32 first channel, from 1  16 u32 count; data
       from 20, a frame of 50 ms each
"""

from __future__ import annotations

import io
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import IO, Any, Final

import zstandard
from PIL import Image, ImageChops, ImageStat

TRUNCATED, INVALID, OUT_OF_MEMORY = 70, 73, 75

HEAD_BYTES: Final = 65_536  # the data starts at a 16-bit offset
FIXED: Final = {1: 28, 2: 32}
ESEQ_BYTES, ESEQ_STEP = 20, 50
COMPRESSIONS: Final = {0: "none", 1: "zstd", 2: "zlib"}
ROW_BYTES_AT_MOST: Final = 16 * 2**20
SHOWN_BYTES_AT_MOST: Final = 4 * 2**30
READ_BYTES: Final = 256 * 1024
TEXTS: Final = {b"mf": "media_file", b"sp": "producer"}
TEXT_AT_MOST: Final = 512

COLUMNS, ROWS = 1_600, 512
LIVELY_SECONDS: Final = 6
MOVING_RATE: Final = 10
MOVING_SIZE: Final = (320, 180)
MOVING_BYTES: Final = 300_000
MOVING_TRIES: Final = ((75, 1), (40, 1), (40, 2), (5, 4))  # quality, and the size divided by


class Unreadable(Exception):
    """It is no sequence, or one cut off before its data; `status` says which."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Block:
    """Frames that were compressed together: the first one, where the bytes lie, and how many."""

    first: int
    offset: int
    length: int


@dataclass(slots=True)
class Header:
    """What a sequence says of itself; a broken writer leaves 0 for `step_ms`."""

    format: str
    version: str
    channels: int
    frames: int
    step_ms: int
    data: int
    compression: str = "none"
    blocks: list[Block] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return plain values for the answer."""
        said = ("format", "version", "channels", "frames", "step_ms", "compression", "ranges")
        plain = {name: getattr(self, name) for name in said}
        return plain | {"blocks": len(self.blocks)} | self.texts


def main(arguments: list[str]) -> int:
    """Print the facts of descriptor 0, and its pictures if asked; return an exit status."""
    size_bytes, wants_pictures = int(arguments[1]), arguments[2] == "1"
    with open(0, "rb", closefd=False) as raw:
        try:
            header = parse_header(raw.read(HEAD_BYTES), size_bytes)
            pictures = draw(raw, header) if wants_pictures else []
        except Unreadable as unreadable:
            print(unreadable, file=sys.stderr)  # noqa: T201 - the last words
            return unreadable.status
        except MemoryError:
            return OUT_OF_MEMORY
    answer = {
        "sequence": header.facts(),
        "duration": str(Fraction(header.frames * header.step_ms, 1_000)),
        "warnings": header.warnings,
        "pictures": [[name, *size, len(content)] for name, size, content in pictures],
    }
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.write(b"".join(content for _, _, content in pictures))
    return 0


def parse_header(head: bytes, size_bytes: int) -> Header:
    """Return what the first 64 KiB of a sequence say; `size_bytes` is the whole file's length.

    Raises:
        Unreadable: it is none, or it ends before its data.
    """
    if head[:4] == b"ESEQ":
        return _parse_eseq(head, size_bytes)
    if head[:4] not in {b"PSEQ", b"FSEQ"}:
        raise Unreadable(INVALID, "It does not begin like a sequence.")
    if len(head) < FIXED[1]:
        raise Unreadable(TRUNCATED, "It ends inside its header.")
    data, minor, major, end, channels, frames, step = struct.unpack_from("<HBBHIIB", head, 4)
    if major not in FIXED:
        raise Unreadable(INVALID, f"Version {major}.{minor} of the format is not known.")
    if len(head) < max(data, FIXED[major]):
        raise Unreadable(TRUNCATED, "It ends inside its header.")
    header = Header("fseq", f"{major}.{minor}", channels, frames, step, data)
    after = _parse_second(head, header) if major > 1 else max(end, FIXED[1])
    _parse_texts(head[:data], min(after, data), header)
    _judge(header, size_bytes)
    return header


def _parse_eseq(head: bytes, size_bytes: int) -> Header:
    if len(head) < ESEQ_BYTES:
        raise Unreadable(TRUNCATED, "It ends inside its header.")
    channels, start, count = struct.unpack_from("<III", head, 8)
    width = count or channels
    frames = (size_bytes - ESEQ_BYTES) // width if width else 0
    header = Header("eseq", "1", width, frames, ESEQ_STEP, ESEQ_BYTES)
    header.ranges.append((max(0, start - 1), width))
    return header


def _parse_second(head: bytes, header: Header) -> int:
    """Read blocks and ranges of version 2; return where the variable headers start."""
    kind, low, ranges = head[20], head[21], head[22]
    count = (kind & 0xF0) << 4 | low
    header.compression = COMPRESSIONS.get(kind & 0x0F, f"unknown ({kind & 0x0F})")
    at, offset = FIXED[2], header.data
    if at + count * 8 + ranges * 6 > header.data:
        raise Unreadable(INVALID, "Its tables are longer than its header.")
    for number in range(count):
        first, length = struct.unpack_from("<II", head, at + number * 8)
        if length and header.blocks and first <= header.blocks[-1].first:
            raise Unreadable(INVALID, "Its blocks are out of order.")
        if length:  # writers reserve entries and leave the rest empty
            header.blocks.append(Block(first, offset, length))
            offset += length
    at += count * 8
    for number in range(ranges):
        pair = head[at + number * 6 : at + number * 6 + 6]
        start, wide = int.from_bytes(pair[:3], "little"), int.from_bytes(pair[3:], "little")
        header.ranges.append((start, wide))
    return at + ranges * 6


def _parse_texts(head: bytes, at: int, header: Header) -> None:
    """Read those variable headers that are text: the media file and the producer."""
    while at + 4 <= len(head):
        length = int.from_bytes(head[at : at + 2], "little")
        code = head[at + 2 : at + 4]
        if code in TEXTS and length > 4:  # noqa: PLR2004 - length and code themselves
            header.texts.setdefault(TEXTS[code], _text(head[at + 4 : at + length]))
        at += max(4, length)


def _text(content: bytes) -> str:
    """Return text up to its NUL; Windows writers use their own code page."""
    plain = content.split(b"\0", 1)[0]
    try:
        return plain.decode()[:TEXT_AT_MOST]
    except UnicodeDecodeError:
        return plain.decode("cp1252", "replace")[:TEXT_AT_MOST]


def _judge(header: Header, size_bytes: int) -> None:
    """Note what does not fit; a header that promises more than the file holds is cut."""
    width = sum(count for _, count in header.ranges)
    if header.ranges and width != header.channels:
        header.warnings.append("Its ranges do not add up to its channels.")
    if not header.step_ms:
        header.warnings.append("The duration of a frame is missing.")
    there = max(0, size_bytes - header.data)
    is_plain = header.compression == "none"
    if not is_plain and not header.blocks:
        header.blocks.append(Block(0, header.data, there))
    plain = header.frames * header.channels if is_plain else 0
    if there < max(plain, sum(block.length for block in header.blocks)):
        header.warnings.append("It is cut short: frames at its end are missing.")


def read_frames(raw: IO[bytes], header: Header) -> Iterator[tuple[int, bytes]]:
    """Yield the number of a frame and its channels, in order, as far as they can be read."""
    if header.compression == "none":
        raw.seek(header.data)
        yield from _cut(raw, header, 0, header.frames)
        return
    ends = [block.first for block in header.blocks[1:]] + [header.frames]
    for block, end in zip(header.blocks, ends, strict=True):
        raw.seek(block.offset)
        part: Any = _Part(raw, block.length)
        unpack = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader
        opened = unpack(part) if header.compression == "zstd" else _Inflated(part)
        yield from _cut(opened, header, block.first, min(end, header.frames))


def _cut(source: Any, header: Header, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    for number in range(first, end):
        frame = b""
        try:
            while more := source.read(header.channels - len(frame)):
                frame += more
        except (zlib.error, zstandard.ZstdError):
            header.warnings.append(f"Frames after the {number}th cannot be read.")
        if len(frame) < header.channels:
            return
        yield number, frame


class _Part:
    """A stretch of a file that ends where its block ends."""

    def __init__(self, raw: IO[bytes], length: int) -> None:
        self.raw, self.left = raw, length

    def read(self, size: int) -> bytes:
        content = self.raw.read(min(self.left, size))
        self.left -= len(content)
        return content


class _Inflated:
    """Reads what a zlib stream holds, never more of it than is asked for."""

    def __init__(self, part: _Part) -> None:
        self.part, self.inflater = part, zlib.decompressobj()

    def read(self, size: int) -> bytes:
        content = b""
        while len(content) < size and not self.inflater.eof:
            packed = self.inflater.unconsumed_tail or self.part.read(READ_BYTES)
            more = self.inflater.decompress(packed, size - len(content))
            if not packed and not more:
                break
            content += more
        return content


Picture = tuple[str, tuple[int, int], bytes]


def draw(raw: IO[bytes], header: Header) -> list[Picture]:
    """Return the heat map and the moving picture; nothing where there is nothing to show."""
    if header.compression.startswith("unknown") or not header.frames or not header.channels:
        return []
    if header.channels > ROW_BYTES_AT_MOST:
        header.warnings.append("A frame has too many channels for a picture.")
        return []
    columns = _columns(raw, header)
    if not columns:
        raise Unreadable(TRUNCATED, "Not one frame of it can be read.")
    heat = Image.new("RGB", (len(columns), columns[0].height))
    for place, column in enumerate(columns):
        heat.paste(column, (place, 0))
    heat = heat.resize(_stretched(heat.size), Image.Resampling.NEAREST)
    held = io.BytesIO()
    heat.save(held, "PNG", optimize=True)
    pictures: list[Picture] = [("heatmap.png", heat.size, held.getvalue())]
    per_column = -(-header.frames // COLUMNS)
    lively = _shoot(raw, header, _liveliest(columns, header, per_column) * per_column)
    moving = _animate(lively or [heat.resize(MOVING_SIZE)])
    return [*pictures, ("moving.webp", MOVING_SIZE, moving)]


def _stretched(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size that people can see, in whole multiples: 40 frames are no hair line."""
    least = (COLUMNS // 2, ROWS // 2)
    across, down = (max(1, wanted // side) for wanted, side in zip(least, size, strict=True))
    return size[0] * across, size[1] * down


def _columns(raw: IO[bytes], header: Header) -> list[Image.Image]:
    """Return columns of the heat map: the brightest that each light was within the time."""
    per_column = -(-header.frames // COLUMNS)
    columns: list[Image.Image] = []
    brightest: Image.Image | None = None
    last, most = 0, SHOWN_BYTES_AT_MOST // header.channels
    for number, frame in read_frames(raw, header):
        if number >= most:
            header.warnings.append("The picture shows the beginning; the whole is too much for it.")
            break
        lights = _lights(frame)
        if number // per_column != last and brightest is not None:
            columns.append(_column(brightest))
            brightest = None
        brightest = lights if brightest is None else ImageChops.lighter(brightest, lights)
        last = number // per_column
    return [*columns, *([_column(brightest)] if brightest is not None else [])]


def _lights(frame: bytes) -> Image.Image:
    """Return a line of lights: three channels are the red, green and blue of one."""
    count = -(-len(frame) // 3)
    return Image.frombytes("RGB", (count, 1), frame.ljust(count * 3, b"\0"))


def _column(lights: Image.Image) -> Image.Image:
    """Return at most `ROWS` lights one below the other; neighbours share a row, the brightest."""
    share = -(-lights.width // ROWS)
    rows = -(-lights.width // share)
    folded = Image.frombytes("RGB", (share, rows), lights.tobytes().ljust(share * rows * 3, b"\0"))
    column = folded.crop((0, 0, 1, rows))
    for place in range(1, share):
        column = ImageChops.lighter(column, folded.crop((place, 0, place + 1, rows)))
    return column


def _liveliest(columns: list[Image.Image], header: Header, per_column: int) -> int:
    """Return the column where the seconds begin in which most changes."""
    seconds = (header.step_ms or ESEQ_STEP) * per_column / 1_000
    span = min(len(columns), max(1, round(LIVELY_SECONDS / seconds)))
    changes = [0.0] + [
        sum(ImageStat.Stat(ImageChops.difference(earlier, later)).sum)
        for earlier, later in pairwise(columns)
    ]
    window = best = sum(changes[:span])
    begin = 0
    for place in range(span, len(columns)):
        window += changes[place] - changes[place - span]
        if window > best:
            best, begin = window, place - span + 1
    return begin


def _shoot(raw: IO[bytes], header: Header, first: int) -> list[Image.Image]:
    """Return ten pictures of each of the seconds from a frame on."""
    stride = max(1, round(1_000 / MOVING_RATE / (header.step_ms or ESEQ_STEP)))
    wanted = range(first, min(header.frames, first + LIVELY_SECONDS * MOVING_RATE * stride), stride)
    pictures = []
    for number, frame in read_frames(raw, _from(header, first)):
        if number in wanted:
            pictures.append(_grid(_lights(frame)))
        if number >= wanted.stop:
            break
    return pictures


def _animate(pictures: list[Image.Image]) -> bytes:
    """Return an animated WebP within its bound; smaller and rougher until it is."""
    content = b""
    for quality, divisor in MOVING_TRIES:
        held = io.BytesIO()
        small = [picture.reduce(divisor) for picture in pictures]
        how = {"save_all": True, "append_images": small[1:], "loop": 0, "quality": quality}
        small[0].save(held, "WEBP", duration=1_000 // MOVING_RATE, **how)
        content = held.getvalue()
        if len(content) <= MOVING_BYTES:
            break
    return content


def _from(header: Header, first: int) -> Header:
    """Return the header without the blocks before a frame, so that reading starts near it."""
    past = [block for block in header.blocks if block.first <= first][:-1]
    return replace(header, blocks=header.blocks[len(past) :], warnings=[])


def _grid(lights: Image.Image) -> Image.Image:
    """Return lights wrapped into lines, in the shape of the moving picture."""
    wide, high = MOVING_SIZE
    across = max(1, round((lights.width * wide / high) ** 0.5))
    down = -(-lights.width // across)
    grid = Image.frombytes("RGB", (across, down), lights.tobytes().ljust(across * down * 3, b"\0"))
    smooth = across > wide or down > high
    return grid.resize(MOVING_SIZE, Image.Resampling.BOX if smooth else Image.Resampling.NEAREST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
