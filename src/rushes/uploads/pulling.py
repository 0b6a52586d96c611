"""Pulling: a sender that is faster than its writer is read by the thread that writes.

    socket ─readv→ buffer ─pwrite→ file          in one thread, no change between
                     └────────────> digests      in another, beside the next buffer

1. It begins where every buffer is filled and the sender waits, and ends when the socket is dry: a
   slow line never holds a thread.
2. A step takes `STEP_SECONDS` at most. Whatever stops an upload is looked at between two steps.
3. What failed to reach the file is never digested, and what reached it always is.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Final

from rushes.uploads.spool import SpoolFile

STEP_SECONDS: Final = 0.1


@dataclass(slots=True)
class Loan:
    """A socket that is lent to a thread for a step.

    `descriptor` is the thread's own, does not block, and is closed at the end of the step. No more
    than `most` bytes are read from it, into `buffers` that nobody else looks at.
    """

    descriptor: int
    most: int
    buffers: tuple[bytearray, bytearray]
    taken: int = 0
    is_dry: bool = False
    """Whether nothing more is there now, or ever."""


def pull(loan: Loan, file: SpoolFile, threads: Executor) -> None:
    """Write what the socket has; `loan.taken` tells how much that was.

    Raises:
        OSError: the disk is full or broken; the file tells how far it came.
    """
    until = time.monotonic() + STEP_SECONDS
    beside: _Beside | None = None
    this, other = loan.buffers
    try:
        while loan.taken < loan.most and not loan.is_dry and time.monotonic() < until:
            view, at = memoryview(this), file.at
            try:
                _fill(loan, view, file)
            finally:
                if beside is not None:
                    beside.finish()
                beside = _begin(file, view[: file.at - at], threads)
            this, other = other, this
    finally:
        if beside is not None:
            beside.finish()
        os.close(loan.descriptor)


def _fill(loan: Loan, buffer: memoryview, file: SpoolFile) -> None:
    """Write what comes until the buffer is full of it."""
    while buffer and loan.taken < loan.most:
        count = _read(loan.descriptor, buffer[: loan.most - loan.taken])
        if not count:
            loan.is_dry = True
            return
        loan.taken += count
        file.put(buffer[:count])
        buffer = buffer[count:]


def _read(descriptor: int, space: memoryview) -> int:
    """Return how many bytes came; 0: none now. Why not is heard by who reads there next."""
    try:
        return os.readv(descriptor, [space])
    except OSError:
        return 0


@dataclass(slots=True)
class _Beside:
    """The digests of a piece, taken by whoever has time for them."""

    file: SpoolFile
    piece: memoryview
    future: Future[None]

    def finish(self) -> None:
        """Return when they are taken; where every thread is busy, take them here."""
        if self.future.cancel():
            self.file.digest(self.piece)
        else:
            self.future.result()


def _begin(file: SpoolFile, piece: memoryview, threads: Executor) -> _Beside | None:
    if not (piece and file.is_digested):
        return None
    return _Beside(file, piece, threads.submit(file.digest, piece))
