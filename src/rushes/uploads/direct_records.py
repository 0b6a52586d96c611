"""The queries of direct uploads: where their bytes go, and when somebody looks there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import block_hashes, uploads
from rushes.db.upload_tables import direct_uploads
from rushes.uploads.direct import Direct
from rushes.uploads.upload import State, Upload


async def record_direct(connection: AsyncConnection, direct: Direct) -> None:
    """Write down where an upload's bytes go."""
    values = {name: getattr(direct, name) for name in Direct.__slots__}
    await connection.execute(insert(direct_uploads).values(**values))


async def find_direct(connection: AsyncConnection, upload_id: str) -> Direct | None:
    """Return where an upload's bytes go; None for one whose bytes come through us."""
    query = select(direct_uploads).where(direct_uploads.c.upload_id == upload_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _direct(row)


async def record_begun(connection: AsyncConnection, upload_id: str, store_upload_id: str) -> None:
    """Write down the multipart that the store began."""
    await connection.execute(
        update(direct_uploads)
        .where(direct_uploads.c.upload_id == upload_id)
        .values(store_upload_id=store_upload_id)
    )


async def record_signed(connection: AsyncConnection, upload: Upload, now: datetime) -> None:
    """Write down that addresses were given out: the upload rests from now on."""
    await connection.execute(
        update(uploads)
        .where(uploads.c.id == upload.id, uploads.c.state == State.RECEIVING.value)
        .values(updated_at=now, expires_at=now + upload.rests_for)
    )


async def record_rest(connection: AsyncConnection, upload_id: str, until: datetime) -> None:
    """Write down until when an upload rests."""
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id).values(expires_at=until)
    )


async def record_look(connection: AsyncConnection, upload_id: str, look_at: datetime) -> None:
    """Write down when to look again."""
    await connection.execute(
        update(direct_uploads)
        .where(direct_uploads.c.upload_id == upload_id)
        .values(look_at=look_at)
    )


async def record_whole(connection: AsyncConnection, upload_id: str, size_bytes: int) -> None:
    """Write down that all bytes are there."""
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id).values(offset=size_bytes)
    )


async def list_blocks(connection: AsyncConnection, upload_id: str) -> dict[int, bytes]:
    """Return the digests of those blocks of an upload that were read, by their position."""
    query = select(block_hashes.c.position, block_hashes.c.digest).where(
        block_hashes.c.upload_id == upload_id
    )
    return {row.position: row.digest for row in await connection.execute(query)}


async def list_due(connection: AsyncConnection, store: str, now: datetime, limit: int) -> list[str]:
    """Return open uploads into a store that somebody should look at now."""
    query = (
        select(direct_uploads.c.upload_id)
        .join(uploads, uploads.c.id == direct_uploads.c.upload_id)
        .where(direct_uploads.c.store == store, direct_uploads.c.look_at <= now)
        .where(uploads.c.state == State.RECEIVING.value)
        .order_by(direct_uploads.c.look_at)
        .limit(limit)
    )
    return list((await connection.execute(query)).scalars())


async def forget(connection: AsyncConnection, upload_id: str) -> None:
    """Delete the row: a placement tells of the object now, or it is gone."""
    await connection.execute(delete(direct_uploads).where(direct_uploads.c.upload_id == upload_id))


def _direct(row: Row[tuple[object, ...]]) -> Direct:
    return Direct(**{name: getattr(row, name) for name in Direct.__slots__})
