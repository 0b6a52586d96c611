"""A small app behind our own protocol class, on a real socket, and a client that sees it all."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from rushes.delivery.ranges import plan_span
from rushes.http.bodies import Incoming, Unhurried
from rushes.http.crowd import Crowded
from rushes.http.problem import Edge
from rushes.http.ranged import FileAnswer
from rushes.http.wire import make_protocol
from rushes.settings import Settings
from rushes.uploads.inflow import Inflow, Source

ETAG = '"clip"'


@dataclass(slots=True)
class Stage:
    """The app; what a test may touch while it answers."""

    settings: Settings
    path: Path
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    inflows: list[Inflow] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by path."""
        request = Request(scope, receive)
        answers = {
            "/pulse": self.pulse,
            "/echo": self.echo,
            "/late": self.late,
            "/plain": self.plain,
            "/refuse": self.refuse,
            "/stop": self.stop,
            "/interim": self.interim,
            "/file": self.file,
        }
        if scope["path"] == "/interim":
            await send({"type": "rushes.interim", "status": 104, "headers": [(b"location", b"/x")]})
        response = await answers[scope["path"]](request)
        await response(scope, receive, send)

    async def pulse(self, _request: Request) -> Response:
        """Answer at once."""
        return PlainTextResponse("pulse")

    async def echo(self, request: Request) -> Response:
        """Read the body by an inflow; say what came."""
        body = Incoming(request).read()
        is_direct = isinstance(body, Source)
        inflow = Inflow(body, most=2**40, stall_seconds=self.settings.uploads.stall_seconds)
        self.inflows.append(inflow)
        digest = hashlib.sha256()
        while (filled := await inflow.take()) is not None:
            digest.update(filled)
            inflow.give_back(filled)
        await inflow.close()
        return JSONResponse(
            {
                "length": inflow.received,
                "sha256": digest.hexdigest(),
                "end": inflow.end,
                "is_direct": is_direct,
            }
        )

    interim = echo

    async def late(self, request: Request) -> Response:
        """Read the body when the test says so."""
        await self.go_on.wait()
        return await self.echo(request)

    async def plain(self, request: Request) -> Response:
        """Read the body as any ASGI app does."""
        body = await request.body()
        return JSONResponse({"length": len(body), "sha256": hashlib.sha256(body).hexdigest()})

    async def refuse(self, request: Request) -> Response:
        """Answer without reading."""
        return Unhurried(PlainTextResponse("no", 413), Incoming(request))

    async def stop(self, request: Request) -> Response:
        """Read one buffer, and answer."""
        incoming = Incoming(request)
        inflow = Inflow(incoming.read(), most=2**40)
        await inflow.take()
        await inflow.close()
        return Unhurried(PlainTextResponse("enough", 507), incoming)

    async def file(self, request: Request) -> Response:
        """Give out the file, or a range of it."""
        size = self.path.stat().st_size
        span = plan_span(request.headers.get("range"), None, ETAG, size)
        headers = {"Content-Length": str(span.length), "Accept-Ranges": "bytes"}
        if span.is_partial:
            headers["Content-Range"] = span.content_range
        file = os.open(self.path, os.O_RDONLY)
        self.files.append(file)
        return FileAnswer(file, [(span.start, span.end)], headers, is_partial=span.is_partial)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def facts(self) -> dict[str, object]:
        """What a JSON body says."""
        document: dict[str, object] = json.loads(self.body)
        return document


@dataclass(frozen=True, slots=True)
class Line:
    """A connection, seen from the client's end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send bytes; return when they are on their way."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, is_head: bool = False) -> Answer:
        """Read one answer; interim ones too, which have no body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")[:-2]
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        status = int(first.split(" ")[1])
        length = 0 if is_head or status < 200 else int(headers.get("content-length", "0"))
        return Answer(status, headers, await self.reader.readexactly(length))

    async def rest(self) -> bytes:
        """Read until the server closes."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""

    async def close(self) -> None:
        """Go away."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return

    def vanish(self) -> None:
        """Go away without a word: the other end gets a reset."""
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # struct linger: on, 0 seconds
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


@dataclass(frozen=True, slots=True)
class Wired:
    """A running server."""

    stage: Stage
    port: int
    lines: list[Line] = field(default_factory=list)

    async def line(self) -> Line:
        """Open a connection."""
        line = Line(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**20))
        self.lines.append(line)
        return line

    async def beat(self) -> None:
        """Return when the server has read all that was sent before."""
        line = await self.line()
        await line.send(request("GET", "/pulse"))
        assert 200 == (await line.answer()).status
        await line.close()


def request(method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


@asynccontextmanager
async def wired(
    folder: Path, *, is_wire: bool = True, stall_seconds: float = 60, **http: object
) -> AsyncIterator[Wired]:
    """Serve in this process; `http` are settings of that section."""
    settings = Settings.model_validate(
        {"data": folder, "http": http, "uploads": {"stall_seconds": stall_seconds}}
    )
    stage = Stage(settings, folder / "clip")
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        config = uvicorn.Config(
            Edge(Crowded(stage, settings.http)),
            log_config=None,
            lifespan="off",
            http=make_protocol(settings) if is_wire else "httptools",
            timeout_keep_alive=settings.http.keep_alive_seconds,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        running = Wired(stage, listening.getsockname()[1])
        try:
            yield running
        finally:
            for line in running.lines:
                line.writer.close()
            server.should_exit = True
            server.force_exit = True
            await serving
