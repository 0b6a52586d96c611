"""Which way an original is watched before its ladder is made, and in which words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media.color import Look, Treatment
from rushes.media.facts import MediaInfo, MediaKind
from rushes.media.ladder import Rung, plan_ladder
from rushes.media.path import (
    MADE_PER_CORE,
    Path,
    describe,
    find_obstacle,
    list_in_time,
    playback_path,
)
from tests.support.filmed import FULL_HD

VIDEO = replace(FULL_HD, frame_rate=Fraction(30))
INFO = MediaInfo(MediaKind.VIDEO, "mov", 10_000_000, Fraction(0), Fraction(10), VIDEO)
RUNGS = plan_ladder(1920, 1080, Fraction(30))
LIMIT = 20_000_000


def seen(**changes: object) -> MediaInfo:
    """Return the facts with another picture."""
    return replace(INFO, video=replace(VIDEO, **changes))  # type: ignore[arg-type]


def test_plain_h264_is_copied() -> None:
    """Its facts hold nothing against it."""
    assert find_obstacle(INFO, RUNGS, LIMIT) is None
    assert (Path.COPY, "H.264 High, 1920x1080: played from the original.") == playback_path(
        INFO, None
    )


@pytest.mark.parametrize(
    ("info", "rungs", "why"),
    [
        (replace(INFO, video=None), RUNGS, "no picture"),
        (INFO, (), "no picture"),
        (replace(INFO, damage="Cut."), RUNGS, "damaged"),
        (seen(codec="hevc"), RUNGS, "browsers"),
        (replace(INFO, container="matroska"), RUNGS, "MP4"),
        (seen(transfer=16), RUNGS, "screens"),
        (seen(pixel_format="yuv422p"), RUNGS, "8 bit"),
        (seen(field_order="interlaced"), RUNGS, "interlaced"),
        (seen(rotation=90), RUNGS, "turned"),
        (seen(sar=Fraction(4, 3)), RUNGS, "square"),
        (INFO, RUNGS[:-1], "ladder"),
        (replace(INFO, size_bytes=26_000_000), RUNGS, "20 Mbit/s"),
    ],
)
def test_each_obstacle_has_its_words(info: MediaInfo, rungs: tuple[Rung, ...], why: str) -> None:
    """They follow the word because."""
    found = find_obstacle(info, rungs, LIMIT)

    assert found is not None
    assert why in found


def test_a_file_without_length_has_no_rate() -> None:
    """Nothing is divided by it."""
    assert find_obstacle(replace(INFO, duration=Fraction(0)), RUNGS, LIMIT) is None


@pytest.mark.parametrize(
    ("info", "path", "words"),
    [
        (INFO, Path.JIT, "H.264 High, 1920x1080: made while it is watched, it is so."),
        (seen(width=3840, height=2160), Path.HEAVY, "larger than Full HD"),
        (seen(frame_rate=Fraction(120)), Path.HEAVY, "60 pictures"),
        (replace(INFO, video=None), Path.JIT, "Sound alone."),
    ],
)
def test_what_is_not_copied_is_made(info: MediaInfo, path: Path, words: str) -> None:
    """While it is watched; what is heavy says why."""
    found, reason = playback_path(info, "it is so")

    assert path is found
    assert words in reason


def test_colours_that_are_made_anew_are_heavy() -> None:
    """And never copied, whatever else could be."""
    treatment = Treatment(Look.LOG, "slog3")

    found, reason = playback_path(INFO, "it is so", treatment)

    assert Path.HEAVY is found
    assert "1920x1080, LOG (slog3): heavy, its colours are made anew" in reason
    assert "screens" in (find_obstacle(INFO, RUNGS, LIMIT, treatment) or "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"codec": "hevc", "profile": "Main 10", "transfer": 16}, "HEVC Main 10, 1920x1080, PQ"),
        ({"codec": "hevc", "profile": None, "transfer": 18}, "HEVC, 1920x1080, HLG"),
        ({"codec": "cinepak", "profile": None}, "cinepak, 1920x1080"),
    ],
)
def test_a_picture_is_called_what_people_call_it(changes: dict[str, object], expected: str) -> None:
    """Codec, profile, size, and what its colours are for."""
    video = seen(**changes).video

    assert video is not None
    assert expected == describe(video)


@pytest.mark.parametrize(
    ("path", "cores", "expected"),
    [
        (Path.JIT, 2, ["360p", "540p", "720p"]),
        (Path.JIT, 8, ["360p", "540p", "720p", "1080p"]),
        (Path.JIT, 1, ["360p", "540p"]),
        (Path.HEAVY, 8, ["360p"]),
    ],
)
def test_a_rung_is_listed_where_it_is_made_in_time(
    path: Path, cores: int, expected: list[str]
) -> None:
    """The lowest always; of what is heavy nothing else."""
    found = list_in_time(RUNGS, path, Fraction(30), cores * MADE_PER_CORE)

    assert expected == [rung.quality.value for rung in found]
