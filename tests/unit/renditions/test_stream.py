"""How an original is watched comes back from its row as it was planned."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media.color import Look, Treatment
from rushes.media.failures import InvalidMedia
from rushes.media.grid import plan_constant
from rushes.media.ladder import plan_ladder
from rushes.media.path import Path
from rushes.media.sound import format_cuts, plan_sound
from rushes.renditions.stream import (
    Sound,
    Stream,
    format_stream,
    parse_stream,
    plan_variants,
    sound_rates,
)

FAST = 58_000_000
"""Pixels a second that two cores make."""

GRID = plan_constant(Fraction(30), Fraction(10))
RUNGS = plan_ladder(1280, 720, Fraction(30))
CUTS = plan_sound(GRID)
COPIED = Stream(
    Path.COPY,
    "H.264 High, 1280x720: played from the original.",
    GRID,
    plan_variants(RUNGS, Path.COPY, Fraction(30), FAST, ("avc1.64001f", 3_000_000, 2_000_000)),
    (
        Sound(CUTS, 1, is_copied=True, label="English", language="en"),
        Sound(CUTS, 6, is_copied=False, name="sound-surround", label="5.1", language="en"),
        Sound(CUTS, 2, is_copied=False, name="sound-2", track=1, label="Sound 2"),
    ),
)
SOUND_ROW = {
    "channels": 2,
    "is_copied": True,
    "name": "sound",
    "track": 0,
    "label": "",
    "language": None,
}
GRADED = replace(
    COPIED,
    path=Path.HEAVY,
    variants=plan_variants(RUNGS, Path.HEAVY, Fraction(30), 2),
    treatment=Treatment(Look.LOG, "mine", "0a1b2c3d"),
)
ALONE = Stream(Path.JIT, "Sound alone.", None, (), (Sound(CUTS, 2, is_copied=False),))


@pytest.mark.parametrize(
    "stream", [COPIED, GRADED, ALONE, Stream(Path.HEAVY, "Large.", GRID, (), ())]
)
def test_a_stream_comes_back_from_its_row(stream: Stream) -> None:
    """Through JSON, as databases keep it."""
    assert stream == parse_stream(json.loads(json.dumps(format_stream(stream))))


@pytest.mark.parametrize("stream", [ALONE, Stream(Path.HEAVY, "Large.", GRID, (), ())])
def test_a_row_of_an_earlier_release_has_one_sound_or_none(stream: Stream) -> None:
    """It told neither its name nor its track."""
    row = format_stream(stream)
    heard = [{"cuts": format_cuts(CUTS), "channels": 2, "is_copied": False} for _ in stream.sounds]
    del row["sounds"]

    assert stream == parse_stream(row | {"sound": next(iter(heard), None)})


def test_where_there_is_none_there_is_none() -> None:
    """Nothing is guessed."""
    assert parse_stream(None) is None


@pytest.mark.parametrize(
    "bent",
    [
        {"path": "copy"},
        format_stream(COPIED) | {"sounds": 1},
        format_stream(COPIED) | {"variants": [["720p"]]},
        format_stream(COPIED) | {"sounds": [{"cuts": {}}]},
        format_stream(COPIED) | {"sounds": [SOUND_ROW | {"cuts": {}}]},
    ],
)
def test_a_row_without_fields_is_refused(bent: dict[str, object]) -> None:
    """With the one error of readers."""
    with pytest.raises(InvalidMedia):
        parse_stream(bent)


def test_the_copied_quality_is_the_first_one() -> None:
    """Else the lowest; else the sound."""
    encoded = plan_variants(RUNGS, Path.JIT, Fraction(30), FAST)

    assert "720p" == COPIED.first
    assert "360p" == Stream(Path.JIT, "", GRID, encoded, ()).first
    assert "sound" == ALONE.first
    assert ("alone", GRID.name) == (ALONE.grid_name, COPIED.grid_name)


def test_each_quality_says_what_it_will_be() -> None:
    """What is copied has the codec of the original; levels stand in the others' names."""
    lowest, _, top = COPIED.variants

    assert ("avc1.64001e", False, True) == (lowest.codec, lowest.is_copied, lowest.is_offered)
    assert ("avc1.64001f", True, 3_000_000) == (top.codec, top.is_copied, top.peak)
    assert lowest.peak == 880_000
    assert [True, True, True] == [each.is_offered for each in COPIED.variants]


def test_segments_are_counted_by_name() -> None:
    """Nothing has none."""
    assert [GRID.count, CUTS.count, 0] == [
        COPIED.count_of(name) for name in ("720p", "sound", "1080p")
    ]
    assert [0, CUTS.count] == [ALONE.count_of(name) for name in ("720p", "sound")]
    assert [CUTS.count, 0] == [COPIED.count_of(name) for name in ("sound-2", "sound-3")]
    assert 0 == Stream(Path.JIT, "", GRID, (), ()).count_of("sound")


def test_the_first_sound_is_the_default() -> None:
    """The others are found by their names."""
    silent = Stream(Path.JIT, "", GRID, (), ())
    further = COPIED.find_sound("sound-2")

    assert COPIED.sound == COPIED.sounds[0] == COPIED.find_sound("sound")
    assert further is not None
    assert ("Sound 2", 1) == (further.label, further.track)
    assert (None, None) == (silent.sound, silent.find_sound("sound"))


def test_what_is_copied_has_a_recipe_of_its_own() -> None:
    """So its segments never stand among encoded ones."""
    assert ["c1", "c1", "r1", "r1"] == [
        COPIED.recipe_of(name) for name in ("720p", "sound", "360p", "1080p")
    ]
    assert ["a1", "a1"] == [ALONE.recipe_of("sound"), COPIED.recipe_of("sound-surround")]
    assert "r1-nvenc" == replace(COPIED, recipe="r1-nvenc").recipe_of("360p")
    assert ["r1-log_mine_0a1b2c3d", "c1"] == [GRADED.recipe_of(name) for name in ("360p", "sound")]


def test_copied_sound_may_be_richer_than_ours() -> None:
    """Its rate is an allowance; that of ours is what the encoder is told."""
    copied, encoded = Sound(CUTS, 2, is_copied=True), Sound(CUTS, 2, is_copied=False)
    surround = Sound(CUTS, 6, is_copied=False)

    assert [(281_600, 256_000), (140_800, 128_000), (422_400, 384_000)] == [
        sound_rates(sound) for sound in (copied, encoded, surround)
    ]
