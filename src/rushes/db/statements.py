"""Statements that every room writes alike: a page, an insert that may find its row, a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Select, Table, and_, literal, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

After: TypeAlias = tuple[datetime, str] | None
"""The (created_at, id) of the last item of the page before; None: the first page."""


async def find_first(
    connection: AsyncConnection, query: Select[Any], **given: object
) -> Row[Any] | None:
    """Return the first row, if there is one; `given` are the query's parameters by name."""
    row: Row[Any] | None = (await connection.execute(query, given)).first()
    return row


def newest_first(query: Select[Any], table: Table, after: After, limit: int) -> Select[Any]:
    """Return the query for one page, by `created_at` and `id`."""
    if after is not None:
        moment, row_id = after
        here = tuple_(table.c.created_at, table.c.id)  # as one value, which an index goes to
        query = query.where(here < tuple_(literal(moment, table.c.created_at.type), row_id))
    return query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)


async def hold_revision(
    connection: AsyncConnection, table: Table, row_id: str, revision: int | None
) -> bool:
    """Say whether a row has this revision still (None: any), and keep it so until the commit."""
    if revision is None:
        return True
    same = and_(table.c.id == row_id, table.c.revision == revision)
    held = await connection.execute(update(table).where(same).values(revision=revision))
    return held.rowcount > 0


def insert_or(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that can say what happens where the row is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


async def insert_new(
    connection: AsyncConnection, table: Table, values: Mapping[str, object]
) -> bool:
    """Insert a row; False if one with the same key is there already."""
    statement = insert_or(connection, table).values(**values).on_conflict_do_nothing()
    # The row itself says so: PostgreSQL's driver does not count what was inserted.
    made = await connection.execute(statement.returning(*table.primary_key))
    return made.first() is not None


async def change_if_same(
    connection: AsyncConnection,
    table: Table,
    row_id: str,
    revision: int,
    values: Mapping[str, object],
) -> bool:
    """Write a row of which people read this revision; False if somebody was faster."""
    same = and_(table.c.id == row_id, table.c.revision == revision)
    done = await connection.execute(
        update(table).where(same).values(**values, revision=revision + 1)
    )
    return done.rowcount == 1


def values_of(noun: Any) -> dict[str, Any]:
    """Return a noun's fields as columns keep them: words of enums, lists of sets and tuples."""
    return {one.name: _plain(getattr(noun, one.name)) for one in fields(noun)}


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.value if isinstance(value, StrEnum) else value
