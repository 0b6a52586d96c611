"""kill -9 in mid-upload: whatever was acknowledged is there, and the rest goes on."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.blocks import find_root
from rushes.uploads.upload import State
from tests.support.receiving import Sender, make_parts, start

ROUNDS = 5
LONG_ROUNDS = 20


async def slowly(body: bytes) -> AsyncIterator[bytes]:
    """Give a body in small pieces, so that there is a middle to die in."""
    for at in range(0, len(body), 256 * 1024):
        yield body[at : at + 256 * 1024]
        await asyncio.sleep(0.002)


async def send_until_dead(sender: Sender, url: str, body: bytes, chance: random.Random) -> int:
    """Append in pieces of any size until the server dies; return the last acknowledged offset."""
    acknowledged = 0
    try:
        offset = await sender.offset(url)
        acknowledged = offset
        while offset < len(body):
            end = min(len(body), offset + chance.randrange(1, 12 * 2**20))
            answer = await sender.append(url, offset, slowly(body[offset:end]))
            assert answer.status_code == 204, answer.text
            acknowledged = offset = int(answer.headers["Upload-Offset"])
    except httpx.TransportError:
        pass
    return acknowledged


async def kill_and_resume(url: str, folder: Path, token: str, rounds: int, seed: int) -> None:
    """Kill the server `rounds` times in mid-upload; the upload is completed, bytes equal."""
    chance = random.Random(seed)  # noqa: S311 - when to pull the plug
    body = chance.randbytes(3 * BLOCK_BYTES + 777)
    path, acknowledged = "", 0
    async with httpx.AsyncClient(timeout=30) as http:
        for number in range(rounds + 1):
            server = await start(url, folder, token)
            sender = Sender(http, f"{server.address}/u/{token}/files/")
            if not path:
                path = (await sender.begin(len(body))).removeprefix(server.address)
            assert acknowledged <= await sender.offset(f"{server.address}{path}")
            sending = asyncio.create_task(
                send_until_dead(sender, f"{server.address}{path}", body, chance)
            )
            if number < rounds:
                await asyncio.wait([sending], timeout=chance.uniform(0.05, 0.8))
                await server.kill()
            acknowledged = max(acknowledged, await sending)
            await server.kill()
    assert len(body) == acknowledged
    await check(url, folder, path.rpartition("/")[2], body)


async def check(url: str, folder: Path, upload_id: str, body: bytes) -> None:
    """Compare what is kept with what was sent."""
    parts = make_parts(url, folder)
    upload = await parts.upload(upload_id)
    blocks = [body[at : at + BLOCK_BYTES] for at in range(0, len(body), BLOCK_BYTES)]
    try:
        assert State.COMPLETED is upload.state
        assert find_root([hashlib.sha256(block).digest() for block in blocks]) == upload.root
        kept = await parts.content(upload_id)
        assert hashlib.sha256(body).digest() == hashlib.sha256(kept).digest()
    finally:
        await parts.database.close()


@pytest.mark.covers("X-UP-15", "S-UP-11", "S-UP-12")
@pytest.mark.timeout(180)
async def test_no_acknowledged_byte_is_lost_when_the_server_is_killed(
    database_url: str, tmp_path: Path, link_token: str
) -> None:
    """Five deaths at random moments; each time the next server goes on."""
    await kill_and_resume(database_url, tmp_path / "house", link_token, ROUNDS, seed=7)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_no_acknowledged_byte_is_lost_in_many_deaths(
    database_url: str, tmp_path: Path, link_token: str
) -> None:
    """The same, more often and elsewhere."""
    seed = int.from_bytes(os.urandom(4))
    await kill_and_resume(database_url, tmp_path / "house", link_token, LONG_ROUNDS, seed=seed)


async def test_a_server_that_is_asked_to_end_keeps_what_arrived(
    sqlite_url: str, tmp_path: Path, link_token: str
) -> None:
    """SIGTERM in mid-body: written, synced, committed, and gone with exit code 0."""
    server = await start(sqlite_url, tmp_path / "house", link_token)
    body = os.urandom(6_000_000)
    ended = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield body
        await ended.wait()

    async with httpx.AsyncClient(timeout=30) as http:
        sender = Sender(http, f"{server.address}/u/{link_token}/files/")
        url = await sender.begin(len(body) * 2)
        sending = asyncio.create_task(sender.append(url, 0, stalling()))
        await _arrived(tmp_path / "house", url.rpartition("/")[2], len(body) // 2)
        code = await asyncio.wait_for(server.terminate(), 15)
        ended.set()
        await asyncio.gather(sending, return_exceptions=True)

    parts = make_parts(sqlite_url, tmp_path / "house")
    upload = await parts.upload(url.rpartition("/")[2])
    kept = await parts.content(upload.id)
    await parts.database.close()
    assert 0 == code
    assert upload.offset > len(body) * 0.9
    assert body[: upload.offset] == kept


async def _arrived(folder: Path, upload_id: str, size_bytes: int) -> None:
    path = folder / "spool" / upload_id[-2:] / f"{upload_id}.0"
    async with asyncio.timeout(20):
        while path.stat().st_size < size_bytes:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.02)
