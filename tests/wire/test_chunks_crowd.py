"""Many small chunks in random order, many at once, each twice; and by several processes."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from rushes.uploads.upload import State
from tests.support.chunking import KIB, Chunker, chunker, cut
from tests.support.moments import until
from tests.support.receiving import Receiving, receiving

AT_ONCE = 16
MIB = 2**20
TINY = 0.000001
"""Mbit/s of a line for which the shortest chunks are chosen."""


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server whose shortest chunks have 1 KiB."""
    async with receiving(database_url, tmp_path / "house", chunk_min_bytes=KIB) as running:
        yield running


async def send_all(
    senders: Iterable[Chunker], upload_id: str, pieces: list[tuple[int, bytes]]
) -> list[httpx.Response]:
    """Send chunks, so many at once, each by the next of the senders; who hears `busy` asks again.

    Two that send the same chunk wait for each other for 2 s, and a busy database takes longer.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    chosen = list(senders)

    async def send(place: int, index: int, piece: bytes) -> httpx.Response:
        async with turns:
            answer = await chosen[place % len(chosen)].put(upload_id, index, piece)
            while answer.status_code == httpx.codes.LOCKED:
                answer = await chosen[place % len(chosen)].put(upload_id, index, piece)
            return answer

    return await asyncio.gather(*(send(place, *one) for place, one in enumerate(pieces)))


def is_long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.mark.covers("BG-01", "BG-02", "S-UP-05", "X-UP-14")
async def test_every_chunk_counts_once_whatever_the_order(
    house: Receiving, request: pytest.FixtureRequest
) -> None:
    """Ten thousand with `--long`, each sent twice; the digest is that of the file."""
    count = 10_000 if is_long(request) else 120
    chance = random.Random(count)  # noqa: S311 - bytes and order of a test
    body = chance.randbytes(count * KIB - 5)
    sender = await chunker(house)
    upload_id = (await sender.begin(len(body), mbit=TINY))["id"]
    pieces = list(enumerate(cut(body, KIB))) * 2
    chance.shuffle(pieces)

    answers = await send_all([sender], upload_id, pieces)
    completed = await sender.complete(upload_id)

    assert {200} == {answer.status_code for answer in answers}
    assert count == max(answer.json()["received_count"] for answer in answers)
    assert 202 == completed.status_code
    content = await house.parts.content(upload_id)
    assert hashlib.sha256(body).digest() == hashlib.sha256(content).digest()
    assert 1 == len(list(house.parts.spool.folder.glob(f"*/{upload_id}.*")))


@pytest.mark.covers("BG-01")
async def test_of_those_that_send_one_chunk_at_once_all_hear_the_same(house: Receiving) -> None:
    """Fifty with the same bytes: one writes, the others are compared with it."""
    sender = await chunker(house)
    body = b"1" * KIB + b"2" * KIB
    upload_id = (await sender.begin(len(body), mbit=TINY))["id"]

    answers = await send_all([sender], upload_id, [(1, body[KIB:])] * 50)

    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.text for answer in answers})


@pytest.mark.covers("BG-01")
async def test_of_those_that_send_others_bytes_one_wins_and_its_bytes_stay(
    house: Receiving,
) -> None:
    """Whatever races: what was answered 200 is what is there."""
    sender = await chunker(house)
    told = await sender.begin(KIB, mbit=TINY)
    bodies = [bytes([number]) * KIB for number in range(20)]

    answers = await send_all([sender], told["id"], [(0, body) for body in bodies])
    await sender.complete(told["id"])

    won = [body for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 200]
    assert 1 == len(won)
    assert {200, 409} == {answer.status_code for answer in answers}
    assert won[0] == await house.parts.content(told["id"])


@pytest.mark.covers("BG-01", "S-UP-05")
async def test_several_processes_take_chunks_of_one_upload(
    postgres_url: str, tmp_path: Path
) -> None:
    """Each writes a file of its own; equal chunks are one, and none is written over."""
    chance = random.Random(3)  # noqa: S311
    body = chance.randbytes(40 * KIB)
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(
                receiving(postgres_url, tmp_path / "house", chunk_min_bytes=KIB)
            )
            for _ in range(3)
        ]
        token = await houses[0].people.token()
        senders = [
            Chunker(one.http, f"{one.address}/api/v1/uploads", {"Authorization": f"Bearer {token}"})
            for one in houses
        ]
        upload_id = (await senders[0].begin(len(body), mbit=TINY))["id"]
        pieces = list(enumerate(cut(body, KIB))) * 3
        chance.shuffle(pieces)

        answers = await send_all(senders, upload_id, pieces)
        completions = await asyncio.gather(*(one.complete(upload_id) for one in senders * 2))
        content = await houses[1].parts.content(upload_id)

        assert {200} == {answer.status_code for answer in answers}
        assert {202} == {answer.status_code for answer in completions}
        assert body == content
        row = await houses[0].parts.upload(upload_id)
        digest = hashlib.sha256(hashlib.sha256(body).digest()).digest()
        assert (State.COMPLETED, digest) == (row.state, row.root)


@pytest.mark.covers("BG-53", "S-UP-03")
async def test_blocks_are_known_when_the_last_chunk_is(house: Receiving) -> None:
    """Short chunks are read again block by block, long ones are hashed while they come."""
    sender = await chunker(house)
    body = random.Random(5).randbytes(17 * MIB)  # noqa: S311
    roots = []
    for mbit in (3.4, 14):  # 4 MiB, 16 MiB
        told = await sender.begin(len(body), mbit=mbit)
        pieces = list(enumerate(cut(body, told["chunk_size"])))
        await send_all([sender], told["id"], pieces)

        def is_known(upload_id: str = told["id"]) -> bool:
            return not house.parts.taker.rereading.running.get(upload_id)

        await until(is_known, what="every block is hashed")
        await sender.complete(told["id"])
        roots.append((await house.parts.upload(told["id"])).root)

    blocks = [hashlib.sha256(body[: 16 * MIB]).digest(), hashlib.sha256(body[16 * MIB :]).digest()]
    assert [hashlib.sha256(b"".join(blocks)).digest()] * 2 == roots


@pytest.mark.covers("BG-43", "S-UP-11")
async def test_a_chunk_whose_connection_breaks_is_sent_again(house: Receiving) -> None:
    """Nothing of it counts, and nobody waits for the line to time out."""
    sender = await chunker(house)
    told = await sender.begin(2 * KIB, mbit=TINY)
    body = b"x" * KIB
    stuck, done = asyncio.Event(), asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield body[:100]
        stuck.set()
        await done.wait()
        yield body[100:]

    first = asyncio.create_task(sender.put(told["id"], 0, half(), Content_Length=str(KIB)))
    await stuck.wait()
    second = await sender.put(told["id"], 0, body)
    done.set()
    (stopped,) = await asyncio.gather(first, return_exceptions=True)

    assert 200 == second.status_code
    assert not isinstance(stopped, httpx.Response) or stopped.status_code == 503
    assert [[0, 0]] == (await sender.get(told["id"]))["received_chunks"]
