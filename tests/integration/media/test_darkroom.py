"""Pages, camera RAW, HEIC and what moves: each is seen, none of it by a tool outside the box."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pillow_heif
import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image, ImageCms

from rushes.errors import RushesError
from rushes.media.box import Work
from rushes.media.darkroom import SENSOR, Darkroom, Order
from rushes.media.facts import MediaKind
from rushes.media.stills import Still
from rushes.media.toolbox import Toolbox
from tests.support.negatives import write_dng

RED, BLUE = (250, 10, 10), (10, 10, 250)


def open_still(still: Still) -> Image.Image:
    """Return the picture in a still."""
    picture = Image.open(io.BytesIO(still.content))
    assert (still.width, still.height) == picture.size
    return picture


def is_red(picture: Image.Image, x: int, y: int) -> bool:
    """Say whether a pixel is rather red than blue."""
    red, _, blue = picture.convert("RGB").getpixel((x, y))  # type: ignore[misc]
    return bool(red > blue)


@pytest.mark.covers("C-PR-06", "C-UP-07")
@pytest.mark.parametrize(
    ("orientation", "corner"),
    [
        (1, (0, 0)),
        (2, (1, 0)),
        (3, (1, 1)),
        (4, (0, 1)),
        (5, (0, 0)),
        (6, (1, 0)),
        (7, (1, 1)),
        (8, (0, 1)),
    ],
)
async def test_a_raw_shows_the_picture_of_its_camera_upright(
    orientation: int, corner: tuple[int, int], toolbox: Toolbox, tmp_path: Path
) -> None:
    """The orientation is that of the RAW; the red corner ends where a viewer expects it."""
    path = write_dng(tmp_path / "a.dng", (1200, 800), orientation=orientation, preview=True)

    facts, stills = await Darkroom(toolbox).previews(path, "dng")

    assert facts.image is not None
    size = (1200, 800) if orientation < 5 else (800, 1200)
    assert (MediaKind.RAW, "Synth Cam") == (facts.kind, facts.camera)
    assert size == (facts.image.width, facts.image.height)
    shown = open_still(stills[0])
    x, y = (10 if far == 0 else side - 11 for far, side in zip(corner, shown.size, strict=True))
    assert is_red(shown, x, y)
    assert not is_red(shown, shown.width // 2, shown.height // 2)


async def test_a_raw_without_a_picture_is_developed(toolbox: Toolbox, tmp_path: Path) -> None:
    """At half its size at first; whole when it is asked for."""
    path = write_dng(tmp_path / "a.dng", (1200, 800), orientation=1, preview=False)
    darkroom = Darkroom(toolbox)

    facts, stills = await darkroom.previews(path, "dng")
    whole = Order(SENSOR, (640, 1280), ("webp",))
    developed = (await darkroom.make(path, whole, Work.DEVELOP)).stills

    assert facts.image is not None
    assert (600, 400) == (facts.image.width, facts.image.height)
    assert is_red(open_still(stills[0]), 10, 10)
    assert (1200, 800) == open_still(developed[-1]).size


@pytest.mark.covers("M-PB-11")
async def test_a_document_shows_its_first_page(toolbox: Toolbox, tmp_path: Path) -> None:
    """1,600 pixels wide, and says how many it has."""
    path, document = tmp_path / "a.pdf", pypdfium2.PdfDocument.new()
    for _ in range(3):
        document.new_page(595, 842)
    document.save(path)

    facts, stills = await Darkroom(toolbox).previews(path, "pdf")

    assert facts.image is not None
    assert (MediaKind.PDF, 3) == (facts.kind, facts.image.pages)
    assert 1_600 == round(stills[-1].width, -1)


async def test_a_heic_is_seen(toolbox: Toolbox, tmp_path: Path) -> None:
    """Where its extra is installed, as in this suite."""
    path = tmp_path / "a.heic"
    pillow_heif.from_pillow(Image.new("RGB", (700, 500), RED)).save(path)

    facts, stills = await Darkroom(toolbox).previews(path, "heic")

    assert facts.image is not None
    assert (700, 500) == (facts.image.width, facts.image.height)
    assert is_red(open_still(stills[0]), 5, 5)


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
async def test_what_moves_still_moves(ending: str, toolbox: Toolbox, tmp_path: Path) -> None:
    """In one preview of its own, with its times; the others stand still."""
    path = tmp_path / f"a.{ending}"
    frames = [Image.new("RGB", (900, 300), color) for color in (RED, BLUE, RED)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=80)

    facts, stills = await Darkroom(toolbox).previews(path, ending)

    assert facts.image is not None
    assert 3 == facts.image.frames
    moving = open_still(stills[-1])
    assert ("motion.webp", 3, 640) == (stills[-1].file_name, moving.n_frames, moving.width)  # type: ignore[attr-defined]
    moving.load()
    assert 80 == moving.info["duration"]
    assert {1} == {getattr(open_still(still), "n_frames", 1) for still in stills[:-1]}


@pytest.mark.parametrize(
    ("ending", "plugin"), [("webp", "WEBP"), ("jpg", "JPEG"), ("avif", "AVIF")]
)
async def test_a_still_is_made_at_any_width(
    ending: str, plugin: str, toolbox: Toolbox, tmp_path: Path
) -> None:
    """In each format that can be asked for, and transparency stays where the format has it."""
    path = tmp_path / "a.png"
    Image.new("RGBA", (1000, 500), (*RED, 128)).save(path)

    made = await Darkroom(toolbox).make(path, Order("PNG", (480,), (ending,)))

    picture = open_still(made.stills[0])
    assert (plugin, (480, 240)) == (picture.format, picture.size)
    assert ("RGB" if ending == "jpg" else "RGBA") == picture.mode


async def test_colours_become_those_of_every_screen(toolbox: Toolbox, tmp_path: Path) -> None:
    """A picture with another profile is converted, transparent or not, and loses the profile."""
    path = tmp_path / "a.png"
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = plain.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    Image.new("RGBA", (40, 40), (*RED, 128)).save(path, icc_profile=swapped)

    made = await Darkroom(toolbox).make(path, Order("PNG", (320,), ("webp",)))

    picture = open_still(made.stills[0])
    assert "icc_profile" not in picture.info
    assert not is_red(picture, 20, 20)
    assert 128 == picture.getpixel((20, 20))[3]  # type: ignore[index]


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG of a great many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + width // 8) * height))
    parts = chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("content", "sniffed", "code"),
    [
        (bomb(10_000, 10_008), "png", "image.too_many_pixels"),
        (bomb(65_536, 8), "png", "image.too_many_pixels"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "png", "media.invalid"),
        (b"<svg/>", "svg", "media.format_not_allowed"),
        (b"#EXTM3U\n", "jpeg", "media.invalid"),
        (b"%PDF-1.7\nnothing", "pdf", "media.invalid"),
        (b"II*\0" + bytes(200), "dng", "media.invalid"),
        (b"FUJIFILMCCD-RAW" + bytes(200), "raf", "media.invalid"),
        (b"\0\0\0\x18ftypheic" + bytes(200), "heic", "media.invalid"),
    ],
)
async def test_a_broken_one_says_so(
    content: bytes, sniffed: str, code: str, toolbox: Toolbox, tmp_path: Path
) -> None:
    """In one sentence with a code, and before it is decoded where there is too much of it."""
    path = tmp_path / "broken"
    path.write_bytes(content)

    with pytest.raises(RushesError) as caught:
        await Darkroom(toolbox).previews(path, sniffed)

    assert code == caught.value.code
