"""The queries on logos."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.share_tables import logos
from rushes.db.statements import find_first, insert_new


async def record_logo(
    connection: AsyncConnection, logo_id: str, media_type: str, *, content: bytes, now: datetime
) -> None:
    """Keep a picture, if it is not there yet."""
    row = {"id": logo_id, "media_type": media_type, "content": content, "created_at": now}
    await insert_new(connection, logos, row)


async def find_logo(connection: AsyncConnection, logo_id: str) -> tuple[str, bytes] | None:
    """Return the type and the bytes of a logo."""
    query = select(logos.c.media_type, logos.c.content).where(logos.c.id == logo_id)
    row = await find_first(connection, query)
    return None if row is None else (row.media_type, bytes(row.content))


async def has_logo(connection: AsyncConnection, logo_id: str) -> bool:
    """Say whether there is a logo of this id."""
    return await find_first(connection, select(logos.c.id).where(logos.c.id == logo_id)) is not None
