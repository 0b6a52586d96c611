"""Inflow: a body on its way in, gathered into buffers that are worth a system call.

1. At most `BUFFERS` buffers of 4 MiB: one is filled, one waits, one is written. When all are taken,
   reading pauses, and with it the sender.
2. A part-filled buffer is handed over after a second, so a slow sender's bytes become durable too.
3. It can be stopped at any time; what has arrived until then still comes out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Final, TypeAlias

BUFFER_BYTES: Final = 4 * 2**20
BUFFERS: Final = 3
HAND_OVER_SECONDS: Final = 1.0

Body: TypeAlias = AsyncIterator[bytes] | AsyncIterator[memoryview]
"""Where bytes come from; it raises `BodyCut` when the sender is gone."""


class BodyCut(Exception):
    """The sender went away before the end of the body."""


class End(StrEnum):
    """How a body ended."""

    WHOLE = "whole"
    CUT = "cut"
    STOPPED = "stopped"
    SILENT = "silent"
    OVERRUN = "overrun"


class Inflow:
    """One body on its way in.

    `most` is how many bytes it may hold; `stall_seconds` how long it may be silent.
    """

    def __init__(
        self, body: Body, *, most: int, length: int | None = None, stall_seconds: float = 60
    ) -> None:
        self._body = body
        self._most = most
        self._stall = stall_seconds
        self._loop = asyncio.get_running_loop()
        self._buffer_bytes = max(1, min(BUFFER_BYTES, most, length or BUFFER_BYTES))
        self._unmade = BUFFERS
        self._free: asyncio.Queue[bytearray] = asyncio.Queue()
        self._filled: asyncio.Queue[memoryview | None] = asyncio.Queue()
        self._current: bytearray | None = None
        self._fill = 0
        self._hand_over: asyncio.TimerHandle | None = None
        self._is_reading = True
        self._moved_at = self._loop.time()
        self._rest = memoryview(b"")
        self._why = End.STOPPED
        self.received = 0
        self.end: End | None = None
        self._watch = self._loop.call_later(stall_seconds, self._look)
        self._pump = self._loop.create_task(self._run())
        self._pump.add_done_callback(self._finish)

    @property
    def silent_seconds(self) -> float:
        """For how long the sender has kept us waiting; 0 while we keep it waiting."""
        if self.end is not None or not self._is_reading:
            return 0.0
        return self._loop.time() - self._moved_at

    def stop(self, why: End = End.STOPPED) -> None:
        """Read no more; what has arrived still comes out."""
        self._why = why
        self._pump.cancel()

    async def take(self) -> memoryview | None:
        """Return the next filled buffer, or None after the last.

        Raises:
            Exception: what the body raised, other than `BodyCut`.
        """
        filled = await self._filled.get()
        if filled is None and not self._pump.cancelled():
            self._pump.result()
        return filled

    def give_back(self, filled: memoryview) -> None:
        """Let a buffer be filled again; nobody may look at it any more."""
        buffer = filled.obj
        filled.release()
        if isinstance(buffer, bytearray):
            self._free.put_nowait(buffer)

    async def close(self) -> None:
        """Stop, and wait until nothing is read any more."""
        self.stop()
        await asyncio.wait([self._pump])

    async def _run(self) -> End:
        try:
            async for piece in self._body:
                self._moved_at = self._loop.time()
                self.received += len(piece)
                if self.received > self._most:
                    return End.OVERRUN
                await self._pour(memoryview(piece))
        except BodyCut:
            return End.CUT
        return End.WHOLE

    def _finish(self, pump: asyncio.Task[End]) -> None:
        """Hand over what is left, and say how it ended."""
        if pump.cancelled():
            self.end = self._why
        else:
            self.end = End.CUT if pump.exception() else pump.result()
        self._watch.cancel()
        self._flush()
        if self._rest:
            self._filled.put_nowait(self._rest)
        self._filled.put_nowait(None)

    async def _pour(self, piece: memoryview) -> None:
        self._rest = piece
        while self._rest:
            if self._current is None:
                await self._begin()
            self._rest = self._rest[self._copy(self._rest) :]

    async def _begin(self) -> None:
        """Take an empty buffer; without one the sender waits."""
        if self._free.empty() and self._unmade:
            self._unmade -= 1
            self._current = bytearray(self._buffer_bytes)
        else:
            self._is_reading = False
            self._current = await self._free.get()
            self._is_reading = True
            self._moved_at = self._loop.time()
        self._fill = 0
        self._hand_over = self._loop.call_later(HAND_OVER_SECONDS, self._flush)

    def _copy(self, piece: memoryview) -> int:
        buffer = self._current
        if buffer is None:
            return 0
        count = min(len(piece), len(buffer) - self._fill)
        buffer[self._fill : self._fill + count] = piece[:count]
        self._fill += count
        if self._fill == len(buffer):
            self._flush()
        return count

    def _flush(self) -> None:
        if self._hand_over is not None:
            self._hand_over.cancel()
            self._hand_over = None
        if self._current is not None and self._fill:
            self._filled.put_nowait(memoryview(self._current)[: self._fill])
            self._current = None

    def _look(self) -> None:
        """End a silent body; else look again when it would be one."""
        left = self._stall - self.silent_seconds
        if left <= 0:
            self.stop(End.SILENT)
        else:
            self._watch = self._loop.call_later(left, self._look)
