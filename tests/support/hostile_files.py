"""Files that are meant to harm: what they would read, reach, fill or break is told to them.

Each is a few kilobytes; `Prey` names what none of them may get at.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

DEEP: Final = 200_000
TRACKS: Final = 2_000
FLIPS: Final = 400


@dataclass(frozen=True, slots=True)
class Prey:
    """A file that anyone may read, an address that somebody listens on, and a healthy film."""

    secret: Path
    address: str
    film: bytes
    transport: bytes


Make = Callable[[Prey], bytes]


def _playlist(target: Callable[[Prey], str]) -> Make:
    return lambda prey: (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target(prey)}\n#EXT-X-ENDLIST\n".encode()
    )


def _file(prey: Prey) -> str:
    return f"file://{prey.secret}"


def _dash(prey: Prey) -> bytes:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
        f"<BaseURL>{prey.address}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>"
    ).encode()


def _under_a_film(prey: Prey) -> bytes:
    """A playlist that begins like an MP4."""
    return prey.film[:32] + _playlist(_file)(prey)


def _under_packets(prey: Prey) -> bytes:
    """A playlist in which each 188th byte is the mark of MPEG-TS."""
    text = bytearray(_playlist(_file)(prey).ljust(188 * 12, b" "))
    text[::188] = b"G" * len(text[::188])
    return bytes(text)


def _elsewhere(prey: Prey) -> bytes:
    """A film whose samples are said to lie in another file."""
    return prey.film.replace(b"url \x00\x00\x00\x01", b"url \x00\x00\x00\x00")


def _many_tracks(prey: Prey) -> bytes:
    at = prey.film.index(b"trak") - 4
    (size,) = struct.unpack_from(">I", prey.film, at)
    trak, moov = prey.film[at : at + size], prey.film.index(b"moov") - 4
    (length,) = struct.unpack_from(">I", prey.film, moov)
    head = prey.film[moov + 8 : at]
    body = head + trak * TRACKS
    return (
        prey.film[:moov]
        + struct.pack(">I", 8 + len(body))
        + b"moov"
        + body
        + prey.film[moov + length :]
    )


def _samples_without_end(prey: Prey) -> bytes:
    """A table of sizes that claims four billion samples of one length."""
    at = prey.film.index(b"stsz")
    return prey.film[: at + 8] + b"\x00\x00\x00\x01\xff\xff\xff\xff" + prey.film[at + 16 :]


def _rotten(prey: Prey) -> bytes:
    chance, data = random.Random(7), bytearray(prey.film)  # noqa: S311 - no secret is made
    for _ in range(FLIPS):
        data[chance.randrange(64, len(data))] ^= chance.randrange(1, 256)
    return bytes(data)


def _endless_packets(prey: Prey) -> bytes:
    """Packets whose clock begins anew every few of them."""
    return prey.transport * 8


def _endless_sound(_prey: Prey) -> bytes:
    """A WAVE file that claims to go on for half a day."""
    head = struct.pack("<IHHIIHH", 16, 1, 2, 48_000, 192_000, 4, 16)
    body = bytes(4_800)
    return b"".join(
        (b"RIFF", b"\xff\xff\xff\xff", b"WAVEfmt ", head, b"data", b"\xf0\xff\xff\xff", body)
    )


def _png(width: int, height: int, *more: bytes) -> bytes:
    rows = zlib.compress(bytes((1 + width // 8) * min(height, 2_000)))
    parts = (_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), *more)
    return b"".join((b"\x89PNG\r\n\x1a\n", *parts, _chunk(b"IDAT", rows), _chunk(b"IEND", b"")))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _text_bomb(_prey: Prey) -> bytes:
    """A small picture with a comment of 32 MiB, in a few kilobytes."""
    packed = zlib.compress(bytes(32 << 20), 1)
    return _png(8, 8, _chunk(b"zTXt", b"Comment\x00\x00" + packed))


def _many_frames(_prey: Prey) -> bytes:
    held = io.BytesIO()
    frames = [Image.new("L", (2, 2), number % 256) for number in range(1_200)]
    frames[0].save(held, "GIF", save_all=True, append_images=frames[1:], duration=10)
    return held.getvalue()


def _tiff_loop(_prey: Prey) -> bytes:
    """A directory that names itself as the next one."""
    return b"II*\x00\x08\x00\x00\x00" + b"\x00\x00" + b"\x08\x00\x00\x00" + bytes(64)


def _zip(prey: Prey) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../secret", bytes(10_000_000))
        packed.writestr("film.mp4", prey.film[:1_000])
    return held.getvalue()


def _jpeg_and_zip(prey: Prey) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (64, 36), "red").save(held, "JPEG")
    return held.getvalue() + _zip(prey)


HOSTILE: Final[dict[str, Make]] = {
    "playlist-file.m3u8": _playlist(_file),
    "playlist-file.mp4": _playlist(_file),
    "playlist-http.mp4": _playlist(lambda prey: f"{prey.address}/a.ts"),
    "concat.mp4": lambda prey: f"ffconcat version 1.0\nfile '{prey.secret}'\n".encode(),
    "concat-http.mov": lambda prey: f"ffconcat version 1.0\nfile {prey.address}/a.ts\n".encode(),
    "dash.mp4": _dash,
    "session.sdp": lambda _prey: b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n",
    "picture.svg": lambda prey: (
        f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{prey.address}/a"/></svg>'.encode()
    ),
    "playlist-under-a-film.mp4": _under_a_film,
    "playlist-under-packets.ts": _under_packets,
    "samples-elsewhere.mp4": _elsewhere,
    "many-tracks.mp4": _many_tracks,
    "samples-without-end.mp4": _samples_without_end,
    "rotten.mp4": _rotten,
    "cut-inside-its-header.mp4": lambda prey: prey.film[:200],
    "endless-packets.ts": _endless_packets,
    "endless-sound.wav": _endless_sound,
    "pixels.png": lambda _prey: _png(12_000, 12_000),
    "wide.png": lambda _prey: _png(100_000, 4),
    "comment.png": _text_bomb,
    "frames.gif": _many_frames,
    "loop.tiff": _tiff_loop,
    "zip.mp4": _zip,
    "jpeg-and-zip.jpg": _jpeg_and_zip,
    "entities.xsq": lambda _prey: (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b"<xsequence><head><version>&b;</version></head></xsequence>"
    ),
    "deep.xsq": lambda _prey: b"<xsequence>" + b"<a>" * DEEP + b"</a>" * DEEP + b"</xsequence>",
}
