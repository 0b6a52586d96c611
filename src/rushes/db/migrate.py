"""Bring an old database forward, and refuse one that a newer Rushes wrote.

Migrations only go forward: before one, `rushes backup` is the way back.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import OperationalError

from rushes.db.trouble import DatabaseAway
from rushes.errors import Kind, RushesError

HERE: Final = Path(__file__).parent / "migrations"


class SchemaTooNew(RushesError):
    """The database holds a revision that this program does not know."""

    code = "database.too_new"
    kind = Kind.CONFLICT


class SchemaTooOld(RushesError):
    """The database waits for `rushes migrate`."""

    code = "database.too_old"
    kind = Kind.CONFLICT


class SchemaState(StrEnum):
    """How the database compares with this program."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"


def find_state(url: str) -> SchemaState:
    """Say how the database at `url` compares with this program.

    Raises:
        SchemaTooNew: a newer Rushes wrote it.
        DatabaseAway: it does not answer.
    """
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        raise DatabaseAway("The database does not answer. Check its address.") from error
    finally:
        engine.dispose()
    scripts = ScriptDirectory(str(HERE))
    if revision is None:
        return SchemaState.EMPTY
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaTooNew(
            f"A newer Rushes wrote this database (revision {revision}). "
            "Start that version, or restore a backup made before the upgrade."
        )
    return SchemaState.CURRENT if revision == scripts.get_current_head() else SchemaState.OLD


def migrate(url: str, revision: str = "head") -> SchemaState:
    """Bring the database at `url` to this program's schema; return what it was before.

    Args:
        url: its address.
        revision: where to stop, for those who prove that an old database comes forward.

    Raises:
        SchemaTooNew: a newer Rushes wrote it; nothing is changed.
    """
    before = find_state(url)
    if before is SchemaState.CURRENT:
        return before
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(HERE))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
    return before


def require_current(url: str) -> None:
    """Refuse to work on a database that is not at this program's schema.

    Raises:
        SchemaTooOld: `rushes migrate` has to run first.
        SchemaTooNew: a newer Rushes wrote it.
    """
    if find_state(url) is not SchemaState.CURRENT:
        raise SchemaTooOld("The database is older than this program. Run `rushes migrate` first.")


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        return create_engine(address)
    return create_engine(address.set(drivername="postgresql+psycopg"))
