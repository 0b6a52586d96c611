"""The first bytes say what a file is, whatever it is called."""

from __future__ import annotations

import pytest

from rushes.intake.sniff import HEAD_BYTES, sniff
from rushes.media.facts import MediaKind

TS = (b"\x47" + bytes(187)) * 5
M2TS = (bytes(4) + b"\x47" + bytes(187)) * 5


def iso(brand: bytes, compatible: bytes = b"") -> bytes:
    return b"\x00\x00\x00\x20ftyp" + brand + bytes(4) + compatible


@pytest.mark.covers("X-SEC-04", "BG-08", "BG-10", "C-UP-06", "C-UP-07")
@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (iso(b"isom"), "a.mp4", ("mov", MediaKind.VIDEO)),
        (iso(b"qt  "), "a.mov", ("mov", MediaKind.VIDEO)),
        (iso(b"M4A "), "a.m4a", ("mov", MediaKind.AUDIO)),
        (iso(b"avif"), "a.avif", ("avif", MediaKind.IMAGE)),
        (iso(b"mif1", b"avif"), "a.avif", ("avif", MediaKind.IMAGE)),
        (iso(b"mif1", b"heic"), "a.heic", ("heic", MediaKind.IMAGE)),
        (iso(b"crx "), "a.cr3", ("cr3", MediaKind.RAW)),
        (b"\x00\x00\x00\x08wide", "a.mov", ("mov", MediaKind.VIDEO)),
        (b"\x1aE\xdf\xa3" + b"\x42\x82matroska", "a.mkv", ("matroska", MediaKind.VIDEO)),
        (b"\x1aE\xdf\xa3" + b"\x42\x82matroska", "a.mka", ("matroska", MediaKind.AUDIO)),
        (b"\x1aE\xdf\xa3" + b"\x42\x82webm", "a.webm", ("matroska", MediaKind.VIDEO)),
        (TS, "a.ts", ("mpegts", MediaKind.VIDEO)),
        (M2TS, "a.m2ts", ("mpegts", MediaKind.VIDEO)),
        (bytes.fromhex("060e2b34020501010d010201"), "a.mxf", ("mxf", MediaKind.VIDEO)),
        (b"OggS" + b"\x80theora", "a.ogv", ("ogg", MediaKind.VIDEO)),
        (b"OggS" + b"\x01vorbis", "a.ogg", ("ogg", MediaKind.AUDIO)),
        (b"RIFF\x00\x00\x00\x00AVI ", "a.avi", ("avi", MediaKind.VIDEO)),
        (b"RIFF\x00\x00\x00\x00WAVE", "a.wav", ("wav", MediaKind.AUDIO)),
        (b"RIFF\x00\x00\x00\x00WEBP", "a.webp", ("webp", MediaKind.IMAGE)),
        (b"RIFF\x00\x00\x00\x00ACON", "a.ani", ("other", MediaKind.OTHER)),
        (b"FORM\x00\x00\x00\x00AIFF", "a.aiff", ("aiff", MediaKind.AUDIO)),
        (b"\xff\xfb\x90\x00", "a.mp3", ("mp3", MediaKind.AUDIO)),
        (b"\xff\xf1\x50\x80", "a.aac", ("aac", MediaKind.AUDIO)),
        (b"ID3\x04\x00", "a.mp3", ("mp3", MediaKind.AUDIO)),
        (b"\xff\xd8\xff\xe0", "a.jpg", ("jpeg", MediaKind.IMAGE)),
        (
            b"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00",
            "a.bmp",
            ("bmp", MediaKind.IMAGE),
        ),
        (b"BM, they said\x00\x00\x00", "a.bin", ("other", MediaKind.OTHER)),
        (b"II*\x00\x10\x00\x00\x00CR", "a.tif", ("cr2", MediaKind.RAW)),
        (b"II*\x00\x08\x00\x00\x00", "a.NEF", ("nef", MediaKind.RAW)),
        (b"MM\x00*\x00\x00\x00\x08", "scan.tif", ("tiff", MediaKind.IMAGE)),
        (b"%PDF-1.7", "a.pdf", ("pdf", MediaKind.PDF)),
        (b"PSEQ\x20\x00", "a.fseq", ("fseq", MediaKind.SEQUENCE)),
        (b"\xef\xbb\xbf<?xml version='1.0'?><xsequence>", "a.xsq", ("xsq", MediaKind.SEQUENCE)),
        (b"<?xml version='1.0'?><note/>", "a.xml", ("text", MediaKind.OTHER)),
        (b"PK\x03\x04", "a.zip", ("zip", MediaKind.OTHER)),
        (b"notes \xe2\x82", "notes", ("text", MediaKind.OTHER)),
        (b"\x80\x81\x82", "a", ("other", MediaKind.OTHER)),
        (b"\x00" * 64, "a.bin", ("other", MediaKind.OTHER)),
        (b"", "empty.mp4", ("other", MediaKind.OTHER)),
    ],
)
def test_the_bytes_decide(head: bytes, name: str, expected: tuple[str, MediaKind]) -> None:
    """Each format is known by its own signature."""
    found = sniff(head[:HEAD_BYTES], name)

    assert expected == (found.format, found.kind)


@pytest.mark.parametrize(
    "head", [b"#EXTM3U\nfile:///etc/passwd", b"ffconcat version 1.0\nfile x", b"v=0\no=- 0 0"]
)
def test_a_playlist_called_mp4_is_text(head: bytes) -> None:
    """A script for a demuxer never reaches one, whatever its name says."""
    assert MediaKind.OTHER is sniff(head, "holiday.mp4").kind
