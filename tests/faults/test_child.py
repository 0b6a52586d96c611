"""The worker beside the server is kept alive, woken and ended, and never outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rushes.cli.serve import Child
from tests.support.moments import until
from tests.support.served import Served, serving

SMALL = """
import os, signal, socket, sys
line = socket.socket(fileno=int(sys.argv[-1]))
with open(sys.argv[1], "a") as out:
    out.write(f"begin {os.getpid()}\\n")
    out.flush()
    line.send(b"r")
    while told := line.recv(64):
        out.write(f"told {told.decode()}\\n")
        out.flush()
    out.write("alone\\n")
"""


def lines(marks: Path) -> list[str]:
    """Return what the child has written."""
    return marks.read_text().splitlines() if marks.exists() else []


@asynccontextmanager
async def kept(child: Child) -> AsyncIterator[asyncio.Task[None]]:
    """Keep a child alive meanwhile."""
    keeping = asyncio.create_task(child.keep())
    try:
        yield keeping
    finally:
        await child.end()
        await keeping


@pytest.fixture
def child(tmp_path: Path) -> Child:
    """A child that writes down what happens to it."""
    return Child((sys.executable, "-c", SMALL, str(tmp_path / "marks")))


async def test_it_is_woken_through_the_line_that_ends_with_the_server(
    child: Child, tmp_path: Path
) -> None:
    """A byte wakes it; TERM ends it, and it is not started again."""
    marks = tmp_path / "marks"
    async with kept(child) as keeping:
        await asyncio.wait_for(child.is_working.wait(), 20)
        child.wake()
        await until(lambda: "told w" in lines(marks), seconds=20)
        assert child.trouble() is None
    assert keeping.done()
    child.wake()

    assert 1 == len([line for line in lines(marks) if line.startswith("begin")])


async def test_it_is_started_again_and_trouble_is_told(child: Child, tmp_path: Path) -> None:
    """Three ends within a minute are trouble; it is tried again all the same."""
    child.first_pause = 0.01
    marks = tmp_path / "marks"
    async with kept(child):
        for times in (1, 2, 3):
            await until(begun(marks, times), seconds=20)
            assert child.trouble() is None
            os.kill(int(lines(marks)[-1].split()[1]), signal.SIGKILL)
        await until(begun(marks, 4), seconds=20)

        assert "3 times within a minute" in str(child.trouble())


def begun(marks: Path, times: int) -> Callable[[], bool]:
    """Return whether the child has begun so often."""
    return lambda: len([line for line in lines(marks) if line.startswith("begin")]) == times


async def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """After its time it is killed."""
    deaf = SMALL.replace("line =", "signal.signal(signal.SIGTERM, signal.SIG_IGN); line =")
    child = Child((sys.executable, "-c", deaf, str(tmp_path / "marks")), end_seconds=0.05)
    async with kept(child):
        await asyncio.wait_for(child.is_working.wait(), 20)

    assert "alone" not in lines(tmp_path / "marks")


def is_alive(pid: int) -> bool:
    """Say whether a process lives; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_the_worker_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    """The end of the line tells it, and nothing of it stays."""
    with serving(tmp_path) as served:
        await until(lambda: _is_at_work(served), seconds=40)
        [worker] = served.worker_pids()

        served.kill()

        await until(lambda: not is_alive(worker), seconds=10)


async def test_a_server_that_is_asked_ends_in_order(tmp_path: Path) -> None:
    """Exit 0 within its time, and the worker is gone before."""
    with serving(tmp_path) as served:
        await until(lambda: _is_at_work(served), seconds=40)
        [worker] = served.worker_pids()

        assert 0 == await asyncio.to_thread(served.stop)

        assert not is_alive(worker)


async def test_a_second_worker_of_a_running_server_is_refused(tmp_path: Path) -> None:
    """It waits ten seconds, names the process, and ends with 1."""
    with serving(tmp_path) as served:
        await until(lambda: _is_at_work(served), seconds=40)
        [worker] = served.worker_pids()

        refused = await asyncio.to_thread(served.run, "work")

    assert 1 == refused.returncode
    assert f"Another worker (pid {worker}) holds this data folder" in refused.stderr


def _is_at_work(served: Served) -> bool:
    lock = served.data / "engine.db.lock"
    return lock.exists() and bool(lock.read_text().strip())


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """What to do about it as well."""
    with serving(tmp_path) as served:
        other = Served(tmp_path / "other")
        answer = subprocess.run(
            other.command("serve", "--port", str(served.port)),
            env=other.environment(),
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    assert 5 == answer.returncode
    assert "Choose another with --port" in answer.stderr
