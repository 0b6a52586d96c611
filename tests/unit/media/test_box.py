"""What the box lets through, word by word."""

from __future__ import annotations

import pytest

from rushes.media.box import (
    GIB,
    LIMITS,
    Gate,
    Level,
    Tool,
    Walls,
    Work,
    command,
    limits_for,
    require,
)
from rushes.media.failures import BoxUnavailable

FFMPEG = Tool("ffmpeg", "/opt/ffmpeg")
CHILD = Tool("probe", "/venv/bin/python", ("/venv", "/usr"), ("-I", "probe.py"))
LIMIT = (
    *("prlimit", "--cpu=20", "--as=2147483648", "--fsize=107374182"),
    *("--nofile=64", "--nproc=4096", "--core=0", "--"),
)


def line(tool: Tool, walls: Walls) -> list[str]:
    """Return the command line of a probe."""
    return command(
        tool, ["-i", "fd:"], walls, LIMITS[Work.PROBE], Gate(calls=7, status=8, parent=6)
    )


def test_without_a_box_there_are_limits() -> None:
    """And it dies with its parent."""
    bound = ["setpriv", "--no-new-privs", "--pdeathsig", "KILL", "--"]

    assert [*LIMIT, *bound, "/opt/ffmpeg", "-i", "fd:"] == line(FFMPEG, Walls(Level.NONE))


def test_the_partial_box_is_built_by_a_program_of_ours() -> None:
    """It is told the filter of calls and what may be read, and then becomes the tool."""
    walls = Walls(Level.PARTIAL, launcher=("/venv/bin/python", "confine.py"))
    built = ["/venv/bin/python", "confine.py", "6", "7"]

    assert [*LIMIT, *built, "--", "/opt/ffmpeg", "-i", "fd:"] == line(FFMPEG, walls)
    assert [*built, "/venv", "/usr", "--"] == line(CHILD, walls)[len(LIMIT) :][:7]


def test_root_steps_down_and_the_background_yields() -> None:
    """Before anything else runs."""
    words = line(FFMPEG, Walls(Level.NONE, user=65_534, niceness=10))

    assert ["nice", "-n", "10", "setpriv", "--reuid", "65534"] == words[:6]
    assert "prlimit" == words[10]
    assert "--nproc=512" in words


def test_the_full_box_shares_nothing_but_libraries_and_the_tool() -> None:
    """No network, no home, no proc; the original is no path."""
    words = line(FFMPEG, Walls(Level.FULL))
    boxed = " ".join(words)

    assert "bwrap --unshare-all --die-with-parent --new-session --clearenv" in boxed
    assert "--ro-bind /opt/ffmpeg /bin/tool" in boxed
    assert "--cap-drop ALL" in boxed
    assert "--seccomp 7 --json-status-fd 8" in boxed
    assert "--tmpfs" not in words
    assert ["--remount-ro", "/", "--", "/bin/tool", "-i", "fd:"] == words[-6:]
    bound = [words[at + 1] for at, word in enumerate(words) if word.startswith("--ro-bind")]
    assert {
        "/usr/lib",
        "/usr/lib64",
        "/etc/alternatives",
        "/etc/ld.so.cache",
        "/opt/ffmpeg",
    } == set(bound)
    assert "--bind" not in words


def test_a_child_of_ours_sees_its_interpreter() -> None:
    """Read-only, where it is."""
    words = line(CHILD, Walls(Level.FULL))

    assert "--ro-bind /venv /venv --ro-bind /usr /usr" in " ".join(words)
    assert ["/venv/bin/python", "-I", "probe.py", "-i", "fd:"] == words[-5:]


def test_large_pictures_get_more_memory() -> None:
    """From 4K on, where pictures are made."""
    assert 4 * GIB == limits_for(Work.RUN, 1920 * 1080).memory_bytes
    assert 8 * GIB == limits_for(Work.RUN, 3840 * 2160).memory_bytes
    assert LIMITS[Work.PROBE] == limits_for(Work.PROBE, 3840 * 2160)


@pytest.mark.parametrize(
    ("there", "wanted", "enough"),
    [
        (Level.FULL, Level.FULL, True),
        (Level.PARTIAL, Level.FULL, False),
        (Level.NONE, Level.PARTIAL, False),
        (Level.NONE, Level.NONE, True),
        (Level.FULL, Level.NONE, True),
    ],
)
def test_a_weaker_box_than_wanted_is_refused(there: Level, wanted: Level, enough: bool) -> None:  # noqa: FBT001 - a table
    """The setting decides."""
    try:
        require(Walls(there), wanted)
        is_enough = True
    except BoxUnavailable:
        is_enough = False

    assert enough == is_enough
