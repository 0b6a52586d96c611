"""What a file is, by its first bytes: content beats name and declared type.

Rules of this file:
1. The first `HEAD_BYTES` bytes decide; a name only tells cousins apart that share their bytes
   (TIFF and camera RAW, XML and xLights).
2. `format` is the word by which a tool's one demuxer is forced (MEDIA.md, section 1).
3. What is not in the table is `other`: kept, never opened.

Sources: the signatures are those of the formats' own specifications (ISO 14496-12 section 4.3,
RFC 9649, SMPTE 377-1, EBML RFC 8794, Ogg RFC 3533, and the vendors' pages for camera RAW).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from rushes.media.facts import MediaKind as Kind

HEAD_BYTES: Final = 4_100


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the bytes say.

    `format` names the container (`mov`, `png`, `other`); `media_type` is what we serve it as.
    """

    format: str
    kind: Kind
    media_type: str


OTHER: Final = Sniffed("other", Kind.OTHER, "application/octet-stream")

BRANDS: Final = {  # ISO 14496-12: the major brand of `ftyp`
    b"avif": Sniffed("avif", Kind.IMAGE, "image/avif"),
    b"avis": Sniffed("avif", Kind.IMAGE, "image/avif"),
    b"heic": Sniffed("heic", Kind.IMAGE, "image/heic"),
    b"heix": Sniffed("heic", Kind.IMAGE, "image/heic"),
    b"mif1": Sniffed("heic", Kind.IMAGE, "image/heif"),
    b"crx ": Sniffed("cr3", Kind.RAW, "image/x-canon-cr3"),
    b"M4A ": Sniffed("mov", Kind.AUDIO, "audio/mp4"),
    b"M4B ": Sniffed("mov", Kind.AUDIO, "audio/mp4"),
    b"qt  ": Sniffed("mov", Kind.VIDEO, "video/quicktime"),
}
MP4: Final = Sniffed("mov", Kind.VIDEO, "video/mp4")
QUICKTIME: Final = BRANDS[b"qt  "]

STARTS: Final = (
    (b"\x1aE\xdf\xa3", Sniffed("matroska", Kind.VIDEO, "video/x-matroska")),
    (b"FLV\x01", Sniffed("flv", Kind.VIDEO, "video/x-flv")),
    (b"OggS", Sniffed("ogg", Kind.VIDEO, "video/ogg")),
    (bytes.fromhex("3026b2758e66cf11"), Sniffed("asf", Kind.VIDEO, "video/x-ms-asf")),
    (b"\x00\x00\x01\xba", Sniffed("mpeg", Kind.VIDEO, "video/mpeg")),
    (b"\x1f\x07\x00", Sniffed("dv", Kind.VIDEO, "video/x-dv")),
    (b"fLaC", Sniffed("flac", Kind.AUDIO, "audio/flac")),
    (b"ID3", Sniffed("mp3", Kind.AUDIO, "audio/mpeg")),
    (b"\x89PNG\r\n\x1a\n", Sniffed("png", Kind.IMAGE, "image/png")),
    (b"\xff\xd8\xff", Sniffed("jpeg", Kind.IMAGE, "image/jpeg")),
    (b"GIF87a", Sniffed("gif", Kind.IMAGE, "image/gif")),
    (b"GIF89a", Sniffed("gif", Kind.IMAGE, "image/gif")),
    (b"FUJIFILMCCD-RAW", Sniffed("raf", Kind.RAW, "image/x-fuji-raf")),
    (b"%PDF-", Sniffed("pdf", Kind.PDF, "application/pdf")),
    (b"PSEQ", Sniffed("fseq", Kind.SEQUENCE, "application/x-fseq")),
    (b"FSEQ", Sniffed("fseq", Kind.SEQUENCE, "application/x-fseq")),
    (b"ESEQ", Sniffed("eseq", Kind.SEQUENCE, "application/x-eseq")),
    (b"PK\x03\x04", Sniffed("zip", Kind.OTHER, "application/zip")),
)

TIFF_STARTS: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
TIFF: Final = Sniffed("tiff", Kind.IMAGE, "image/tiff")
RAW_SUFFIXES: Final = {
    "cr2": Sniffed("cr2", Kind.RAW, "image/x-canon-cr2"),
    "nef": Sniffed("nef", Kind.RAW, "image/x-nikon-nef"),
    "arw": Sniffed("arw", Kind.RAW, "image/x-sony-arw"),
    "dng": Sniffed("dng", Kind.RAW, "image/x-adobe-dng"),
}
SEQUENCE_SUFFIXES: Final = frozenset({"xsq", "xmodel", "xml"})
SEQUENCE_ROOTS: Final = (b"<xsequence", b"<xrgb", b"<Networks", b"model")

MPEG_TS: Final = Sniffed("mpegts", Kind.VIDEO, "video/mp2t")
MPEG_TS_PACKETS: Final = ((188, 0), (192, 4))  # plain, and with a 4-byte time code (M2TS)
MXF_KEY: Final = bytes.fromhex("060e2b34020501010d0102")
MXF: Final = Sniffed("mxf", Kind.VIDEO, "application/mxf")
MXF_RUN_IN: Final = 65_536  # SMPTE 377-1: what may stand before the first key
ADTS_FRAME: Final = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]", re.DOTALL)  # ISO 13818-7, 6.2
MPEG_FRAME: Final = re.compile(  # ISO 11172-3, 2.4.2.3: neither bit rate 15 nor sampling rate 3
    rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][\x00-\xef]", re.DOTALL
)
BMP: Final = Sniffed("bmp", Kind.IMAGE, "image/bmp")
TEXT: Final = Sniffed("text", Kind.OTHER, "text/plain")


def sniff(head: bytes, file_name: str = "") -> Sniffed:
    """Say what a file is.

    Args:
        head: its first bytes, `HEAD_BYTES` or all there are.
        file_name: its name; only the suffix is looked at, and only among cousins.
    """
    suffix = file_name.rpartition(".")[2].lower() if "." in file_name else ""
    tests = (_iso, _by_start, _riff, _tiff, _transport, _mxf, _audio_frames, _bitmap, _text)
    return next((found for test in tests if (found := test(head, suffix)) is not None), OTHER)


def _iso(head: bytes, _suffix: str) -> Sniffed | None:
    """MP4, MOV and their family: the type of the first box stands at 4."""
    box = head[4:8]
    if box == b"ftyp":
        brand = head[8:12]
        if brand in {b"mif1", b"msf1"}:
            return BRANDS[b"avif"] if b"avif" in head[12:64] else BRANDS[b"mif1"]
        return BRANDS.get(brand, MP4)
    return QUICKTIME if box in {b"moov", b"wide", b"mdat", b"free", b"skip"} else None


def _by_start(head: bytes, suffix: str) -> Sniffed | None:
    found = next((sniffed for start, sniffed in STARTS if head.startswith(start)), None)
    if found is None:
        return None
    if found.format == "matroska":
        return _matroska(head, suffix) or found
    if found.format == "ogg" and b"theora" not in head[:512]:
        return Sniffed("ogg", Kind.AUDIO, "audio/ogg")
    return found


def _matroska(head: bytes, suffix: str) -> Sniffed | None:
    if b"webm" in head[:64]:
        return Sniffed("matroska", Kind.VIDEO, "video/webm")
    return Sniffed("matroska", Kind.AUDIO, "audio/x-matroska") if suffix == "mka" else None


def _riff(head: bytes, _suffix: str) -> Sniffed | None:
    """RIFF (and its big-endian cousin AIFF): the form type stands at 8."""
    forms = {
        (b"RIFF", b"AVI "): Sniffed("avi", Kind.VIDEO, "video/x-msvideo"),
        (b"RIFF", b"WAVE"): Sniffed("wav", Kind.AUDIO, "audio/wav"),
        (b"RF64", b"WAVE"): Sniffed("wav", Kind.AUDIO, "audio/wav"),
        (b"RIFF", b"WEBP"): Sniffed("webp", Kind.IMAGE, "image/webp"),
        (b"FORM", b"AIFF"): Sniffed("aiff", Kind.AUDIO, "audio/aiff"),
        (b"FORM", b"AIFC"): Sniffed("aiff", Kind.AUDIO, "audio/aiff"),
    }
    return forms.get((head[:4], head[8:12]))


def _tiff(head: bytes, suffix: str) -> Sniffed | None:
    if not head.startswith(TIFF_STARTS):
        return None
    if head[8:10] == b"CR":
        return RAW_SUFFIXES["cr2"]
    return RAW_SUFFIXES.get(suffix, TIFF)


def _transport(head: bytes, _suffix: str) -> Sniffed | None:
    """A sync byte at the start of each of five packets, or of all there are."""
    for size, offset in MPEG_TS_PACKETS:
        signs = head[offset : offset + 5 * size : size]
        if len(signs) > 1 and set(signs) == {0x47}:
            return MPEG_TS
    return None


def _mxf(head: bytes, _suffix: str) -> Sniffed | None:
    return MXF if MXF_KEY in head[:MXF_RUN_IN] else None


def _audio_frames(head: bytes, _suffix: str) -> Sniffed | None:
    """ADTS begins with 12 set bits and layer 0; MPEG audio with 11, a layer and real rates."""
    if ADTS_FRAME.match(head):
        return Sniffed("aac", Kind.AUDIO, "audio/aac")
    return Sniffed("mp3", Kind.AUDIO, "audio/mpeg") if MPEG_FRAME.match(head) else None


def _bitmap(head: bytes, _suffix: str) -> Sniffed | None:
    """`BM`, and a header of a length that exists (12 to 124 bytes) at 14."""
    return (
        BMP if head.startswith(b"BM") and head[14:15] in b"\x0c\x28\x34\x38\x40\x6c\x7c" else None
    )


def _text(head: bytes, suffix: str) -> Sniffed | None:
    if not head or b"\x00" in head:
        return None
    try:  # the cut at the end may fall inside a character: `final` stays false
        codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return None
    if suffix in SEQUENCE_SUFFIXES and any(root in head for root in SEQUENCE_ROOTS):
        return Sniffed("xsq", Kind.SEQUENCE, "application/xml")
    return TEXT
