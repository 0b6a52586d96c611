"""Wire exchanges: one request and its answer, with what our server can do beyond ASGI.

The extensions of a scope (`scope["extensions"]`):
1. `rushes.body`: the `Exchange`; `take_body()` gives the body as a source of filled buffers.
2. `rushes.interim`: the message `{"type": "rushes.interim", "status": 104, "headers": [...]}` sends
   an interim answer (RFC 9110, section 15.2).
3. `rushes.file`: the message `{"type": "rushes.file", "file": fd, "offset": 0, "count": 9}` sends a
   range of an open file after `http.response.start` with its `content-length`; an empty
   `http.response.body` ends the answer.

An answer before the end of the body says `Connection: close`, and what still comes is thrown away.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.types import Message, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from rushes.http.wire_body import Line, WireBody
from rushes.http.wire_file import FileShrunk, ReceiverGone, send_range
from rushes.uploads.pace import Pace

SMALL_BYTES: Final = 64 * 2**10
"""A rest of a body this small is read and thrown away, and the connection lives on."""

BODY: Final = "rushes.body"
INTERIM: Final = "rushes.interim"
FILE: Final = "rushes.file"

STATUS_104: Final = "Upload Resumption Supported"
CLOSE: Final = (b"connection", b"close")


class Exchange:
    """One request and its answer."""

    def __init__(
        self,
        line: Line,
        cycle: RequestResponseCycle,
        *,
        length: int | None,
        pace: Pace,
        reader_seconds: float,
    ) -> None:
        """Begin.

        `length` is that of the body, where it is told; `pace` judges a body that is read by
        `receive`; a reader of the answer may take nothing for `reader_seconds`.
        """
        self._line = line
        self._cycle = cycle
        self._length = length
        self._pace = pace
        self._reader_seconds = reader_seconds
        self._came = 0
        self._body: WireBody | None = None
        self.lingers = True
        """Whether what comes after an early answer is thrown away; else the line is cut."""
        self.is_early = False
        """Whether the answer came before the end of the body."""

    @property
    def is_body_over(self) -> bool:
        """Whether the whole body came."""
        return not self._cycle.more_body

    @property
    def is_lingering(self) -> bool:
        """Whether the line goes on after the answer, only to throw away what comes."""
        return self.is_early and self.lingers and not self.is_body_over

    @property
    def is_torn(self) -> bool:
        """Whether reading of the body ended in its middle."""
        return self._body is not None and self._body.is_torn

    def extend(self, scope: Scope) -> None:
        """Tell the application what it may use."""
        extensions = scope.setdefault("extensions", {})
        extensions[BODY] = self
        if scope["http_version"] == "1.1":
            extensions[INTERIM] = {}
        if scope["scheme"] == "http":
            extensions[FILE] = {}

    def take_body(self) -> WireBody | None:
        """Return the body as a source; None: read it with `receive`."""
        is_plain = self._cycle.scope["scheme"] == "http"
        if self._body is None and self._length and is_plain and not self._came:
            self._body = WireBody(
                self._line,
                self,
                self._length,
                is_awaited=self._cycle.waiting_for_100_continue,
            )
        return self._body

    def take_first(self) -> memoryview:
        """Return what of the body came with the head; it is not told again."""
        cycle = self._cycle
        cycle.waiting_for_100_continue = False
        first, cycle.body = memoryview(cycle.body), bytearray()
        return first

    def end_body(self) -> None:
        """Read the next head."""
        self._cycle.more_body = False
        self._line.begin_head()

    def stop_body(self) -> None:
        """Read no more of the body."""
        if self._body is not None:
            self._body.stop()

    async def receive(self) -> Message:
        """Receive as ASGI wants it; a sender that is too slow counts as gone."""
        cycle = self._cycle
        if self._body is not None and self._body.is_begun:
            while not (cycle.disconnected or cycle.response_complete):
                await cycle.message_event.wait()
                cycle.message_event.clear()
            return {"type": "http.disconnect"}
        if not cycle.more_body:
            return dict(await cycle.receive())
        return await self._receive_in_time()

    async def send(self, message: Message) -> None:
        """Send as ASGI wants it, and the messages of our own."""
        if self._cycle.flow.write_paused and not self._cycle.disconnected:
            await self._await_room()
        match message["type"]:
            case "rushes.interim":
                self._send_interim(message)
            case "rushes.file":
                await self._send_file(message)
            case "http.response.start":
                await self._cycle.send(self._mark(message))  # type: ignore[arg-type]
            case _:
                is_end = not message.get("more_body", False)
                if is_end and self.is_lingering:
                    self._cycle.keep_alive = True  # the line closes it, later
                await self._cycle.send(message)  # type: ignore[arg-type]

    async def _receive_in_time(self) -> Message:
        loop, pace = asyncio.get_running_loop(), self._pace
        pace.release(loop.time())
        message: Message | None = None
        while message is None:
            try:
                async with asyncio.timeout(pace.next_look(loop.time())):
                    message = {**await self._cycle.receive()}
            except TimeoutError:
                if pace.is_late(loop.time()):
                    self._cut()
                    return {"type": "http.disconnect"}
        count = len(message.get("body", b""))
        self._came += count
        pace.move(loop.time(), count)
        pace.hold(loop.time())
        return message

    def _mark(self, message: Message) -> Message:
        """Say `Connection: close` where the rest of the body cannot be read as cheaply."""
        is_waiting = self._cycle.waiting_for_100_continue
        is_small = self._length is not None and self._length <= SMALL_BYTES
        if self.is_body_over or (is_small and not is_waiting and not self.is_torn):
            return message
        self.is_early = True
        headers = [pair for pair in message.get("headers", ()) if pair[0].lower() != CLOSE[0]]
        return {**message, "headers": [*headers, CLOSE]}

    def _send_interim(self, message: Message) -> None:
        cycle = self._cycle
        if cycle.response_started or cycle.disconnected or self._line.transport.is_closing():
            return
        status = message["status"]
        phrase = STATUS_104 if status == 104 else HTTPStatus(status).phrase  # noqa: PLR2004
        lines = [f"HTTP/1.1 {status} {phrase}".encode()]
        lines += [name + b": " + value for name, value in message.get("headers", ())]
        self._line.transport.write(b"\r\n".join([*lines, b"", b""]))

    async def _send_file(self, message: Message) -> None:
        cycle, count = self._cycle, message["count"]
        if cycle.disconnected:
            return
        if cycle.chunked_encoding is not False or count > cycle.expected_content_length:
            raise RuntimeError("A file is sent after a content-length that it fits.")
        transport = self._line.transport
        try:
            await self._flush(transport)
            await send_range(
                transport.get_extra_info("socket"),
                message["file"],
                message["offset"],
                count,
                is_gone=lambda: cycle.disconnected,
                stall_seconds=self._reader_seconds,
            )
        except ReceiverGone:
            self._cut()
        except FileShrunk:
            self._cut()  # only a cut line says that it is not whole
            raise
        cycle.expected_content_length -= count

    async def _flush(self, transport: asyncio.Transport) -> None:
        """Return when what was written before is out."""
        if transport.get_write_buffer_size():
            transport.set_write_buffer_limits(0)
            await self._await_room()
            transport.set_write_buffer_limits()

    async def _await_room(self) -> None:
        """Return when the receiver of the answer keeps up; cut off one that takes nothing."""
        cycle, transport = self._cycle, self._line.transport
        while cycle.flow.write_paused and not cycle.disconnected:
            left = transport.get_write_buffer_size()
            try:
                async with asyncio.timeout(self._reader_seconds):
                    await cycle.flow.drain()
            except TimeoutError:
                if transport.get_write_buffer_size() >= left:
                    self._cut()

    def _cut(self) -> None:
        self._cycle.disconnected = True
        self._cycle.message_event.set()
        self._line.transport.abort()


def find_exchange(scope: Scope) -> Exchange | None:
    """Return the exchange of a request that came over our own server; None: over another."""
    found = scope.get("extensions", {}).get(BODY)
    return found if isinstance(found, Exchange) else None
