"""The queries of what was seen of a file while it still came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.statements import insert_or
from rushes.db.upload_tables import upload_looks
from rushes.intake.sniff import Sniffed
from rushes.media.facts import MediaKind


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a file by its first bytes; `facts` (as `format_media_info` has them) later.

    Facts of a file whose end is missing: its duration is what its header claims.
    """

    upload_id: str
    sniffed: Sniffed
    facts: Mapping[str, object] | None = None


async def record_seen(connection: AsyncConnection, seen: Seen, now: datetime) -> None:
    """Keep what was seen, in place of what was seen before."""
    values = {
        "format": seen.sniffed.format,
        "kind": seen.sniffed.kind.value,
        "media_type": seen.sniffed.media_type,
        "facts": None if seen.facts is None else dict(seen.facts),
        "updated_at": now,
    }
    statement = insert_or(connection, upload_looks).values(upload_id=seen.upload_id, **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["upload_id"], set_=values)
    )


async def find_seen(connection: AsyncConnection, upload_id: str) -> Seen | None:
    """Return what was seen of an upload."""
    query = select(upload_looks).where(upload_looks.c.upload_id == upload_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    sniffed = Sniffed(row.format, MediaKind(row.kind), row.media_type)
    return Seen(upload_id, sniffed, row.facts)
