"""What the servers of partners have in common: requests in, answers out, troubles on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; names of headers are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the object that the body is."""
        told: dict[str, Any] = json.loads(self.body)
        return told


@dataclass(frozen=True, slots=True)
class Told:
    """One answer."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


Answer: TypeAlias = Callable[[Asked], Told]


@dataclass(slots=True)
class Trouble:
    """An answer that comes instead of the true one: to requests that begin so, so many times.

    `status` None hangs up after the body was read.
    """

    starts: str
    status: int | None
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None


@dataclass(slots=True)
class Served:
    """A running server: what it was asked, and what is in the way."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    before: Callable[[Asked], Awaitable[None]] | None = None
    """Is awaited before each answer: a test that wants to stop the world stops it there."""

    @property
    def place(self) -> str:
        """`host:port`, as the setting `partners.allow_private` names it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.place}"

    def count(self, starts: str) -> int:
        """Return how many requests began so: `POST /path`."""
        return sum(f"{each.method} {each.path}".startswith(starts) for each in self.asked)

    def find_trouble(self, asked: Asked) -> Trouble | None:
        """Return what is in the way of a request, once less often from now on."""
        for trouble in self.troubles:
            line = f"{asked.method} {asked.path}"
            if trouble.times > 0 and line.startswith(trouble.starts):
                trouble.times -= 1
                return trouble
        return None


@asynccontextmanager
async def serving(served: Served, answer: Answer) -> AsyncIterator[None]:
    """Serve meanwhile."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = await _read(reader)
                served.asked.append(asked)
                if served.before is not None:
                    await served.before(asked)
                trouble = served.find_trouble(asked)
                if trouble is not None and trouble.status is None:
                    return
                told = answer(asked) if trouble is None else _as_told(trouble)
                _write(writer, told)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", served.port)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    told = (line.partition(":") for line in lines[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in told}
    method, path, _ = lines[0].split(" ")
    return Asked(
        method, path, headers, await reader.readexactly(int(headers.get("content-length", "0")))
    )


def _as_told(trouble: Trouble) -> Told:
    return Told(trouble.status or 500, trouble.body, trouble.headers)


def _write(writer: asyncio.StreamWriter, told: Told) -> None:
    body = b"" if told.body is None else json.dumps(told.body).encode()
    headers = {"content-length": str(len(body)), **told.headers}
    lines = [f"HTTP/1.1 {told.status} X", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
