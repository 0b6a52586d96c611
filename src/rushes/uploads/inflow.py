"""Inflow: a body on its way in, in buffers that are worth a system call.

    a source fills -> take -> write -> give back -> the source fills again

1. At most `BUFFERS` buffers: one is filled, one waits, one is written. When all are taken, the
   source waits, and with it the sender. They grow from 64 KiB to 4 MiB while they are filled within
   a second, so a thousand slow senders take little memory.
2. A part-filled buffer is handed over after a second, so a slow sender's bytes become durable too.
3. It can be stopped at any time; what has arrived until then still comes out.
4. A server that can lets the kernel fill the buffers (`Source`); from any other they are copied.
5. Where every buffer is filled, the sender is faster than the writer: the writer may read on from
   the socket by itself (`Lender`), with no change of threads between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, runtime_checkable

from rushes.uploads.pace import Pace
from rushes.uploads.pulling import Loan

FIRST_BYTES: Final = 64 * 2**10
BUFFER_BYTES: Final = 4 * 2**20
GROWTH: Final = 4
BUFFERS: Final = 3
HAND_OVER_SECONDS: Final = 1.0


class BodyCut(Exception):
    """The sender went away before the end of the body."""


class End(StrEnum):
    """How a body ended."""

    WHOLE = "whole"
    CUT = "cut"
    STOPPED = "stopped"
    SILENT = "silent"
    OVERRUN = "overrun"


@runtime_checkable
class Source(Protocol):
    """Where a body's bytes come from: it puts them into the space that an inflow has."""

    def begin(self, inflow: Inflow) -> None:
        """Fill its space from now on, and call `finish` at the end."""
        ...

    def go_on(self) -> None:
        """There is space again."""
        ...

    def stop(self) -> None:
        """Fill no more: call `finish` now or soon."""
        ...

    async def rest(self) -> None:
        """Return when nothing is filled any more; called after `stop`."""
        ...


@runtime_checkable
class Lender(Source, Protocol):
    """A source whose bytes come from a socket, which a thread may read for a while."""

    def lend(self) -> tuple[int, int] | None:
        """Return a descriptor to read and close, and how much of the body is left; None: not now.

        Nothing else reads there until `go_on`.
        """
        ...

    def took(self, count: int) -> None:
        """So many bytes were read there."""
        ...


Body: TypeAlias = AsyncIterator[bytes] | AsyncIterator[memoryview] | Source
"""A source, or what yields pieces; that raises `BodyCut` when the sender is gone."""


class Inflow:
    """One body on its way in.

    `most` is how many bytes it may hold; `stall_seconds` how long it may be silent, and
    `least_rate` how many bytes a second it must bring where it brings any. `may_lend`: who takes
    asks for `lend` after each buffer that was given back.
    """

    def __init__(
        self,
        body: Body,
        *,
        most: int,
        length: int | None = None,
        stall_seconds: float = 60,
        least_rate: float = 0,
        may_lend: bool = False,
    ) -> None:
        self.most = most
        self._loop = asyncio.get_running_loop()
        self._pace = Pace(self._loop.time(), stall_seconds, least_rate)
        self._most_bytes = max(1, min(BUFFER_BYTES, most, length or BUFFER_BYTES))
        self._buffer_bytes = min(FIRST_BYTES, self._most_bytes)
        self._unmade = BUFFERS
        self._free: list[bytearray] = []
        self._filled: asyncio.Queue[memoryview | None] = asyncio.Queue()
        self._current: memoryview | None = None
        self._fill = 0
        self._hand_over: asyncio.TimerHandle | None = None
        self._why: End | None = None
        self._trouble: BaseException | None = None
        self.received = 0
        self.end: End | None = None
        self._watch = self._loop.call_later(self._pace.next_look(self._loop.time()), self._look)
        self._source = body if isinstance(body, Source) else _Poured(body)
        self._lender = self._source if may_lend and isinstance(self._source, Lender) else None
        self._is_lent = False
        self._source.begin(self)

    @property
    def silent_seconds(self) -> float:
        """For how long the sender has kept us waiting; 0 while we keep it waiting."""
        return 0.0 if self.end is not None else self._pace.silent_seconds(self._loop.time())

    @property
    def is_drained(self) -> bool:
        """Whether the body is over, and what was taken last is the last of it."""
        return self.end is not None and self._filled.qsize() <= 1  # the end itself waits there

    def stop(self, why: End = End.STOPPED) -> None:
        """Read no more; what has arrived still comes out. The first reason counts."""
        if self.end is None:
            self._why = self._why or why
            self._source.stop()

    async def take(self) -> memoryview | None:
        """Return the next filled buffer, or None after the last.

        Raises:
            Exception: what the body raised, other than `BodyCut`.
        """
        filled = await self._filled.get()
        if filled is None and self._trouble is not None:
            raise self._trouble
        return filled

    def give_back(self, filled: memoryview) -> None:
        """Let a buffer be filled again; nobody may look at it any more."""
        buffer = filled.obj
        filled.release()
        if isinstance(buffer, bytearray):
            self._free.append(buffer)
            if self._pace.is_held and self.end is None:
                self._is_lent = self._lender is not None
                if not self._is_lent:
                    self._go_on()

    def lend(self) -> Loan | None:
        """Return the socket for a step, where the sender is faster than who takes; else None.

        The buffers that were filled before have to be taken first. `settle` ends the step.
        """
        lender, is_over = self._lender, self.end is not None
        if lender is None or not self._is_lent or is_over or not self._filled.empty():
            return None
        lent = lender.lend()
        if lent is None:
            self._go_on()
            return None
        descriptor, left = lent
        return Loan(descriptor, left, (self._large(), self._large()))

    def settle(self, loan: Loan) -> None:
        """Take note of what a step took; where it found nothing more, the source fills again."""
        now = self._loop.time()
        self._pace.release(now)  # the wait is forgiven once, not again at the end of each step
        self._pace.move(now, loan.taken)
        self._pace.hold(now)
        self._free.extend(loan.buffers)
        self.received += loan.taken
        if self._lender is not None:
            self._lender.took(loan.taken)
        if self.end is None and loan.is_dry:
            self._go_on()

    async def close(self) -> None:
        """Stop, and wait until nothing is read any more."""
        self.stop()
        await self._source.rest()

    def space(self) -> memoryview | None:
        """Return where a source may put the next bytes; None: it waits for `go_on`."""
        if self._is_lent or (self._current is None and not self._begin()):
            return None
        return None if self._current is None else self._current[self._fill :]

    def fill(self, count: int) -> None:
        """Take note that a source put so many bytes into the space."""
        self._pace.move(self._loop.time(), count)
        self.received += count
        self._fill += count
        if self._current is not None and self._fill == len(self._current):
            self._buffer_bytes = min(self._buffer_bytes * GROWTH, self._most_bytes)
            self._flush()
        elif self._hand_over is None:
            self._hand_over = self._loop.call_later(HAND_OVER_SECONDS, self._hand_over_part)

    def finish(
        self, end: End | None, trouble: BaseException | None = None, rest: memoryview | None = None
    ) -> None:
        """Take note that a source came to its end; None: it was stopped.

        `rest` came and found no space any more.
        """
        if self.end is not None:
            return
        self.end = end or self._why or End.STOPPED
        self._trouble = trouble
        self._watch.cancel()
        self._flush()
        if rest:
            self._filled.put_nowait(rest)
        self._filled.put_nowait(None)

    def _begin(self) -> bool:
        """Take an empty buffer; say whether there is one."""
        if not self._free and not self._unmade:
            self._pace.hold(self._loop.time())
            return False
        buffer = self._free.pop() if self._free else None
        if buffer is None:
            self._unmade -= 1
        if buffer is None or len(buffer) < self._buffer_bytes:
            buffer = bytearray(self._buffer_bytes)
        self._current = memoryview(buffer)
        self._fill = 0
        return True

    def _go_on(self) -> None:
        """Let the source fill buffers again."""
        self._is_lent = False
        self._pace.release(self._loop.time())
        self._source.go_on()

    def _large(self) -> bytearray:
        """Return an empty buffer of full size; all of them are free now."""
        buffer = self._free.pop()
        return buffer if len(buffer) == self._most_bytes else bytearray(self._most_bytes)

    def _hand_over_part(self) -> None:
        """Hand over what came in a second, and let the source look for space again."""
        self._flush()
        self._source.go_on()

    def _flush(self) -> None:
        if self._hand_over is not None:
            self._hand_over.cancel()
            self._hand_over = None
        if self._current is not None and self._fill:
            self._filled.put_nowait(self._current[: self._fill])
            self._current = None

    def _look(self) -> None:
        """End a body that is silent or a trickle; else look again when it could be one."""
        now = self._loop.time()
        if self._pace.is_late(now):
            self.stop(End.SILENT)
        else:
            self._watch = self._loop.call_later(self._pace.next_look(now), self._look)


class _Poured:
    """Copies a body that comes in pieces, from any server."""

    def __init__(self, body: AsyncIterator[bytes] | AsyncIterator[memoryview]) -> None:
        self._body = body
        self._rest = memoryview(b"")
        self._space = asyncio.Event()
        self._pump: asyncio.Task[End] | None = None

    def begin(self, inflow: Inflow) -> None:
        self._pump = asyncio.get_running_loop().create_task(self._run(inflow))
        self._pump.add_done_callback(lambda pump: self._finish(inflow, pump))

    def go_on(self) -> None:
        self._space.set()

    def stop(self) -> None:
        if self._pump is not None:
            self._pump.cancel()

    async def rest(self) -> None:
        if self._pump is not None:
            await asyncio.wait([self._pump])

    async def _run(self, inflow: Inflow) -> End:
        came = 0
        try:
            async for piece in self._body:
                came += len(piece)
                if came > inflow.most:
                    return End.OVERRUN
                self._rest = memoryview(piece)
                await self._pour(inflow)
        except BodyCut:
            return End.CUT
        return End.WHOLE

    async def _pour(self, inflow: Inflow) -> None:
        while self._rest:
            space = inflow.space()
            if space is None:
                self._space.clear()
                await self._space.wait()
                continue
            count = min(len(space), len(self._rest))
            space[:count] = self._rest[:count]
            self._rest = self._rest[count:]
            inflow.fill(count)

    def _finish(self, inflow: Inflow, pump: asyncio.Task[End]) -> None:
        if pump.cancelled():
            inflow.finish(None, rest=self._rest)
        elif (trouble := pump.exception()) is not None:
            inflow.finish(End.CUT, trouble, self._rest)
        else:
            inflow.finish(pump.result(), rest=self._rest)
