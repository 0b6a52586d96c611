"""A receiver of webhooks on loopback: it keeps what it gets, and answers by the path asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Got:
    """One request: its path, its headers in small letters, its body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """`statuses` says what a path is answered; None: nothing at all."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    statuses: dict[str, int | None] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """`host:port`, as the setting `webhooks.allow_private` names it."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/hook") -> str:
        """Return the address of a path."""
        return f"http://{self.place}{path}"

    def at(self, path: str) -> list[Got]:
        """Return what came to a path."""
        return [each for each in self.got if each.path == path]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                told = (line.partition(":") for line in head[1:] if line)
                headers = {name.lower(): value.strip() for name, _, value in told}
                body = await reader.readexactly(int(headers["content-length"]))
                path = head[0].split(" ")[1]
                self.got.append(Got(path, headers, body))
                status = self.statuses.get(path, 204)
                if status is None:
                    await asyncio.sleep(3_600)
                words = b"" if status == 204 else b"as asked"
                more = "location: http://127.0.0.1/\r\n" if status == 302 else ""
                writer.write(
                    f"HTTP/1.1 {status} X\r\n{more}content-length: {len(words)}\r\n\r\n".encode()
                    + words
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Receive meanwhile."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
