"""A disk that is full or broken: what was not made durable is never acknowledged."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from rushes.db.trouble import EXIT_CODE
from rushes.uploads.upload import State
from tests.support.receiving import Receiving, Sender, make_parts, receiving, start

BODY = os.urandom(2_000_000)
HALF = len(BODY) // 2


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


async def begin(http: httpx.AsyncClient, address: str, token: str) -> tuple[Sender, str]:
    """Begin an upload and send its first half."""
    sender = Sender(http, f"{address}/u/{token}/files/")
    url = await sender.begin(len(BODY))
    answer = await sender.append(url, 0, BODY[:HALF])
    assert answer.status_code == 204, answer.text
    return sender, url


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [(errno.EIO, 500, "rushes.broken"), (errno.ENOSPC, 507, "spool.full")],
)
async def test_a_failed_sync_is_never_acknowledged_and_never_tried_again(
    sqlite_url: str, tmp_path: Path, link_token: str, shim: Path, *, number: int, status: int,
    code: str,
) -> None:  # fmt: skip
    """The second fdatasync fails: the offset stays, and the upload goes on in a new file."""
    folder = tmp_path / "house"
    server = await start(
        sqlite_url,
        folder,
        link_token,
        LD_PRELOAD=str(shim),
        DISK_FAULT=f"fdatasync 2 1 {folder}/spool",
        DISK_ERRNO=str(number),
    )
    async with httpx.AsyncClient(timeout=30) as http:
        sender, url = await begin(http, server.address, link_token)
        failed = await sender.append(url, HALF, BODY[HALF:])
        offset = await sender.offset(url)
        again = await sender.append(url, HALF, BODY[HALF:])
    await server.kill()

    parts = make_parts(sqlite_url, folder)
    upload = await parts.upload(id_of(url))
    kept = await parts.content(upload.id)
    await parts.database.close()
    files = sorted(path.name for path in parts.spool.folder.rglob("*") if path.is_file())
    assert (status, code) == (failed.status_code, failed.json()["code"])
    assert str(HALF) == failed.headers["Upload-Offset"]
    assert (HALF, 204) == (offset, again.status_code)
    assert State.COMPLETED is upload.state
    assert [f"{upload.id}.0", f"{upload.id}.1"] == files
    assert BODY == kept


async def test_a_broken_disk_acknowledges_nothing_at_all(
    sqlite_url: str, tmp_path: Path, link_token: str, shim: Path
) -> None:
    """Every fdatasync fails; however often it is tried, the offset stays where it was."""
    folder = tmp_path / "house"
    fault = f"fdatasync 2 0 {folder}/spool"
    server = await start(sqlite_url, folder, link_token, LD_PRELOAD=str(shim), DISK_FAULT=fault)
    async with httpx.AsyncClient(timeout=30) as http:
        sender, url = await begin(http, server.address, link_token)
        answers = [await sender.append(url, HALF, BODY[HALF:]) for _ in range(4)]
        offset = await sender.offset(url)
    await server.kill()

    assert [500] * 4 == [answer.status_code for answer in answers]
    assert HALF == offset


async def test_a_database_whose_disk_fails_ends_the_process_before_it_answers(
    sqlite_url: str, tmp_path: Path, link_token: str, shim: Path
) -> None:
    """A commit that was not synced is told to nobody; the next start knows what was."""
    folder, body, acknowledged = tmp_path / "house", os.urandom(1_000), 0
    fault = f"fdatasync 12 0 {tmp_path}/rushes.db"
    server = await start(sqlite_url, folder, link_token, LD_PRELOAD=str(shim), DISK_FAULT=fault)
    async with httpx.AsyncClient(timeout=30) as http:
        sender = Sender(http, f"{server.address}/u/{link_token}/files/")
        url = await sender.begin(1_000_000)
        with contextlib.suppress(httpx.TransportError):
            while (await sender.append(url, acknowledged, body)).status_code == 204:
                acknowledged += len(body)
    code = await server.process.wait()

    parts = make_parts(sqlite_url, folder)
    offset = (await parts.upload(id_of(url))).offset
    await parts.database.close()
    assert EXIT_CODE == code
    assert acknowledged >= len(body)
    assert offset in {acknowledged, acknowledged + len(body)}


async def test_a_write_that_fails_leaves_the_offset_true(
    sqlite_url: str, tmp_path: Path, link_token: str, shim: Path
) -> None:
    """pwrite says EIO once, in the middle of a body; it goes on from the offset that is told."""
    folder = tmp_path / "house"
    fault = f"pwrite 2 1 {folder}/spool"
    server = await start(sqlite_url, folder, link_token, LD_PRELOAD=str(shim), DISK_FAULT=fault)
    async with httpx.AsyncClient(timeout=30) as http:
        sender = Sender(http, f"{server.address}/u/{link_token}/files/")
        url = await sender.begin(len(BODY))
        failed = await sender.append(url, 0, BODY)
        offset = await sender.offset(url)
        again = await sender.append(url, offset, BODY[offset:])
    await server.kill()

    parts = make_parts(sqlite_url, folder)
    upload = await parts.upload(id_of(url))
    await parts.database.close()
    digest = hashlib.sha256(BODY).digest()  # of the one block
    assert (500, 204) == (failed.status_code, again.status_code)
    assert str(offset) == failed.headers["Upload-Offset"]
    assert hashlib.sha256(digest).digest() == upload.root


async def test_a_file_that_is_not_durable_begins_no_upload(
    sqlite_url: str, tmp_path: Path, link_token: str, shim: Path
) -> None:
    """fsync of the new file fails: no row, no file."""
    folder = tmp_path / "house"
    fault = f"fsync 1 0 {folder}/spool"
    server = await start(sqlite_url, folder, link_token, LD_PRELOAD=str(shim), DISK_FAULT=fault)
    async with httpx.AsyncClient(timeout=30) as http:
        sender = Sender(http, f"{server.address}/u/{link_token}/files/")
        answer = await sender.create(10)
    await server.kill()

    assert 500 == answer.status_code
    assert [] == [path for path in (folder / "spool").rglob("*") if path.is_file()]


@pytest.fixture
async def cramped(sqlite_url: str, small_disk: Path) -> AsyncIterator[Receiving]:
    """A server whose spool is on the small disk."""
    async with receiving(sqlite_url, small_disk / "house", keep_free_bytes=0) as house:
        yield house


@pytest.mark.root
async def test_an_upload_that_fills_the_disk_goes_on_once_there_is_room(
    cramped: Receiving, small_disk: Path
) -> None:
    """507 with the durable offset; nothing of it is lost."""
    body = os.urandom(16 * 2**20)
    sender = await cramped.sender()
    url = await sender.begin(len(body))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(14 * 2**20))

    full = await sender.append(url, 0, body)
    offset = await sender.offset(url)
    refused = await sender.create(16 * 2**20)
    ballast.unlink()
    answer = await sender.append(url, offset, body[offset:])

    assert (507, "spool.full") == (full.status_code, full.json()["code"])
    assert str(offset) == full.headers["Upload-Offset"]
    assert (507, 204) == (refused.status_code, answer.status_code)
    upload = await cramped.parts.upload(id_of(url))
    assert State.COMPLETED is upload.state
    assert body == await cramped.parts.content(upload.id)
