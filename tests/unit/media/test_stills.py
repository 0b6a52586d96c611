"""Which stills are taken and how they are called."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media.facts import MediaKind
from rushes.media.failures import FormatNotAllowed
from rushes.media.stills import (
    Still,
    image_format_of,
    is_moving,
    kind_of,
    name_poster,
    name_previews,
    poster_size,
    poster_times,
)
from tests.unit.media.test_facts import PICTURE


def stills(*widths: int) -> list[Still]:
    """Return stills of these widths in both formats."""
    return [
        Still(str(width), ending, width, width // 2, b"x")
        for width in widths
        for ending in ("webp", "jpg")
    ]


def widths(named: tuple[Still, ...]) -> dict[str, int]:
    """Return the width by file name, of one format."""
    return {still.file_name: still.width for still in named if still.ending == "webp"}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ((320, 640, 1280), (1280, 320, 640)),
        ((320, 640, 1000), (1000, 320, 640)),
        ((320, 500), (500, 320, 500)),
        ((200,), (200, 200, 200)),
        ((700,), (700, 700, 700)),
    ],
)
def test_the_widest_is_the_poster(made: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Thumbnails are there at any width."""
    names = ("poster.webp", "thumbnail-320.webp", "thumbnail-640.webp")

    assert dict(zip(names, expected, strict=True)) == widths(name_poster(stills(*made)))


def test_previews_are_called_by_their_nominal_width() -> None:
    """So an address can be made without looking."""
    assert {"preview-320.webp": 320, "preview-640.webp": 640} == widths(
        name_previews(stills(320, 640))
    )


def test_a_poster_is_looked_for_in_four_places() -> None:
    """A tenth of the way in comes first."""
    assert (Fraction(1), Fraction(2), Fraction(5), Fraction(1, 2)) == poster_times(Fraction(10))


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1920, 1080), (1280, 720)), ((640, 360), (640, 360)), ((4000, 1), (1280, 1))],
)
def test_a_poster_never_grows(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """And is at most 1,280 wide."""
    assert expected == poster_size(replace(PICTURE, width=size[0], height=size[1]))


def test_only_known_images_are_opened() -> None:
    """Each by the one plugin that its content names."""
    assert "JPEG" == image_format_of("jpeg")
    with pytest.raises(FormatNotAllowed):
        image_format_of("svg")


@pytest.mark.parametrize(
    ("sniffed", "kind"),
    [
        ("jpeg", MediaKind.IMAGE),
        ("heic", MediaKind.IMAGE),
        ("cr3", MediaKind.RAW),
        ("pdf", MediaKind.PDF),
    ],
)
def test_each_format_is_of_a_kind(sniffed: str, kind: MediaKind) -> None:
    """As people call it."""
    assert kind == kind_of(sniffed)


@pytest.mark.parametrize(
    ("sniffed", "frames", "expected"),
    [("gif", 2, True), ("gif", 1, False), ("tiff", 9, False), ("webp", 3, True)],
)
def test_frames_of_some_formats_follow_in_time(
    sniffed: str, frames: int, *, expected: bool
) -> None:
    """Those of others are pages."""
    assert expected is is_moving(sniffed, frames)


def test_what_moves_and_what_is_developed_have_names_of_their_own() -> None:
    """A moving preview is of no nominal width."""
    moving = Still("motion", "webp", 640, 320, b"x")

    assert "motion.webp" == name_previews([moving])[0].file_name
