"""The queries of the sweep: what is over, what is left of it, and what may be forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.scan_tables import scans
from rushes.db.tables import block_hashes, upload_parts, uploads
from rushes.db.upload_tables import BESIDE, upload_concats
from rushes.uploads import records
from rushes.uploads.upload import FORGOTTEN, PARTIAL, State, Upload


async def list_expired(connection: AsyncConnection, now: datetime, limit: int) -> list[Upload]:
    """Return uploads whose time is over, the longest first.

    A final upload has the time of its partials; a partial one has its own, whole or not.
    """
    has_own_time = or_(uploads.c.concat.is_(None), uploads.c.concat == PARTIAL)
    is_receiving = and_(uploads.c.state == State.RECEIVING.value, has_own_time)
    is_untaken = and_(uploads.c.state == State.COMPLETED.value, uploads.c.concat == PARTIAL)
    query = select(uploads).where(uploads.c.expires_at <= now, or_(is_receiving, is_untaken))
    query = query.order_by(uploads.c.expires_at).limit(limit)
    return await records.read_uploads(connection, query)


async def list_leftovers(connection: AsyncConnection, limit: int) -> list[Upload]:
    """Return ended uploads whose bytes still lie in the spool."""
    ended = uploads.c.state.in_([State.CANCELLED.value, State.EXPIRED.value])
    query = select(uploads).where(or_(ended, is_let_go()), uploads.c.is_spooled).limit(limit)
    return await records.read_uploads(connection, query)


def is_let_go() -> ColumnElement[bool]:
    """Say of an upload that was kept out whether its sender has let go of it.

    What is infected goes, or stays locked up, as its scan says.
    """
    locked_up = select(scans.c.upload_id).where(scans.c.remove_at.is_not(None))
    return and_(
        uploads.c.state == State.QUARANTINED.value,
        uploads.c.reason == FORGOTTEN,
        uploads.c.id.not_in(locked_up),
    )


async def delete_ended(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Forget uploads that ended before then and left nothing; return how many."""
    ended = and_(
        uploads.c.state.in_([State.CANCELLED.value, State.EXPIRED.value]),
        uploads.c.is_spooled.is_(False),
        uploads.c.updated_at < before,
    )
    ids = list((await connection.execute(select(uploads.c.id).where(ended).limit(limit))).scalars())
    for concat in (upload_concats.c.final_id, upload_concats.c.partial_id):
        await connection.execute(delete(upload_concats).where(concat.in_(ids)))
    for table in (block_hashes, upload_parts, *BESIDE):
        await connection.execute(delete(table).where(table.c.upload_id.in_(ids)))
    await connection.execute(delete(uploads).where(uploads.c.id.in_(ids)))
    return len(ids)
