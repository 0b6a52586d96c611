"""The box holds: what a tool tries from inside comes to nothing, at each level that shuts in."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rushes.media.box import LIMITS, Level, Tool, Walls, Work
from rushes.media.failures import BoxUnavailable, DecodeFailed, ToolOutOfMemory
from rushes.media.proving import Escape, holds
from rushes.media.tool import Run, run
from rushes.media.toolbox import (
    Toolbox,
    child_escapes,
    child_of_ours,
    ffmpeg_escapes,
    find_ffmpeg,
    list_walls,
)
from tests.support.moments import until

LAST = b"all tried"
SHUT_IN = (Level.FULL, Level.PARTIAL)
READABLE = tuple(dict.fromkeys((sys.prefix, sys.base_prefix)))
PYTHON = Tool("python", sys.executable, READABLE, ("-I", "-c"))


def walls_of(level: Level) -> Walls:
    """Return a box of this level, run by whom we are: root reads more than anybody else."""
    return next(each for each in list_walls(65_534) if each.level is level and each.user is None)


async def say(script: str, walls: Walls) -> bytes:
    """Return what a script of Python prints in the box."""
    said = bytearray()

    async def keep(arrived: bytes) -> None:
        said.extend(arrived)

    await run(Run(PYTHON, walls, (script,), LIMITS[Work.PROBE]), keep)
    return bytes(said)


@pytest.mark.covers("S-VA-08")
@pytest.mark.parametrize("level", SHUT_IN)
async def test_nothing_that_a_program_tries_comes_through(level: Level) -> None:
    """Reading, connecting, sending, writing and multiplying, by Python and by ffmpeg."""
    ffmpeg = Tool("ffmpeg", find_ffmpeg(None))

    assert await holds(Escape(child_of_ours("escape"), child_escapes, LAST), walls_of(level))
    assert await holds(Escape(ffmpeg, ffmpeg_escapes), walls_of(level))


async def test_the_proof_sees_what_does_come_through() -> None:
    """Without a box the same tries succeed, so the proof is one."""
    ffmpeg = Tool("ffmpeg", find_ffmpeg(None))
    bare = Walls(Level.NONE)

    assert not await holds(Escape(child_of_ours("escape"), child_escapes, LAST), bare)
    assert not await holds(Escape(ffmpeg, ffmpeg_escapes), bare)


@pytest.mark.parametrize("level", SHUT_IN)
@pytest.mark.parametrize(
    "script",
    [
        "open('/etc/passwd')",
        "import os; os.listdir('/home'); os.listdir('/root')",
        "open('/usr/lib/written', 'w')",
        "open('/tmp/written', 'w')",
        "open('/dev/shm/written', 'w')",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
        "import os; os.listdir('/proc')",
        "import os; os.fork()",
        "import subprocess; subprocess.run(['/usr/bin/true'])",
        "import os; os.unshare(0)",
        "import os; os.kill(os.getppid(), 0)",
        "import os, sys; os.chmod(sys.executable, 0o777)",
        "import os; os.mkfifo('/tmp/fifo'); os.symlink('/etc', '/tmp/link')",
        "import ctypes; libc = ctypes.CDLL(None); raise SystemExit(libc.ptrace(16, 1, 0, 0) and 1)",
        "bytearray(3 * 2**30)",
    ],
)
async def test_each_try_is_refused(script: str, level: Level) -> None:
    """No foreign file, no writing, no network, no other process, no memory beyond the limit."""
    if "unshare" in script and sys.version_info < (3, 12):
        script = "import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0) and 1)"

    with pytest.raises((DecodeFailed, ToolOutOfMemory)):
        await say(script, walls_of(level))


@pytest.mark.parametrize("level", SHUT_IN)
async def test_threads_are_no_processes(level: Level) -> None:
    """Decoders need them."""
    script = (
        "import threading\n"
        "done = []\n"
        "crew = [threading.Thread(target=lambda: done.append(1)) for _ in range(8)]\n"
        "[one.start() for one in crew]; [one.join() for one in crew]\n"
        "print(len(done))"
    )

    assert b"8\n" == await say(script, walls_of(level))


async def test_a_box_that_cannot_be_built_is_no_fault_of_the_content(tmp_path: Path) -> None:
    """It is tried again, and the file is not blamed."""
    gone = replace(PYTHON, readable=(str(tmp_path / "gone"),))

    with pytest.raises(BoxUnavailable) as caught:
        await run(Run(gone, walls_of(Level.FULL), ("1",), LIMITS[Work.PROBE]), _ignore)

    assert "full" == caught.value.facts["box"]


async def test_what_a_tool_leaves_behind_ends_with_it() -> None:
    """Without a box a tool can start others; they are of its group."""
    shell = Tool("shell", "/bin/sh", arguments=("-c",))
    script = "sleep 731 >/dev/null 2>&1 & exit 0"

    await run(Run(shell, Walls(Level.NONE), (script,), LIMITS[Work.PROBE]), _ignore)

    await until(lambda: not find_processes("sleep\0731"), seconds=60)


@pytest.mark.parametrize("level", list(Level))
async def test_no_tool_outlives_a_worker_that_is_killed(level: Level, tmp_path: Path) -> None:
    """The kernel ends it: nobody else is left who could."""
    marker = f"rushes-{level.value}-{os.getpid()}"
    script = tmp_path / "worker.py"
    script.write_text(WORKER.format(level=level.value, marker=marker, readable=READABLE))
    worker = await asyncio.create_subprocess_exec(
        sys.executable, str(script), env={**os.environ}, start_new_session=True
    )
    try:
        begun = f"{sys.executable}\0-I\0-c\0import time; time.sleep(77)  # {marker}"
        await until(lambda: bool(find_processes(begun, first=begun)), seconds=50)
    finally:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()

    await until(lambda: not find_processes(marker), seconds=50)


WORKER = """
import asyncio, sys
from rushes.media.box import LIMITS, Level, Tool, Work
from rushes.media.tool import Run, run
from rushes.media.toolbox import list_walls

async def ignore(_):
    pass

walls = next(w for w in list_walls(65534) if w.level == "{level}" and w.user is None)
tool = Tool("python", sys.executable, {readable}, ("-I", "-c"))
code = "import time; time.sleep(77)  # {marker}"
asyncio.run(run(Run(tool, walls, (code,), LIMITS[Work.RUN]), ignore))
"""


def find_processes(*words: str, first: str = "") -> list[str]:
    """Return the numbers of the processes whose command line holds all these words.

    With `first` it begins with that: the tool itself, not the box that is being built around it.
    """
    found = []
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_text() if folder.name.isdigit() else ""
        except OSError:
            continue
        if line and line.startswith(first) and all(word in line for word in words):
            found.append(folder.name)
    return found


async def _ignore(_arrived: bytes) -> None:
    """Take no notice."""


@pytest.fixture(scope="module", autouse=True)
def _both_boxes_can_be_built_here(toolbox: Toolbox) -> None:
    """A machine for tests has bubblewrap and a kernel with Landlock."""
    assert toolbox.level is Level.FULL
