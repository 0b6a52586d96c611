"""One program at a time: its time, its end, its last words, and the box around it."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from rushes.errors import Kind
from rushes.media.box import LIMITS, Level, Tool, Walls, Work, command
from rushes.media.failures import (
    BoxUnavailable,
    DecodeFailed,
    ToolCrashed,
    ToolMissing,
    ToolOutOfMemory,
    ToolTimedOut,
)
from rushes.media.gate import open_gate
from rushes.media.tool import Pulse, Run, open_outlets, run
from rushes.media.toolbox import Toolbox, find_ffmpeg, open_toolbox

SHORT = replace(LIMITS[Work.PROBE], wall_seconds=1.0, stall_seconds=1.0)
BARE = Walls(Level.NONE)


def shell(script: str, **limits: float) -> Run:
    """Return a run of a few words of shell, without a box."""
    tool = Tool("shell", "/bin/sh", arguments=("-c",))
    return Run(tool, BARE, (script,), replace(LIMITS[Work.PROBE], **limits))  # type: ignore[arg-type]


async def ignore(_arrived: bytes) -> None:
    """Take no notice."""


async def test_what_a_program_prints_arrives_in_order() -> None:
    """Standard output and a pipe of its own, both while it runs."""
    said: dict[str, bytes] = {"out": b"", "pipe": b""}

    async def keep(arrived: bytes) -> None:
        said["out"] += arrived

    async def keep_pipe(arrived: bytes) -> None:
        said["pipe"] += arrived

    with open_outlets(1) as outlets:
        number = outlets[0].write.fileno()
        words = await run(
            shell(f"echo one; echo two >&2; echo three >/dev/fd/{number}"),
            keep,
            [(outlets[0], keep_pipe)],
        )

    assert {"out": b"one\n", "pipe": b"three\n"} == said
    assert "two" == words


async def test_a_failure_carries_the_last_words_without_paths() -> None:
    """Twenty lines at most, and nothing about this machine."""
    script = "for n in $(seq 30); do echo line $n >&2; done; echo at /var/lib/x/y.mp4 >&2; exit 3"

    with pytest.raises(DecodeFailed) as caught:
        await run(shell(script), ignore)

    words = str(caught.value.facts["last_words"]).splitlines()
    assert ["line 30", "at (path)"] == words[-2:]
    assert 20 == len(words)
    assert (3, "shell", "none") == tuple(
        caught.value.facts[name] for name in ("exit_code", "tool", "box")
    )


async def test_a_program_that_takes_too_long_is_stopped_with_its_children() -> None:
    """The whole group ends, also one that does not listen."""
    before = processes()

    with pytest.raises(ToolTimedOut) as caught:
        await run(shell("sleep 312 & sleep 312", wall_seconds=0.5), ignore)

    assert (Kind.BROKEN, "tool.timeout") == (caught.value.kind, caught.value.code)
    assert set() == {line for line in processes() - before if "sleep\x00312" in line}


def processes() -> set[str]:
    """Return the command lines of all processes."""
    lines = set()
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit():
                lines.add((folder / "cmdline").read_text())
        except OSError:
            continue
    return lines


async def test_a_program_that_stands_still_is_stopped() -> None:
    """Its pulse does not beat: there is no new frame."""
    with pytest.raises(ToolTimedOut) as caught:
        await run(shell("sleep 20", stall_seconds=0.3), ignore, (), Pulse(0))

    assert "nothing new" in caught.value.message


async def test_a_program_that_moves_may_go_on() -> None:
    """A beat in time is all it takes."""
    pulse = Pulse(0)

    async def beat(_arrived: bytes) -> None:
        pulse.beat()

    script = "for n in 1 2 3 4 5 6; do echo $n; sleep 0.2; done"

    assert "" == await run(shell(script, stall_seconds=1.0), beat, (), pulse)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("kill -SEGV $$", ToolCrashed),
        ("kill -XCPU $$", ToolTimedOut),
        ("exit 244", ToolOutOfMemory),
        ("exit 75", ToolOutOfMemory),
        ("exit 139", ToolCrashed),
        ("exit 1", DecodeFailed),
    ],
)
async def test_each_end_has_its_error(script: str, kind: type[Exception]) -> None:
    """By signal or status, never by words."""
    with pytest.raises(kind):
        await run(shell(script), ignore)


async def test_an_error_of_the_reader_ends_the_program() -> None:
    """Who takes the output may refuse it."""

    async def refuse(_arrived: bytes) -> None:
        raise DecodeFailed("This is not what was asked for.")

    with pytest.raises(DecodeFailed) as caught:
        await run(shell("echo hello; sleep 30"), refuse)

    assert "This is not what was asked for." == caught.value.message
    assert "shell" == caught.value.facts["tool"]


async def test_a_program_that_does_not_exist_is_named() -> None:
    """`prlimit` says so, with 127."""
    with pytest.raises(DecodeFailed) as caught:
        await run(Run(Tool("none", "/no/such"), BARE, (), LIMITS[Work.PROBE]), ignore)

    assert 127 == caught.value.facts["exit_code"]


async def test_a_machine_without_limits_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without util-linux nothing is started."""
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(ToolMissing):
        await run(shell("true"), ignore)


async def test_a_weaker_box_than_wanted_is_refused(tmp_path: Path) -> None:
    """Jobs wait rather than run with less."""
    # A machine without bubblewrap: PATH holds the limits and nothing else.
    for name in ("prlimit", "setpriv", "nice"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    before = os.environ["PATH"]
    os.environ["PATH"] = str(tmp_path)
    try:
        weaker = await open_toolbox(wanted=Level.FULL)
    finally:
        os.environ["PATH"] = before

    assert Level.PARTIAL is weaker.level
    with pytest.raises(BoxUnavailable):
        weaker.child_run(weaker.probe, [], Work.PROBE, tmp_path)
    with pytest.raises(BoxUnavailable):
        weaker.ffmpeg_run([], LIMITS[Work.PROBE], tmp_path)


def test_ffmpeg_is_where_the_settings_say() -> None:
    """Else the bundled one."""
    assert "/opt/ffmpeg" == find_ffmpeg("/opt/ffmpeg")
    assert Path(find_ffmpeg(None)).is_file()


async def test_a_program_that_does_not_start_is_reported(tmp_path: Path) -> None:
    """Neither with a box nor without."""
    with pytest.raises(BoxUnavailable):
        await open_toolbox(str(tmp_path / "ffmpeg"))


async def test_a_box_is_finished_when_its_worker_dies_meanwhile(toolbox: Toolbox) -> None:
    """Nothing that it tells can end it half-way: half a box would wait for ever."""
    if toolbox.ffmpeg_walls.level is not Level.FULL:
        pytest.skip("There is no bubblewrap here.")
    limits = LIMITS[Work.PROBE]
    with open_gate(Level.FULL) as gate:
        line = command(toolbox.ffmpeg, ("-version",), toolbox.ffmpeg_walls, limits, gate.gate)
        begun = await asyncio.create_subprocess_exec(
            *line,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(gate.gate.calls, gate.gate.status),
        )  # what this process holds of the gate is gone before the box is built

    assert 0 == await begun.wait()
