"""Slots: uploads that are ready before a file is chosen, and bound to one once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from rushes.clock import Clock
from rushes.db.tables import events, links, projects
from tests.support.chunking import Chunker, chunker
from tests.support.moments import Hands
from tests.support.receiving import BODY, Receiving, receiving

TEN = b"0123456789"
FILE = {"file_name": "a.mov", "size_bytes": 10, "media_type": "video/quicktime"}


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Receiving]:
    """A server whose clock the test moves."""
    async with receiving(database_url, tmp_path / "house", clock) as running:
        yield running


@pytest.fixture
async def sender(house: Receiving) -> Chunker:
    """Somebody who may send."""
    return await chunker(house)


async def make_slots(sender: Chunker, **wishes: Any) -> list[dict[str, Any]]:
    answer = await sender.ask("POST", "/slots", json=wishes)
    assert answer.status_code == 201, answer.text
    slots: list[dict[str, Any]] = answer.json()["slots"]
    return slots


async def append(house: Receiving, sender: Chunker, slot: dict[str, Any]) -> Any:
    """Send the file to a slot's tus address."""
    proof = {name: word for name, word in sender.proof.items() if name == "Authorization"}
    headers = {**BODY, **proof, "Upload-Offset": "0"}
    return await house.http.patch(slot["url"], content=TEN, headers=headers)


async def find_used(house: Receiving) -> set[tuple[int, int]]:
    async with house.parts.database.reading() as connection:
        rows = [
            row
            for table in (links, projects)
            for row in await connection.execute(select(table.c.used_bytes, table.c.used_files))
        ]
    return {(row.used_bytes, row.used_files) for row in rows}


@pytest.mark.covers("M-UP-03", "X-UP-01", "W-03")
async def test_a_slot_is_bound_and_sent_to(house: Receiving, sender: Chunker) -> None:
    """Five by default; the first byte of a file needs no creation any more."""
    slots = await make_slots(sender)
    early = await append(house, sender, slots[0])
    bound = await sender.ask("PATCH", f"/{slots[0]['id']}", json=FILE)
    sent = await append(house, sender, slots[0])

    assert (5, 5) == (len(slots), len({slot["id"] for slot in slots}))
    assert (409, "upload.not_appendable") == (early.status_code, early.json()["code"])
    assert (200, "a.mov", 10) == (
        bound.status_code,
        bound.json()["file_name"],
        bound.json()["size_bytes"],
    )
    assert 204 == sent.status_code
    row = await house.parts.upload(slots[0]["id"])
    assert ("completed", "a.mov", "video/quicktime", TEN) == (
        row.state.value,
        row.file_name,
        row.media_type,
        await house.parts.content(row.id),
    )


@pytest.mark.covers("M-UP-03", "BG-38")
async def test_a_slot_is_bound_once(house: Receiving, sender: Chunker) -> None:
    """Whoever asks again hears the same; another file is refused, also of those that race."""
    slot = (await make_slots(sender, count=1))[0]
    path = f"/{slot['id']}"
    wishes = [{**FILE, "file_name": f"{number}.mov"} for number in range(6)]

    answers = await asyncio.gather(*(sender.ask("PATCH", path, json=wish) for wish in wishes))
    row = await house.parts.upload(slot["id"])
    again = await sender.ask("PATCH", path, json={**FILE, "file_name": row.file_name})

    statuses = sorted(answer.status_code for answer in answers)
    assert ([200, 409, 409, 409, 409, 409], 200) == (statuses, again.status_code)
    assert (10, 1) == max(await find_used(house))


@pytest.mark.covers("M-UP-03")
async def test_a_slot_takes_nothing_until_it_is_bound(
    house: Receiving, sender: Chunker, hands: Hands
) -> None:
    """No quota, no event, no place in a list; after half an hour it is gone without a word."""
    slots = await make_slots(sender, count=3)
    before = await find_used(house)
    bound = await sender.ask("PATCH", f"/{slots[0]['id']}", json=FILE)
    hands.advance(timedelta(minutes=31))
    swept = await house.parts.sweep.run(even_if_clock_moved=True)
    late = await sender.ask("PATCH", f"/{slots[1]['id']}", json=FILE)
    sent = await append(house, sender, slots[0])

    assert {(0, 0)} == before
    assert (200, 2, 410, 204) == (
        bound.status_code,
        swept.expired,
        late.status_code,
        sent.status_code,
    )
    assert (10, 1) == max(await find_used(house))
    async with house.parts.database.reading() as connection:
        told = list(
            (await connection.execute(select(events.c.type).order_by(events.c.seq))).scalars()
        )
    assert ["upload.created", "upload.completed"] == [word for word in told if "upload" in word]
    if house.parts.database.is_sqlite:
        return
    listed = (await sender.ask("GET")).json()["items"]
    assert [slots[0]["id"]] == [upload["id"] for upload in listed]


@pytest.mark.covers("M-UP-03")
async def test_a_file_that_may_not_come_leaves_the_slot_as_it_is(sender: Chunker) -> None:
    """Too large, or a count of slots that is none."""
    slot = (await make_slots(sender, count=1))[0]

    refused = await sender.ask("PATCH", f"/{slot['id']}", json={**FILE, "size_bytes": 2**50})
    bound = await sender.ask("PATCH", f"/{slot['id']}", json={**FILE, "size_bytes": 0})
    counts = [await sender.ask("POST", "/slots", json={"count": count}) for count in (0, 21, "x")]

    assert (413, "upload.file_too_large") == (refused.status_code, refused.json()["code"])
    assert (200, "completed") == (bound.status_code, bound.json()["state"])
    assert {422} == {answer.status_code for answer in counts}
