"""The one worker of a data folder: a lock that the kernel drops when its holder ends."""

from __future__ import annotations

import asyncio
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from rushes.errors import Kind, RushesError

WAIT_SECONDS: Final = 10.0
"""How long a new worker waits for one that is ending."""

_LOOK_SECONDS: Final = 0.1


class WorkerHeld(RushesError):
    """Another worker process holds the data folder."""

    code = "worker.held"
    kind = Kind.LOCKED


@dataclass(frozen=True, slots=True)
class WorkerLock:
    """The held lock; it goes with the process, or with `release`."""

    descriptor: int

    @classmethod
    async def take(cls, path: Path, wait_seconds: float = WAIT_SECONDS) -> Self:
        """Take the lock at `path`, or wait for its holder to end.

        Raises:
            WorkerHeld: the holder did not end in time.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = asyncio.get_running_loop().time() + wait_seconds
        while not _try(descriptor):
            if asyncio.get_running_loop().time() >= deadline:
                holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
                os.close(descriptor)
                raise WorkerHeld(f"Another worker (pid {holder}) holds this data folder")
            await asyncio.sleep(_LOOK_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Let another worker in."""
        os.ftruncate(self.descriptor, 0)
        os.close(self.descriptor)


def find_holder(path: Path) -> int | None:
    """Return the process id of the worker that holds the lock at `path`, or None."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _try(descriptor):
            return None
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        return int(holder) if holder.isdecimal() else None
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
