"""The database: transactions on SQLite or PostgreSQL, committed here and nowhere else.

1. A write transaction on SQLite begins IMMEDIATE: in WAL a read that turns into a write fails at
   once, whatever `busy_timeout` says (https://sqlite.org/wal.html).
2. SQLite runs in WAL with `synchronous=FULL`: with NORMAL a power cut loses committed rows.
3. A transaction that recorded an event calls `told` after its commit, so the relay looks at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final, TypeAlias

from sqlalchemy import event
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from rushes.errors import Kind, RushesError

Connection: TypeAlias = AsyncConnection
"""What deeds hand to records; its methods are for `records.py` alone."""

BUSY_MS: Final = 5_000
"""How long SQLite waits for another process's write before it gives up."""

FROZEN_MS: Final = 30_000
"""After this long in the middle of a transaction PostgreSQL lets go of a frozen process's locks."""

TOLD: Final = "rushes_told"
"""Key in a connection's info: this transaction recorded an event."""


class DatabaseBusy(RushesError):
    """Another process held the database for too long, or it does not answer."""

    code = "database.busy"
    kind = Kind.UNAVAILABLE


class DatabaseFull(RushesError):
    """The disk of the database is full."""

    code = "database.full"
    kind = Kind.FULL


class Database:
    """Our tables behind one engine.

    `told` is called after each commit that recorded an event; `compose` sets it.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.told: Callable[[], None] = lambda: None
        self._writers = asyncio.Lock()  # SQLite has one writer: here they queue fairly, no polling

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Give a connection whose changes are committed together at the end, or not at all.

        Raises:
            DatabaseBusy: the database could not be reached or locked in time.
            DatabaseFull: its disk is full.
        """
        async with AsyncExitStack() as stack:
            if self.is_sqlite:
                await stack.enter_async_context(self._writers)
            with _translated():
                connection = await stack.enter_async_context(self._engine.connect())
                await connection.execution_options(rushes_write=True)
                async with connection.begin():
                    connection.info.pop(TOLD, None)
                    yield connection
                told = connection.info.pop(TOLD, False)
        if told:
            self.told()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Give a connection that sees one snapshot; nothing it does is kept."""
        with _translated():
            async with self._engine.connect() as connection:
                yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def open_database(url: str) -> Database:
    """Return the database at `sqlite:///path` or `postgresql://...`; nothing is read yet."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_async_engine(address.set(drivername="sqlite+aiosqlite"))
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return Database(engine)
    return Database(
        create_async_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_size=10,
            max_overflow=20,
            pool_pre_ping=True,
            connect_args={"options": f"-c idle_in_transaction_session_timeout={FROZEN_MS}"},
        )
    )


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_MS}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: SyncConnection) -> None:
    writes = connection.get_execution_options().get("rushes_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the driver's troubles into ours; anything else passes."""
    try:
        yield
    except OperationalError as error:
        if "full" in str(error.orig):
            raise DatabaseFull(
                "The disk of the database is full. Make room; nothing was changed."
            ) from error
        raise DatabaseBusy(
            "The database is busy or away. Nothing was changed; try again.", retry_after=1
        ) from error
