"""The database: transactions on SQLite or PostgreSQL, committed here and nowhere else.

1. A write transaction on SQLite begins IMMEDIATE: in WAL a read that turns into a write fails at
   once, whatever `busy_timeout` says (https://sqlite.org/wal.html).
2. SQLite runs in WAL with `synchronous=FULL`: with NORMAL a power cut loses committed rows.
3. A transaction that recorded an event calls `told` after its commit, so the relay looks at once.
4. After an I/O error below SQLite the process ends (`db.trouble`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypeAlias, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from rushes.db.direct import TOLD, Direct, Work
from rushes.db.trouble import translated

Connection: TypeAlias = AsyncConnection
"""What deeds hand to records; its methods are for `records.py` alone."""

BUSY_MS: Final = 5_000
"""How long SQLite waits for another process's write before it gives up."""

FROZEN_MS: Final = 30_000
"""After this long in the middle of a transaction PostgreSQL lets go of a frozen process's locks."""

T = TypeVar("T")


class Database:
    """Our tables behind one engine.

    `told` is called after each commit that recorded an event; `compose` sets it.
    """

    def __init__(self, engine: AsyncEngine, direct: Direct | None = None) -> None:
        self._engine = engine
        self._direct = direct
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.told: Callable[[], None] = lambda: None
        self._writers = asyncio.Lock()  # SQLite has one writer: here they queue fairly, no polling

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Give a connection whose changes are committed together at the end, or not at all.

        Raises:
            DatabaseAway: it could not be reached or, as DatabaseBusy, locked in time.
            DatabaseFull: its disk is full.
        """
        async with AsyncExitStack() as stack:
            if self.is_sqlite:
                await stack.enter_async_context(self._writers)
            with translated():
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
        with translated():
            async with self._engine.connect() as connection:
                yield connection

    async def transact(self, work: Work[T]) -> T:
        """Run `work` in a transaction of its own and commit it; return what it returns.

        The same as `transaction`, for work that waits for nothing but its connection: on SQLite
        it runs in one thread from its begin to its commit. Who is cancelled meanwhile does not
        learn how it ended.

        Raises:
            DatabaseAway, DatabaseFull: as `transaction`.
        """
        if self._direct is None:
            async with self.transaction() as connection:
                return await work(connection)
        return await asyncio.shield(asyncio.ensure_future(self._write(self._direct, work)))

    async def snapshot(self, work: Work[T]) -> T:
        """Run `work` over one snapshot: `transact` for what only reads a few rows by their keys.

        On SQLite nothing else of this event loop runs meanwhile.
        """
        if self._direct is None:
            async with self.reading() as connection:
                return await work(connection)
        with translated():
            return self._direct.read(work)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
        if self._direct is not None:
            await asyncio.to_thread(self._direct.close)

    async def _write(self, direct: Direct, work: Work[T]) -> T:
        async with self._writers:
            with translated():
                result, told = await direct.write(work)
        if told:
            self.told()
        return result


def open_database(url: str) -> Database:
    """Return the database at `sqlite:///path` or `postgresql://...`; nothing is read yet."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_async_engine(address.set(drivername="sqlite+aiosqlite"))
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return Database(engine, Direct(address, engine, _prepare_sqlite))
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
