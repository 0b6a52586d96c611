"""Wire bodies: the kernel writes a request's body straight into the buffers of an inflow.

    parser reads the head -> `WireBody` reads exactly the body -> a new parser reads the next head

1. While it reads, it stands in the parser's place; not one byte of the next request is taken.
2. Reading is paused and resumed through the flow control of the server, because the end of an
   answer resumes it there.
3. `100 Continue` is sent when the application begins to read, after all its checks.
4. What came before the sender went away is handed over.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Final, Protocol

from starlette.types import Message, Receive

from rushes.uploads.inflow import BodyCut, End, Inflow

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
LINGER_BYTES: Final = 32 * 2**20
LINGER_SECONDS: Final = 5.0
SCRATCH_BYTES: Final = 256 * 2**10

_SCRATCH: Final = bytearray(SCRATCH_BYTES)
"""What is thrown away is read into here, from every connection."""


class Line(Protocol):
    """The connection that a body comes over."""

    transport: asyncio.Transport

    def pause_reading(self) -> None:
        """Let the sender wait."""
        ...

    def resume_reading(self) -> None:
        """Read on."""
        ...

    def begin_head(self) -> None:
        """Read the next head."""
        ...

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        ...

    def pause_writing(self) -> None:
        """The receiver of the answer is slow."""
        ...

    def resume_writing(self) -> None:
        """It keeps up again."""
        ...


class Request(Protocol):
    """The request that a body belongs to."""

    def take_first(self) -> memoryview:
        """Return what of the body came with the head; it is not told again."""
        ...

    def end_body(self) -> None:
        """The body is whole: read the next head."""
        ...

    async def receive(self) -> Message:
        """Receive as ASGI wants it."""
        ...


class _Beside(asyncio.BufferedProtocol):
    """Stands in for a connection's own protocol while bytes go elsewhere."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def eof_received(self) -> None:
        """Let the transport close itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self._line.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._line.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._line.resume_writing()


class WireBody(_Beside):
    """A body of known length; a `Source` for an inflow, pieces for everybody else."""

    def __init__(self, line: Line, request: Request, length: int, *, is_awaited: bool) -> None:
        """Nothing is read yet; `is_awaited`: the sender waits for `100 Continue`."""
        super().__init__(line)
        self._request = request
        self._left = length
        self._is_awaited = is_awaited
        self._inflow: Inflow | None = None
        self._first = memoryview(b"")
        self.is_begun = False

    @property
    def is_torn(self) -> bool:
        """Whether reading ended in the middle, so that no further request can be read."""
        return self.is_begun and self._left > 0

    @property
    def is_reading(self) -> bool:
        """Whether the kernel fills buffers now."""
        return self._inflow is not None

    def begin(self, inflow: Inflow) -> None:
        """Fill the inflow."""
        self.is_begun = True
        if self._left > inflow.most:
            inflow.finish(End.OVERRUN)
            return
        self._inflow = inflow
        if self._is_awaited and not self._line.transport.is_closing():
            self._line.transport.write(CONTINUE)
        self._line.pause_reading()
        self._first = self._request.take_first()[: self._left]
        is_whole = len(self._first) == self._left
        self._pour(inflow)
        if is_whole:
            return
        if self._line.transport.is_closing():
            self._end(End.CUT)
            return
        self._line.transport.set_protocol(self)
        self.go_on()

    def go_on(self) -> None:
        """Read where there is space, wait where there is none."""
        inflow = self._inflow
        if inflow is None:
            return
        self._pour(inflow)
        if not self._left:
            return
        if inflow.space() is None:
            self._line.pause_reading()
        else:
            self._line.resume_reading()

    def lend(self) -> tuple[int, int] | None:
        """Return a descriptor of the connection, which outlives it, and what is left to read."""
        transport = self._line.transport
        if self._inflow is None or self._first or transport.is_closing():
            return None
        try:
            return os.dup(transport.get_extra_info("socket").fileno()), self._left
        except OSError:  # as many files are open as may be
            return None

    def took(self, count: int) -> None:
        """Take note of what was read there."""
        if self._inflow is None:
            return  # it was ended meanwhile, and nothing more is read of this connection
        self._left -= count
        if not self._left:
            self._request.end_body()
            self._end(End.WHOLE)

    def stop(self) -> None:
        """Read no more."""
        self._line.pause_reading()
        self._end(None)

    async def rest(self) -> None:
        """Nothing is read once `stop` was called."""

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Return where the kernel puts the next bytes."""
        space = None if self._inflow is None else self._inflow.space()
        if space is None:
            raise BufferError("There is no buffer, and reading was not paused.")
        return space[: self._left]

    def buffer_updated(self, nbytes: int) -> None:
        """Take note that the kernel put bytes there."""
        inflow = self._inflow
        if inflow is None:
            return
        self._left -= nbytes
        inflow.fill(nbytes)
        if not self._left:
            self._line.pause_reading()
            self._request.end_body()
            self._end(End.WHOLE)
        elif inflow.space() is None:
            self._line.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand over what came, and pass it on."""
        self._end(End.CUT)
        super().connection_lost(exc)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body's bytes as they come, for who has no inflow.

        Raises:
            BodyCut: the sender is gone.
        """
        async for piece, _ in read_pieces(self._request.receive):
            yield piece

    def _pour(self, inflow: Inflow) -> None:
        """Copy what came with the head, as far as there is space."""
        while self._first and (space := inflow.space()) is not None:
            count = min(len(space), len(self._first))
            space[:count] = self._first[:count]
            self._first = self._first[count:]
            self._left -= count
            inflow.fill(count)
        if not self._left:
            self._end(End.WHOLE)

    def _end(self, end: End | None) -> None:
        inflow, self._inflow = self._inflow, None
        if inflow is not None:
            inflow.finish(end)


async def read_pieces(receive: Receive) -> AsyncIterator[tuple[bytes, bool]]:
    """Yield a body's bytes as any server gives them; true goes with the last of them.

    Raises:
        BodyCut: the sender is gone.
    """
    is_last = False
    while not is_last:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyCut
        is_last = not message.get("more_body", False)
        yield message.get("body", b""), is_last


class Linger(_Beside):
    """Throws away what still comes after an early answer, then closes (RFC 9112, section 9.6)."""

    def __init__(
        self, line: Line, *, seconds: float = LINGER_SECONDS, most: int = LINGER_BYTES
    ) -> None:
        """Tell the end of the answer, and read on for a while."""
        super().__init__(line)
        self._left = most
        transport = line.transport
        if transport.can_write_eof():
            transport.write_eof()
        transport.set_protocol(self)
        line.resume_reading()
        self._timer = asyncio.get_running_loop().call_later(seconds, transport.close)

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Return the place for what nobody wants."""
        return memoryview(_SCRATCH)

    def buffer_updated(self, nbytes: int) -> None:
        """Count it."""
        self._left -= nbytes
        if self._left <= 0:
            self._line.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The sender heard the answer, or never will."""
        self._timer.cancel()
        super().connection_lost(exc)
