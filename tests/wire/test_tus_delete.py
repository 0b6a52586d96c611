"""DELETE: an upload ends, or its address is forgotten."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from rushes.db.tables import events
from rushes.events.event import EventType
from rushes.intake import scan_records
from rushes.intake.verdict import UNAVAILABLE, Scan, Verdict
from rushes.tiers import growth_records
from rushes.uploads import direct_records, records
from rushes.uploads.direct import Direct
from rushes.uploads.upload import NOT_SCANNED, State
from tests.support.moments import until
from tests.support.receiving import TUS, Receiving, Sender

TEN = b"0123456789"


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


def list_files(house: Receiving) -> list[str]:
    return [path.name for path in house.parts.spool.folder.rglob("*") if path.is_file()]


@pytest.mark.covers("X-UP-19", "M-UX-08")
async def test_an_ended_upload_is_gone_with_its_bytes(house: Receiving, sender: Sender) -> None:
    """204, then 410 for who sends, 404 for who fetches; the row stays to say so."""
    url = await sender.begin(20)
    await sender.append(url, 0, TEN)

    ended = await sender.http.delete(url, headers=TUS)
    after = [
        await sender.http.delete(url, headers=TUS),
        await sender.head(url),
        await sender.append(url, 10, TEN),
    ]

    fetched = await house.by_token(await house.people.token()).http.get(
        f"{house.address}/files/{id_of(url)}"
    )

    assert (204, "1.0.0") == (ended.status_code, ended.headers["Tus-Resumable"])
    assert 404 == fetched.status_code
    assert [410, 410, 410] == [answer.status_code for answer in after]
    assert [] == list_files(house)
    upload = await house.parts.upload(id_of(url))
    assert (State.CANCELLED, False) == (upload.state, upload.is_spooled)


async def test_a_completed_upload_may_be_taken_back_before_the_verdict(
    house: Receiving, sender: Sender
) -> None:
    """Its event is there, and intake will find it gone."""
    url = await sender.begin(10)
    await sender.append(url, 0, TEN)

    answer = await sender.http.delete(url, headers=TUS)

    async with house.parts.database.reading() as connection:
        query = select(events.c.type).where(events.c.subject == id_of(url))
        told = list((await connection.execute(query.order_by(events.c.seq))).scalars())
    assert 204 == answer.status_code
    expected = [EventType.UPLOAD_CREATED, EventType.UPLOAD_COMPLETED, EventType.UPLOAD_CANCELLED]
    assert expected == told


async def test_after_acceptance_only_the_address_goes(house: Receiving, sender: Sender) -> None:
    """The bytes are an asset's now."""
    url = await sender.begin(10)
    await sender.append(url, 0, TEN)
    async with house.parts.database.transaction() as connection:
        upload = await records.get_upload(connection, id_of(url))
        await records.mark_accepted(connection, upload, house.parts.clock.now())

    answers = [await sender.http.delete(url, headers=TUS), await sender.head(url)]

    assert [204, 410] == [answer.status_code for answer in answers]
    upload = await house.parts.upload(id_of(url))
    assert (State.ACCEPTED, True) == (upload.state, upload.is_spooled)
    assert TEN == await house.parts.content(upload.id)


async def test_what_is_let_in_at_the_moment_of_a_delete_ends(
    house: Receiving, sender: Sender
) -> None:
    """Who deletes read it as kept out; it is cancelled, and its room comes back."""
    url = await sender.begin(10)
    await sender.append(url, 0, TEN)
    now = house.parts.clock.now()
    async with house.parts.database.transaction() as connection:
        whole = await records.get_upload(connection, id_of(url))
        await records.mark_quarantined(connection, whole, NOT_SCANNED, now)
        read = await records.get_upload(connection, id_of(url))
        assert await scan_records.reopen(connection, read, now)

    await house.parts.ending.let_go(read)

    upload = await house.parts.upload(id_of(url))
    assert (State.CANCELLED, "cancelled") == (upload.state, upload.reason)


@pytest.mark.parametrize(("is_infected", "files"), [(False, 0), (True, 1)])
async def test_what_was_kept_out_goes_with_its_address(
    house: Receiving, sender: Sender, files: int, *, is_infected: bool
) -> None:
    """Its bytes too; but what is infected stays locked up for as long as it is to."""
    url = await sender.begin(10)
    await sender.append(url, 0, TEN)
    now = house.parts.clock.now()
    verdict = Verdict(Scan.INFECTED, found=("Trial",)) if is_infected else UNAVAILABLE
    until_then = now + timedelta(days=7) if is_infected else None
    scanned = scan_records.Scanned(id_of(url), verdict, "trial", 1, now, until_then)
    async with house.parts.database.transaction() as connection:
        whole = await records.get_upload(connection, id_of(url))
        await scan_records.record_scan(connection, scanned)
        await records.mark_quarantined(connection, whole, NOT_SCANNED, now)
        direct = Direct(whole.id, "bucket", "a/key", None, None, None)
        await direct_records.record_direct(connection, direct)  # as if it lay there as well

    answer = await sender.http.delete(url, headers=TUS)
    await house.parts.sweep.run()

    assert (204, files) == (answer.status_code, len(list_files(house)))
    assert bool(files) == (await house.parts.upload(id_of(url))).is_spooled
    async with house.parts.database.reading() as connection:
        unwanted = await growth_records.list_unwanted_directs(connection, "bucket", 9)
    assert is_infected == (unwanted == [])


async def test_delete_does_not_wait_for_a_busy_sender(house: Receiving) -> None:
    """The running append ends with 410, and what it wrote goes too."""
    sender = await house.sender()
    url = await sender.begin(2**30)
    upload_id = id_of(url)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield os.urandom(65_536)
            await asyncio.sleep(0.01)

    sending = asyncio.create_task(sender.append(url, 0, endless()))

    async def begun() -> bool:
        return (await house.parts.upload(upload_id)).offset > 0

    await until(begun, what="the first committed bytes")
    answer = await sender.http.delete(url, headers=TUS)
    stopped = await asyncio.wait_for(asyncio.gather(sending, return_exceptions=True), 20)

    assert 204 == answer.status_code
    if isinstance(stopped[0], httpx.Response):  # else it was cut before it looked for an answer
        assert stopped[0].status_code in {410, 503}
    else:
        assert isinstance(stopped[0], httpx.TransportError)
    await until(lambda: not list_files(house), what="the files to go")


@pytest.mark.covers("BG-23", "BG-40")
async def test_nobody_ends_what_is_anothers(house: Receiving, sender: Sender) -> None:
    """Another link gets 404, and the upload stays."""
    url = await sender.begin(10)
    stranger = await house.sender()

    foreign = await stranger.http.delete(f"{stranger.files}{id_of(url)}", headers=TUS)
    unversioned = await sender.http.delete(url)

    assert (404, 412) == (foreign.status_code, unversioned.status_code)
    assert 0 == await sender.offset(url)
