"""Sending: requests over plain sockets, so that the sender takes as little of the cores as can be.

Bodies come from a file of 256 MiB in the cache, by sendfile, over and over.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

BLOCK = 256 * 2**20
TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}
PIECE = 2**20
WAIT_SECONDS = 300


class Refused(RuntimeError):
    """A server answered something else than it should."""


class Line:
    """One kept connection."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        """Connect; `headers` go with every request."""
        self.peer = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS)
        self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._always = _lines({"Host": "localhost", **(headers or {})})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.peer.close()

    def tell(self, method: str, path: str, length: int | None, headers: Mapping[str, str]) -> bytes:
        """Return the head of a request."""
        more = {} if length is None else {"Content-Length": str(length)}
        return (
            f"{method} {path} HTTP/1.1\r\n{self._always}{_lines({**headers, **more})}\r\n".encode()
        )

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = TUS
    ) -> dict[str, str]:
        """Send a request, read its answer whole; return its headers by lower-case name.

        Raises:
            Refused: the answer is no success.
        """
        length = None if body is None else len(body)
        self.peer.sendall(self.tell(method, path, length, headers) + (body or b""))
        return self.answer(has_body=method != "HEAD")

    def answer(self, *, has_body: bool = True) -> dict[str, str]:
        """Read an answer whole.

        Raises:
            Refused: it is no success.
        """
        text, rest = self.read_head()
        status, *lines = text.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        left = int(headers.get("content-length", 0)) - len(rest) if has_body else 0
        while left > 0:
            rest += self.peer.recv(left)
            left = int(headers["content-length"]) - len(rest)
        if not status.split()[1].startswith("2"):
            raise Refused(f"{text}\n\n{rest.decode(errors='replace')}")
        return headers | {"location": _find(lines, "location")}

    def read_head(self) -> tuple[str, bytes]:
        """Return a head, and what came after it."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.peer.recv(65536)
            if not piece:
                raise Refused(f"The server closed the connection: {head!r}")
            head += piece
        text, _, rest = head.partition(b"\r\n\r\n")
        return text.decode("latin-1"), rest


def begin(line: Line, place: str, size_bytes: int, name: str = "Y2xpcC5iaW4=") -> str:
    """Begin a tus upload; return its path."""
    headers = {**TUS, "Upload-Length": str(size_bytes), "Upload-Metadata": f"filename {name}"}
    location = line.ask("POST", place, b"", headers)["location"]
    return "/" + location.split("/", 3)[3] if "://" in location else location


def put(line: Line, head: bytes, source: int, size: int) -> None:
    """Send one body of the source's bytes, and read its answer."""
    line.peer.sendall(head)
    line.peer.settimeout(None)  # sendfile(2) wants a socket that waits
    sent = 0
    while sent < size:
        at = sent % BLOCK
        sent += os.sendfile(line.peer.fileno(), source, at, min(BLOCK - at, size - sent))
    line.peer.settimeout(WAIT_SECONDS)
    line.answer()


def get(port: int, path: str, size: int) -> None:
    """Ask for ranges of 256 MiB over one connection until so many bytes came."""
    buffer = bytearray(PIECE)
    with Line(port) as line:
        for _ in range(size // BLOCK):
            line.peer.sendall(line.tell("GET", path, None, {"Range": f"bytes=0-{BLOCK - 1}"}))
            head, rest = line.read_head()
            if " 206 " not in head.split("\r\n")[0]:
                raise Refused(head)
            left = BLOCK - len(rest)
            while left:
                count = line.peer.recv_into(buffer, min(left, len(buffer)))
                if not count:
                    raise Refused("The server closed early.")
                left -= count


def milliseconds(count: int, ask: Callable[[], object]) -> list[float]:
    """Return how long each call took."""
    took: list[float] = []
    for _ in range(count):
        begun = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begun) * 1_000)
    return took


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _find(lines: list[str], name: str) -> str:
    """Return a header as it was written."""
    found = (line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name}: "))
    return next(found, "")
