"""The queries of fields, and of searches that people keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.access.question import ValueKind
from rushes.db.catalog_tables import fields, saved_searches
from rushes.db.statements import After, change_if_same, insert_new, newest_first, values_of
from rushes.library.field import Field
from rushes.library.saved import SavedSearch


async def record_field(connection: AsyncConnection, field: Field) -> bool:
    """Insert a field; False if its key is taken there."""
    return await insert_new(connection, fields, values_of(field))


async def find_field(connection: AsyncConnection, field_id: str) -> Field | None:
    """Return a field."""
    row = (await connection.execute(select(fields).where(fields.c.id == field_id))).one_or_none()
    return None if row is None else _field(row)


async def list_fields(connection: AsyncConnection, scopes: Sequence[str] | None) -> list[Field]:
    """Return the fields of these scopes, by key; None: of every one."""
    query = select(fields).order_by(fields.c.key, fields.c.scope)
    if scopes is not None:
        query = query.where(fields.c.scope.in_(scopes))
    return [_field(row) for row in await connection.execute(query)]


async def change_field(
    connection: AsyncConnection, field: Field, values: Mapping[str, object]
) -> bool:
    """Write what changed if nobody was faster; say whether so."""
    return await change_if_same(connection, fields, field.id, field.revision, values)


async def delete_field(connection: AsyncConnection, field_id: str) -> None:
    """Remove a field; the values that assets have stay."""
    await connection.execute(delete(fields).where(fields.c.id == field_id))


async def record_search(connection: AsyncConnection, search: SavedSearch) -> None:
    """Insert a search."""
    await connection.execute(insert(saved_searches).values(**values_of(search)))


async def find_search(
    connection: AsyncConnection, account_id: str, search_id: str
) -> SavedSearch | None:
    """Return a search that is this account's, or shared."""
    query = _visible(account_id).where(saved_searches.c.id == search_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _search(row)


async def list_searches(
    connection: AsyncConnection, account_id: str, after: After, limit: int
) -> list[SavedSearch]:
    """Return a page of the searches that are this account's, or shared, newest first."""
    query = newest_first(_visible(account_id), saved_searches, after, limit)
    return [_search(row) for row in await connection.execute(query)]


async def change_search(
    connection: AsyncConnection, search: SavedSearch, values: Mapping[str, object]
) -> bool:
    """Write what changed if nobody was faster; say whether so."""
    return await change_if_same(connection, saved_searches, search.id, search.revision, values)


async def delete_search(connection: AsyncConnection, search_id: str) -> None:
    """Remove a search."""
    await connection.execute(delete(saved_searches).where(saved_searches.c.id == search_id))


def _visible(account_id: str) -> Any:
    own = saved_searches.c.account_id == account_id
    return select(saved_searches).where(or_(own, saved_searches.c.is_shared))


def _field(row: Row[Any]) -> Field:
    known = {one.name: getattr(row, one.name) for one in fields_of(Field)}
    return Field(**known | {"kind": ValueKind(row.kind), "choices": tuple(row.choices)})


def _search(row: Row[Any]) -> SavedSearch:
    return SavedSearch(**{one.name: getattr(row, one.name) for one in fields_of(SavedSearch)})
