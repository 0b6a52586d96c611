"""Checksums that come after the body, as a trailer of a chunked PATCH."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.receiving import Sender, checksum, receiving

BODY = b"the bytes of a chunked body" * 1_000


async def send_chunked(
    url: str, sender: Sender, pieces: list[bytes], trailer: str | None, *, pause: bool
) -> tuple[int, str]:
    """PATCH at 0 in chunks over a bare socket; with `pause` the trailer comes in a packet apart."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    token = sender.http.headers.get("Authorization")
    head = (
        f"PATCH {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nTus-Resumable: 1.0.0\r\n"
        "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
        "Transfer-Encoding: chunked\r\nTrailer: Upload-Checksum\r\n"
    )
    head += f"Authorization: {token}\r\n\r\n" if token else "\r\n"
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n"
    tail = f"Upload-Checksum: {trailer}\r\n\r\n" if trailer is not None else "\r\n"
    if pause:
        writer.write(head.encode() + body)
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(tail.encode())
    else:
        writer.write(head.encode() + body + tail.encode())
    await writer.drain()
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer


@pytest.fixture(params=[True, False], ids=["wire", "plain"])
async def sender(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[Sender]:
    """Somebody who may send: over our own protocol class, and over the server's."""
    async with receiving(sqlite_url, tmp_path / "house", is_wire=request.param) as house:
        yield await house.sender()


async def test_a_right_trailer_keeps_the_body(sender: Sender) -> None:
    """In a packet of its own, and in one with the whole request; by each algorithm."""
    for pause in (True, False):
        for algorithm in ("sha1", "sha256", "md5"):
            url = await sender.begin(len(BODY))

            status, answer = await send_chunked(
                url, sender, [BODY[:500], BODY[500:]], checksum(BODY, algorithm), pause=pause
            )

            assert 204 == status, answer
            assert len(BODY) == await sender.offset(url)


async def test_a_wrong_trailer_keeps_nothing(sender: Sender) -> None:
    """460, and the offset is where it was."""
    for pause in (True, False):
        url = await sender.begin(len(BODY))

        status, answer = await send_chunked(url, sender, [BODY], checksum(b"other"), pause=pause)

        assert 460 == status, answer
        assert 0 == await sender.offset(url)


async def test_a_trailer_that_was_announced_and_did_not_come_keeps_nothing(
    sender: Sender,
) -> None:
    """The body would be unguarded, and its sender wanted it guarded."""
    for trailer in (None, "sha1 ???", "adler32 AAAA"):
        url = await sender.begin(len(BODY))

        status, answer = await send_chunked(url, sender, [BODY], trailer, pause=True)

        assert 400 == status, answer
        assert 0 == await sender.offset(url)


async def test_an_append_after_a_wrong_trailer_is_whole(sender: Sender) -> None:
    """What was hashed and thrown away leaves nothing behind."""
    url = await sender.begin(len(BODY))
    await send_chunked(url, sender, [b"x" * len(BODY)], checksum(BODY), pause=True)

    status, answer = await send_chunked(url, sender, [BODY], checksum(BODY), pause=True)

    assert 204 == status, answer


async def test_no_trailer_is_taken_for_a_header(sqlite_url: str, tmp_path: Path) -> None:
    """Not even one that comes in the same packet as the head: it may have passed a proxy."""
    async with receiving(sqlite_url, tmp_path / "house") as house:
        sender = await house.sender()
        url = await sender.begin(5)
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)

        writer.write(
            f"PATCH {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nTus-Resumable: 1.0.0\r\n"
            "Content-Type: application/offset+octet-stream\r\nTransfer-Encoding: chunked\r\n"
            "\r\n5\r\nhello\r\n0\r\nUpload-Offset: 0\r\n\r\n".encode()
        )
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.close()
        await writer.wait_closed()

        assert "400" == answer.split()[1]
        assert 0 == await sender.offset(url)
