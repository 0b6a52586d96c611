"""Finds the programs of the craft and how strong a box this machine can build around them.

Each kind of program is tried once, in the strongest box first: it has to start there, and nothing
that it tries may come out. What held is kept for the life of the process.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.media.box import (
    LIMITS,
    OUTCAST,
    STRENGTH,
    Level,
    Limits,
    Tool,
    Walls,
    Work,
    require,
)
from rushes.media.escape import TRIED
from rushes.media.failures import BoxUnavailable, ToolMissing
from rushes.media.proving import Bait, Escape, holds
from rushes.media.tool import Run, Sink, run

try:
    import imageio_ffmpeg  # type: ignore[import-untyped]
except ImportError:  # the optional extra `ffmpeg`; then the system's own is used
    imageio_ffmpeg = None

BEHIND: Final = 10
"""Niceness of work that nobody waits for."""

FFMPEG_VERSION: Final = re.compile(r"ffmpeg version (\S+)")


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The programs, each with the walls that hold it."""

    ffmpeg: Tool
    probe: Tool
    image: Tool
    storyboard: Tool
    fseq: Tool
    xlights: Tool
    ffmpeg_walls: Walls
    child_walls: Walls
    wanted: Level = Level.NONE

    @property
    def level(self) -> Level:
        """Return the level of the weakest box, for the start line and every job."""
        levels = (self.ffmpeg_walls.level, self.child_walls.level)
        return min(levels, key=lambda level: STRENGTH[level])

    def ffmpeg_run(
        self, arguments: list[str], limits: Limits, source: Path, niceness: int = BEHIND
    ) -> Run:
        """Return a run of ffmpeg on an original; raises BoxUnavailable where that is too weak."""
        require(self.ffmpeg_walls, self.wanted)
        walls = replace(self.ffmpeg_walls, niceness=niceness)
        return Run(self.ffmpeg, walls, tuple(arguments), limits, source)

    def child_run(self, tool: Tool, arguments: list[str], work: Work, source: Path) -> Run:
        """Return a run of one of our own children on an original; raises as `ffmpeg_run`."""
        require(self.child_walls, self.wanted)
        return Run(tool, self.child_walls, tuple(arguments), LIMITS[work], source)


async def open_toolbox(
    ffmpeg: str | None = None, wanted: Level = Level.NONE, user: int = OUTCAST
) -> Toolbox:
    """Find the programs and try the box.

    Args:
        ffmpeg: path of the program; None: the bundled one, else the system's.
        wanted: the weakest level in which a tool may be started (`box.require`).
        user: whom tools run as where this process is root (`box.user`).

    Raises:
        ToolMissing: there is no ffmpeg.
        BoxUnavailable: a program starts neither in a box nor without.
    """
    found = Tool("ffmpeg", find_ffmpeg(ffmpeg))
    child = child_of_ours("escape")
    imports = replace(child, name="python", arguments=("-I", "-c", "import av, PIL"))
    (walls, said), (child_walls, _) = await asyncio.gather(
        _find_walls(found, ("-version",), Escape(found, ffmpeg_escapes), user),
        _find_walls(imports, (), Escape(child, child_escapes, TRIED), user),
    )
    version = FFMPEG_VERSION.match(said)
    return Toolbox(
        ffmpeg=replace(found, version=version[1] if version else ""),
        probe=child_of_ours("probe", "av"),
        image=child_of_ours("image", "pillow"),
        storyboard=child_of_ours("storyboard", "av"),
        fseq=child_of_ours("fseq", "zstandard"),
        xlights=child_of_ours("xlights", "pillow"),
        ffmpeg_walls=walls,
        child_walls=child_walls,
        wanted=wanted,
    )


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


def child_of_ours(name: str, package: str | None = None) -> Tool:
    """Return one of our programs for the box: this interpreter, isolated, with one file of ours."""
    script = Path(__file__).with_name(f"{name}.py").resolve()
    folders = dict.fromkeys((sys.prefix, sys.base_prefix))
    readable = (*folders, str(script))
    version = "" if package is None else f"{package} {importlib.metadata.version(package)}"
    return Tool(name, sys.executable, readable, ("-I", str(script)), version)


def waiting_child(tool: Tool) -> Tool:
    """Return what loads one of our programs and waits until there is work for it."""
    waiting = str(Path(__file__).with_name("waiting.py").resolve())
    isolated, script = tool.arguments
    arguments = (isolated, waiting, script)
    return replace(tool, readable=(*tool.readable, waiting), arguments=arguments)


def ffmpeg_escapes(bait: Bait) -> Sequence[Sequence[str]]:
    """Return the calls by which ffmpeg itself would read, connect and write outside."""
    out = ("-map", "0", "-c", "copy", "-f", "data", "pipe:1")
    noise = ("-v", "quiet", "-nostdin", "-f", "lavfi", "-i", "anullsrc", "-t", "0.1", "-f", "u8")
    reads = (f"file:{bait.file}", "file:/etc/passwd", f"tcp://127.0.0.1:{bait.stream_port}")
    return [
        *(("-v", "quiet", "-nostdin", "-f", "data", "-i", read, *out) for read in reads),
        (*noise, f"udp://127.0.0.1:{bait.datagram_port}"),
        (*noise, "-y", f"file:{bait.target}"),
    ]


def child_escapes(bait: Bait) -> Sequence[Sequence[str]]:
    """Return the call of `media.escape`, which tries all that a Python program can."""
    ports = (str(bait.stream_port), str(bait.datagram_port))
    return [(str(bait.file), *ports, str(bait.target))]


async def _find_walls(
    tool: Tool, arguments: tuple[str, ...], escape: Escape, user: int
) -> tuple[Walls, str]:
    """Return the strongest box in which the tool starts and that holds, and what the tool said."""
    last: RushesError | None = None
    for walls in list_walls(user):
        said = bytearray()
        try:
            await run(Run(tool, walls, arguments, LIMITS[Work.PROBE]), _keep_in(said))
        except RushesError as error:
            last = error
            continue
        if walls.level is Level.NONE or await holds(escape, walls):
            return walls, said.decode(errors="replace")
    raise BoxUnavailable(
        f"{tool.name} does not start, with a box or without one; see its last words.",
        last_words=str(last.facts.get("last_words", last.message)) if last else "",
    )


def list_walls(user: int) -> Iterator[Walls]:
    """Yield the boxes to try, the strongest first."""
    launcher = (sys.executable, "-I", "-S", str(Path(__file__).with_name("confine.py").resolve()))
    users = (user, None) if os.geteuid() == 0 else (None,)
    for level in (Level.FULL, Level.PARTIAL, Level.NONE):
        for each in users:
            yield Walls(level, each, launcher if level is Level.PARTIAL else ())


def _keep_in(said: bytearray) -> Sink:
    async def keep(arrived: bytes) -> None:
        """Collect what a tool prints."""
        said.extend(arrived)

    return keep
