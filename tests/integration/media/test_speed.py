"""How fast this machine encodes: measured once, in the box, and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rushes.media.box import Level
from rushes.media.path import MADE_PER_CORE
from rushes.media.speed import FRAMES, HEIGHT, WIDTH, Speed, read_pace
from rushes.media.toolbox import Toolbox
from tests.support.moments import until

GAUGE = WIDTH * HEIGHT * FRAMES


async def test_a_machine_is_measured_once(toolbox: Toolbox, tmp_path: Path) -> None:
    """Who comes after, in another process, finds the figure in the folder."""
    made = await Speed(toolbox, tmp_path).made_per_second()
    found = replace_figure(tmp_path, 1_000)

    assert made % found == 0
    assert found != MADE_PER_CORE
    assert made // found == await Speed(toolbox, tmp_path).made_per_second() // 1_000


def replace_figure(folder: Path, figure: int) -> int:
    """Write another figure in the place of the one that was kept; return that."""
    (kept,) = folder.iterdir()
    found = int(kept.read_text())
    kept.write_text(str(figure))
    return found


async def test_a_machine_that_cannot_be_measured_is_guessed(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    """A broken figure, no folder to keep one in, and a tool that fails."""
    broken = replace(toolbox, ffmpeg=replace(toolbox.ffmpeg, program="/bin/false"))

    made = await Speed(broken, tmp_path / "missing").made_per_second()

    assert 0 == made % MADE_PER_CORE


async def test_a_machine_is_measured_before_a_film_comes(toolbox: Toolbox, tmp_path: Path) -> None:
    """Whoever runs beside a worker keeps the figure by itself, and goes on."""
    async with beside(Speed(toolbox, tmp_path)) as running:
        await until(lambda: any(each.read_text() for each in tmp_path.iterdir()), seconds=120)

        assert not running.done()


async def test_no_box_is_no_end_of_a_worker(
    toolbox: Toolbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It works on, says why nothing was measured, and keeps no guess."""
    caplog.set_level("INFO")
    weak = replace(toolbox.ffmpeg_walls, level=Level.NONE)
    refused = replace(toolbox, ffmpeg_walls=weak, wanted=Level.FULL)

    async with beside(Speed(refused, tmp_path)) as running:
        await until(lambda: "not known yet" in caplog.text, seconds=120)

        assert not running.done()
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))


@asynccontextmanager
async def beside(speed: Speed) -> AsyncIterator[asyncio.Task[None]]:
    """Let it run for as long as this lasts."""
    running = asyncio.create_task(speed.run())
    try:
        yield running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bench: utime=0.560s stime=0.440s rtime=4.037s", GAUGE),
        ("bench: utime=0.500s stime=0.000s rtime=0.300s\nbench: maxrss=1KiB", 2 * GAUGE),
        ("bench: utime=0.000s stime=0.000s rtime=0.000s", MADE_PER_CORE),
        ("nothing of the kind", MADE_PER_CORE),
    ],
)
def test_processor_time_is_what_counts(words: str, expected: int) -> None:
    """Not the time on the wall."""
    assert expected == read_pace(words)
