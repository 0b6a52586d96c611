"""A reverse proxy in front of a server, found by browsers under a name of the wide world, by TLS.

Browsers ask it as their proxy (`CONNECT name:443`), so that pages of others, with addresses written
into them, reach the server under test, and nothing leaves the machine. Each request has a
connection of its own to the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from tempfile import NamedTemporaryFile
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import ProxySettings

T = TypeVar("T")

PIECE = 256 * 1024
PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a name: a server, what is added to each request, and moved paths.

    `outside` and `inside` are the beginning of a path as browsers and as the server know it.
    """

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    outside: str = "/"
    inside: str = "/"


@dataclass(slots=True)
class Front:
    """A running proxy; `seen` are the request lines and statuses that went through it."""

    port: int
    names: dict[str, Behind]
    seen: list[str] = field(default_factory=list)

    @property
    def as_proxy(self) -> ProxySettings:
        """What a browser is told: what listens on the loopback is asked without us."""
        return {"server": f"http://127.0.0.1:{self.port}", "bypass": "127.0.0.1"}


@contextmanager
def front(**names: Behind) -> Iterator[Front]:
    """Stand in front of servers, in a thread; `_` in a name is `.`."""
    known = {name.replace("_", "."): behind for name, behind in names.items()}
    certificate = make_certificate(tuple(known))
    loop, running = asyncio.new_event_loop(), Front(0, known)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()  # Playwright's own loop runs in ours

    def run(work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_SECONDS)

    server = run(_listen(running, certificate))
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        run(_end(server))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def make_certificate(names: tuple[str, ...]) -> ssl.SSLContext:
    """Return a context with a certificate for these names that nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(title)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
    ) + made.public_bytes(serialization.Encoding.PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile() as file:  # the library reads files alone
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


async def _listen(running: Front, certificate: ssl.SSLContext) -> asyncio.Server:
    return await asyncio.start_server(partial(_serve, running, certificate), "127.0.0.1", 0)


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _serve(
    running: Front,
    certificate: ssl.SSLContext,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        asked = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")
        behind = running.names.get(asked[1].partition(":")[0])
        if asked[0] != "CONNECT" or behind is None:
            writer.write(b"HTTP/1.1 502 Not here\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await writer.drain()
        await writer.start_tls(certificate)
        await _pass_on(running, behind, reader, writer)
    with contextlib.suppress(OSError, asyncio.CancelledError):
        writer.close()
        await writer.wait_closed()


async def _pass_on(
    running: Front, behind: Behind, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Pass one request and its answer on."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = re.search(r"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    inner, outer = await asyncio.open_connection("127.0.0.1", behind.port)
    try:
        outer.write(_move_in(head, behind).encode("latin-1"))
        sending = asyncio.create_task(_copy(reader, outer, int(length[1]) if length else 0))
        answer = _move_out((await inner.readuntil(b"\r\n\r\n")).decode("latin-1"), behind)
        running.seen.append(f"{head.partition(' HTTP')[0]} {answer.split(' ')[1]}")
        writer.write(answer.encode("latin-1"))
        await _copy(inner, writer, None)
        sending.cancel()
    finally:
        outer.close()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int | None
) -> None:
    left = length
    while left != 0:
        piece = await reader.read(PIECE if left is None else min(PIECE, left))
        if not piece:
            return
        writer.write(piece)
        await writer.drain()
        left = None if left is None else left - len(piece)


def _move_in(head: str, behind: Behind) -> str:
    line, _, rest = head.partition("\r\n")
    method, path, version = line.split(" ")
    if path.startswith(behind.outside):
        path = behind.inside + path.removeprefix(behind.outside)
    rest = re.sub(r"(?im)^connection:.*\r\n", "", rest)
    more = "".join(f"{name}: {value}\r\n" for name, value in behind.headers.items())
    return f"{method} {path} {version}\r\nConnection: close\r\n{more}{rest}"


def _move_out(head: str, behind: Behind) -> str:
    head = re.sub(
        rf"(?im)^(location: https?://[^/]+){re.escape(behind.inside)}",
        lambda found: found[1] + behind.outside,
        head,
    )
    head = re.sub(r"(?im)^connection:.*\r\n", "", head)
    return head.removesuffix("\r\n") + "Connection: close\r\n\r\n"
