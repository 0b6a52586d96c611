"""Rows of uploads whose bytes their senders put into a bucket."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from rushes import ids
from rushes.clock import SYSTEM
from rushes.ids import Prefix
from rushes.uploads import direct_records, records
from rushes.uploads.direct import Direct
from rushes.uploads.upload import Protocol, State, Upload

LIFE = timedelta(days=1)


async def record_past_us(
    connection: AsyncConnection, upload_id: str, project_id: str, store: str, key: str
) -> None:
    """Write down a completed upload whose bytes lie in a store under a key."""
    now = SYSTEM.now()
    upload = Upload(
        id=upload_id,
        protocol=Protocol.DIRECT,
        state=State.COMPLETED,
        project_id=project_id,
        account_id=None,
        link_id=None,
        asset_id=ids.new(Prefix.ASSET, now, SYSTEM.entropy(16)),
        file_name="clip.mov",
        media_type="",
        metadata="",
        size_bytes=1,
        offset=1,
        reserved_bytes=1,
        fence=0,
        root=None,
        digest=None,
        reason=None,
        is_spooled=False,
        created_at=now,
        updated_at=now,
        expires_at=now + LIFE,
        completed_at=now,
    )
    await records.record_upload(connection, upload, None)
    await direct_records.record_direct(connection, Direct(upload_id, store, key, None, None, None))
