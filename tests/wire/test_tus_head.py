"""HEAD: where to go on, and whether at all."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from rushes.db.tables import uploads
from rushes.uploads import records
from tests.support.receiving import Receiving, Sender

TEN = b"0123456789"


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.mark.covers("X-UP-15", "S-UP-11")
async def test_head_tells_offset_and_length(sender: Sender) -> None:
    """Never cached, and without a length of its own."""
    url = await sender.begin(20)
    await sender.append(url, 0, TEN)

    answer = await sender.head(url)

    assert 200 == answer.status_code
    told = {name: answer.headers.get(name) for name in ("Upload-Offset", "Upload-Length")}
    assert {"Upload-Offset": "10", "Upload-Length": "20"} == told
    assert "no-store" == answer.headers["Cache-Control"]
    assert "1.0.0" == answer.headers["Tus-Resumable"]
    assert "Upload-Expires" in answer.headers
    absent = ("Content-Length", "Transfer-Encoding", "Upload-Defer-Length", "Upload-Metadata")
    assert [] == [name for name in absent if name in answer.headers]


async def test_head_says_that_the_length_is_deferred(sender: Sender) -> None:
    """Upload-Defer-Length stands for Upload-Length."""
    url = (await sender.create(Upload_Defer_Length="1")).headers["Location"]

    headers = (await sender.head(url)).headers

    assert ("0", "1", None) == (
        headers["Upload-Offset"],
        headers["Upload-Defer-Length"],
        headers.get("Upload-Length"),
    )


async def test_a_complete_upload_still_tells_its_offset(house: Receiving, sender: Sender) -> None:
    """Also after it was accepted; it does not expire any more."""
    url = await sender.begin(10)
    await sender.append(url, 0, TEN)
    completed = await sender.head(url)

    await _accept(house, id_of(url))
    accepted = await sender.head(url)

    offsets = [answer.headers["Upload-Offset"] for answer in (completed, accepted)]
    assert ["10", "10"] == offsets
    assert "Upload-Expires" not in completed.headers


async def test_head_needs_the_version_and_a_known_id(sender: Sender) -> None:
    """412 and 404, without a body."""
    url = await sender.begin(10)

    unversioned = await sender.http.head(url)
    unknown = await sender.head(url[:-2] + "zz")

    assert (412, 404) == (unversioned.status_code, unknown.status_code)
    assert "1.0.0" == unversioned.headers["Tus-Version"]
    assert b"" == unversioned.content == unknown.content


async def test_an_offset_whose_bytes_are_lost_is_never_told(
    house: Receiving, sender: Sender
) -> None:
    """The file is shorter than its row says: 410, and the upload is cancelled."""
    url = await sender.begin(20)
    await sender.append(url, 0, TEN)
    upload_id = id_of(url)
    path = house.parts.spool.folder / upload_id[-2:] / f"{upload_id}.0"
    path.write_bytes(TEN[:9])

    answers = [await sender.head(url), await sender.head(url), await sender.append(url, 10, TEN)]

    assert [410, 410, 410] == [answer.status_code for answer in answers]
    assert "bytes_lost" == (await house.parts.upload(upload_id)).reason


async def test_get_gives_the_bytes_once_they_are_accepted(house: Receiving) -> None:
    """It waits for the verdict; an upload that still receives has none."""
    sender = house.by_token(await house.people.token())
    receiving, done = await sender.begin(20), await sender.begin(10)
    await sender.append(done, 0, TEN)
    waiting = asyncio.create_task(sender.http.get(done))

    early = await sender.http.get(receiving)
    await _accept(house, id_of(done))
    answer = await waiting

    upload = await house.parts.upload(id_of(done))
    assert (409, 200) == (early.status_code, answer.status_code)
    assert f"the original of {upload.asset_id}" == answer.text


@pytest.mark.covers("M-PB-16")
async def test_a_link_gives_bytes_back_only_with_a_preview(house: Receiving) -> None:
    """Without one they are not there."""
    blind = await house.sender()
    seeing = await house.sender(preview="own")
    answers = []
    for sender in (blind, seeing):
        url = await sender.begin(0)
        await _accept(house, id_of(url))
        answers.append(await sender.http.get(url))

    assert [404, 200] == [answer.status_code for answer in answers]


async def test_a_link_gives_bytes_back_for_a_day(house: Receiving) -> None:
    """Then its holder has to ask those who have them."""
    sender = await house.sender(preview="own")
    url = await sender.begin(0)
    await _accept(house, id_of(url))
    yesterday = house.parts.clock.now() - timedelta(hours=24, minutes=1)
    async with house.parts.database.transaction() as connection:
        completed = update(uploads).where(uploads.c.id == id_of(url))
        await connection.execute(completed.values(completed_at=yesterday))

    assert 404 == (await sender.http.get(url)).status_code


async def _accept(house: Receiving, upload_id: str) -> None:
    async with house.parts.database.transaction() as connection:
        upload = await records.get_upload(connection, upload_id)
        assert await records.mark_accepted(connection, upload, house.parts.clock.now())
