"""Uploads in progress: who reads them, whatever way they come, and how their senders hear a no."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from fractions import Fraction

import pytest
from sqlalchemy import select

from rushes.db.tables import events
from rushes.intake import records as intake_records
from rushes.intake.records import Seen
from rushes.intake.sniff import MP4
from rushes.media.facts import MediaKind, format_media_info, plain_info
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.growing import Growing
from rushes.uploads.upload import TYPE_REFUSED
from tests.support.chunking import chunker as chunker_of
from tests.support.parting import begin_partial, id_of
from tests.support.receiving import Receiving, Sender, metadata
from tests.support.resuming import Resumer

BODY = os.urandom(2 * BLOCK_BYTES + 1_000)
"""Two blocks and a little."""


def growing(house: Receiving) -> Growing:
    """Return what reads this server's uploads."""
    return Growing(house.parts.database, house.parts.spool)


async def list_readable(house: Receiving) -> list[str]:
    """Return the uploads of which it was told that they can be read."""
    query = select(events.c.subject).where(events.c.type == "upload.readable")
    async with house.parts.database.reading() as connection:
        return list((await connection.execute(query)).scalars())


async def test_an_upload_is_readable_once_64_kib_are_committed(
    house: Receiving, sender: Sender
) -> None:
    """Told once; not of one that is whole with its first bytes, nor before."""
    url = await sender.begin(1_000_000)
    await sender.append(url, 0, BODY[: 64 * 1024 - 1])
    before = await list_readable(house)

    await sender.append(url, 64 * 1024 - 1, BODY[:1])
    await sender.append(url, 64 * 1024, BODY[:500_000])
    whole = await sender.begin(100_000)
    await sender.append(whole, 0, BODY[:100_000])

    assert ([], [id_of(url)]) == (before, await list_readable(house))


async def test_partials_of_a_group_are_read_as_one_file(house: Receiving, sender: Sender) -> None:
    """The first one stands for it; what comes out of order is read as soon as the gap is closed."""
    place = {"rushes_group": "0123456789abcdef" * 2, "rushes_total": str(len(BODY))}
    parts = [BODY[:BLOCK_BYTES], BODY[BLOCK_BYTES:]]
    urls = [
        await begin_partial(
            sender, len(part), upload_metadata=metadata(**place, rushes_start=str(at))
        )
        for part, at in zip(parts, (0, BLOCK_BYTES), strict=True)
    ]
    reader, first = growing(house), id_of(urls[0])

    await sender.append(urls[1], 0, parts[1][:100_000])
    nothing = await reader.find(first)
    await sender.append(urls[0], 0, parts[0][:100_000])  # its first bytes are not all of it
    await sender.append(urls[0], 100_000, parts[0][100_000:])
    most = await reader.wait(first, 100_000)
    await sender.append(urls[1], 100_000, parts[1][100_000:])
    whole = await reader.wait(first, most.length)

    assert (0, len(BODY)) == (nothing.length, nothing.size_bytes)
    assert BLOCK_BYTES + 100_000 == most.length
    assert (True, False) == (whole.is_whole, whole.is_over)
    edge = BLOCK_BYTES - 10, BLOCK_BYTES + 50_000
    assert BODY[slice(*edge)] == await reader.read_all(most, *edge)
    path = await reader.path(most)
    assert BODY[: most.length] == path.read_bytes()
    assert [first] == await list_readable(house)
    assert BODY == (await reader.path(whole)).read_bytes()


async def test_a_final_that_waits_is_read_by_its_partials(house: Receiving, sender: Sender) -> None:
    """Partials without a group lie in files of their own, and are one file all the same."""
    urls = [await begin_partial(sender, size) for size in (100, 200)]
    answer = await sender.create(None, upload_concat=f"final;{' '.join(urls)}")
    final, reader = id_of(answer.headers["Location"]), growing(house)

    await sender.append(urls[1], 0, BODY[100:200])
    nothing = await reader.find(final)
    await sender.append(urls[0], 0, BODY[:100])

    prefix = await reader.wait(final, 0)
    assert (0, 300) == (nothing.length, nothing.size_bytes)
    assert BODY[:200] == await reader.read_all(prefix, 0, 200)


async def test_chunks_in_any_order_are_read_in_order(house: Receiving) -> None:
    """A hole ends what can be read; behind it all is there at once."""
    chunks = await chunker_of(house)
    begun = await chunks.begin(len(BODY), mbit=8)
    size, reader = begun["chunk_size"], growing(house)

    second = await chunks.put(begun["id"], 1, BODY[size : 2 * size])
    nothing = await reader.find(begun["id"])
    first = await chunks.put(begun["id"], 0, BODY[:size])
    assert (200, 200) == (second.status_code, first.status_code)

    prefix = await reader.wait(begun["id"], 0)
    assert (0, 2 * size) == (nothing.length, prefix.length)
    assert BODY[: 2 * size] == await reader.read_all(prefix, 0, 2 * size)
    assert [begun["id"]] == await list_readable(house)


@pytest.mark.covers("BG-32")
async def test_a_sender_is_stopped_where_its_bytes_are_not_taken(
    house: Receiving, sender: Sender
) -> None:
    """415 to the body that is on its way, and to every one after it."""
    url = await sender.begin(50_000_000)
    begun, refused = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield BODY[:100_000]
        begun.set()
        await refused.wait()
        for at in range(0, 24_000_000, 1_000_000):
            yield BODY[at : at + 1_000_000]

    sending = asyncio.create_task(sender.append(url, 0, body()))
    await begun.wait()
    upload = await house.parts.upload(id_of(url))
    assert await house.parts.ending.cancel(upload, TYPE_REFUSED)
    refused.set()

    first = await sending
    second = await sender.append(url, 0, b"x")
    asked = await sender.head(url)

    assert (415, 415, 415) == (first.status_code, second.status_code, asked.status_code)
    told = second.json()
    assert "upload.type_refused" == told["code"]
    assert "not taken here" in told["detail"]


async def test_every_protocol_tells_a_refused_type(
    house: Receiving, resuming: Receiving, by: dict[int | None, Resumer]
) -> None:
    """Resumable uploads and chunks answer the same."""
    resumer = by[None]
    resumed = await resumer.begin(1_000_000)
    upload = await resuming.parts.upload(id_of(resumed))
    assert await resuming.parts.ending.cancel(upload, TYPE_REFUSED)
    chunks = await chunker_of(house)
    chunked = await chunks.begin(4 * 2**20)
    upload = await house.parts.upload(chunked["id"])
    assert await house.parts.ending.cancel(upload, TYPE_REFUSED)

    by_patch = await resumer.append(resumed, 0, BODY[:100], is_last=False)
    by_chunk = await chunks.put(chunked["id"], 0, BODY[: chunked["chunk_size"]])

    assert (415, 415) == (by_patch.status_code, by_chunk.status_code)


async def test_accounts_are_told_what_is_coming_and_links_are_not(house: Receiving) -> None:
    """What was seen of a file stands with its upload, in the project alone."""
    project = await house.people.project()
    token = await house.people.link(project)
    url = await house.by_link(token).begin(1_000)
    account = house.by_token(await house.people.token())
    info = replace(plain_info(MediaKind.VIDEO, "mov", 1_000), duration=Fraction(3, 2))
    async with house.parts.database.transaction() as connection:
        seen = Seen(id_of(url), MP4, format_media_info(info))
        await intake_records.record_seen(connection, seen, house.parts.clock.now())
    address = f"{house.address}/api/v1/uploads/{id_of(url)}"

    by_account = (await account.http.get(address)).json()
    by_link = (await house.http.get(address, headers={"Rushes-Link": token})).json()

    assert by_link["seen"] is None
    expected = {"kind": "video", "media_type": "video/mp4", "duration": 1.5}
    assert expected | {"width": None, "height": None} == by_account["seen"]
