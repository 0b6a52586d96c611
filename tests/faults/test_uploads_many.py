"""Two processes take the same uploads: one writes at a time, and a frozen one spoils nothing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from rushes.uploads import records
from rushes.uploads.growing import Growing
from rushes.uploads.upload import State
from tests.support.chunking import Chunker, cut
from tests.support.moments import until
from tests.support.receiving import Killable, Parts, People, Sender, make_parts, start
from tests.support.resuming import Resumer

TEN = b"0123456789"
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two servers over one database and one folder, and what lies behind them."""

    parts: Parts
    servers: tuple[Killable, Killable]
    senders: tuple[Sender, Sender]

    def beside(self, url: str) -> str:
        """Return the address of an upload at the other server."""
        return self.senders[1].files + id_of(url)

    async def offset(self, url: str) -> int:
        """Return the committed offset."""
        return (await self.parts.upload(id_of(url))).offset

    async def holder(self, url: str) -> str | None:
        """Return who holds an upload, as its row says."""
        query = text("SELECT holder FROM uploads WHERE id = :id")
        async with self.parts.database.reading() as connection:
            found: str | None = (await connection.execute(query, {"id": id_of(url)})).scalar_one()
        return found

    async def count_files(self, url: str) -> int:
        """Return in how many files an upload lies."""
        async with self.parts.database.reading() as connection:
            return len(await records.list_extents(connection, id_of(url)))

    async def move_away(self, url: str) -> None:
        """Let the holder of an upload be a process of another machine."""
        statement = text("UPDATE uploads SET holder = 'elsewhere::1:1:0' WHERE id = :id")
        async with self.parts.database.transaction() as connection:
            await connection.execute(statement, {"id": id_of(url)})

    async def run_out(self, url: str) -> None:
        """Let the lease of an upload be over now, as if 15 seconds had gone by."""
        statement = text(
            "UPDATE uploads SET lease_until = now() - interval '1 second' WHERE id = :id"
        )
        async with self.parts.database.transaction() as connection:
            await connection.execute(statement, {"id": id_of(url)})


@pytest.fixture
async def pair(postgres_url: str, tmp_path: Path, link_token: str) -> AsyncIterator[Pair]:
    """Two processes, each with a sender of its own."""
    folder = tmp_path / "house"
    parts = make_parts(postgres_url, folder)
    people = People(parts)
    await people.link(await people.project(), link_token)
    first, second = await asyncio.gather(
        start(postgres_url, folder, link_token), start(postgres_url, folder, link_token)
    )
    async with httpx.AsyncClient(timeout=60) as http, httpx.AsyncClient(timeout=60) as other:
        senders = (
            Sender(http, f"{first.address}/u/{link_token}/files/"),
            Sender(other, f"{second.address}/u/{link_token}/files/"),
        )
        try:
            yield Pair(parts, (first, second), senders)
        finally:
            for server in (first, second):
                await server.kill()
            await parts.database.close()
            parts.spool.threads.shutdown()


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


async def test_of_fifty_equal_appends_over_two_processes_one_wins(pair: Pair) -> None:
    """The others hear that the offset moved on, or that somebody writes."""
    one, other = pair.senders
    body = os.urandom(50_000)
    url = await one.begin(100_000)

    answers = await asyncio.gather(
        *(one.append(url, 0, body) for _ in range(25)),
        *(other.append(pair.beside(url), 0, body) for _ in range(25)),
    )

    counted = Counter(answer.status_code for answer in answers)
    assert 1 == counted[204]
    assert {204, 409, 423} >= set(counted)
    assert 50_000 == await one.offset(url) == await other.offset(pair.beside(url))
    assert body == await pair.parts.content(id_of(url))


async def test_an_upload_changes_process_between_appends(pair: Pair) -> None:
    """Who has written down everything lets go at once, and the other writes into the same file."""
    one, other = pair.senders
    url = await one.begin(40)

    answers = [
        await one.append(url, 0, TEN),
        await other.append(pair.beside(url), 10, TEN),
        await one.append(url, 20, TEN),
        await other.append(pair.beside(url), 30, TEN),
    ]

    assert [204] * 4 == [answer.status_code for answer in answers]
    assert TEN * 4 == await pair.parts.content(id_of(url))
    assert 1 == await pair.count_files(url)


async def test_a_silent_sender_gives_way_to_another_process(pair: Pair) -> None:
    """HEAD there ends the dead line here; what had arrived is told, and accepted next."""
    one, other = pair.senders
    url = await one.begin(20)
    released = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield TEN
        await released.wait()

    sending = asyncio.create_task(one.append(url, 0, silent()))
    path = pair.parts.spool.folder / url[-2:] / f"{id_of(url)}.0"
    await until(lambda: path.stat().st_size == 10, what="the first bytes in the spool")

    offset = await other.offset(pair.beside(url))
    answer = await other.append(pair.beside(url), offset, TEN)
    released.set()
    await asyncio.gather(sending, return_exceptions=True)

    assert (10, 204) == (offset, answer.status_code)
    assert TEN + TEN == await pair.parts.content(id_of(url))
    assert 1 == await pair.count_files(url)


async def test_a_silent_sender_of_the_draft_gives_way_to_another_process(pair: Pair) -> None:
    """The same by IETF resumable uploads: asked there, it goes on there."""
    one, other = (
        Resumer(sender.http, sender.files.replace("/files/", "/uploads/"), None)
        for sender in pair.senders
    )
    url = await one.begin(20)
    beside = other.uploads + id_of(url)
    released = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield TEN
        await released.wait()

    sending = asyncio.create_task(one.append(url, 0, silent(), is_last=True))
    path = pair.parts.spool.folder / url[-2:] / f"{id_of(url)}.0"
    await until(lambda: path.stat().st_size == 10, seconds=60, what="the first bytes in the spool")

    asked = await other.http.head(beside)
    answer = await other.append(beside, 10, TEN, is_last=True)
    released.set()
    await asyncio.gather(sending, return_exceptions=True)

    assert ("10", 201) == (asked.headers["Upload-Offset"], answer.status_code)
    assert TEN + TEN == await pair.parts.content(id_of(url))
    assert 1 == await pair.count_files(url)


async def test_a_silent_chunk_hinders_no_other_process(pair: Pair, link_token: str) -> None:
    """Sent again there it is taken at once; the silent one counts for nothing."""
    proof = {"Rushes-Link": link_token}
    one, other = (
        Chunker(sender.http, f"{server.address}/api/v1/uploads", proof)
        for sender, server in zip(pair.senders, pair.servers, strict=True)
    )
    body = os.urandom(2 * MIB)
    begun = await one.begin(len(body), mbit=1)
    pieces = cut(body, begun["chunk_size"])
    released = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield pieces[0][:-1]
        await released.wait()

    sending = asyncio.create_task(one.put(begun["id"], 0, silent()))
    await until(
        lambda: sum(path.stat().st_size for path in pair.parts.spool.folder.rglob("*.[0-9]")) > 0,
        seconds=60,
        what="the first bytes in the spool",
    )
    answers = [await other.put(begun["id"], at, piece) for at, piece in enumerate(pieces)]
    completed = await other.complete(begun["id"])
    released.set()
    await asyncio.gather(sending, return_exceptions=True)

    assert {200} == {answer.status_code for answer in answers}
    assert 202 == completed.status_code
    assert body == await pair.parts.content(begun["id"])


async def test_readers_see_what_another_process_commits(pair: Pair) -> None:
    """A reader in one process wakes as another one takes bytes in."""
    _, other = pair.senders
    url = await other.begin(300_000)
    growing = Growing(pair.parts.database, pair.parts.spool)
    waiting = asyncio.create_task(growing.wait(id_of(url), 0, 60))

    await other.append(url, 0, TEN * 10_000)

    prefix = await waiting
    assert 100_000 == prefix.length
    assert TEN * 10_000 == await growing.read_all(prefix, 0, 100_000)


async def test_a_busy_sender_keeps_its_place_before_another_process(pair: Pair) -> None:
    """423 there, and the append here goes on to its end."""
    one, other = pair.senders
    url = await one.begin(2**30)
    enough = asyncio.Event()
    sending = asyncio.create_task(one.append(url, 0, trickle(enough)))
    await until_begun(pair, url)

    rivals = await asyncio.gather(
        other.head(pair.beside(url)), other.append(pair.beside(url), 0, TEN)
    )
    enough.set()
    answer = await sending

    assert [423, 423] == [rival.status_code for rival in rivals]
    assert ["1", "1"] == [rival.headers["Retry-After"] for rival in rivals]
    assert 204 == answer.status_code


async def test_delete_ends_a_busy_sender_of_another_process(pair: Pair) -> None:
    """It does not wait for the end of the body; the sender hears that the upload is gone."""
    one, other = pair.senders
    url = await one.begin(2**30)
    sending = asyncio.create_task(one.append(url, 0, trickle(asyncio.Event())))
    await until_begun(pair, url)

    answer = await other.http.delete(pair.beside(url), headers={"Tus-Resumable": "1.0.0"})
    ended = await asyncio.gather(sending, return_exceptions=True)

    assert 204 == answer.status_code
    assert not isinstance(ended[0], httpx.Response) or ended[0].status_code == 410
    assert State.CANCELLED is (await pair.parts.upload(id_of(url))).state

    async def is_free() -> bool:
        return await pair.holder(url) is None

    await until(is_free, what="the holder of an upload that is gone")
    assert [] == list(pair.parts.spool.folder.glob(f"*/{id_of(url)}.*"))


async def test_a_killed_process_leaves_its_uploads_to_others(pair: Pair) -> None:
    """On the same machine it is known to be dead: its uploads go on at once, in the same file."""
    one, other = pair.senders
    url = await one.begin(20)
    await one.append(url, 0, TEN)
    await pair.servers[0].kill()

    offset = await other.offset(pair.beside(url))
    answer = await other.append(pair.beside(url), offset, TEN)

    assert (10, 204) == (offset, answer.status_code)
    assert TEN + TEN == await pair.parts.content(id_of(url))
    assert 1 == await pair.count_files(url)


async def test_a_machine_that_is_gone_leaves_its_uploads_to_others(pair: Pair) -> None:
    """Nothing is known of it: busy until its lease has run out, and then on in a new file."""
    one, other = pair.senders
    url = await one.begin(20)
    await one.append(url, 0, TEN)
    await pair.servers[0].kill()
    await pair.move_away(url)

    early = await other.head(pair.beside(url))
    await pair.run_out(url)
    offset = await other.offset(pair.beside(url))
    answer = await other.append(pair.beside(url), offset, TEN)

    assert (423, 10, 204) == (early.status_code, offset, answer.status_code)
    assert TEN + TEN == await pair.parts.content(id_of(url))
    assert 2 == await pair.count_files(url)


async def test_a_frozen_process_that_wakes_spoils_nothing(pair: Pair) -> None:
    """Its lease is over while it sleeps: it writes where nobody reads, and commits nothing."""
    await freeze_and_wake(pair, 0)


@pytest.mark.long
@pytest.mark.timeout(120)
async def test_a_process_that_froze_for_twenty_seconds_spoils_nothing(pair: Pair) -> None:
    """The same by the database's own clock."""
    await freeze_and_wake(pair, 20)


async def freeze_and_wake(pair: Pair, seconds: float) -> None:
    """Freeze a process in the middle of an append, finish the upload elsewhere, let it wake."""
    one, other = pair.senders
    body = os.urandom(12 * MIB)
    url = await one.begin(len(body))
    halted = asyncio.Event()

    async def halting() -> AsyncIterator[bytes]:
        yield body[: 9 * MIB]
        await halted.wait()
        yield bytes(len(body) - 9 * MIB)  # other bytes than the true ones

    sending = asyncio.create_task(one.append(url, 0, halting()))
    await until_begun(pair, url)
    first = pair.servers[0].process
    first.send_signal(signal.SIGSTOP)
    halted.set()
    if seconds:
        await asyncio.sleep(seconds)
    else:
        await pair.run_out(url)

    offset = await other.offset(pair.beside(url))
    answer = await other.append(pair.beside(url), offset, body[offset:])
    first.send_signal(signal.SIGCONT)
    with contextlib.suppress(httpx.TransportError):
        assert (await sending).status_code in {409, 410, 503}

    kept = await pair.parts.content(id_of(url))
    assert 204 == answer.status_code
    assert hashlib.sha256(body).digest() == hashlib.sha256(kept).digest()
    assert 2 == await pair.count_files(url)


async def trickle(enough: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield bytes without end, or until it is enough."""
    while not enough.is_set():
        yield os.urandom(4_096)
        await asyncio.sleep(0.05)


async def until_begun(pair: Pair, url: str) -> None:
    """Wait until bytes of an upload are committed."""

    async def begun() -> bool:
        return await pair.offset(url) > 0

    await until(begun, what="the first committed bytes")
