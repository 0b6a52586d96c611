"""Posters and previews: upright, small, in two formats, and never of what is too large."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from rushes.errors import RushesError
from rushes.media.board import plan_board
from rushes.media.darkroom import Darkroom
from rushes.media.failures import InvalidMedia, NoStream
from rushes.media.gallery import Gallery
from rushes.media.stills import Still
from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox
from tests.fixtures.media_files import SNIFFED, MediaFiles

ENDINGS = {"webp": "WEBP", "jpg": "JPEG"}


def open_still(still: Still) -> Image.Image:
    """Return the picture in a still."""
    picture = Image.open(io.BytesIO(still.content))
    assert ENDINGS[still.ending] == picture.format
    assert (still.width, still.height) == picture.size
    return picture


@pytest.mark.covers("M-PR-02", "M-PR-10")
async def test_a_video_gets_a_poster_and_thumbnails(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """As WebP and JPEG; the widest is the poster."""
    original = media_files.get("large.mp4")
    facts = await Studio(toolbox, tmp_path).probe(original, "mov")

    stills = await Gallery(toolbox, tmp_path).poster(original, facts)

    assert {
        **dict.fromkeys(("poster.webp", "poster.jpg"), (1280, 720)),
        **dict.fromkeys(("thumbnail-320.webp", "thumbnail-320.jpg"), (320, 180)),
        **dict.fromkeys(("thumbnail-640.webp", "thumbnail-640.jpg"), (640, 360)),
    } == {still.file_name: open_still(still).size for still in stills}
    assert [] == [name for name in os.listdir(tmp_path) if name.endswith(".png")]  # noqa: PTH208 - a list is enough


@pytest.mark.parametrize("name", ["rotated.mp4", "one_frame.mp4", "cut.mp4", "vp9.webm"])
async def test_an_odd_video_gets_a_poster_too(
    name: str, media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """The right way up, and also from a single picture."""
    original = media_files.get(name)
    sniffed = SNIFFED[name.rpartition(".")[2]]
    facts = await Studio(toolbox, tmp_path).probe(original, sniffed)
    assert facts.video is not None

    stills = await Gallery(toolbox, tmp_path).poster(original, facts)

    assert {facts.video.display_size} == {open_still(still).size for still in stills}


async def test_a_dark_start_does_not_make_a_dark_poster(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Other places are tried, and the brightest is taken."""
    original = media_files.get("dark_start.mp4")
    facts = await Studio(toolbox, tmp_path).probe(original, "mov")

    stills = await Gallery(toolbox, tmp_path).poster(original, facts)

    (red, green, blue) = open_still(stills[0]).convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert min(red, green, blue) > 200


@pytest.mark.covers("M-PR-02")
@pytest.mark.parametrize(
    "name", ["long.mp4", "rotated.mp4", "h264.ts", "vp9.webm", "hdr.mp4", "prores.mxf"]
)
async def test_a_video_gets_a_storyboard(
    name: str, media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """A tile for every other second, upright and bright, and the map that players read."""
    original = media_files.get(name)
    facts = await Studio(toolbox, tmp_path).probe(original, SNIFFED[name.rpartition(".")[2]])
    assert facts.video is not None
    board = plan_board(facts.video)

    sheet, cues = await Gallery(toolbox, tmp_path).storyboard(original, facts)

    assert ["storyboard-1.jpg", "storyboard.vtt"] == [sheet.file_name, cues.file_name]
    picture = open_still(sheet)
    assert board.sheet_size(0) == picture.size
    assert max(high for _, high in picture.getextrema()) > 150  # type: ignore[misc]
    assert board.count == cues.content.count(b"#xywh=")


async def test_a_broken_picture_has_no_storyboard(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """The child says so, and nothing is made up."""
    facts = await Studio(toolbox, tmp_path).probe(media_files.get("h264.mp4"), "mov")
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"\0\0\0\x08free" * 100)

    with pytest.raises(InvalidMedia):
        await Gallery(toolbox, tmp_path).storyboard(path, facts)


async def test_a_sound_has_no_poster(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """There is nothing to see."""
    original = media_files.get("audio_only.mp3")
    facts = await Studio(toolbox, tmp_path).probe(original, "mp3")

    with pytest.raises(NoStream):
        await Gallery(toolbox, tmp_path).poster(original, facts)


@pytest.mark.covers("M-PR-02", "CF-02")
@pytest.mark.parametrize("ending", ["png", "webp", "gif", "tiff", "bmp", "jpg"])
async def test_each_image_format_gets_previews(
    ending: str, media_files: MediaFiles, toolbox: Toolbox
) -> None:
    """Up to the first that holds the picture whole; none is larger than the picture."""
    original = media_files.get(f"picture.{ending}")
    with Image.open(original) as picture:
        size = picture.size

    facts, stills = await Darkroom(toolbox).previews(original, SNIFFED[ending])

    assert facts.image is not None
    assert size == (facts.image.width, facts.image.height)
    assert facts == await Darkroom(toolbox).look(original, SNIFFED[ending])
    widths = [320, 640, 1000] if size[0] == 1000 else [320]
    previews = [still for still in stills if still.name != "motion"]
    assert widths == [open_still(still).width for still in previews if still.ending == "webp"]
    assert "preview-320.webp" == stills[0].file_name


async def test_a_picture_is_turned_once_and_loses_its_place(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    """EXIF orientation is applied, and nothing of the metadata is carried over."""
    path, exif = tmp_path / "turned.jpg", Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    picture = Image.new("RGB", (40, 20), "red")
    picture.paste("blue", (0, 0, 20, 20))
    picture.save(path, exif=exif)

    facts, stills = await Darkroom(toolbox).previews(path, "jpeg")

    assert facts.image is not None
    assert (20, 40) == (facts.image.width, facts.image.height)
    shown = open_still(stills[1])
    assert (20, 40) == shown.size
    assert {} == dict(shown.getexif())
    red, _, blue = shown.convert("RGB").getpixel((10, 5))  # type: ignore[misc]
    assert blue > red


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16", "CMYK", "1", "L"])
async def test_each_kind_of_picture_becomes_an_ordinary_one(
    mode: str, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Transparent ones stand on white in a JPEG and stay transparent in WebP."""
    path = tmp_path / "picture.tiff"
    Image.new(mode, (32, 32)).save(path)

    facts, (webp, jpeg) = await Darkroom(toolbox).previews(path, "tiff")

    assert facts.image is not None
    assert (mode in {"RGBA", "LA"}) == facts.image.alpha
    assert "RGB" == open_still(jpeg).mode
    assert ("RGBA" if facts.image.alpha else "RGB") == open_still(webp).mode


async def test_a_picture_cut_short_says_so(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Half a picture is no preview."""
    whole = media_files.get("picture.jpg").read_bytes()
    path = tmp_path / "half.jpg"
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(RushesError) as caught:
        await Darkroom(toolbox).previews(path, "jpeg")

    assert "media.truncated" == caught.value.code
