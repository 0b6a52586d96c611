"""Odd clocks of odd containers: when pictures begin, and how long they go on."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from pathlib import Path

import pytest

from rushes.media.copier import Copier
from rushes.media.copying import NotCopied
from rushes.media.shelf import shelf_of
from rushes.media.sound import plan_sound_alone
from rushes.media.studio import SoundRun, Studio
from rushes.media.toolbox import Toolbox
from rushes.media.tracks import SOUND
from tests.fixtures.matrix_files import MatrixFiles
from tests.fixtures.media_files import SNIFFED, MediaFiles
from tests.support.marked_films import list_beeps
from tests.support.screening import ignore
from tests.support.verdicts import decode, read_beats


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("b_frames.avi", (0.08, 6.0)),
        ("mp3.avi", (0.0, 91 / 30)),
        ("web.flv", (0.023, 6.0)),
        ("screen.webm", (0.0, 7.0)),
    ],
)
async def test_pictures_begin_and_end_when_ffmpeg_shows_them(
    matrix_files: MatrixFiles,
    toolbox: Toolbox,
    tmp_path: Path,
    name: str,
    expected: tuple[float, float],
) -> None:
    """AVI by its times of decoding, FLV without a key frame at 0, a screen that rests."""
    sniffed = SNIFFED[name.rpartition(".")[2]]
    facts = await Studio(toolbox, tmp_path).probe(matrix_files.get(name), sniffed)

    assert facts.video is not None
    found = (float(facts.video.start), float(facts.duration))
    assert expected == pytest.approx(found, abs=0.01)
    assert facts.damage is None


@pytest.mark.parametrize("name", ["cd.avi", "fine.mkv"])
async def test_a_stretch_of_sound_is_in_time_at_any_rate(
    matrix_files: MatrixFiles, toolbox: Toolbox, tmp_path: Path, name: str
) -> None:
    """44.1 and 96 kHz: what is made for the second segment alone beeps when the original does."""
    original, studio = matrix_files.get(name), Studio(toolbox, tmp_path)
    facts = await studio.probe(original, SNIFFED[name.rpartition(".")[2]])
    shelf, cuts = shelf_of(tmp_path, SOUND, "alone"), plan_sound_alone(Fraction(3))

    await studio.encode_sound(original, facts, SoundRun(cuts, shelf, 1, 1), ignore)

    heard = decode(shelf.get_init() + shelf.get_segment(1)).heard
    assert heard is not None
    began = 0.0 if heard.start else cuts.begin_of(1) * 1_024 / cuts.rate
    told = [at for at in read_beats(original).beeps if 1.1 < at < 3]
    assert told == pytest.approx([began + at for at in list_beeps(heard)][-1:], abs=0.03)


@pytest.mark.parametrize(
    ("name", "rate", "track"),
    [
        ("h264.mp4", Fraction(30), 0),
        ("no_audio.mp4", Fraction(30), -1),
        ("h264.mp4", Fraction(25), -1),
    ],
)
async def test_what_was_planned_ahead_is_what_is_planned(
    media_files: MediaFiles, name: str, rate: Fraction, track: int
) -> None:
    """Where the facts are as its tables said; else it is planned anew."""
    original, ahead, alone = media_files.get(name), Copier(), Copier()

    with ahead.planning_ahead("one", original):
        await asyncio.sleep(0)
        try:
            found = await ahead.plan("one", original, rate, track)
        except NotCopied:
            found = None
    try:
        expected = await alone.plan("one", original, rate, track)
    except NotCopied:
        expected = None

    assert expected == found


async def test_a_copied_segment_begins_with_an_idr_picture(matrix_files: MatrixFiles) -> None:
    """Open groups are joined, though their table calls each of them a key frame."""
    original = matrix_files.get("open_group.mp4")

    copies = await Copier().plan("open", original, Fraction(30), 0)

    assert len(copies.picture.table.list_sync()) == copies.picture.grid.count == 1
