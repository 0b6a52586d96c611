"""How fast this machine encodes: measured once, in the box, and remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rushes.media.path import MADE_PER_CORE
from rushes.media.speed import FRAMES, HEIGHT, WIDTH, Speed, read_pace
from rushes.media.toolbox import Toolbox

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
