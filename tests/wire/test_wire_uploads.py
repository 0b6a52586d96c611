"""Real uploads over the wire, seen from the client's end of the socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.moments import until
from tests.support.receiving import BODY, TUS, Receiving, receiving
from tests.support.wired import Line, request

MIB = 2**20


@pytest.fixture
async def wire_house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server that takes uploads by our own protocol class."""
    async with receiving(sqlite_url, tmp_path / "house", is_wire=True) as running:
        yield running


async def open_line(house: Receiving) -> Line:
    address = urlsplit(house.address)
    return Line(*await asyncio.open_connection(address.hostname, address.port, limit=MIB))


def patch(url: str, offset: int, body: bytes, **headers: str) -> bytes:
    told = {name.replace("-", "_"): value for name, value in BODY.items()}
    where = {"Upload_Offset": str(offset), **told, **headers}
    return request("PATCH", urlsplit(url).path, body, **where)


def head(url: str) -> bytes:
    return request("HEAD", urlsplit(url).path, Tus_Resumable=TUS["Tus-Resumable"])


@pytest.mark.covers("X-UP-15", "BG-03")
async def test_what_was_sent_before_a_cut_is_kept(wire_house: Receiving) -> None:
    """The sender vanishes in mid-body; all that reached the server is there, and it is right."""
    sender = await wire_house.sender()
    body = os.urandom(21 * MIB)
    url = await sender.begin(2 * len(body))
    line = await open_line(wire_house)

    await line.send(patch(url, 0, body + body)[: -len(body)])
    await line.close()

    async def kept() -> bool:
        return await sender.offset(url) == len(body)

    await until(kept, what="every byte that was sent")
    assert body == await wire_house.parts.content(url.rpartition("/")[2])


async def test_requests_over_one_connection_see_each_other(wire_house: Receiving) -> None:
    """PATCH, HEAD, PATCH and HEAD, sent at once: each answer tells what the one before kept."""
    sender = await wire_house.sender()
    body = os.urandom(9 * MIB)
    url = await sender.begin(2 * len(body))
    line = await open_line(wire_house)

    sending = asyncio.create_task(
        line.send(patch(url, 0, body) + head(url) + patch(url, len(body), body) + head(url))
    )
    answers = [await line.answer(is_head=is_head) for is_head in (False, True, False, True)]
    await sending
    await line.close()

    assert [204, 200, 204, 200] == [answer.status for answer in answers]
    offsets = [int(answer.headers["upload-offset"]) for answer in answers]
    assert [len(body), len(body), 2 * len(body), 2 * len(body)] == offsets


@pytest.mark.covers("BG-01")
async def test_a_refusal_reaches_who_sends_a_large_body(wire_house: Receiving) -> None:
    """A wrong offset: the answer is heard though 20 MiB are on their way, and nothing is kept."""
    sender = await wire_house.sender()
    url = await sender.begin(100 * MIB)
    line = await open_line(wire_house)

    await line.send(patch(url, 7, bytes(20 * MIB)))
    answer = await line.answer()

    assert (409, "0", "close") == (
        answer.status,
        answer.headers["upload-offset"],
        answer.headers["connection"],
    )
    assert b"" == await line.rest()
    await line.close()


async def test_a_refused_body_is_not_asked_for(wire_house: Receiving) -> None:
    """Who waits for `100 Continue` hears the refusal instead; who may send hears 100."""
    sender = await wire_house.sender()
    url = await sender.begin(10)
    refused, taken = await open_line(wire_house), await open_line(wire_house)

    await refused.send(patch(url, 7, b"abc", Expect="100-continue")[:-3])
    refusal = await refused.answer()
    await taken.send(patch(url, 0, b"0123456789", Expect="100-continue")[:-10])
    interim = await taken.answer()
    await taken.send(b"0123456789")
    answer = await taken.answer()

    assert [409, 100, 204] == [refusal.status, interim.status, answer.status]
    await refused.close()
    await taken.close()
