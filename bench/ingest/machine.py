"""The machine: programs that are run, and what the kernel counts of them. Linux only."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

GIB = 2**30
MIB = 2**20
TICKS = os.sysconf("SC_CLK_TCK")
END_SECONDS = 20
IDLE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What one transfer took, in seconds per GiB."""

    cpu: float
    wall: float

    def __str__(self) -> str:
        return f"{self.cpu:.2f} CPU s/GiB, {1 / self.wall:.2f} GiB/s"


def list_tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for one in found:
        try:
            for path in Path(f"/proc/{one}/task").glob("*/children"):
                found += [int(word) for word in path.read_text().split()]
        except OSError:
            continue  # it ended meanwhile
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and all below it, those that ended too.

    Of the living to the nanosecond (clock_getcpuclockid(3) on Linux), of the rest in ticks
    (proc_pid_stat(5): cutime and cstime).
    """
    total = 0.0
    for one in list_tree(pid):
        try:
            total += time.clock_gettime((~one << 3) | 2)
            words = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(words[13]) + int(words[14])) / TICKS
    return total


def memory_mib(pid: int, name: str) -> float:
    """Return `VmRSS` or `VmHWM` of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def forget_peak(pid: int) -> None:
    """Have `VmHWM` begin anew (proc_pid_clear_refs(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def timed(pid: int, size: int, work: Callable[[], None]) -> Cost:
    """Run a transfer; say what it took the process and all below it."""
    cpu, wall = cpu_seconds(pid), time.perf_counter()
    work()
    gib = size / GIB
    took = time.perf_counter() - wall
    return Cost((cpu_seconds(pid) - cpu) / gib, took / gib)


def idle_share(pid: int) -> float:
    """Return how much of a core a process and all below it take while nobody asks for anything."""
    before, begun = cpu_seconds(pid), time.perf_counter()
    time.sleep(IDLE_SECONDS)
    return (cpu_seconds(pid) - before) / (time.perf_counter() - begun)


def touch_memory(place: Path, size: int) -> None:
    """Fill so much of a tmpfs, and empty it again.

    A virtual machine gives free pages back to its host, which fetches them one by one when they are
    written next: several times the cost of the work that is measured, and only for whoever is first
    to take a page again.
    """
    with place.open("wb", buffering=0) as file:
        zeros = bytes(MIB)
        for _ in range(0, size, MIB):
            file.write(zeros)
    place.unlink()


def take_turns(
    runs: Mapping[str, Callable[[], Cost]],
    rounds: int,
    told: Callable[[str], None],
    before: Callable[[], None] = lambda: None,
) -> dict[str, list[Cost]]:
    """Run each of them once in every round, after `before`; every other round goes backwards."""
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for number in range(rounds):
        names = list(runs) if number % 2 == 0 else list(runs)[::-1]
        for name in names:
            before()
            cost = runs[name]()
            costs[name].append(cost)
            told(f"round {number + 1}: {name}: {cost}")
    return costs


def allow_many_files() -> int:
    """Let this process and its children open as many files as the machine lets it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextmanager
def child(*command: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run a program, and end it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(END_SECONDS)


def read_port(process: subprocess.Popen[str]) -> int:
    """Return what a server prints first."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{process.args!r} ended before it listened.")
    return int(line)
