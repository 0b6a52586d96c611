"""A proxy before a real S3 server that tells lies on purpose: what it answers, or whether at all.

Requests go through as they are (their signature names the proxy's address, and the server checks
it against the same header), so all that is not lied about is real.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; `cut` bytes of the body are announced and not sent."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int = 0


Change = Callable[[Answer], Answer | None]


@dataclass(slots=True)
class Lie:
    """What happens to requests that `concerns` names, for so many `times`.

    `before` changes the request on its way; `instead` answers without asking the server; `after`
    changes the server's answer, or loses it (None). With none of these it hangs.
    """

    concerns: Callable[[Request], bool]
    times: int = 1_000_000
    before: Callable[[Request], Request] | None = None
    instead: Answer | None = None
    after: Change | None = None


@dataclass(slots=True)
class LyingProxy:
    """The running proxy; `lies` may be changed at any time, the first that fits counts."""

    upstream: str
    endpoint: str = ""
    lies: list[Lie] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)
    _meetings: set[asyncio.Task[None]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[LyingProxy]:
        """Listen at a free port of the loopback until the end of the block."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, limit=2**16)
        self.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for meeting in list(self._meetings):
                meeting.cancel()
            await asyncio.gather(*self._meetings)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meeting = asyncio.current_task()
        assert meeting is not None
        self._meetings.add(meeting)
        ended = (OSError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with contextlib.suppress(*ended):
            while await self._answer_next(reader, writer):
                pass
        self._meetings.discard(meeting)
        writer.close()

    async def _answer_next(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        request = await _read_request(reader, writer)
        self.seen.append(request)
        lie = next((one for one in self.lies if one.times and one.concerns(request)), None)
        if lie is None:
            return await _send(writer, request, await self._ask(request))
        lie.times -= 1
        if lie.before is not None:
            return await _send(writer, request, await self._ask(lie.before(request)))
        if lie.instead is not None:
            return await _send(writer, request, lie.instead)
        if lie.after is not None:
            changed = lie.after(await self._ask(request))
            return changed is not None and await _send(writer, request, changed)
        await asyncio.Event().wait()
        return False

    async def _ask(self, request: Request) -> Answer:
        address = urlsplit(self.upstream)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            headers = {**request.headers, "connection": "close"}
            head = [f"{request.method} {request.target} HTTP/1.1"]
            head += [f"{name}: {value}" for name, value in headers.items()]
            writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + request.body)
            first, given = await _read_head(reader)
            body = b"" if request.method == "HEAD" else await _read_body(reader, given)
            given.pop("transfer-encoding", None)
            given.pop("connection", None)
            if request.method != "HEAD":
                given.pop("content-length", None)
            return Answer(int(first.split()[1]), given, body)
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    first, headers = await _read_head(reader)
    method, target, _ = first.split()
    if headers.pop("expect", None):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return Request(method, target, headers, await _read_body(reader, headers))


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in head[1:] if line]
    return head[0], {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return b""
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _send(writer: asyncio.StreamWriter, request: Request, answer: Answer) -> bool:
    headers = dict(answer.headers)
    if request.method != "HEAD":
        headers["content-length"] = str(len(answer.body))
    else:
        headers.setdefault("content-length", "0")
    head = [f"HTTP/1.1 {answer.status} Said"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    body = b"" if request.method == "HEAD" else answer.body[: len(answer.body) - answer.cut]
    writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)
    await writer.drain()
    return not answer.cut


def flip(content: bytes) -> bytes:
    """Return the bytes with one bit changed."""
    return bytes([content[0] ^ 1]) + content[1:]


def error(status: int, code: str, **headers: str) -> Answer:
    """Return an answer as S3 servers give it for an error."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>said</Message></Error>"
    return Answer(status, {"content-type": "application/xml", **headers}, body.encode())


def change_body(answer: Answer) -> Answer:
    """Return the same answer with one bit of its body changed."""
    return replace(answer, body=flip(answer.body))
