"""Whole transactions in one step: the same promises as `transaction`, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import insert, select, update

from rushes.db.door_tables import rates
from rushes.db.engine import Connection, Database, open_database
from rushes.events import outbox
from rushes.events.event import Event, EventType
from tests.support.moments import NOON

STEPS = 15
EVENT = Event(
    id="evt_1",
    type=EventType.ASSET_CREATED,
    created_at=NOON,
    actor="system",
    subject="ast_1",
    asset_id="ast_1",
    data={},
)


async def value_of(connection: Connection) -> float | None:
    found: float | None = (await connection.execute(select(rates.c.tat))).scalar_one_or_none()
    return found


async def put(connection: Connection) -> str:
    await connection.execute(insert(rates).values(key="a", tat=1.0))
    return "put"


async def step(connection: Connection) -> None:
    before = (await connection.execute(select(rates.c.tat).with_for_update())).scalar_one()
    await connection.execute(update(rates).values(tat=before + 1.0))


async def test_what_it_did_is_kept_and_what_it_says_is_returned(database: Database) -> None:
    """The next snapshot sees it."""
    said = await database.transact(put)

    assert ("put", 1.0) == (said, await database.snapshot(value_of))


async def test_work_that_fails_leaves_nothing(database: Database) -> None:
    """Its own exception comes out, and the next transaction begins anew."""

    async def fail(connection: Connection) -> None:
        await put(connection)
        raise LookupError("midway")

    with pytest.raises(LookupError, match="midway"):
        await database.transact(fail)

    assert await database.snapshot(value_of) is None
    assert "put" == await database.transact(put)


async def test_a_snapshot_keeps_nothing(database: Database) -> None:
    """What it changes is gone with it."""
    await database.snapshot(put)

    assert await database.snapshot(value_of) is None


async def test_who_waits_for_events_is_told_after_the_commit(database: Database) -> None:
    """Once, and only where an event was recorded."""
    told: list[str] = []
    database.told = lambda: told.append("told")

    await database.transact(put)
    before = list(told)
    await database.transact(lambda connection: outbox.record(connection, EVENT))

    assert ([], ["told"]) == (before, told)


async def test_both_kinds_of_transaction_wait_for_each_other(database: Database) -> None:
    """Each reads what the one before it wrote: no step is lost."""
    await database.transact(put)

    async def stepping() -> None:
        async with database.transaction() as connection:
            await step(connection)

    steps = [database.transact(step) for _ in range(STEPS)]
    await asyncio.gather(*steps, *(stepping() for _ in range(STEPS)))

    assert 1.0 + 2 * STEPS == await database.snapshot(value_of)


async def test_who_is_cancelled_leaves_no_lock_behind(database: Database) -> None:
    """The next transaction goes on."""
    asked = [asyncio.ensure_future(database.transact(put)) for _ in range(2)]
    await asyncio.sleep(0)
    for one in asked:
        one.cancel()
    await asyncio.gather(*asked, return_exceptions=True)

    await database.transact(lambda connection: connection.execute(rates.delete()))

    assert await database.snapshot(value_of) is None


async def test_on_sqlite_work_may_wait_for_nothing_else(sqlite_url: str) -> None:
    """It would hold the one writer while it waits."""
    database = open_database(sqlite_url)

    async def wait(connection: Connection) -> None:
        await put(connection)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="nothing but its connection"):
        await database.transact(wait)
    kept = await database.snapshot(value_of)
    await database.close()

    assert kept is None
