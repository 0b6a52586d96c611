"""Whole transactions on SQLite in one step: what writes in a thread, what only reads right here.

A driver that goes to its thread for each cursor, row and close costs more than SQLite itself. Here
a transaction is a coroutine that waits for nothing but its connection, and that connection never
makes it wait. What writes waits for the disk, so a thread runs it to its end. What reads a few rows
by their keys takes less time than a change of threads: it runs where it is asked for.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Executable, event
from sqlalchemy.engine import URL, Connection, CursorResult, create_engine
from sqlalchemy.engine.interfaces import CoreExecuteOptionsParameter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import NullPool

TOLD: Final = "rushes_told"
"""Key in a connection's info: this transaction recorded an event."""

T = TypeVar("T")
Work: TypeAlias = Callable[[AsyncConnection], Coroutine[Any, Any, T]]
"""The queries of one transaction; it waits for its connection and for nothing else."""


class Prompt(AsyncConnection):
    """A connection whose answers are there at once."""

    async def execute(
        self,
        statement: Executable,
        parameters: Any = None,
        *,
        execution_options: CoreExecuteOptionsParameter | None = None,
    ) -> CursorResult[Any]:
        """Execute a statement in the thread that asks."""
        return self._proxied.execute(statement, parameters, execution_options=execution_options)


class Direct:
    """A connection for each thread that reads, and a thread with one that writes."""

    def __init__(self, url: URL, engine: AsyncEngine, prepare: Callable[..., None]) -> None:
        """Nothing is opened yet; `prepare` is told of each new connection."""
        self._engine = create_engine(
            url.set(drivername="sqlite+pysqlite"),
            poolclass=NullPool,
            connect_args={"check_same_thread": False},  # closed by whoever ends the process
        )
        event.listen(self._engine, "connect", prepare)
        self._owner = engine
        self._own = threading.local()
        self._opened: list[Connection] = []
        self._writer = ThreadPoolExecutor(1, "db-writer")

    async def write(self, work: Work[T]) -> tuple[T, bool]:
        """Run a transaction and commit it; return its result, and whether it recorded an event."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, work)

    def read(self, work: Work[T]) -> T:
        """Run queries over one snapshot, at once: they should ask for few rows."""
        prompt, connection = self._connection()
        with connection.begin() as transaction:
            connection.exec_driver_sql("BEGIN")
            result = _run(work(prompt))
            transaction.rollback()
        return result

    def close(self) -> None:
        """Let what runs come to its end, and close every connection."""
        self._writer.shutdown()
        for connection in self._opened:
            connection.close()
        self._engine.dispose()

    def _write(self, work: Work[T]) -> tuple[T, bool]:
        prompt, connection = self._connection()
        connection.info.pop(TOLD, None)
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            result = _run(work(prompt))
        return result, connection.info.pop(TOLD, False)

    def _connection(self) -> tuple[Prompt, Connection]:
        known: tuple[Prompt, Connection] | None = getattr(self._own, "known", None)
        if known is None or known[1].invalidated or known[1].closed:
            connection = self._engine.connect()
            self._opened.append(connection)
            known = self._own.known = Prompt(self._owner, connection), connection
        return known


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("A transaction may wait for nothing but its connection.")
