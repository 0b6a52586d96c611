"""Names of processes: a dead one is known as dead, and of nobody else is it said."""

from __future__ import annotations

import os
import subprocess
import sys

from rushes.clock import SYSTEM
from rushes.uploads.processes import is_dead, name_process

SCRIPT = """
import sys
from rushes.clock import SYSTEM
from rushes.uploads.processes import name_process
print(name_process(SYSTEM), flush=True)
sys.stdin.read()
"""


def test_a_process_is_dead_once_it_has_ended_and_not_before() -> None:
    """By its number and its start, before it is reaped and after it."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        alive = is_dead(name)
        process.kill()
        process.wait()

    assert (False, True) == (alive, is_dead(name))


def test_of_a_process_elsewhere_nothing_is_known() -> None:
    """Another kernel, another namespace, or a name that says too little."""
    host, kernel, pid, start, chance = name_process(SYSTEM).rsplit(":", 4)

    assert not is_dead(f"{host}:{'0' * 16}:{pid}:{start}0:{chance}")
    assert not is_dead(f"{host}::{pid}:{start}0:{chance}")
    assert not is_dead(f"{host}:{kernel}:{pid}::{chance}")
    assert not is_dead("a word")


def test_another_process_with_the_same_number_is_not_the_one_that_was_named() -> None:
    """Numbers are given again; the tick of the start tells them apart."""
    host, kernel, pid, start, chance = name_process(SYSTEM).rsplit(":", 4)

    assert not is_dead(f"{host}:{kernel}:{pid}:{start}:{chance}")
    assert is_dead(f"{host}:{kernel}:{pid}:{int(start) + 1}:{chance}")


def test_no_two_names_are_equal() -> None:
    """A process that takes its own place again is not the one before."""
    assert name_process(SYSTEM) != name_process(SYSTEM)
