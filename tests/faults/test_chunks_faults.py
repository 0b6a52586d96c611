"""Chunks over disks that fail, fill up, and processes that die: what was answered is there."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from rushes.sections import UploadSettings
from rushes.uploads.space import Space
from rushes.uploads.spool import Spool
from rushes.uploads.upload import State
from tests.support.chunking import KIB, Chunker, cut
from tests.support.receiving import make_parts, receiving, start

SMALL = {"RUSHES_UPLOADS_CHUNK_MIN_BYTES": str(KIB)}
TINY = 0.000001
BODY = random.Random(9).randbytes(4 * KIB)  # noqa: S311 - bytes of a test


@asynccontextmanager
async def serving(url: str, folder: Path, token: str, **environment: str) -> AsyncIterator[Chunker]:
    """Serve as a process of its own, and kill it at the end."""
    server = await start(url, folder, token, **SMALL, **environment)
    async with httpx.AsyncClient(timeout=30) as http:
        yield Chunker(http, f"{server.address}/api/v1/uploads", {"Rushes-Link": token})
    await server.kill()


@pytest.mark.covers("BG-01")
@pytest.mark.parametrize(
    ("number", "status", "code"),
    [(errno.EIO, 500, "rushes.broken"), (errno.ENOSPC, 507, "spool.full")],
)
async def test_a_chunk_whose_sync_failed_does_not_count(
    sqlite_url: str, tmp_path: Path, link_token: str, shim: Path, *, number: int, status: int,
    code: str,
) -> None:  # fmt: skip
    """It is sent again; after EIO into another file, as the first one may hide what it lost."""
    folder = tmp_path / "house"
    fault = {"DISK_FAULT": f"fdatasync 2 1 {folder}/spool", "DISK_ERRNO": str(number)}
    async with serving(sqlite_url, folder, link_token, LD_PRELOAD=str(shim), **fault) as sender:
        upload_id = (await sender.begin(len(BODY), mbit=TINY))["id"]
        pieces = cut(BODY, KIB)
        first = await sender.put(upload_id, 0, pieces[0])
        failed = await sender.put(upload_id, 1, pieces[1])
        before = (await sender.get(upload_id))["received_chunks"]
        rest = [await sender.put(upload_id, index, pieces[index]) for index in (1, 2, 3)]
        completed = await sender.complete(upload_id)

    parts = make_parts(sqlite_url, folder)
    upload = await parts.upload(upload_id)
    kept = await parts.content(upload_id)
    await parts.database.close()
    files = sorted(path.name for path in parts.spool.folder.glob(f"*/{upload_id}.*"))
    assert (200, status, code) == (first.status_code, failed.status_code, failed.json()["code"])
    assert ([[0, 0]], {200}) == (before, {answer.status_code for answer in rest})
    assert (202, State.COMPLETED, BODY) == (completed.status_code, upload.state, kept)
    assert [f"{upload_id}.{place}" for place in range(2 if number == errno.EIO else 1)] == files


async def send_until_dead(sender: Chunker, upload_id: str, pieces: dict[int, bytes]) -> set[int]:
    """Send chunks, four at once, until the server dies; return those that were acknowledged."""
    acknowledged: set[int] = set()
    waiting = list(pieces.items())

    async def send() -> None:
        while waiting:
            index, piece = waiting.pop()
            try:
                answer = await sender.put(upload_id, index, piece)
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            acknowledged.add(index)

    await asyncio.gather(*(send() for _ in range(4)))
    return acknowledged


@pytest.mark.covers("S-UP-11", "S-UP-12", "X-UP-15")
async def test_acknowledged_chunks_outlive_the_process(
    sqlite_url: str, tmp_path: Path, link_token: str, rounds: int, chance: random.Random
) -> None:
    """Killed at any moment: each chunk that was answered is here after it, and only they are."""
    folder, rounds = tmp_path / "house", rounds // 2
    body = chance.randbytes(rounds * 60 * KIB)
    pieces = dict(enumerate(cut(body, KIB)))
    upload_id, acknowledged, statuses = "", set[int](), list[int]()
    for number in range(rounds + 1):
        server = await start(sqlite_url, folder, link_token, **SMALL)
        async with httpx.AsyncClient(timeout=30) as http:
            sender = Chunker(http, f"{server.address}/api/v1/uploads", {"Rushes-Link": link_token})
            if not upload_id:
                upload_id = (await sender.begin(len(body), mbit=TINY))["id"]
            told = (await sender.get(upload_id))["received_chunks"]
            here = {index for first, last in told for index in range(first, last + 1)}
            assert acknowledged <= here
            left = {index: piece for index, piece in pieces.items() if index not in here}
            sending = asyncio.create_task(send_until_dead(sender, upload_id, left))
            if number < rounds:
                await asyncio.wait([sending], timeout=chance.uniform(0.05, 0.6))
                await server.kill()
            acknowledged |= await sending
            statuses = [] if number < rounds else [(await sender.complete(upload_id)).status_code]
            await server.kill()

    parts = make_parts(sqlite_url, folder)
    kept = await parts.content(upload_id)
    await parts.database.close()
    assert [202] == statuses
    assert hashlib.sha256(body).digest() == hashlib.sha256(kept).digest()


@pytest.mark.covers("X-UP-13")
async def test_lost_bytes_are_found_before_an_upload_is_completed(
    database_url: str, tmp_path: Path
) -> None:
    """A file that is shorter than its chunks ends the upload; nothing false is answered."""
    async with receiving(database_url, tmp_path / "house", chunk_min_bytes=KIB) as house:
        link = await house.people.link(await house.people.project())
        sender = Chunker(house.http, f"{house.address}/api/v1/uploads", {"Rushes-Link": link})
        upload_id = (await sender.begin(len(BODY), mbit=TINY))["id"]
        for index, piece in enumerate(cut(BODY, KIB)):
            await sender.put(upload_id, index, piece)
        file = next(house.parts.spool.folder.glob(f"*/{upload_id}.0"))
        with file.open("r+b") as opened:
            opened.truncate(len(BODY) - 1)

        answers = [await sender.complete(upload_id) for _ in range(2)]
        upload = await house.parts.upload(upload_id)

    assert [(410, "upload.gone")] * 2 == [
        (answer.status_code, answer.json()["code"]) for answer in answers
    ]
    assert (State.CANCELLED, "bytes_lost") == (upload.state, upload.reason)


@pytest.mark.covers("BG-16")
async def test_a_disk_refuses_before_it_is_full(
    sqlite_url: str, small_disk: Path, link_token: str
) -> None:
    """507 for chunks and new uploads while there is room left; what was taken stays."""
    body = b"x" * (4 * 2**20)
    async with serving(sqlite_url, small_disk, link_token) as sender:
        upload_id = (await sender.begin(5 * len(body), mbit=3.4))["id"]
        first = await sender.put(upload_id, 0, body)
        filler = small_disk / "filler"
        filler.write_bytes(b"x" * (24 * 2**20 - 4 * 2**20 - 2**20))
        await asyncio.sleep(1.1)  # the disk is asked once in a second
        refused = await sender.put(upload_id, 1, body)
        begun = await sender.create(10)
        space = Space(Spool(small_disk / "spool"), UploadSettings())
        trouble = await space.find_trouble()
        filler.unlink()
        await asyncio.sleep(1.1)
        again = await sender.put(upload_id, 1, body)
        fine = await space.find_trouble()

    assert (200, 200) == (first.status_code, again.status_code)
    assert [(507, "upload.no_space")] * 2 == [
        (answer.status_code, answer.json()["code"]) for answer in (refused, begun)
    ]
    assert "Retry-After" in refused.headers
    assert ("The disk is full: no upload is taken. Make room.", None) == (trouble, fine)
