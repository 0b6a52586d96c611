"""What a database's troubles are called: each has a code, and a sentence that says what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import text

from rushes.db.engine import open_database
from rushes.db.trouble import (
    DatabaseAway,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseShut,
    explain,
)
from rushes.errors import RushesError


class Ended(Exception):
    """Stands for the end of the process."""


def end(error: BaseException) -> NoReturn:
    raise Ended from error


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("in words")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        (sqlite3.SQLITE_BUSY, DatabaseBusy),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DatabaseBusy),
        (sqlite3.SQLITE_LOCKED, DatabaseBusy),
        (sqlite3.SQLITE_FULL, DatabaseFull),
        (sqlite3.SQLITE_IOERR_SHMSIZE, DatabaseFull),
        (sqlite3.SQLITE_READONLY, DatabaseShut),
        (sqlite3.SQLITE_CANTOPEN, DatabaseShut),
        (sqlite3.SQLITE_CORRUPT, DatabaseDamaged),
        (sqlite3.SQLITE_NOTADB, DatabaseDamaged),
    ],
)
def test_each_code_of_sqlite_has_its_own_trouble(code: int, ours: type[RushesError]) -> None:
    """By the code, extended or not, never by the words."""
    assert type(explain(of_sqlite(code), end)) is ours


@pytest.mark.parametrize(
    "code",
    [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_WRITE],
)
def test_an_error_of_the_disk_ends_the_process(code: int) -> None:
    """What was written may be lost while it can still be read: nothing may be answered."""
    with pytest.raises(Ended):
        explain(of_sqlite(code), end)


@pytest.mark.parametrize(
    ("state", "ours"),
    [
        ("40P01", DatabaseBusy),
        ("40001", DatabaseBusy),
        ("25P03", DatabaseBusy),
        ("53300", DatabaseBusy),
        ("53100", DatabaseFull),
        ("XX001", DatabaseDamaged),
        ("57P01", DatabaseAway),
        ("58030", DatabaseAway),
        ("08006", DatabaseAway),
    ],
)
def test_each_state_of_postgresql_has_its_own_trouble(state: str, ours: type[RushesError]) -> None:
    """PostgreSQL ends by itself on an error of its disk; for us it is away then."""
    assert type(explain(psycopg.errors.lookup(state)(), end)) is ours


def test_a_lost_connection_is_away_and_a_mistake_is_no_trouble() -> None:
    """A statement that is wrong stays what it is: a bug."""
    assert type(explain(psycopg.OperationalError("gone"), end)) is DatabaseAway
    assert explain(psycopg.errors.lookup("42601")(), end) is None
    assert explain(of_sqlite(sqlite3.SQLITE_ERROR), end) is None
    assert explain(None, end) is None


async def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    """Real bytes, real SQLite."""
    (tmp_path / "rushes.db").write_bytes(b"not a database at all" * 100)
    database = open_database(f"sqlite:///{tmp_path}/rushes.db")

    with pytest.raises(DatabaseDamaged):
        await database.snapshot(lambda connection: connection.execute(text("SELECT 1")))
    await database.close()


async def test_a_folder_that_is_not_there_is_shut(tmp_path: Path) -> None:
    """In one step and step by step alike."""
    database = open_database(f"sqlite:///{tmp_path}/nowhere/rushes.db")

    with pytest.raises(DatabaseShut):
        await database.transact(lambda connection: connection.execute(text("SELECT 1")))
    with pytest.raises(DatabaseShut):
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1"))
    await database.close()
