"""Several at one upload: one writes, a silent one gives way, a busy one keeps its place."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.moments import until
from tests.support.receiving import TUS, Receiving, receiving
from tests.support.resuming import resumers

TEN = b"0123456789"
RIVALS = 60


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server over each kind of database."""
    async with receiving(database_url, tmp_path / "house", stall_seconds=60) as running:
        yield running


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.mark.covers("BG-01")
async def test_of_fifty_equal_appends_one_wins(house: Receiving) -> None:
    """The others hear that the offset moved on, or that somebody writes."""
    sender = await house.sender()
    body = os.urandom(50_000)
    url = await sender.begin(100_000)

    answers = await asyncio.gather(*(sender.append(url, 0, body) for _ in range(50)))

    counted = Counter(answer.status_code for answer in answers)
    assert 1 == counted[204]
    assert {204, 409, 423} >= set(counted)
    assert 50_000 == await sender.offset(url)
    assert body == await house.parts.content(id_of(url))


@pytest.mark.covers("BG-01")
async def test_of_fifty_equal_appends_of_the_draft_one_wins(house: Receiving) -> None:
    """The same by the IETF's protocol: one is taken, and no byte is there twice."""
    sender = (await resumers(house))[8]
    body = os.urandom(50_000)
    url = await sender.begin(100_000)

    answers = await asyncio.gather(*(sender.append(url, 0, body, is_last=False) for _ in range(50)))

    counted = Counter(answer.status_code for answer in answers)
    assert 1 == sum(answer.is_success for answer in answers)
    assert {409, 423} >= {answer.status_code for answer in answers if not answer.is_success}, (
        counted
    )
    assert 50_000 == await sender.offset(url)
    assert body == await house.parts.content(id_of(url))


@pytest.mark.covers("BG-16", "BG-48")
async def test_of_racing_creations_exactly_as_many_win_as_there_is_room_for(
    house: Receiving,
) -> None:
    """Reserved in one statement: 30 ask for a tenth of the room each."""
    sender = await house.sender(max_total_bytes=1_000)

    answers = await asyncio.gather(*(sender.create(100) for _ in range(30)))

    assert {201: 10, 413: 20} == Counter(answer.status_code for answer in answers)


async def test_uploads_of_one_link_that_end_at_once_wait_for_each_other_in_one_order(
    house: Receiving,
) -> None:
    """Half are completed, half are cancelled, all at the same time: none is told to come again."""
    sender = await house.sender()
    urls = [await sender.begin(10) for _ in range(RIVALS)]

    answers = await asyncio.gather(
        *(sender.append(url, 0, TEN) for url in urls[::2]),
        *(sender.http.delete(url, headers=TUS) for url in urls[1::2]),
    )

    assert {204} == {answer.status_code for answer in answers}


async def test_a_silent_sender_gives_way_and_loses_nothing(house: Receiving) -> None:
    """A connection without a byte: HEAD takes its place, and tells what had arrived."""
    sender = await house.sender()
    url = await sender.begin(20)
    released = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield TEN
        await released.wait()

    sending = asyncio.create_task(sender.append(url, 0, silent()))
    path = house.parts.spool.folder / url[-2:] / f"{id_of(url)}.0"
    await until(lambda: path.stat().st_size == 10, what="the first bytes in the spool")

    offset = await sender.offset(url)
    answer = await sender.append(url, offset, TEN)
    released.set()
    await asyncio.gather(sending, return_exceptions=True)

    assert (10, 204) == (offset, answer.status_code)
    assert TEN + TEN == await house.parts.content(id_of(url))


async def test_a_busy_sender_keeps_its_place(house: Receiving) -> None:
    """Bytes still flow: 423 with Retry-After for whoever comes, and the append goes on."""
    sender = await house.sender()
    url = await sender.begin(2**30)
    enough = asyncio.Event()

    async def busy() -> AsyncIterator[bytes]:
        while not enough.is_set():
            yield os.urandom(4_096)
            await asyncio.sleep(0.05)

    sending = asyncio.create_task(sender.append(url, 0, busy()))

    async def begun() -> bool:
        return (await house.parts.upload(id_of(url))).offset > 0

    await until(begun, what="the first committed bytes")
    rivals = await asyncio.gather(sender.head(url), sender.append(url, 0, TEN))
    status = await sender.http.get(
        f"{house.address}/api/v1/uploads/{id_of(url)}",
        headers={"Rushes-Link": sender.files.split("/")[-3]},
    )
    enough.set()
    answer = await sending

    assert [423, 423] == [rival.status_code for rival in rivals]
    assert ["1", "1"] == [rival.headers["Retry-After"] for rival in rivals]
    assert (200, 204) == (status.status_code, answer.status_code)


async def test_a_body_that_falls_silent_is_ended_and_kept(sqlite_url: str, tmp_path: Path) -> None:
    """After the stall limit its bytes are committed, and the connection is closed."""
    released = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield TEN
        await released.wait()

    async with receiving(sqlite_url, tmp_path / "house", stall_seconds=0.3) as house:
        sender = await house.sender()
        url = await sender.begin(20)
        sending = asyncio.create_task(sender.append(url, 0, silent()))

        async def committed() -> bool:
            return (await house.parts.upload(id_of(url))).offset == 10

        await until(committed, what="the offset of a silent body")
        await until(lambda: not house.parts.receiver.running, what="the append to end")
        released.set()
        await asyncio.gather(sending, return_exceptions=True)
        assert 10 == await sender.offset(url)


async def test_a_server_that_drains_takes_nothing_new(house: Receiving) -> None:
    """Appends hear 503 and come back later; what is there stays."""
    sender = await house.sender()
    url = await sender.begin(20)
    await sender.append(url, 0, TEN)

    assert await house.parts.receiver.drain(5)
    answer = await sender.append(url, 10, TEN)

    assert (503, "upload.stopped") == (answer.status_code, answer.json()["code"])
    assert "Retry-After" in answer.headers
    assert 10 == (await house.parts.upload(id_of(url))).offset
