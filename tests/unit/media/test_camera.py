"""Where the pictures lie that a camera puts beside what its sensor saw."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from contextlib import suppress

import pytest

from rushes.media.camera import (
    CANON_FACTS,
    CANON_PREVIEW,
    CameraFile,
    Embedded,
    parse_camera,
)
from rushes.media.failures import InvalidMedia

TEXT, SHORT, LONG, RATIO = 2, 3, 4, 5
Entry = tuple[int, int, int, bytes]


def jpeg(width: int, height: int, *, frame: int = 0xC0, bits: int = 8) -> bytes:
    """Return the head of a JPEG: an application segment, then its frame."""
    shape = struct.pack(">HBHHB", 11, bits, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x04ab\xff" + bytes([frame]) + shape + b"\xff\xd9"


def longs(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def directory(entries: list[Entry], following: int = 0) -> bytes:
    """Return an image file directory whose values are of four bytes at most."""
    rows = b"".join(
        struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
        for tag, kind, count, value in entries
    )
    return struct.pack("<H", len(entries)) + rows + longs(following)


def spread(*pieces: tuple[int, bytes]) -> bytes:
    """Return bytes in which each piece stands at its place."""
    whole = bytearray(max(at + len(piece) for at, piece in pieces))
    for at, piece in pieces:
        whole[at : at + len(piece)] = piece
    return bytes(whole)


def reader(content: bytes) -> Callable[[int, int], bytes]:
    return lambda at, size: content[at : at + size]


def parse(content: bytes, sniffed: str = "dng") -> CameraFile:
    return parse_camera(reader(content), sniffed)


def tiff(*pieces: tuple[int, bytes]) -> bytes:
    return spread((0, b"II*\0" + longs(8)), *pieces)


def place(offset: int, content: bytes) -> list[Entry]:
    return [(513, LONG, 1, longs(offset)), (514, LONG, 1, longs(len(content)))]


SMALL, LARGE = jpeg(1_600, 1_200), jpeg(6_000, 4_000)
SENSOR = jpeg(3_000, 4_000, frame=0xC3, bits=14)


def test_all_pictures_of_all_directories_are_found() -> None:
    """Chained ones and those below; orientation, maker and model are those that come first."""
    main = directory(
        [
            (271, TEXT, 6, longs(900)),
            (272, TEXT, 4, b"Cam\0"),
            (274, SHORT, 1, b"\x06\0"),
            (330, LONG, 2, longs(800)),
            *place(1_000, SMALL),
        ],
        following=200,
    )
    content = tiff(
        (8, main),
        (200, directory([(274, SHORT, 1, b"\x03\0"), (272, TEXT, 4, b"Odd\0")], following=8)),
        (300, directory([(273, LONG, 1, longs(2_000)), (279, LONG, 1, longs(len(LARGE)))])),
        (400, directory(place(3_000, SENSOR))),
        (800, longs(300, 400)),
        (900, b"Synth\0"),
        (1_000, SMALL),
        (2_000, LARGE),
        (3_000, SENSOR),
    )

    found = parse(content)

    assert (6, "Synth Cam") == (found.orientation, found.camera)
    assert [
        Embedded(1_000, len(SMALL), 1_600, 1_200),
        Embedded(2_000, len(LARGE), 6_000, 4_000),
    ] == list(found.pictures)
    assert found.pictures[1] == found.best


@pytest.mark.parametrize(
    ("widths", "best"),
    [((1_600, 6_000, 3_000), 3_000), ((160, 1_600), 1_600), ((2_560, 8_000), 2_560), ((), None)],
)
def test_the_best_is_the_narrowest_that_is_wide_enough(
    widths: tuple[int, ...], best: int | None
) -> None:
    """It is decoded soonest; where none is wide enough, it is the widest."""
    pictures = tuple(Embedded(0, 1, width, width // 2) for width in widths)

    chosen = CameraFile(0, "", "", pictures).best

    assert best == (chosen and chosen.width)


@pytest.mark.parametrize(
    ("maker", "model", "camera"),
    [("Canon", "Canon EOS R5", "Canon EOS R5"), ("SONY", "ILCE-1", "SONY ILCE-1"), ("", "", None)],
)
def test_the_maker_is_named_once(maker: str, model: str, camera: str | None) -> None:
    """Some write it into the model as well."""
    assert camera == CameraFile(1, maker, model, ()).camera


@pytest.mark.parametrize(
    "entries",
    [
        [(273, LONG, 2, longs(64)), (279, LONG, 2, longs(64))],
        [(513, LONG, 1, longs(64)), (514, LONG, 1, longs(0))],
        [(513, RATIO, 1, longs(64)), (514, LONG, 1, longs(8))],
        [(513, LONG, 40, longs(64)), (514, LONG, 1, longs(8))],
        place(9, b"x" * 20),
        place(5_000, SMALL),
    ],
)
def test_what_is_no_picture_is_passed_over(entries: list[Entry]) -> None:
    """Strips, nothing, odd types, too many numbers, other bytes, beyond the end."""
    content = tiff((8, directory(entries)), (600, b"\0" * 64))

    assert () == parse(content).pictures


@pytest.mark.parametrize(
    "head",
    [
        jpeg(0, 10),
        jpeg(10, 10, bits=12),
        b"\xff\xd8\xff\xe0\x00\x04",
        b"\xff\xd8" + b"no marker here",
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 300,
        b"\xff\xd8\xff\xe0\x00\x20" + b"\0" * 60,
    ],
)
def test_a_jpeg_that_no_viewer_decodes_is_passed_over(head: bytes) -> None:
    """By its own header: without size, of 12 bits, cut short, endless, astray."""
    content = tiff((8, directory(place(1_000, head))), (1_000, head))

    assert () == parse(content).pictures


def test_a_big_endian_file_is_read_too() -> None:
    """Nikon's cameras wrote so for long."""
    rows = struct.pack(">HHIHH", 274, SHORT, 1, 8, 0)
    content = b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 1) + rows + bytes(4)

    assert 8 == parse(content, "nef").orientation


def test_an_impossible_orientation_is_none() -> None:
    """EXIF knows 1 to 8."""
    assert 0 == parse(tiff((8, directory([(274, SHORT, 1, b"\x09\0")])))).orientation


def test_directories_that_lead_in_circles_end() -> None:
    """And so do very many of them."""
    chain = [(8 + 8 * n, directory([], following=16 + 8 * n)) for n in range(60)]

    assert () == parse(tiff(*chain)).pictures
    assert () == parse(tiff((8, directory([], following=8)))).pictures


def test_fujifilm_has_a_header_of_its_own() -> None:
    """The model stands in it, and where the picture lies."""
    head = spread(
        (0, b"FUJIFILMCCD-RAW 0201FF129505"), (28, b"X-T5\0"), (84, struct.pack(">II", 200, 99))
    )

    found = parse(spread((0, head), (200, LARGE)), "raf")

    assert "FUJIFILM X-T5" == found.camera
    assert (Embedded(200, 99, 6_000, 4_000),) == found.pictures


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def canon(start: bytes, track: bytes = b"") -> bytes:
    facts = tiff((8, directory([(274, SHORT, 1, b"\x08\0"), (272, TEXT, 4, b"EOS\0")])))
    owner = box(b"uuid", CANON_FACTS + box(b"CMT2", b"x") + box(b"CMT1", facts))
    wide = struct.pack(">I4sQ", 1, b"free", 16)
    return (
        box(b"ftyp", b"crx ")
        + box(b"moov", owner + box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", track)))))
        + wide
        + box(b"uuid", CANON_PREVIEW + start)
        + box(b"uuid", bytes(16))
        + struct.pack(">I4s", 0, b"mdat")
    )


def test_a_cr3_has_a_preview_and_a_track_of_one_jpeg() -> None:
    """Canon's boxes tell the rest."""
    start = bytes(8) + box(b"PRVW", bytes(12) + longs(0) + struct.pack(">I", len(SMALL)) + SMALL)
    sizes = box(b"stsz", bytes(4) + struct.pack(">II", 0, 1) + struct.pack(">I", len(LARGE)))
    track = sizes + box(b"co64", bytes(4) + struct.pack(">IQ", 1, 5_000))
    again = box(b"co64", bytes(16))

    found = parse(spread((0, canon(start, track + again)), (5_000, LARGE)), "cr3")

    assert (8, "EOS") == (found.orientation, found.camera)
    assert [1_600, 6_000] == sorted(each.width for each in found.pictures)


@pytest.mark.parametrize(
    "start", [bytes(90), bytes(8) + b"PRVW" + bytes(80), b"\xff\xd8\xff" + b"PRVW" + bytes(80)]
)
def test_a_cr3_without_a_preview_has_none(start: bytes) -> None:
    """Whatever its box holds."""
    assert () == parse(canon(start, box(b"stsz", struct.pack(">II", 0, 77))), "cr3").pictures


def test_a_cr3_of_endless_boxes_ends() -> None:
    """256 are enough for every camera."""
    assert () == parse(box(b"free", b"") * 1_000, "cr3").pictures


@pytest.mark.parametrize(
    ("content", "sniffed"),
    [
        (b"", "dng"),
        (b"XX*\0" + bytes(90), "cr2"),
        (b"II*\0", "arw"),
        (tiff((8, b"\xff\xff" + bytes(99))), "nef"),
        (tiff((8, b"\x02\0" + bytes(9))), "dng"),
        (tiff((8, b"")), "dng"),
        (tiff((8, directory([(330, LONG, 9, longs(9_000))]))), "dng"),
        (b"FUJIFILMCCD-RAW", "raf"),
        (b"no", "raf"),
    ],
)
def test_what_breaks_its_format_is_refused(content: bytes, sniffed: str) -> None:
    """In one way, whatever is wrong."""
    with pytest.raises(InvalidMedia):
        parse(content, sniffed)


@pytest.mark.parametrize("sniffed", ["dng", "cr3", "raf"])
def test_no_bytes_bring_it_down(sniffed: str) -> None:
    """Mutations of good files are read or refused, nothing else."""
    good = {
        "dng": tiff(
            (8, directory([*place(300, SMALL), (330, LONG, 1, longs(100))])),
            (100, directory(place(300, SMALL))),
            (300, SMALL),
        ),
        "cr3": canon(bytes(8) + box(b"PRVW", bytes(20) + SMALL)),
        "raf": spread((0, b"FUJIFILMCCD-RAW"), (84, struct.pack(">II", 200, 99)), (200, LARGE)),
    }[sniffed]
    chance = random.Random(7)  # noqa: S311 - the same each time
    for _ in range(3_000):
        content = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            content[chance.randrange(len(content))] = chance.choice((0, 1, 127, 255, 42))
        with suppress(InvalidMedia):
            parse(bytes(content[: chance.randint(1, len(content))]), sniffed)
