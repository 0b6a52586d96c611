"""The queries of slots."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import uploads
from rushes.uploads.upload import Upload

BOUND = (
    *("is_slot", "file_name", "media_type", "metadata", "size_bytes"),
    *("reserved_bytes", "updated_at", "expires_at"),
)
"""What a binding writes."""


async def record_binding(connection: AsyncConnection, bound: Upload) -> None:
    """Write what a slot has become; the caller holds its row."""
    values = {name: getattr(bound, name) for name in BOUND}
    await connection.execute(update(uploads).where(uploads.c.id == bound.id).values(**values))
