"""Runs of segments: resumed after any end, the same bytes each time, in step with the original."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from rushes.media.assembly import PicturePart, assemble
from rushes.media.box import Level, Tool, Walls
from rushes.media.failures import InitMismatch, SegmentMissing, SourceUnreadable
from rushes.media.ffmpeg import SegmentRun
from rushes.media.shelf import Shelf, shelf_of
from rushes.media.sound import plan_sound
from rushes.media.studio import SoundRun, Studio
from rushes.media.toolbox import Toolbox
from rushes.media.tracks import SOUND
from tests.fixtures.media_files import MediaFiles
from tests.support.screening import (
    beeps,
    difference,
    flashes,
    ignore,
    pictures,
    plan_run,
    screen,
)


class Stop(Exception):
    """Ends a run from inside, as a crash would."""


async def begin(studio: Studio, original: Path) -> tuple[SegmentRun, list[Shelf]]:
    """Return the run of the whole original and the shelves of its rungs."""
    run = plan_run(await studio.probe(original, "mov"))
    return run, [studio.shelf(run, rung) for rung in run.rungs]


def contents(shelves: list[Shelf]) -> dict[str, bytes]:
    """Return all that stands on shelves."""
    return {
        f"{shelf.folder.name}/{path.name}": path.read_bytes()
        for shelf in shelves
        for path in sorted(shelf.folder.iterdir())
    }


@pytest.mark.covers("M-PR-01")
async def test_the_same_run_makes_the_same_bytes(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """So a run that is repeated after a crash fills the gaps with what would have been there."""
    original = media_files.get("large.mp4")
    one, other = Studio(toolbox, tmp_path / "one"), Studio(toolbox, tmp_path / "other")
    run, shelves = await begin(one, original)
    await one.encode_run(original, run, ignore)
    again = [other.shelf(run, rung) for rung in run.rungs]
    await other.encode_run(original, run, ignore)
    for shelf in again:
        shelf.segment(0).unlink()

    outcome = await other.encode_run(original, run, ignore)

    assert len(again) == outcome.made
    assert contents(shelves) == contents(again)


@pytest.mark.covers("S-PR-01")
async def test_a_run_that_ends_early_keeps_what_landed(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Only what is missing is made then; nothing half-written is left; pictures are in step."""
    original, studio = media_files.get("long.mp4"), Studio(toolbox, tmp_path)
    run, (shelf,) = await begin(studio, original)

    async def stop_at_second(_name: str, index: int) -> None:
        if index == 1:
            raise Stop

    with pytest.raises(Stop):
        await studio.encode_run(original, run, stop_at_second)
    before = contents([shelf])
    missing = shelf.list_missing(run.grid.count)
    rest = plan_run(run.facts, missing[0], len(missing))
    outcome = await studio.encode_run(original, rest, ignore)

    assert {"init.mp4", "0.m4s", "1.m4s"} == {name.partition("/")[2] for name in before}
    assert [2, 3, 4] == missing
    assert 3 == outcome.made
    assert before == {
        name: content for name, content in contents([shelf]).items() if name in before
    }
    target = tmp_path / "whole.mp4"
    await assemble("360p", target, PicturePart(shelf, run.grid), None)
    check_frame_for_frame(original, target)


@pytest.mark.covers("S-PR-01")
async def test_a_run_whose_tool_breaks_is_made_in_smaller_ones(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Each segment by itself: what broke the whole need not break a part."""
    original = media_files.get("long.mp4")
    fragile = tmp_path / "ffmpeg"
    fragile.write_text(
        f'#!/bin/sh\ncase "$*" in *"-frames:v 420"*) kill -SEGV $$;; esac\n'
        f'exec {toolbox.ffmpeg.program} "$@"\n'
    )
    fragile.chmod(0o755)
    broken = replace(toolbox, ffmpeg=Tool("ffmpeg", str(fragile)), ffmpeg_walls=Walls(Level.NONE))
    run, (shelf,) = await begin(Studio(broken, tmp_path), original)

    outcome = await Studio(broken, tmp_path).encode_run(original, run, ignore)

    assert run.grid.count == outcome.made
    assert [] == shelf.list_missing(run.grid.count)


def check_frame_for_frame(original: Path, rendition: Path) -> None:
    """Each picture is nearer to its own original than to that one's neighbours."""
    wanted, made = pictures(original), pictures(rendition)
    assert len(wanted) == len(made)
    for number in range(1, len(made) - 1):
        near = [difference(made[number], wanted[number + step]) for step in (0, -1, 1)]
        assert near[0] == min(near), number


async def test_segments_made_one_by_one_are_frame_for_frame_the_whole(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """In any order, each by its own process; the variable rate too."""
    for name in ("sync.mp4", "variable.mp4"):
        original, studio = media_files.get(name), Studio(toolbox, tmp_path / name)
        run, (shelf,) = await begin(studio, original)
        for index in reversed(range(run.grid.count)):
            await studio.encode_run(original, plan_run(run.facts, index, 1), ignore)
        target = tmp_path / name / "whole.mp4"

        await assemble("360p", target, PicturePart(shelf, run.grid), None)

        check_frame_for_frame(original, target)


async def test_a_transport_stream_is_entered_at_the_right_picture(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Formats without an index are entered earlier, and cut to the frame."""
    original, studio = media_files.get("h264.ts"), Studio(toolbox, tmp_path)
    run = plan_run(await studio.probe(original, "mpegts"))
    for index in (1, 0):
        await studio.encode_run(original, plan_run(run.facts, index, 1), ignore)

    shelf = studio.shelf(run, run.rungs[0])
    await assemble("360p", tmp_path / "whole.mp4", PicturePart(shelf, run.grid), None)

    check_frame_for_frame(original, tmp_path / "whole.mp4")


@pytest.mark.covers("M-PR-01")
async def test_flash_and_beep_stay_together(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """At each second, to 40 ms, in the file, in the plain copy and in the playlists."""
    screening = await screen(Studio(toolbox, tmp_path), media_files.get("sync.mp4"), "mov")
    (layout,) = screening.layouts

    for path in (screening.file(layout), screening.faststart(layout), screening.playlist):
        assert [1.0, 2.0, 3.0, 4.0, 5.0] == pytest.approx(flashes(path), abs=0.001)
        assert [1.0, 2.0, 3.0, 4.0, 5.0] == pytest.approx(beeps(path), abs=0.04)


async def test_sound_that_begins_late_stays_late(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Silence fills what is missing before it."""
    original = media_files.get("late_sound.mkv")
    screening = await screen(Studio(toolbox, tmp_path), original, "matroska")

    assert [0.5] == pytest.approx(
        beeps_after_silence(screening.file(screening.layouts[0])), abs=0.04
    )


def beeps_after_silence(path: Path) -> list[float]:
    """Return when the tone begins."""
    return beeps(path, level=0.02)[:1]


async def test_another_beginning_on_the_shelf_is_refused(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Segments of one rung share their init, or they are not one rendition."""
    original, studio = media_files.get("h264.mp4"), Studio(toolbox, tmp_path)
    run, (shelf,) = await begin(studio, original)
    shelf.put_init(b"another")

    with pytest.raises(InitMismatch) as caught:
        await studio.encode_run(original, run, ignore)

    assert "render.init_mismatch" == caught.value.code


async def test_a_rendition_is_not_put_together_with_a_gap(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """The missing segment is named, and no file appears."""
    original, studio = media_files.get("h264.mp4"), Studio(toolbox, tmp_path)
    run, (shelf,) = await begin(studio, original)
    await studio.encode_run(original, run, ignore)
    shelf.segment(1).unlink()

    with pytest.raises(SegmentMissing):
        await assemble("360p", tmp_path / "360p.mp4", PicturePart(shelf, run.grid), None)

    assert not (tmp_path / "360p.mp4").exists()


async def test_a_cancelled_run_leaves_no_process(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Whoever is cancelled first stops and reaps what it has started."""
    original, studio = media_files.get("large.mp4"), Studio(toolbox, tmp_path)
    run, _ = await begin(studio, original)
    before = children()
    landed = asyncio.Event()

    async def note(_name: str, _index: int) -> None:
        landed.set()

    task = asyncio.create_task(studio.encode_run(original, run, note))
    async with asyncio.timeout(20):
        await landed.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert before == children()


def children() -> set[int]:
    """Return the processes that are ours."""
    parent = str(os.getpid())
    found = set()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == parent:
            found.add(int(folder.name))
    return found


async def test_an_original_that_is_gone_is_tried_again_later(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """A missing file is no verdict on its content."""
    studio = Studio(toolbox, tmp_path)
    run, _ = await begin(studio, media_files.get("h264.mp4"))

    with pytest.raises(SourceUnreadable):
        await studio.encode_run(tmp_path / "gone.mp4", run, ignore)
    with pytest.raises(SourceUnreadable):
        await studio.probe(tmp_path / "gone.mp4", "mov")


async def test_sound_made_again_changes_nothing(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """The first writer wins, and the second writes the same."""
    original, studio = media_files.get("h264.mp4"), Studio(toolbox, tmp_path)
    run, _ = await begin(studio, original)
    shelf, cuts = shelf_of(studio.folder, SOUND, run.grid.name), plan_sound(run.grid)
    wanted = SoundRun(cuts, shelf, 0, cuts.count)
    first = await studio.encode_sound(original, run.facts, wanted, ignore)
    whole = contents([shelf])
    shelf.segment(0).unlink()

    second = await studio.encode_sound(original, run.facts, wanted, ignore)

    assert (2, 1) == (first.made, second.made)
    assert whole == contents([shelf])
