"""The gate of one run: the filter of system calls goes in, what became of the box comes out.

The filter lies in a file without a name; bubblewrap and `media.confine` read it once. Bubblewrap
tells in another one when the tool has begun and how it ended, so that a box that could not be built
is never taken for a tool that failed. It is no pipe: whoever builds a box while this process is
killed would be ended by writing to it, and leave half a box that waits for ever.
"""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final

from rushes.media.box import NO_BOX, Gate, Level
from rushes.media.syscalls import make_filter

TOLD_BYTES: Final = 4_096
ENDED: Final = b'"exit-code"'
SEALED: Final = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING


@dataclass(frozen=True, slots=True)
class OpenGate:
    """A gate with its ends in this process."""

    gate: Gate
    level: Level
    told: IO[bytes]
    calls: IO[bytes]

    def hand_over(self) -> None:
        """Close what the tool has now."""
        self.calls.close()

    def is_box_missing(self, code: int) -> bool:
        """Say, after the end with this exit status, whether the box could not be built."""
        if self.level is Level.FULL:
            return code > 0 and ENDED not in os.pread(self.told.fileno(), TOLD_BYTES, 0)
        return self.level is Level.PARTIAL and code == NO_BOX


@contextmanager
def open_gate(level: Level) -> Iterator[OpenGate]:
    """Open a gate, and close what is left of it in the end."""
    with (
        os.fdopen(os.memfd_create("told", SEALED), "r+b", buffering=0) as told,
        os.fdopen(os.memfd_create("calls"), "r+b", buffering=0) as calls,
    ):
        told.truncate(TOLD_BYTES)
        fcntl.fcntl(told, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)  # no tool fills memory by it
        calls.write(make_filter(platform.machine(), is_alone=level is Level.FULL))
        calls.seek(0)
        yield OpenGate(Gate(calls.fileno(), told.fileno(), os.getpid()), level, told, calls)
