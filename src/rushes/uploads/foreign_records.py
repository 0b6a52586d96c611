"""The queries of objects that others put into the archive's store, and that were taken in there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.engine import Row

from rushes.db.engine import Connection
from rushes.db.statements import insert_new, values_of
from rushes.db.tables import placements
from rushes.db.upload_tables import direct_uploads, imported_objects

ARCHIVES: Final = ("archive", "former")
"""Both stores of an archive that moves: two folders have one name here."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """An object of others; `version` and `size_bytes` are those with which it was taken in.

    With `may_go` it is deleted when no asset has its bytes any more.
    """

    store: str
    key: str
    version: str
    size_bytes: int
    upload_id: str
    may_go: bool
    created_at: datetime


async def record_foreign(connection: Connection, foreign: Foreign) -> bool:
    """Write down an object that is taken in; False: somebody did before."""
    return await insert_new(connection, imported_objects, values_of(foreign))


async def list_foreign(
    connection: Connection, store: str, keys: Collection[str]
) -> dict[str, Foreign]:
    """Return those of these keys that were taken in, by key."""
    query = select(imported_objects).where(
        imported_objects.c.store == store, imported_objects.c.key.in_(keys)
    )
    return {row.key: _foreign(row) for row in await connection.execute(query)}


async def list_elsewhere(
    connection: Connection, store: str, keys: Collection[str]
) -> list[Foreign]:
    """Return what was taken in under these keys in stores of other names."""
    query = select(imported_objects).where(
        imported_objects.c.store != store, imported_objects.c.key.in_(keys)
    )
    return [_foreign(row) for row in await connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Keys of a store that begin with `prefix`, behind `after`, up to `until` or the end."""

    store: str
    prefix: str
    after: str
    until: str | None


async def list_stretch(
    connection: Connection, stretch: Stretch, before: datetime, limit: int
) -> list[Foreign]:
    """Return what was taken in of a stretch before a moment, by key in byte order."""
    key: ColumnElement[str] = imported_objects.c.key
    if connection.dialect.name == "postgresql":
        key = key.collate("C")  # as stores sort
    query = (
        select(imported_objects)
        .where(imported_objects.c.store == stretch.store, imported_objects.c.created_at < before)
        .where(func.substr(imported_objects.c.key, 1, len(stretch.prefix)) == stretch.prefix)
        .where(key > stretch.after)
        .order_by(key)
        .limit(limit)
    )
    if stretch.until is not None:
        query = query.where(key <= stretch.until)
    return [_foreign(row) for row in await connection.execute(query)]


async def list_used(connection: Connection, store: str, keys: Collection[str]) -> set[str]:
    """Return those of these keys of the archive that something of ours lies at, or will."""
    kept = select(placements.c.key).where(
        placements.c.tier.in_(ARCHIVES), placements.c.key.in_(keys)
    )
    coming = select(direct_uploads.c.key).where(
        direct_uploads.c.store == store, direct_uploads.c.key.in_(keys)
    )
    found: set[str] = set((await connection.execute(kept)).scalars())
    return found | set((await connection.execute(coming)).scalars())


async def let_go(connection: Connection, upload_id: str) -> bool:
    """Say that an upload's object may be deleted with its asset; False: it is not of others."""
    done = await connection.execute(
        update(imported_objects)
        .where(imported_objects.c.upload_id == upload_id)
        .values(may_go=True)
    )
    return done.rowcount > 0


async def list_let_go(connection: Connection, store: str, limit: int) -> list[Foreign]:
    """Return objects that may go, and that nothing of ours needs any more."""
    needed = select(placements.c.key).where(placements.c.tier.in_(ARCHIVES))
    coming = select(direct_uploads.c.key).where(direct_uploads.c.store == store)
    query = (
        select(imported_objects)
        .where(imported_objects.c.store == store, imported_objects.c.may_go)
        .where(imported_objects.c.key.not_in(needed), imported_objects.c.key.not_in(coming))
        .limit(limit)
    )
    return [_foreign(row) for row in await connection.execute(query)]


async def forget_foreign(connection: Connection, foreign: Foreign) -> None:
    """Forget an object that is gone, or that is another one now."""
    await connection.execute(
        delete(imported_objects).where(
            imported_objects.c.store == foreign.store, imported_objects.c.key == foreign.key
        )
    )


def _foreign(row: Row[tuple[object, ...]]) -> Foreign:
    return Foreign(**{name: getattr(row, name) for name in Foreign.__slots__})
