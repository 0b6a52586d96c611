"""Processes by names that no other has: whoever reads one may be able to say that it is dead.

Dead is only what this kernel says of a process that it could see: the same boot, the same namespace
of process numbers, and no process of that number that began at that tick. Of a process elsewhere
nothing is known, as of one that is frozen.
"""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import Final

from rushes.clock import Clock

PROC: Final = Path("/proc")
BEGUN_AT: Final = 19
"""Where the start stands in /proc/PID/stat behind the name: its field 22 (proc(5))."""

ENDED: Final = frozenset("ZX")
"""States of a process that runs no more, though its number is still taken."""


def name_process(clock: Clock) -> str:
    """Return a name of this process: host, kernel, number, start, and what chance gives."""
    pid = os.getpid()
    parts = (
        socket.gethostname(),
        name_kernel(),
        str(pid),
        _start(pid) or "",
        clock.entropy(8).hex(),
    )
    return ":".join(parts)


def name_kernel() -> str:
    """Return what the processes that this one can see have in common; empty where unknown.

    It is another one after the machine was started anew.
    """
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text()
        space = (PROC / "self/ns/pid").readlink()
    except OSError:
        return ""
    return hashlib.sha256(f"{boot}{space}".encode()).hexdigest()[:16]


def is_dead(name: str) -> bool:
    """Say whether the process of this name certainly runs no more."""
    parts = name.rsplit(":", 4)
    if len(parts) != len(("host", "kernel", "number", "start", "chance")):
        return False
    _, kernel, number, start, _ = parts
    if not (kernel and start and number.isdecimal()) or kernel != name_kernel():
        return False
    return _start(int(number)) not in {start, ""}


def _start(pid: int) -> str | None:
    """Return at which tick a process began; None if none of this number runs, empty if unknown."""
    try:
        words = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    except OSError:
        return ""
    return None if words[0] in ENDED else words[BEGUN_AT]
