"""Where everything lies in a finished file."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.layout import (
    Column,
    Layout,
    Plain,
    format_layout,
    parse_layout,
    plan_file,
)
from rushes.media.movie import Track, aac_track, parse_track
from rushes.media.overlay import Overlay
from rushes.media.timecode import Timecode

AVCC = mp4.make("avcC", bytes.fromhex("0164001fffe1"))
PICTURE = Track(
    "vide", 30_000, mp4.make("avc1", mp4.pack("24xHH50x", 640, 360), AVCC), 2_002, 640, 360
)
SOUND = aac_track(48_000, 2, 128_000)
COLUMNS = (
    Column(PICTURE, (1_000, 5_000), (30_030, 120_120)),
    Column(SOUND, (100, 500), (47_104, 193_536)),
)
PLAIN = Plain(Overlay(900, 80, 1_000), "ab")


def layout() -> Layout:
    """Return the layout of a file of two segments."""
    before, (video, sound) = plan_file(COLUMNS)
    size = len(before) + 6_600
    return Layout("360p", size, "00", 640, 360, Fraction(30_000, 1_001), video, sound)


def test_segments_follow_the_head_picture_first() -> None:
    """No byte lies between them."""
    before, (video, sound) = plan_file(COLUMNS)
    at = len(before)

    assert [at, at + 1_100] == [piece.offset for piece in video.segments]
    assert [at + 1_000, at + 6_100] == [piece.offset for piece in sound.segments]
    assert ["ftyp", "moov", "free", "sidx"] == [box.kind for box in mp4.walk(before)]


def test_each_track_has_its_own_init_in_the_file() -> None:
    """With the number that its fragments bear."""
    before, tracks = plan_file(COLUMNS)

    for number, (track, column) in enumerate(zip(tracks, COLUMNS, strict=True), 1):
        init = before[track.init.offset : track.init.offset + track.init.size_bytes]
        tkhd = mp4.find(init, "moov/trak/tkhd")
        assert (number,) == mp4.unpack("I", init, tkhd.body + 20, tkhd.end)
        assert column.track == parse_track(init)[0]


def test_a_timecode_has_a_track_whose_sample_stands_in_front() -> None:
    """The inits of the other tracks know nothing of it; the file lasts as long as its sound."""
    timecode = Timecode(107_892, Fraction(30_000, 1_001), is_drop=True)
    before, tracks = plan_file(COLUMNS, timecode)

    moov = mp4.find(before, "moov")
    traks = [box for box in mp4.walk(before, moov.body, moov.end) if box.kind == "trak"]
    stco = mp4.find(before, "mdia/minf/stbl/stco", traks[2].body, traks[2].end)
    at = mp4.unpack("4xII", before, stco.body, stco.end)[1]
    assert timecode.sample() == before[at : at + 4]
    assert ["ftyp", "moov", "mdat", "free", "sidx"] == [box.kind for box in mp4.walk(before)]
    tref = mp4.find(before, "tref/tmcd", traks[0].body, traks[0].end)
    assert (3,) == mp4.unpack("I", before, tref.body, tref.end)
    assert not mp4.has(before, "tref", traks[1].body, traks[1].end)
    init = before[tracks[0].init.offset : tracks[0].init.offset + tracks[0].init.size_bytes]
    assert PICTURE == parse_track(init)[0]
    mehd = mp4.find(before, "moov/mvex/mehd")
    assert (5_014,) == mp4.unpack("4xQ", before, mehd.body, mehd.end)


def test_the_beginning_of_a_plain_file_follows_the_inits() -> None:
    """Segments come behind it as before."""
    before, tracks = plan_file(COLUMNS, None, b"plain")
    bare, _ = plan_file(COLUMNS)
    init = tracks[-1].init

    assert b"plain" == before[init.offset + init.size_bytes :][:5]
    assert len(bare) + 5 == len(before) == tracks[0].segments[0].offset


def test_a_plain_file_is_its_beginning_and_all_segments() -> None:
    """Where there is no beginning, there is no such file."""
    made = replace(layout(), plain=PLAIN)

    assert (0, 80 + layout().size_bytes - 1_000) == (layout().plain_bytes, made.plain_bytes)


def test_a_row_of_earlier_has_no_plain_file() -> None:
    """It is read all the same."""
    values = format_layout(layout())
    del values["plain"]

    assert layout() == parse_layout(values)


def test_the_index_covers_whole_segments() -> None:
    """Picture and sound together."""
    before, _ = plan_file(COLUMNS)
    sidx = mp4.find(before, "sidx")

    assert (1_100, 30_030) == mp4.unpack("II", before, sidx.body + 32, sidx.end)


def test_rates_are_told_in_bits_a_second() -> None:
    """The peak of a segment and the average of all, rounded up."""
    video = layout().video
    assert video is not None

    assert (9_991, 9_591) == (video.peak, video.average)
    assert (Fraction(1_001, 1_000), Fraction(5_005, 1_000)) == (video.seconds_of(0), video.duration)
    assert ("avc1.64001f,mp4a.40.2", Fraction(5_005, 1_000)) == (layout().codecs, layout().duration)


@pytest.mark.parametrize(
    "stored",
    [
        layout(),
        replace(layout(), sound=None),
        replace(layout(), video=None),
        replace(layout(), plain=PLAIN),
    ],
)
def test_a_layout_comes_back_from_its_row(stored: Layout) -> None:
    """As JSON keeps it."""
    assert stored == parse_layout(json.loads(json.dumps(format_layout(stored))))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {**format_layout(layout()), "video": {"codec": "x"}},
        {**format_layout(layout()), "plain": [1]},
    ],
)
def test_a_row_without_fields_is_refused(values: dict[str, object]) -> None:
    """No layout is guessed."""
    with pytest.raises(InvalidMedia):
        parse_layout(values)


@pytest.mark.parametrize("columns", [(), (COLUMNS[0], replace(COLUMNS[1], sizes=(1,), ticks=(1,)))])
def test_tracks_of_different_length_are_no_file(columns: tuple[Column, ...]) -> None:
    """Nor is nothing."""
    with pytest.raises(InvalidMedia):
        plan_file(columns)
