"""Bodies that come faster than they are written: read by the thread that writes, end to end."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads import pulling, records, taking, writing
from rushes.uploads.blocks import find_root
from rushes.uploads.pulling import Loan
from rushes.uploads.spool import SpoolFile
from tests.support.chunking import chunker
from tests.support.moments import until
from tests.support.receiving import BODY, TUS, Receiving, receiving
from tests.support.wired import request

MIB = 2**20
SIZE = 40 * MIB
CHUNK = 32 * MIB
THREADS = 16
STILL_SECONDS = 0.3
PATIENCE_SECONDS = 120


@dataclass(slots=True)
class Pulls:
    """What was pulled: each step by the bytes that it took."""

    steps: list[int] = field(default_factory=list)

    def pull(self, loan: Loan, file: SpoolFile, threads: Executor) -> None:
        """Do the true deed, and note what it took."""
        pulling.pull(loan, file, threads)
        self.steps.append(loan.taken)


@dataclass(slots=True)
class Hose:
    """Somebody who sends as fast as the line takes it."""

    house: Receiving
    peer: socket.socket
    sent: int = 0

    def send(self, data: bytes) -> None:
        """Send all of it, in a thread of its own."""
        view = memoryview(data)
        while view:
            count = self.peer.send(view[:MIB])
            self.sent += count
            view = view[count:]

    async def wait_until_held(self) -> None:
        """Return when everything that could be filled is."""
        before = -1
        while self.sent != before or not self.sent:
            before = self.sent
            await asyncio.sleep(STILL_SECONDS)


@pytest.fixture
def pulls(monkeypatch: pytest.MonkeyPatch) -> Pulls:
    """Look on while sockets are pulled."""
    seen = Pulls()
    for room in (writing, taking):
        monkeypatch.setattr(room, "pull", seen.pull)
    return seen


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server that takes uploads by our own protocol class."""
    async with receiving(
        sqlite_url, tmp_path / "house", is_wire=True, chunk_min_bytes=SIZE
    ) as running:
        yield running


@pytest.fixture
async def hose(house: Receiving) -> AsyncIterator[Hose]:
    """A connection that fills faster than it is emptied."""
    address = urlsplit(house.address)
    with socket.create_connection((address.hostname, address.port), PATIENCE_SECONDS) as peer:
        yield Hose(house, peer)


async def send_faster_than_it_is_written(hose: Hose, data: bytes) -> None:
    """Keep every thread of the disk busy until all buffers are full; then let them go on."""
    free = threading.Event()
    for _ in range(THREADS):
        hose.house.parts.spool.threads.submit(free.wait, PATIENCE_SECONDS)
    sending = asyncio.create_task(asyncio.to_thread(hose.send, data))
    await hose.wait_until_held()
    free.set()
    await sending


def patch(url: str, body: bytes) -> bytes:
    told = {name.replace("-", "_"): value for name, value in BODY.items()}
    return request("PATCH", urlsplit(url).path, body, Upload_Offset="0", **told)


def head(url: str) -> bytes:
    return request("HEAD", urlsplit(url).path, Tus_Resumable=TUS["Tus-Resumable"])


def list_roots(body: bytes) -> bytes:
    starts = range(0, len(body), BLOCK_BYTES)
    return find_root([hashlib.sha256(body[at : at + BLOCK_BYTES]).digest() for at in starts])


async def read_root(house: Receiving, upload_id: str) -> bytes:
    async with house.parts.database.reading() as connection:
        return find_root(await records.list_block_digests(connection, upload_id))


def read_status(peer: socket.socket) -> bytes:
    """Return the first line of an answer, and read its head to the end."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += peer.recv(1)
    return text.partition(b"\r\n")[0]


async def test_a_fast_body_is_whole_and_digested(
    house: Receiving, hose: Hose, pulls: Pulls
) -> None:
    """Most of it never changes threads; the next request over the line is answered too."""
    body = os.urandom(SIZE)
    sender = await house.sender()
    url = await sender.begin(SIZE + 1)

    await send_faster_than_it_is_written(hose, patch(url, body) + head(url))
    answers = [await asyncio.to_thread(read_status, hose.peer) for _ in range(2)]

    upload_id = url.rpartition("/")[2]
    assert [b"HTTP/1.1 204 No Content", b"HTTP/1.1 200 OK"] == answers
    assert sum(pulls.steps) > SIZE // 4
    assert SIZE == await sender.offset(url)
    assert body == await house.parts.content(upload_id)
    whole = SIZE - SIZE % BLOCK_BYTES
    assert list_roots(body[:whole]) == await read_root(house, upload_id)


async def test_what_came_before_a_cut_is_kept(house: Receiving, hose: Hose, pulls: Pulls) -> None:
    """The sender goes in mid-body, while a thread reads from it; each byte it sent is there."""
    body = os.urandom(SIZE)
    sender = await house.sender()
    url = await sender.begin(2 * SIZE)

    await send_faster_than_it_is_written(hose, patch(url, body + body)[:-SIZE])
    hose.peer.close()

    async def kept() -> bool:
        return await sender.offset(url) == SIZE

    await until(kept, what="every byte that was sent")
    assert pulls.steps
    assert body == await house.parts.content(url.rpartition("/")[2])


async def test_a_fast_chunk_is_whole(house: Receiving, hose: Hose, pulls: Pulls) -> None:
    """The same of a chunk: its digest is that of what was sent."""
    sender = await chunker(house)
    body = os.urandom(CHUNK)
    told = await sender.begin(CHUNK)
    path = urlsplit(f"{sender.uploads}/{told['id']}/chunks/0").path

    await send_faster_than_it_is_written(hose, request("PUT", path, body, **sender.proof))
    answer = await asyncio.to_thread(read_status, hose.peer)
    completed = (await sender.complete(told["id"])).status_code

    assert b"HTTP/1.1 200 OK" == answer
    assert sum(pulls.steps) > CHUNK // 4
    assert 202 == completed
    assert body == await house.parts.content(told["id"])
    assert list_roots(body) == await read_root(house, told["id"])
