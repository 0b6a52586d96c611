"""The gate of one run: the filter of system calls goes in, what became of the box comes out.

The filter lies in a file without a name; bubblewrap and `media.confine` read it once. Bubblewrap
tells over a pipe when the tool has begun and how it ended, so that a box that could not be built is
never taken for a tool that failed.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class OpenGate:
    """A gate with its ends in this process."""

    gate: Gate
    level: Level
    told: IO[bytes]
    ends: tuple[IO[bytes], ...]

    def hand_over(self) -> None:
        """Close what the tool has now."""
        for end in self.ends:
            end.close()

    def is_box_missing(self, code: int) -> bool:
        """Say, after the end with this exit status, whether the box could not be built."""
        if self.level is Level.FULL:
            return code > 0 and ENDED not in (self.told.read(TOLD_BYTES) or b"")
        return self.level is Level.PARTIAL and code == NO_BOX


@contextmanager
def open_gate(level: Level) -> Iterator[OpenGate]:
    """Open a gate, and close what is left of it in the end."""
    read, write = os.pipe()
    held = os.memfd_create("calls")
    with (
        os.fdopen(read, "rb", buffering=0) as told,
        os.fdopen(write, "wb", buffering=0) as status,
        os.fdopen(held, "r+b", buffering=0) as calls,
    ):
        os.set_blocking(read, False)
        calls.write(make_filter(platform.machine(), is_alone=level is Level.FULL))
        calls.seek(0)
        yield OpenGate(Gate(held, write, os.getpid()), level, told, (status, calls))
