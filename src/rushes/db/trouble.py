"""What a database's troubles mean: busy, away, shut, damaged, full; or broken, and then we end.

1. A write that failed below SQLite may be gone while later reads still show it (the page cache
   believes it). So after an I/O error nothing this process says about its rows can be trusted: it
   ends, and answers nobody. PostgreSQL does the same by itself, and drops our connections.
2. SQLite says what happened by its extended result code (https://sqlite.org/rescode.html),
   PostgreSQL by its SQLSTATE (manual, appendix A); no text is searched.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn, TypeAlias

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from rushes.errors import Kind, RushesError

EXIT_CODE: Final = 74
"""EX_IOERR of sysexits.h."""

PRIMARY: Final = 0xFF
"""The part of an extended result code that holds the primary one."""

NO_ROOM_FOR_INDEX: Final = sqlite3.SQLITE_IOERR_SHMSIZE
"""The one I/O error that is a full disk: the WAL's index could not grow."""

LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
SHUT: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

FULL_STATES: Final = frozenset({"53100"})
BUSY_STATES: Final = frozenset({"25P03", "40001", "40P01", "53300", "55P03", "57014"})
"""Too slow, serialization, deadlock, too many connections, lock not had, cancelled."""

DAMAGED_STATES: Final = frozenset({"XX001", "XX002"})
AWAY_CLASSES: Final = frozenset({"08", "53", "57", "58"})

log = logging.getLogger(__name__)


class DatabaseAway(RushesError):
    """The database does not answer."""

    code = "database.away"
    kind = Kind.UNAVAILABLE


class DatabaseBusy(DatabaseAway):
    """Others held the database for too long."""

    code = "database.busy"


class DatabaseShut(DatabaseAway):
    """The file of the database cannot be opened or written."""

    code = "database.shut"


class DatabaseDamaged(DatabaseAway):
    """What is stored in the database cannot be read."""

    code = "database.damaged"


class DatabaseFull(RushesError):
    """The disk of the database is full."""

    code = "database.full"
    kind = Kind.FULL


End: TypeAlias = Callable[[BaseException], NoReturn]
"""Ends this process because of that error."""


def end_process(error: BaseException) -> NoReturn:
    """End this process at once: no answer goes out, and nothing more is written."""
    log.critical(
        "The disk of the database failed; the process ends, nothing is answered: %s", error
    )
    logging.shutdown()
    os._exit(EXIT_CODE)


@contextmanager
def translated(end: End = end_process) -> Iterator[None]:
    """Turn the driver's troubles into ours; what is no trouble of the database passes."""
    try:
        yield
    except PoolEmpty as error:
        raise _busy() from error
    except DBAPIError as error:
        ours = explain(error.orig, end)
        if ours is None:
            raise
        raise ours from error


def explain(error: BaseException | None, end: End = end_process) -> RushesError | None:
    """Return our words for a driver's error; None where it is a mistake of ours."""
    if isinstance(error, sqlite3.Error):
        return _explain_code(error, end)
    if isinstance(error, psycopg.Error) and error.sqlstate is not None:
        return _explain_state(error.sqlstate)
    return _away() if isinstance(error, psycopg.OperationalError) else None


def _explain_code(error: sqlite3.Error, end: End) -> RushesError | None:
    code = getattr(error, "sqlite_errorcode", 0)  # a few errors of the module itself have none
    primary = code & PRIMARY
    if primary == sqlite3.SQLITE_FULL or code == NO_ROOM_FOR_INDEX:
        return _full()
    if primary == sqlite3.SQLITE_IOERR:
        end(error)
    if primary in LOCKED:
        return _busy()
    if primary in DAMAGED:
        return _damaged()
    return _shut() if primary in SHUT else None


def _explain_state(state: str) -> RushesError | None:
    if state in FULL_STATES:
        return _full()
    if state in BUSY_STATES:
        return _busy()
    if state in DAMAGED_STATES:
        return _damaged()
    return _away() if state[:2] in AWAY_CLASSES else None


def _full() -> DatabaseFull:
    return DatabaseFull("The disk of the database is full. Make room; nothing was changed.")


def _busy() -> DatabaseBusy:
    return DatabaseBusy(
        "The database is busy with others. Nothing was changed; try again.", retry_after=1
    )


def _away() -> DatabaseAway:
    return DatabaseAway(
        "The database does not answer. Ask what is there before you try again.", retry_after=1
    )


def _shut() -> DatabaseShut:
    return DatabaseShut(
        "The file of the database cannot be opened or written. Nothing was changed; let the "
        "server's account read and write the data folder.",
        retry_after=30,
    )


def _damaged() -> DatabaseDamaged:
    return DatabaseDamaged(
        "The database is damaged. Stop the server, keep a copy, and restore a backup.",
        retry_after=60,
    )
