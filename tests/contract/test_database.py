"""What every database has to do for us: all or nothing, in order, and forward only."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, insert, make_url, select, text
from sqlalchemy.exc import DatabaseError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.catalog_tables import BEYOND, WORDS
from rushes.db.door_tables import rates
from rushes.db.engine import Database, open_database
from rushes.db.migrate import (
    SchemaState,
    SchemaTooNew,
    SchemaTooOld,
    find_state,
    migrate,
    require_current,
)
from rushes.db.schema import WHOLE_SCHEMA
from rushes.db.statements import insert_new
from rushes.db.trouble import DatabaseAway
from rushes.events import outbox
from rushes.events.event import Event, EventType

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def fact(number: int = 1) -> Event:
    return Event(
        id=f"evt_{number}",
        type=EventType.ASSET_CREATED,
        created_at=NOON,
        actor="system",
        subject="ast_1",
        asset_id="ast_1",
        data={"file_name": "a.mov"},
    )


async def keys_of(connection: AsyncConnection) -> list[str]:
    return list((await connection.execute(select(rates.c.key).order_by(rates.c.key))).scalars())


@pytest.mark.covers("X-OPS-03")
async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    """Neither the change nor its event is kept."""

    async def change() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert(rates).values(key="a", tat=1.0))
            await outbox.record(connection, fact())
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        await change()

    async with database.transaction() as connection:
        assert ([], []) == (await keys_of(connection), await outbox.list_unrelayed(connection, 9))


async def test_an_insert_says_whether_the_row_is_new(database: Database) -> None:
    """The second one finds the key taken, and changes nothing."""
    async with database.transaction() as connection:
        said = [await insert_new(connection, rates, {"key": "a", "tat": 1.0}) for _ in range(2)]

    assert [True, False] == said


async def test_only_a_commit_with_an_event_calls_the_relay(database: Database) -> None:
    """The relay is woken after the commit, and not for nothing."""
    calls: list[str] = []
    database.told = lambda: calls.append("told")

    async with database.transaction() as connection:
        await connection.execute(insert(rates).values(key="a", tat=1.0))
    async with database.transaction() as connection:
        await outbox.record(connection, fact())
        assert calls == []

    assert ["told"] == calls


async def test_events_wait_in_order_until_they_are_relayed(database: Database) -> None:
    """What is deleted is gone; the event itself stays."""
    async with database.transaction() as connection:
        for number in (1, 2, 3):
            await outbox.record(connection, fact(number))

    async with database.transaction() as connection:
        waiting = await outbox.list_unrelayed(connection, 2)
        await outbox.delete_relayed(connection, [seq for seq, _ in waiting])

    async with database.transaction() as connection:
        left = await outbox.list_unrelayed(connection, 9)
        told = await outbox.list_events(connection, asset_id="ast_1")
    assert (["evt_1", "evt_2"], ["evt_3"]) == ([e.id for _, e in waiting], [e.id for _, e in left])
    assert ["evt_3", "evt_2", "evt_1"] == [event.id for _, event in told]
    assert fact(3) == told[0][1]


@pytest.mark.covers("S-RT-02")
@pytest.mark.parametrize("verb", ["UPDATE events SET actor = 'x'", "DELETE FROM events"])
async def test_an_event_cannot_be_changed(database: Database, verb: str) -> None:
    """The database itself refuses."""
    async with database.transaction() as connection:
        await outbox.record(connection, fact())

    with pytest.raises(DatabaseError, match="append-only"):
        async with database.transaction() as connection:
            await connection.execute(text(verb))


async def test_writers_do_not_lose_each_others_changes(database: Database) -> None:
    """Fifty increments at once make fifty."""
    async with database.transaction() as connection:
        await connection.execute(insert(rates).values(key="n", tat=0.0))

    async def add() -> None:
        async with database.transaction() as connection:
            await connection.execute(rates.update().values(tat=rates.c.tat + 1))

    await asyncio.gather(*[add() for _ in range(50)])

    async with database.reading() as connection:
        assert 50.0 == (await connection.execute(select(rates.c.tat))).scalar_one()


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    """Which zone would it mean."""
    naive = replace(fact(), created_at=NOON.replace(tzinfo=None))

    async def write() -> None:
        async with database.transaction() as connection:
            await outbox.record(connection, naive)

    with pytest.raises(StatementError, match="without a zone"):
        await write()


def is_of_the_schema(name: str | None, kind: str, _parents: object) -> bool:
    """Say whether a name is not of what each database finds words by in its own way."""
    return name not in BEYOND and not (kind == "table" and (name or "").startswith(WORDS))


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_migrated_database_is_what_the_tables_say(database_url: str) -> None:
    """The migrations and `db.tables` do not drift apart."""
    address = make_url(database_url)
    is_sqlite = address.get_backend_name() == "sqlite"
    engine = create_engine(address if is_sqlite else address.set(drivername="postgresql+psycopg"))

    with engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"include_name": is_of_the_schema}),
            WHOLE_SCHEMA,
        )

    engine.dispose()
    assert [] == differences


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_empty_database_comes_forward_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The second call finds nothing to do."""
    empty_url = f"sqlite:///{tmp_path}/new.db"
    if kind == "postgresql":
        empty_url = request.getfixturevalue("empty_postgres_url")
    with pytest.raises(SchemaTooOld, match="rushes migrate"):
        require_current(empty_url)

    found = (migrate(empty_url), migrate(empty_url), find_state(empty_url))

    assert (SchemaState.EMPTY, SchemaState.CURRENT, SchemaState.CURRENT) == found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_old_database_comes_forward_with_its_rows(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """What stood there before the migration stands there after it."""
    url = f"sqlite:///{tmp_path}/old.db"
    if kind == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    migrate(url, "0001")
    address = make_url(url)
    engine = create_engine(
        address if kind == "sqlite" else address.set(drivername="postgresql+psycopg")
    )
    with engine.begin() as connection:
        connection.execute(insert(rates).values(key="kept", tat=1.0))

    found = (find_state(url), migrate(url), find_state(url))

    with engine.connect() as connection:
        kept = connection.execute(select(rates.c.key)).scalars().all()
    engine.dispose()
    assert (SchemaState.OLD, SchemaState.OLD, SchemaState.CURRENT) == found
    assert ["kept"] == kept


async def test_a_database_of_a_newer_program_is_refused(database_url: str) -> None:
    """It is neither read nor changed; the sentence says what to do."""
    database = open_database(database_url)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()

    with pytest.raises(SchemaTooNew, match="restore a backup"):
        migrate(database_url)


async def test_a_database_that_does_not_answer_is_away() -> None:
    """A server that does not answer is an error of ours, to be tried again."""
    database = open_database("postgresql://nobody@127.0.0.1:1/nothing")

    with pytest.raises(DatabaseAway):
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1"))

    await database.close()
