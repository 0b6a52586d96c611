"""Finds the programs of the craft and how strong a box this machine can build around them.

Each kind of program is tried once: in the whole box as an outcast, in the whole box as we are, and
without it. What worked is kept for the life of the process.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.media.box import LIMITS, Level, Limits, Tool, Walls, Work, require
from rushes.media.failures import BoxUnavailable, ToolMissing
from rushes.media.tool import Run, run

try:
    import imageio_ffmpeg  # type: ignore[import-untyped]
except ImportError:  # the optional extra `ffmpeg`; then the system's own is used
    imageio_ffmpeg = None

BEHIND: Final = 10
"""Niceness of work that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The programs, each with the walls that hold it."""

    ffmpeg: Tool
    probe: Tool
    image: Tool
    storyboard: Tool
    ffmpeg_walls: Walls
    child_walls: Walls

    @property
    def level(self) -> Level:
        """Return the level of the box, for the start line and every job."""
        return self.ffmpeg_walls.level

    def ffmpeg_run(
        self, arguments: list[str], limits: Limits, source: Path, niceness: int = BEHIND
    ) -> Run:
        """Return a run of ffmpeg on an original."""
        walls = replace(self.ffmpeg_walls, niceness=niceness)
        return Run(self.ffmpeg, walls, tuple(arguments), limits, source)

    def child_run(self, tool: Tool, arguments: list[str], work: Work, source: Path) -> Run:
        """Return a run of one of our own children on an original."""
        return Run(tool, self.child_walls, tuple(arguments), LIMITS[work], source)


async def open_toolbox(ffmpeg: str | None = None, wanted: Level = Level.NONE) -> Toolbox:
    """Find the programs and try the box.

    Args:
        ffmpeg: path of the program; None: the bundled one, else the system's.
        wanted: the weakest level to accept (`box.require`).

    Raises:
        ToolMissing: there is no ffmpeg.
        BoxUnavailable: the box is weaker than wanted.
    """
    program = Tool("ffmpeg", find_ffmpeg(ffmpeg))
    probe, image, storyboard = _child("probe"), _child("image"), _child("storyboard")
    walls = await _find_walls(program, ("-version",))
    require(walls, wanted)
    trial = replace(probe, arguments=("-I", "-c", "import av, PIL"))
    return Toolbox(program, probe, image, storyboard, walls, await _find_walls(trial, ()))


def find_ffmpeg(path: str | None) -> str:
    """Return the path of ffmpeg, or raise ToolMissing."""
    if path:
        return path
    bundled = _bundled()
    found = bundled or shutil.which("ffmpeg")
    if not found:
        raise ToolMissing(
            "There is no ffmpeg: install the extra rushes[ffmpeg], or name one in media.ffmpeg."
        )
    return str(Path(found).resolve())


def _bundled() -> str | None:
    if imageio_ffmpeg is None:
        return None
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # it has none for this machine
        return None


def _child(name: str) -> Tool:
    """Return one of our children: this interpreter, isolated, with one file of ours."""
    script = Path(__file__).with_name(f"{name}.py").resolve()
    folders = dict.fromkeys((sys.prefix, sys.base_prefix))
    readable = (*folders, str(script))
    return Tool(name, sys.executable, readable, ("-I", str(script)))


async def _find_walls(tool: Tool, arguments: tuple[str, ...]) -> Walls:
    is_root = os.geteuid() == 0
    tries = [Walls(Level.FULL, steps_down=True)] if is_root else []
    tries += [Walls(Level.FULL), Walls(Level.NONE, steps_down=is_root), Walls(Level.NONE)]
    last: RushesError | None = None
    for walls in tries:
        try:
            await run(Run(tool, walls, arguments, LIMITS[Work.PROBE]), _ignore)
        except RushesError as error:
            last = error
        else:
            return walls
    raise BoxUnavailable(
        f"{tool.name} does not start, with a box or without one; see its last words.",
        last_words=str(last.facts.get("last_words", last.message)) if last else "",
    )


async def _ignore(_arrived: bytes) -> None:
    """Take what a tool prints and forget it."""
