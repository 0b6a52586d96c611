"""Sending a file in partial uploads, and joining them."""

from __future__ import annotations

import httpx

from tests.support.receiving import Receiving, Sender


def id_of(url: str) -> str:
    """Return the id at the end of an address."""
    return url.rpartition("/")[2]


async def begin_partial(sender: Sender, size_bytes: int | None, **headers: str) -> str:
    """Begin a partial upload; return its address."""
    answer = await sender.create(size_bytes, upload_concat="partial", **headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def send_partial(sender: Sender, body: bytes, **headers: str) -> str:
    """Send a whole partial upload; return its address."""
    url = await begin_partial(sender, len(body), **headers)
    answer = await sender.append(url, 0, body)
    assert answer.status_code == 204, answer.text
    return url


async def join(sender: Sender, *urls: str, **headers: str) -> httpx.Response:
    """Ask for a final upload."""
    return await sender.create(None, upload_concat=f"final;{' '.join(urls)}", **headers)


def names_of(house: Receiving) -> dict[str, int]:
    """Return the files of the spool, each with the number of its inode."""
    return {
        path.name: path.stat().st_ino
        for path in house.parts.spool.folder.rglob("*")
        if path.is_file()
    }
