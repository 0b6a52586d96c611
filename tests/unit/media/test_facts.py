"""Facts come from a process that has read hostile bytes: nothing is believed unchecked."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.media import facts as module
from rushes.media.facts import (
    AudioFacts,
    ImageFacts,
    MediaInfo,
    MediaKind,
    VideoFacts,
    format_media_info,
    parse_image,
    parse_media_info,
    plain_info,
)
from rushes.media.failures import InvalidMedia

PICTURE = VideoFacts(
    codec="hevc",
    profile="Main 10",
    level=120,
    pixel_format="yuv420p10le",
    bit_depth=10,
    width=1920,
    height=1080,
    sar=Fraction(1),
    rotation=0,
    frame_rate=Fraction(30_000, 1_001),
    variable_rate=False,
    field_order=None,
    primaries=9,
    transfer=16,
    matrix=9,
    full_range=False,
    alpha=False,
    start=Fraction(1, 10),
    duration=Fraction(10),
    bit_rate=8_000_000,
)
SOUND = AudioFacts(0, "aac", 2, "stereo", 48_000, Fraction(0), Fraction(10), "und", 128_000)
WHOLE = MediaInfo(
    kind=MediaKind.VIDEO,
    container="mov",
    size_bytes=1_000,
    start=Fraction(0),
    duration=Fraction(10),
    video=PICTURE,
    audio=(SOUND,),
    subtitles=("eng",),
    tags=(("title", "A walk"),),
    timecode="01:00:00:00",
    camera="ACME One",
    gamma="s-log3",
    warnings=("two pictures",),
    damage="cut",
)
STILL = replace(
    plain_info(MediaKind.IMAGE, "png", 10), image=ImageFacts(640, 480, frames=1, alpha=True)
)


@pytest.mark.parametrize("facts", [WHOLE, STILL, plain_info(MediaKind.OTHER, "other", 0)])
def test_facts_come_back_from_their_row(facts: MediaInfo) -> None:
    """Fractions too."""
    assert facts == parse_media_info(json.dumps(format_media_info(facts)))


@pytest.mark.parametrize(
    ("size", "sar", "rotation", "expected"),
    [
        ((1920, 1080), "1", 0, (1920, 1080)),
        ((1920, 1080), "1", 90, (1080, 1920)),
        ((1920, 1080), "1", 180, (1920, 1080)),
        ((720, 576), "16/11", 0, (1047, 576)),
        ((1440, 1080), "4/3", 270, (1080, 1920)),
        ((720, 480), "8/9", 0, (720, 540)),
    ],
)
def test_a_person_sees_square_pixels_the_right_way_up(
    size: tuple[int, int], sar: str, rotation: int, expected: tuple[int, int]
) -> None:
    """The wider side grows, nothing is thrown away."""
    picture = replace(PICTURE, width=size[0], height=size[1], sar=Fraction(sar), rotation=rotation)

    assert expected == picture.display_size


def answer(**changes: object) -> str:
    """Return what a probe says, with some fields changed."""
    values = format_media_info(WHOLE)
    for name, value in changes.items():
        place, _, field = name.partition("__")
        if field:
            part = values[place]
            assert isinstance(part, dict)
            part[field] = value
        else:
            values[place] = value
    return json.dumps(values)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        answer(kind="film"),
        answer(size_bytes=-1),
        answer(size_bytes=True),
        answer(size_bytes="1"),
        answer(start="1/0"),
        answer(start="1e9999999"),
        answer(duration="-1"),
        answer(container=7),
        answer(tags=7),
        answer(frame_times=[0, 2, 2]),
        answer(video__width=0),
        answer(video__width=65_536),
        answer(video__frame_rate="90001"),
    ],
)
def test_what_is_no_fact_is_refused(text: str) -> None:
    """Wrong types, wrong ranges, no JSON, no object."""
    with pytest.raises(InvalidMedia):
        parse_media_info(text)


def test_an_endless_answer_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length is looked at first."""
    monkeypatch.setattr(module, "ANSWER_BYTES_AT_MOST", 10)

    with pytest.raises(InvalidMedia):
        parse_media_info(answer())


def test_odd_values_become_ordinary_ones() -> None:
    """A pixel without shape, a slanted picture, no rate, tags that are no pairs."""
    odd = answer(
        video__sar="0",
        video__rotation=45,
        video__frame_rate="0",
        tags=[["a"], ["b", "c"]],
        audio=[7],
    )

    facts = parse_media_info(odd)

    assert facts.video is not None
    assert (Fraction(1), Fraction(25)) == (facts.video.sar, facts.video.frame_rate)
    assert 0 == facts.video.rotation
    assert (("b", "c"),) == facts.tags
    assert () == facts.audio


def test_times_of_frames_are_kept_in_order() -> None:
    """They are there only where the rate varies."""
    assert (0, 5, 9) == parse_media_info(answer(frame_times=[0, 5, 9])).frame_times


def test_an_image_is_read_by_itself() -> None:
    """As the child that looks at images says it."""
    values = {"width": 640, "height": 480, "frames": 1, "alpha": True}

    assert STILL.image == parse_image(values)
    with pytest.raises(ValueError, match="frames"):
        parse_image(values | {"frames": 0})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4))
@settings(max_examples=60, deadline=None)
def test_any_value_in_any_field_raises_nothing_else(value: object) -> None:
    """The parser has one error."""
    for name in ("start", "size_bytes", "video", "audio", "tags", "video__width", "image"):
        try:
            parse_media_info(answer(**{name: value}))
        except InvalidMedia:
            continue
