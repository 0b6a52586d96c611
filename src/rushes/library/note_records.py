"""The queries of notes that people write on assets."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.catalog_tables import asset_notes
from rushes.db.statements import After, change_if_same, newest_first, values_of
from rushes.library.note import Note


async def record_note(connection: AsyncConnection, note: Note) -> None:
    """Insert a note."""
    await connection.execute(insert(asset_notes).values(**values_of(note)))


async def find_note(connection: AsyncConnection, asset_id: str, note_id: str) -> Note | None:
    """Return a note of an asset."""
    query = select(asset_notes).where(
        asset_notes.c.id == note_id, asset_notes.c.asset_id == asset_id
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _note(row)


async def list_notes(
    connection: AsyncConnection, asset_id: str, after: After, limit: int
) -> list[Note]:
    """Return a page of an asset's notes, newest first."""
    query = select(asset_notes).where(asset_notes.c.asset_id == asset_id)
    rows = await connection.execute(newest_first(query, asset_notes, after, limit))
    return [_note(row) for row in rows]


async def list_texts(connection: AsyncConnection, asset_id: str) -> list[str]:
    """Return what people wrote of an asset, newest first."""
    query = select(asset_notes.c.text).where(asset_notes.c.asset_id == asset_id)
    newest = query.order_by(asset_notes.c.created_at.desc(), asset_notes.c.id.desc())
    return list((await connection.execute(newest)).scalars())


async def change_note(connection: AsyncConnection, note: Note, text: str, now: datetime) -> bool:
    """Write another text if nobody was faster; say whether so."""
    values = {"text": text, "updated_at": now}
    return await change_if_same(connection, asset_notes, note.id, note.revision, values)


async def delete_note(connection: AsyncConnection, note_id: str) -> None:
    """Remove a note."""
    await connection.execute(delete(asset_notes).where(asset_notes.c.id == note_id))


def _note(row: Row[Any]) -> Note:
    return Note(**{one.name: getattr(row, one.name) for one in fields(Note)})
