"""What is wanted of an original, and in which runs it is made."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media.facts import AudioFacts, ImageFacts, MediaInfo, MediaKind, plain_info
from rushes.media.grid import plan_constant
from rushes.media.ladder import Quality
from rushes.media.sequence import SequenceFacts
from rushes.renditions.plan import (
    Stretch,
    plan_renditions,
    plan_rungs,
    plan_runs,
    plan_track,
)
from rushes.renditions.rendition import Kind
from tests.support.filmed import FULL_HD

PICTURE = FULL_HD
SOUND = AudioFacts(0, "aac", 2, "stereo", 48_000, Fraction(0), Fraction(10), None, None)
VIDEO = MediaInfo(
    MediaKind.VIDEO, "mov", 1, Fraction(0), Fraction(10), video=PICTURE, audio=(SOUND,)
)
GRID = plan_constant(Fraction(25), Fraction(10))


def names(info: MediaInfo, top: Quality = Quality.P2160) -> list[str]:
    rungs = plan_rungs(info, top)
    return [wanted.name for wanted in plan_renditions(info, rungs, GRID, 3)]


@pytest.mark.covers("C-PR-02", "M-PR-02")
def test_a_video_gets_stills_and_a_rung_for_each_box_below_it() -> None:
    """Stills first, then the ladder from the lowest rung on."""
    assert [
        "thumbnail-320",
        "thumbnail-320-jpg",
        "thumbnail-640",
        "thumbnail-640-jpg",
        "poster",
        "poster-jpg",
        "360p",
        "540p",
        "720p",
        "1080p",
        "storyboard-1",
        "storyboard",
    ] == names(VIDEO)


@pytest.mark.parametrize(("top", "last"), [(Quality.P720, "720p"), (Quality.P360, "360p")])
def test_no_rung_above_the_highest_allowed(top: Quality, last: str) -> None:
    """The setting cuts the ladder, never its lowest rung."""
    assert last == names(VIDEO, top)[-3]


def test_a_video_of_one_rung_keeps_it_whatever_is_allowed() -> None:
    """Something can always be watched."""
    small = replace(VIDEO, video=replace(PICTURE, width=400, height=400))

    assert ["540p"] == [rung.quality.value for rung in plan_rungs(small, Quality.P360)]


def test_sound_alone_becomes_one_audio_rendition() -> None:
    """It plays as HLS and as a file; the rest is what can be seen of it, and an MP3."""
    wanted, *heard = plan_renditions(replace(VIDEO, kind=MediaKind.AUDIO, video=None), (), None, 3)

    assert ("audio", Kind.AUDIO, "audio.m4a", 3) == (
        wanted.name,
        wanted.kind,
        wanted.file_name,
        wanted.segments,
    )
    assert {Kind.WAVEFORM} == {each.kind for each in heard}
    assert {
        *("waveform.json", "audio.mp3", "poster.webp", "poster.jpg"),
        *(f"thumbnail-{width}.{ending}" for width in (320, 640) for ending in ("webp", "jpg")),
    } == {each.file_name for each in heard}


def test_what_moves_gets_a_moving_preview() -> None:
    """Never wider than it is; pages of a TIFF do not move."""
    moving = replace(
        plain_info(MediaKind.IMAGE, "gif", 1), image=ImageFacts(900, 300, 5, alpha=False)
    )

    last = plan_renditions(moving, (), None, 0)[-1]
    pages = plan_renditions(replace(moving, container="tiff"), (), None, 0)

    assert ("motion", "motion.webp", 640, 213) == (
        last.name,
        last.file_name,
        last.width,
        last.height,
    )
    assert "motion" not in {each.name for each in pages}


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (200, [(320, 200)]),
        (320, [(320, 320)]),
        (321, [(320, 320), (640, 321)]),
        (1280, [(320, 320), (640, 640), (1280, 1280)]),
        (6000, [(320, 320), (640, 640), (1280, 1280), (2560, 2560)]),
    ],
)
def test_an_image_gets_previews_that_never_grow(
    width: int, expected: list[tuple[int, int]]
) -> None:
    """The narrowest always exists; a wider one only while it shows more."""
    image = replace(
        plain_info(MediaKind.IMAGE, "png", 1), image=ImageFacts(width, 100, 1, alpha=False)
    )

    webps = [
        want for want in plan_renditions(image, (), None, 0) if want.file_name.endswith("webp")
    ]

    assert [(f"preview-{name}", wide) for name, wide in expected] == [
        (want.name, want.width) for want in webps
    ]


@pytest.mark.parametrize("kind", [MediaKind.OTHER, MediaKind.PDF, MediaKind.VIDEO])
def test_nothing_is_made_of_what_shows_nothing(kind: MediaKind) -> None:
    """A document has an icon; a video without picture facts has nothing to make."""
    bare = plain_info(kind, "other", 1)

    assert [] == plan_renditions(bare, plan_rungs(bare, Quality.P2160), None, 0)


def test_a_video_kind_without_picture_facts_wants_no_stills() -> None:
    """Even if a grid is handed in."""
    assert [] == plan_renditions(plain_info(MediaKind.VIDEO, "mov", 1), (), GRID, 0)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ([], []),
        ([0, 1, 2], [Stretch(0, 3)]),
        ([0, 1, 2, 3], [Stretch(0, 3), Stretch(3, 1)]),
        ([1, 4, 5], [Stretch(1, 1), Stretch(4, 2)]),
    ],
)
def test_runs_cover_what_is_missing_and_nothing_else(
    missing: list[int], expected: list[Stretch]
) -> None:
    """At most three in a run, never across a segment that is there."""
    assert expected == plan_runs(missing, 3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((320, 180), [("poster", 320, 180)]),
        ((640, 360), [("thumbnail-320", 320, 180), ("poster", 640, 360)]),
        (
            (1080, 1920),
            [("thumbnail-320", 320, 569), ("thumbnail-640", 640, 1138), ("poster", 1080, 1920)],
        ),
        ((6000, 2), [("thumbnail-320", 320, 1), ("thumbnail-640", 640, 1), ("poster", 1280, 1)]),
    ],
)
def test_the_widest_still_of_a_video_is_its_poster(
    size: tuple[int, int], expected: list[tuple[str, int, int]]
) -> None:
    """Posters keep the shape of the picture, and are never wider than it."""
    width, height = size
    video = replace(VIDEO, video=replace(PICTURE, width=width, height=height))

    webps = [want for want in plan_renditions(video, (), GRID, 0) if "webp" in want.media_type]

    assert expected == [(want.name, want.width, want.height) for want in webps]


def test_a_light_show_gets_pictures_of_sizes_that_nobody_knows_yet() -> None:
    """Its heat map as poster and thumbnails, whole, and what moves; XML has none of it."""
    plain = plain_info(MediaKind.SEQUENCE, "fseq", 1)
    lights = SequenceFacts("fseq", channels=3, frames=2, step_ms=25, compression="none")

    wanted = plan_renditions(replace(plain, sequence=lights), (), None, 0)

    assert {
        *("poster", "poster-jpg", "thumbnail-320", "thumbnail-320-jpg"),
        *("thumbnail-640", "thumbnail-640-jpg", "heatmap-png", "motion"),
    } == {each.name for each in wanted}
    assert [] == plan_renditions(replace(plain, sequence=SequenceFacts("xsq")), (), None, 0)


def test_a_further_sound_is_a_file_of_its_own() -> None:
    """Under its name, made beside the qualities."""
    wanted = plan_track("sound-2", 7)

    assert ("sound-2", Kind.TRACK, "sound-2.m4a", "audio/mp4", 7) == (
        wanted.name,
        wanted.kind,
        wanted.file_name,
        wanted.media_type,
        wanted.segments,
    )
