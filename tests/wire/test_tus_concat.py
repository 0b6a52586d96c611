"""Concatenation: partial uploads become one final upload, and no byte moves."""

from __future__ import annotations

import httpx

from rushes.uploads.upload import State
from tests.support.receiving import Receiving, Sender, metadata


def id_of(url: str) -> str:
    """Return the id at the end of an address."""
    return url.rpartition("/")[2]


async def send_partial(sender: Sender, body: bytes, **headers: str) -> str:
    """Send a whole partial upload; return its address."""
    url = await begin_partial(sender, len(body), **headers)
    answer = await sender.append(url, 0, body)
    assert 204 == answer.status_code, answer.text
    return url


async def begin_partial(sender: Sender, size_bytes: int | None, **headers: str) -> str:
    """Begin a partial upload; return its address."""
    answer = await sender.create(size_bytes, upload_concat="partial", **headers)
    assert 201 == answer.status_code, answer.text
    return answer.headers["Location"]


async def join(sender: Sender, *urls: str, **headers: str) -> httpx.Response:
    """Ask for a final upload."""
    return await sender.create(None, upload_concat=f"final;{' '.join(urls)}", **headers)


async def test_a_final_upload_has_the_bytes_of_its_partials_in_order(
    house: Receiving, sender: Sender
) -> None:
    """Metadata comes from the final alone."""
    told = metadata(filename="whole.txt")
    first = await send_partial(sender, b"hello ", upload_metadata=metadata(filename="piece"))
    second = await send_partial(sender, b"world")

    answer = await join(sender, first, second, upload_metadata=told)

    assert 201 == answer.status_code, answer.text
    final = answer.headers["Location"]
    head = await sender.head(final)
    upload = await house.parts.upload(id_of(final))
    assert (State.COMPLETED, "whole.txt") == (upload.state, upload.file_name)
    assert b"hello world" == await house.parts.content(upload.id)
    assert f"final;{first} {second}" == head.headers["Upload-Concat"]
    assert ("11", "11") == (head.headers["Upload-Offset"], head.headers["Upload-Length"])
    assert told == head.headers["Upload-Metadata"]
