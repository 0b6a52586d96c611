"""Room in links and projects: whatever races, what an ended upload had comes back whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from rushes.clock import Clock
from rushes.db.tables import links, projects
from rushes.uploads.upload import Upload
from tests.support.moments import Hands
from tests.support.receiving import Receiving, Sender, receiving


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Receiving]:
    """A server whose clock the test moves."""
    async with receiving(database_url, tmp_path / "house", clock) as running:
        yield running


@pytest.fixture
async def sender(house: Receiving) -> Sender:
    """Somebody with an upload link."""
    return await house.sender()


async def begin(house: Receiving, sender: Sender) -> Upload:
    """Begin an upload of unknown length."""
    answer = await sender.create(upload_defer_length="1")
    return await house.parts.upload(answer.headers["Location"].rpartition("/")[2])


async def find_used(house: Receiving) -> set[tuple[int, int]]:
    """Return the bytes and files that links and projects have given away."""
    async with house.parts.database.reading() as connection:
        return {
            tuple((await connection.execute(select(table.c.used_bytes, table.c.used_files))).one())
            for table in (links, projects)
        }


async def test_room_that_was_taken_after_the_row_was_read_comes_back(
    house: Receiving, sender: Sender
) -> None:
    """Its sender ends it while its bytes still flow, and room is taken between look and end."""
    seen = await begin(house, sender)
    await house.parts.receiver.quota.grow(seen, 1_000)

    await house.parts.ending.cancel(seen, "cancelled")

    assert {(0, 0)} == await find_used(house)


async def test_room_of_an_expired_upload_comes_back_whole(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """The same where its time is over."""
    seen = await begin(house, sender)
    await house.parts.receiver.quota.grow(seen, 1_000)
    hands.advance(timedelta(days=8))

    await house.parts.ending.expire(seen)

    assert {(0, 0)} == await find_used(house)


async def test_an_upload_that_has_ended_takes_no_room(house: Receiving, sender: Sender) -> None:
    """Its writer has not heard yet, and asks for more."""
    seen = await begin(house, sender)
    await house.parts.ending.cancel(seen, "cancelled")

    await house.parts.receiver.quota.grow(seen, 1_000)

    assert {(0, 0)} == await find_used(house)


async def test_a_length_that_is_told_late_does_not_shorten_the_rest(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """After a length on the sixth day a link's upload still rests for a week."""
    seen = await begin(house, sender)
    hands.advance(timedelta(days=6))

    told = await house.parts.receiver.quota.tell_length(seen, 20)

    assert (timedelta(days=7), 20) == (told.rests_for, told.size_bytes)
