"""Requests as bytes on a connection of their own: interim answers are heard, bodies go slowly."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

PIECE_BYTES = 64 * 1024
ANSWER_SECONDS = 90


class Gone(Exception):
    """There is no server, or no longer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or an interim one."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Return the document."""
        return json.loads(self.body)

    @property
    def offset(self) -> int | None:
        """Return `Upload-Offset`, where there is one."""
        text = self.headers.get("upload-offset")
        return None if text is None else int(text)


@dataclass(frozen=True, slots=True)
class Line:
    """Where requests go, how fast (seconds after each 64 KiB), and who hears interim answers."""

    url: str
    pause: float = 0.0
    heard: list[int] = field(default_factory=list)
    """The status of every answer."""

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        on_interim: Callable[[Answer], None] | None = None,
        is_chunked: bool = False,
    ) -> Answer:
        """Send a request and return its answer.

        Raises:
            Gone: the connection ended before an answer was whole.
            TimeoutError: nothing was answered for a long time: a server that hangs is a finding.
        """
        address = urlsplit(path if "://" in path else f"{self.url}{path}")
        told = {"Host": address.netloc, "Connection": "close", **headers}
        if is_chunked:
            told["Transfer-Encoding"] = "chunked"
        elif body or method in {"POST", "PUT", "PATCH"}:
            told["Content-Length"] = str(len(body))
        target = address.path + (f"?{address.query}" if address.query else "")
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        try:
            async with asyncio.timeout(ANSWER_SECONDS), _open(address.netloc) as (reader, writer):
                writer.write(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode())
                sending = asyncio.create_task(self._send(writer, body, is_chunked=is_chunked))
                try:
                    answer = await _hear(reader, method, on_interim)
                finally:
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)
        except TimeoutError:
            raise
        except (OSError, EOFError) as error:
            raise Gone(f"{method} {path}") from error
        self.heard.append(answer.status)
        return answer

    async def _send(self, writer: asyncio.StreamWriter, body: bytes, *, is_chunked: bool) -> None:
        with contextlib.suppress(OSError):
            async for piece in self._pieces(body):
                size = f"{len(piece):x}\r\n".encode()
                writer.write(size + piece + b"\r\n" if is_chunked else piece)
                await writer.drain()
            if is_chunked:
                writer.write(b"0\r\n\r\n")

    async def _pieces(self, body: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(body), PIECE_BYTES):
            yield body[at : at + PIECE_BYTES]
            await asyncio.sleep(self.pause)


@contextlib.asynccontextmanager
async def _open(
    place: str,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = place.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**20)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _hear(
    reader: asyncio.StreamReader, method: str, on_interim: Callable[[Answer], None] | None
) -> Answer:
    while True:
        answer = await _hear_head(reader)
        if answer.status >= 200:
            break
        if on_interim is not None:
            on_interim(answer)
    if method == "HEAD" or answer.status in {204, 304}:
        return answer
    length = answer.headers.get("content-length")
    body = await (reader.read() if length is None else reader.readexactly(int(length)))
    return Answer(answer.status, answer.headers, body)


async def _hear_head(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Answer(int(first.split(" ", 2)[1]), headers)
