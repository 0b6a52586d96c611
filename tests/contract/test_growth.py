"""What may go on to the archive while it comes, over both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from rushes.db.tables import block_hashes, uploads
from rushes.db.upload_tables import upload_chunks
from rushes.stores.blocks import BLOCK_BYTES
from rushes.tiers import growth_records
from rushes.tiers.growth_records import Copy
from tests.support.chunking import chunker
from tests.support.parting import begin_partial, id_of
from tests.support.receiving import Receiving, metadata, receiving

TOTAL = 400 * BLOCK_BYTES
"""More than 32 bits count."""


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server over each kind of database."""
    async with receiving(database_url, tmp_path / "house") as running:
        yield running


async def move(house: Receiving, upload_id: str, offset: int) -> None:
    """Let so many bytes of an upload be committed."""
    async with house.parts.database.transaction() as connection:
        await connection.execute(
            update(uploads).where(uploads.c.id == upload_id).values(offset=offset)
        )


async def list_growable(house: Receiving) -> set[str]:
    """Return what could go on now."""
    async with house.parts.database.reading() as connection:
        return set(await growth_records.list_growable(connection, BLOCK_BYTES, 50))


async def begin_group(house: Receiving) -> tuple[str, str]:
    """Begin a group of two partials of which a block and more are here; return their ids."""
    sender = house.by_token(await house.people.token())
    place = {"rushes_group": "0123456789abcdef" * 2, "rushes_total": str(TOTAL)}
    ids = [
        id_of(
            await begin_partial(
                sender,
                TOTAL // 2,
                upload_metadata=metadata(**place, rushes_start=str(start)),
            )
        )
        for start in (0, TOTAL // 2)
    ]
    await move(house, ids[1], 2 * BLOCK_BYTES)
    return ids[0], ids[1]


async def test_uploads_of_every_way_go_on(house: Receiving) -> None:
    """Plain ones, chunks in any order, and groups by their first partial; small ones do not."""
    sender = house.by_token(await house.people.token())
    plain, small = id_of(await sender.begin(TOTAL)), id_of(await sender.begin(BLOCK_BYTES))
    idle = id_of(await sender.begin(TOTAL))
    await move(house, plain, BLOCK_BYTES)
    await move(house, small, BLOCK_BYTES - 1)
    await move(house, idle, BLOCK_BYTES - 1)
    begun = await (await chunker(house)).begin(TOTAL)
    row = {"position": 3, "length": BLOCK_BYTES, "digest": b"", "file": "a"}
    async with house.parts.database.transaction() as connection:
        await connection.execute(insert(upload_chunks).values(upload_id=begun["id"], **row))
    first, _ = await begin_group(house)

    assert {plain, begun["id"], first} == await list_growable(house)


async def test_a_copy_keeps_which_parts_the_store_holds(house: Receiving) -> None:
    """In any order, by whoever holds it; what was sent is not asked for again."""
    first, _ = await begin_group(house)
    copy = Copy(first, "key", "multipart", BLOCK_BYTES, fence=1)
    now = house.parts.clock.now()
    async with house.parts.database.transaction() as connection:
        assert await growth_records.record_copy(connection, copy, now)
        held = await growth_records.record_parts(connection, copy, [201], now)
        assert held is not None
        again = await growth_records.record_parts(connection, held, [202], now)
        stranger = Copy(first, "key", "multipart", BLOCK_BYTES, fence=7)
        lost = await growth_records.record_parts(connection, stranger, [5], now)
        known = await growth_records.find_copy(connection, first)

    assert again == known
    assert known is not None
    assert (((201, 202),), frozenset({201, 202})) == (known.sent, known.numbers)
    assert lost is None
    assert set() == await list_growable(house)


async def test_a_block_of_a_group_is_known_by_its_partial(house: Receiving) -> None:
    """Far behind 4 GiB as well; what is not hashed is not known."""
    first, second = await begin_group(house)
    digest = bytes(range(32))
    async with house.parts.database.transaction() as connection:
        await connection.execute(
            insert(block_hashes).values(upload_id=second, position=1, digest=digest)
        )
        await connection.execute(
            insert(block_hashes).values(upload_id=second, position=150, digest=b"x")
        )
    lead = await house.parts.upload(first)

    async with house.parts.database.reading() as connection:
        found = [
            await growth_records.find_digest(connection, lead, position)
            for position in (1, 201, 350)
        ]

    assert [None, digest, b"x"] == found


async def test_what_was_carried_on_of_a_group_is_given_up_when_a_partial_ends(
    house: Receiving,
) -> None:
    """Other bytes may come at its place."""
    first, second = await begin_group(house)
    now = house.parts.clock.now()
    async with house.parts.database.transaction() as connection:
        copy = Copy(first, "key", "multipart", BLOCK_BYTES, fence=1)
        await growth_records.record_copy(connection, copy, now)
        before = await growth_records.list_unwanted_copies(connection, 50)
    ended = await house.parts.upload(second)
    assert await house.parts.ending.cancel(ended, "cancelled")

    async with house.parts.database.reading() as connection:
        after = await growth_records.list_unwanted_copies(connection, 50)

    assert ([], [first]) == (before, after)
