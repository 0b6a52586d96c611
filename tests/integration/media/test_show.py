"""Light sequences in the box: facts, pictures, and a code for what cannot be read."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from rushes.errors import RushesError
from rushes.media.facts import MediaKind, format_media_info, parse_media_info
from rushes.media.failures import (
    InvalidMedia,
    SequenceTooDeep,
    SourceUnreadable,
    TruncatedMedia,
    TypeDeclared,
)
from rushes.media.gallery import Gallery
from rushes.media.show import Show
from rushes.media.toolbox import Toolbox
from tests.support.shows import SONG, effect_file
from tests.support.shows import Show as Written

DEEP = "<xsequence>" + "<a>" * 200_000
DECLARED = '<!DOCTYPE x [<!ENTITY a "b">]><xsequence/>'


def write(folder: Path, content: bytes | str) -> Path:
    """Put an original into a folder."""
    path = folder / "original"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.covers("S-MD-02", "S-MD-03")
async def test_facts_of_shows_come_out_of_the_box(toolbox: Toolbox, tmp_path: Path) -> None:
    """FSEQ, ESEQ and XML; and they can be written to a row and read again."""
    show = Show(toolbox)

    light = await show.look(write(tmp_path, Written(compression=1).write()), "fseq")
    effect = await show.look(write(tmp_path, effect_file()), "eseq")
    song = await show.look(write(tmp_path, SONG), "xsq")

    assert light.sequence is not None
    assert effect.sequence is not None
    assert song.sequence is not None
    assert (MediaKind.SEQUENCE, Fraction(5), "zstd") == (
        light.kind,
        light.duration,
        light.sequence.compression,
    )
    assert (Fraction(2), 30) == (effect.duration, effect.sequence.channels)
    assert (Fraction(21, 4), ("Tree", "Arch"), 4) == (
        song.duration,
        song.sequence.models,
        song.sequence.effects,
    )
    for info in (light, effect, song):
        plain = str(format_media_info(info)).replace("'", '"').replace("None", "null")
        assert info == parse_media_info(plain.replace("True", "true").replace("False", "false"))


async def test_a_show_gets_its_pictures(toolbox: Toolbox, tmp_path: Path) -> None:
    """A poster and thumbnails of its heat map, the map itself, and what moves."""
    original = write(tmp_path, Written(frames=400, channels=900).write())

    stills = await Gallery(toolbox, tmp_path).of_show(original, "fseq")

    sizes = {still.file_name: (still.width, still.height) for still in stills}
    endings = ("webp", "jpg")
    assert {
        *(
            f"{name}.{end}"
            for name in ("poster", "thumbnail-320", "thumbnail-640")
            for end in endings
        ),
        "heatmap.png",
        "motion.webp",
    } == set(sizes)
    assert (800, 300) == sizes["heatmap.png"]
    assert 320 == sizes["thumbnail-320.webp"][0]
    moving = next(still for still in stills if still.name == "motion")
    with Image.open(io.BytesIO(moving.content)) as picture:
        assert getattr(picture, "n_frames", 1) > 1


async def test_xml_has_no_pictures(toolbox: Toolbox, tmp_path: Path) -> None:
    """A sequence of xLights holds effects, not lights."""
    assert () == await Gallery(toolbox, tmp_path).of_show(write(tmp_path, SONG), "xsq")


@pytest.mark.parametrize(
    ("sniffed", "content", "expected"),
    [
        ("fseq", Written().write()[:40], TruncatedMedia),
        ("fseq", b"RIFF" + bytes(60), InvalidMedia),
        ("xsq", "<html/>", InvalidMedia),
        ("xsq", DECLARED, TypeDeclared),
        ("xsq", DEEP, SequenceTooDeep),
    ],
)
async def test_what_cannot_be_read_has_a_code(
    sniffed: str,
    content: bytes | str,
    expected: type[RushesError],
    toolbox: Toolbox,
    tmp_path: Path,
) -> None:
    """And the last words of the reader."""
    with pytest.raises(expected) as refused:
        await Show(toolbox).look(write(tmp_path, content), sniffed)

    assert refused.value.facts["last_words"]


async def test_an_original_that_is_away_is_asked_for_later(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    """It is no fault of the file."""
    with pytest.raises(SourceUnreadable):
        await Show(toolbox).look(tmp_path / "gone", "fseq")
