"""The box: the command line by which no tool touches an upload outside it, and its limits.

A tool sees its own program, the system's libraries, the original as descriptor 0 and its pipes; no
network, no home, no other process, and no place to write: what it makes leaves by its pipes.
Levels: full (bubblewrap), partial (the kernel's own means, by `media.confine`), none (limits only).
A worker that is root steps down first, as limits of processes do not bind root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rushes.media.failures import BoxUnavailable

OUTCAST: Final = 65_534  # nobody, on every Linux
GIB: Final = 2**30
FILES_AT_MOST: Final = 64
PROCESSES_AT_MOST: Final = 512
PROCESSES_SHARED: Final = 4_096
"""Where tools run as we do: the kernel counts all processes and threads of that user."""

LARGE_PIXELS: Final = 3_840 * 2_160
INSIDE: Final = "/bin/tool"
SEARCHED: Final = "/usr/bin:/bin"
NO_BOX: Final = 97
"""The exit status of `media.confine` where the kernel refuses."""


class Level(StrEnum):
    """How much the box keeps away."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


STRENGTH: Final = MappingProxyType({Level.NONE: 0, Level.PARTIAL: 1, Level.FULL: 2})


class Work(StrEnum):
    """What a tool is started for; it decides about the limits."""

    PROBE = "probe"
    STILL = "still"
    IMAGE = "image"
    DEVELOP = "develop"
    STORYBOARD = "storyboard"
    SHOW = "show"
    FIRST = "first"
    RUN = "run"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run of a tool may use. `stall_seconds`: no new frame for so long, and it ends."""

    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    wall_seconds: float
    stall_seconds: float = 60.0


LIMITS: Final[Mapping[Work, Limits]] = MappingProxyType(
    {
        Work.PROBE: Limits(20, 2 * GIB, GIB // 10, 10.0),
        Work.STILL: Limits(60, 2 * GIB, GIB, 30.0),
        Work.IMAGE: Limits(60, 2 * GIB, GIB, 30.0),
        Work.DEVELOP: Limits(120, 4 * GIB, GIB, 60.0),
        Work.STORYBOARD: Limits(120, 2 * GIB, GIB, 60.0),
        Work.SHOW: Limits(120, 2 * GIB, GIB // 10, 60.0),
        Work.FIRST: Limits(120, 4 * GIB, 4 * GIB, 60.0),
        Work.RUN: Limits(3_600, 4 * GIB, 4 * GIB, 1_800.0),
        Work.SOUND: Limits(3_600, 2 * GIB, 4 * GIB, 1_800.0),
    }
)


def limits_for(work: Work, pixels: int = 0) -> Limits:
    """Return the limits; from 4K on (pixels of a frame) a run may use twice the memory."""
    limits = LIMITS[work]
    if work in {Work.FIRST, Work.RUN, Work.STILL} and pixels >= LARGE_PIXELS:
        memory = 8 * GIB
        return Limits(limits.cpu_seconds, memory, limits.file_bytes, limits.wall_seconds)
    return limits


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, what it must be able to read, its first arguments, and which one it is.

    `devices` are paths that it may use beside: hardware, and where the kernel describes it.
    """

    name: str
    program: str
    readable: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    version: str = ""
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Walls:
    """How boxes are built on this machine; found out once, by trying.

    `user`: whom the tool runs as, where the worker is root; None: as the worker. `launcher`: the
    words that start `media.confine`, for the partial box. `niceness`: 0 where a viewer waits, 10
    behind.
    """

    level: Level
    user: int | None = None
    launcher: tuple[str, ...] = ()
    niceness: int = 0


@dataclass(frozen=True, slots=True)
class Gate:
    """What one run is told: descriptors of the filter of system calls and for bubblewrap's report,
    and the number of the process that must live as long as the tool does.
    """

    calls: int
    status: int
    parent: int


def require(walls: Walls, wanted: Level) -> None:
    """Raise BoxUnavailable where the box is weaker than wanted."""
    if STRENGTH[walls.level] < STRENGTH[wanted]:
        raise BoxUnavailable(
            f"Tools run at box level {walls.level}, but box.require is {wanted}: install "
            "bubblewrap and allow user namespaces, or lower the setting."
        )


def command(
    tool: Tool, arguments: Sequence[str], walls: Walls, limits: Limits, gate: Gate
) -> list[str]:
    """Return the whole command line that runs a tool in its box."""
    inner = [*tool.arguments, *arguments]
    nice = ["nice", "-n", str(walls.niceness)] if walls.niceness else []
    call = [*nice, *_step_down(walls), *_limit(walls, limits)]
    if walls.level is Level.FULL:
        return [*call, *_bubblewrap(tool, gate), *inner]
    if walls.level is Level.PARTIAL:
        call += [*walls.launcher, str(gate.parent), str(gate.calls), *tool.readable, "--"]
    else:
        call += ["setpriv", "--no-new-privs", "--pdeathsig", "KILL", "--"]
    return [*call, tool.program, *inner]


def _step_down(walls: Walls) -> list[str]:
    if walls.user is None:
        return []
    who = str(walls.user)
    return ["setpriv", "--reuid", who, "--regid", who, "--clear-groups", "--"]


def _limit(walls: Walls, limits: Limits) -> list[str]:
    processes = PROCESSES_SHARED if walls.user is None else PROCESSES_AT_MOST
    return [
        "prlimit",
        f"--cpu={limits.cpu_seconds}",
        f"--as={limits.memory_bytes}",
        f"--fsize={limits.file_bytes}",
        f"--nofile={FILES_AT_MOST}",
        f"--nproc={processes}",
        "--core=0",
        "--",
    ]


def _bubblewrap(tool: Tool, gate: Gate) -> list[str]:
    devices = [
        part
        for path in tool.devices
        for part in ("--dev-bind-try" if path.startswith("/dev/") else "--ro-bind-try", path, path)
    ]
    binds = [part for path in tool.readable for part in ("--ro-bind", path, path)]
    return [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"),
        *("--setenv", "PATH", SEARCHED, "--setenv", "MALLOC_ARENA_MAX", "2"),
        *("--hostname", "box", "--cap-drop", "ALL"),
        *("--seccomp", str(gate.calls), "--json-status-fd", str(gate.status)),
        *("--ro-bind", "/usr/lib", "/usr/lib", "--ro-bind-try", "/usr/lib64", "/usr/lib64"),
        *("--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"),
        *("--ro-bind-try", "/etc/alternatives", "/etc/alternatives"),
        *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *("--dev", "/dev", *devices, "--remount-ro", "/dev", *binds),
        *(() if tool.readable else ("--ro-bind", tool.program, INSIDE)),
        *("--chdir", "/", "--remount-ro", "/", "--"),
        tool.program if tool.readable else INSIDE,
    ]
