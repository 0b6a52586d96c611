"""The boxed child that shows a video on a few sheets of small pictures, with PyAV and Pillow.

Runs as `python -I storyboard.py FORMAT` with the medium as descriptor 0 and a `SHOTS` object as the
second argument: times in seconds, sizes in pixels. Only key frames are decoded, each found by a
seek, so its cost follows the number of tiles and not the length of the medium. It prints one JSON
line, then the bytes of each sheet. It imports nothing of ours: the box holds nothing of ours.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any, Final

import av
import av.error
from PIL import Image, ImageFilter

INVALID, OUT_OF_MEMORY = 73, 75

OPTIONS: Final = {"protocol_whitelist": "fd", "max_streams": "64"}
READ_BYTES: Final = 64 * 1024
SECONDS_AT_MOST: Final = 40.0
PACKETS_TRIED: Final = 1_000
MARGINS: Final = (0, 4, 12, 60)
"""Seconds before the wanted time: some formats are entered behind their last key frame."""

JPEG_QUALITY: Final = 75
BT709, BT601, BT2020 = 1, 5, 9
COLORSPACES: Final = {5: BT601, 6: BT601, 9: BT2020, 10: BT2020}
"""What the scaler calls the matrices of ITU-T H.273; any other is taken for BT.709."""

FULL_16_BITS: Final = 65_535


class Source(io.RawIOBase):
    """Descriptor 0 with a place of its own, so that several may read it at once."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self._at, self._size = 0, size_bytes

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be entered anywhere."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        piece = os.pread(0, READ_BYTES if size < 0 else size, self._at)
        self._at += len(piece)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place and return it."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at


class Walker:
    """Goes through a medium from key frame to key frame."""

    def __init__(self, container: Any, shots: dict[str, Any], deadline: float) -> None:
        self._container, self._shots, self._deadline = container, shots, deadline
        streams = [s for s in container.streams.video if not _is_cover(s)]
        self._stream = streams[0]
        self._stream.codec_context.thread_count = 1
        self._stream.codec_context.skip_frame = "NONKEY"
        self._seen: tuple[int, Image.Image] | None = None

    def walk(self, times: Sequence[float]) -> list[Image.Image | None]:
        """Return the tile of each time; None where nothing could be decoded."""
        return [self._tile(at) for at in times]

    def _tile(self, at: float) -> Image.Image | None:
        wanted = Fraction(self._shots["start"]) + Fraction(at)
        for margin in MARGINS:
            if time.monotonic() > self._deadline:
                break
            try:
                tile = self._look(wanted - margin)
            except (av.error.FFmpegError, OSError, ValueError):
                continue
            if tile is not None:
                return tile
        return self._seen[1] if self._seen else None

    def _look(self, at: Fraction) -> Image.Image | None:
        """Return the first key frame from there on that can be decoded."""
        stream, context = self._stream, self._stream.codec_context
        self._container.seek(int(at / stream.time_base), stream=stream)
        for number, packet in enumerate(self._container.demux(stream)):
            if number > PACKETS_TRIED or packet.dts is None:
                break
            if not packet.is_keyframe:
                continue
            key = packet.pts if packet.pts is not None else packet.dts
            if self._seen and self._seen[0] == key:
                return self._seen[1]
            frames = context.decode(packet) or context.decode(None)
            context.flush_buffers()
            if frames:
                self._seen = key, self._shrink(frames[0])
                return self._seen[1]
        return None

    def _shrink(self, frame: Any) -> Image.Image:
        width, height = self._shots["tile"]
        turn = self._shots["rotation"]
        sideways = turn in {90, 270}
        small = frame.reformat(
            width=height if sideways else width,
            height=width if sideways else height,
            format="rgb24",
            src_colorspace=COLORSPACES.get(self._shots["matrix"], BT709),
            interpolation="FAST_BILINEAR" if frame.width > 4 * width else "BICUBIC",
        )
        picture: Image.Image = small.to_image()
        if turn:
            picture = picture.rotate(-turn, expand=True)
        table = self._shots["table"]
        return picture if table is None else picture.filter(table)


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _read_table(number: int, side: int) -> ImageFilter.Color3DLUT:
    """Return the table of colours behind a descriptor: rgb48le, red fastest."""
    values = array("H")
    with open(number, "rb") as file:
        values.frombytes(file.read(6 * side**3))
    if sys.byteorder == "big":
        values.byteswap()
    return ImageFilter.Color3DLUT(side, [value / FULL_16_BITS for value in values])


def main(arguments: list[str]) -> int:
    """Print the sheets of descriptor 0 and return an exit status."""
    try:
        shots = json.loads(arguments[1])
        if shots["table"] is not None:
            shots["table"] = _read_table(*shots["table"])
        tiles = _shoot(arguments[0], shots)
        if not any(tiles):
            return INVALID
        sheets = [_sheet(shots, tiles, first) for first in range(0, len(tiles), shots["of_sheet"])]
    except MemoryError:
        return OUT_OF_MEMORY
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        print(type(error).__name__, file=sys.stderr)  # noqa: T201 - the last words
        return INVALID
    answer = {"sheets": [len(sheet) for sheet in sheets]}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(sheets))
    return 0


def _shoot(container_format: str, shots: dict[str, Any]) -> list[Image.Image | None]:
    """Return all tiles; each thread walks its own part."""
    step, count = Fraction(shots["step"]), shots["count"]
    last = Fraction(shots["duration"])
    times = [float(min(step * tile + step / 2, last)) for tile in range(count)]
    threads = min(shots["threads"], count)
    share = -(-count // threads)
    parts = [times[first : first + share] for first in range(0, count, share)]
    deadline = time.monotonic() + SECONDS_AT_MOST

    def walk(part: Sequence[float]) -> list[Image.Image | None]:
        options = {**OPTIONS, "format_whitelist": container_format}
        source = Source(os.fstat(0).st_size)
        with av.open(
            source, format=container_format, options=options, buffer_size=READ_BYTES
        ) as container:
            return Walker(container, shots, deadline).walk(part)

    with ThreadPoolExecutor(threads) as pool:
        return [tile for part in pool.map(walk, parts) for tile in part]


def _sheet(shots: dict[str, Any], tiles: Sequence[Image.Image | None], first: int) -> bytes:
    width, height = shots["tile"]
    across, of_sheet = shots["across"], shots["of_sheet"]
    shown = tiles[first : first + of_sheet]
    size = min(len(shown), across) * width, -(-len(shown) // across) * height
    sheet, last = Image.new("RGB", size), next(filter(None, tiles))
    for place, tile in enumerate(shown):
        last = tile or last
        sheet.paste(last, (place % across * width, place // across * height))
    held = io.BytesIO()
    sheet.save(held, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return held.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
