"""The queries of growing copies: multiparts that carry uploads on while they arrive.

A copy is held for one round at a time, by a lease and a fence; what a killed grower held is free
again when its lease runs out, and the parts it sent are the store's to tell.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Table, and_, delete, exists, insert, not_, or_, select, update

from rushes.db.engine import Connection
from rushes.db.tables import block_hashes, contents, uploads
from rushes.db.upload_tables import direct_uploads, upload_copies
from rushes.tiers.placement import LEASE
from rushes.uploads.upload import State

OVER: Final = (State.CANCELLED.value, State.EXPIRED.value)


@dataclass(frozen=True, slots=True)
class Copy:
    """A multipart that holds the first `done_parts` parts of an upload."""

    upload_id: str
    key: str
    store_upload_id: str
    part_bytes: int
    done_parts: int
    fence: int


async def list_growable(connection: Connection, part_bytes: int, limit: int) -> list[str]:
    """Return uploads of which at least one more whole part is committed, and nobody sends it."""
    at_least = (upload_copies.c.done_parts + 1) * upload_copies.c.part_bytes
    query = (
        select(uploads.c.id)
        .join(upload_copies, upload_copies.c.upload_id == uploads.c.id, isouter=True)
        .where(
            uploads.c.state == State.RECEIVING.value,
            uploads.c.concat.is_(None),
            uploads.c.is_spooled,
            uploads.c.size_bytes > part_bytes,
            or_(
                and_(upload_copies.c.upload_id.is_(None), uploads.c.offset >= part_bytes),
                uploads.c.offset >= at_least,
            ),
        )
        .order_by(uploads.c.updated_at)
        .limit(limit)
    )
    return list((await connection.execute(query)).scalars())


async def find_copy(connection: Connection, upload_id: str) -> Copy | None:
    """Return the growing copy of an upload."""
    query = select(upload_copies).where(upload_copies.c.upload_id == upload_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Copy(**{name: getattr(row, name) for name in Copy.__slots__})


async def find_of_content(connection: Connection, content_id: str) -> Copy | None:
    """Return the growing copy of a content's original."""
    query = select(contents.c.upload_id).where(contents.c.id == content_id)
    upload_id = (await connection.execute(query)).scalar_one_or_none()
    return None if upload_id is None else await find_copy(connection, upload_id)


async def find_key(connection: Connection, upload_id: str) -> str | None:
    """Return the key under which the bytes of an upload lie, or partly lie, at the archive."""
    for table in (direct_uploads, upload_copies):
        query = select(table.c.key).where(table.c.upload_id == upload_id)
        key: str | None = (await connection.execute(query)).scalar_one_or_none()
        if key is not None:
            return key
    return None


async def record_copy(connection: Connection, copy: Copy, now: datetime) -> bool:
    """Write a new copy, held by its maker; False if another was faster, or all bytes are here."""
    still = select(uploads.c.id).where(
        uploads.c.id == copy.upload_id, uploads.c.state == State.RECEIVING.value
    )
    if (await connection.execute(still.with_for_update())).first() is None:
        return False
    if await find_copy(connection, copy.upload_id) is not None:
        return False
    values = {name: getattr(copy, name) for name in Copy.__slots__}
    lease = {"lease_until": now + LEASE, "updated_at": now}
    await connection.execute(insert(upload_copies).values(**values, **lease))
    return True


async def claim(connection: Connection, upload_id: str, now: datetime) -> Copy | None:
    """Hold a copy until `now` and a lease; None while another holds it."""
    free = or_(upload_copies.c.lease_until.is_(None), upload_copies.c.lease_until < now)
    done = await connection.execute(
        update(upload_copies)
        .where(upload_copies.c.upload_id == upload_id, free)
        .values(lease_until=now + LEASE, fence=upload_copies.c.fence + 1)
    )
    return await find_copy(connection, upload_id) if done.rowcount == 1 else None


async def record_parts(connection: Connection, copy: Copy, done_parts: int, now: datetime) -> bool:
    """Say how many parts the store holds, and hold on; False if the copy is another's now.

    Who lost it says so all the same: the parts are there, whoever sent them.
    """
    mine = upload_copies.c.upload_id == copy.upload_id
    await connection.execute(
        update(upload_copies)
        .where(mine, upload_copies.c.done_parts < done_parts)
        .where(upload_copies.c.store_upload_id == copy.store_upload_id)
        .values(done_parts=done_parts, updated_at=now)
    )
    done = await connection.execute(
        update(upload_copies)
        .where(mine, upload_copies.c.fence == copy.fence)
        .values(lease_until=now + LEASE)
    )
    return done.rowcount == 1


async def let_go(connection: Connection, copy: Copy) -> None:
    """Hold a copy no more."""
    await connection.execute(
        update(upload_copies)
        .where(upload_copies.c.upload_id == copy.upload_id, upload_copies.c.fence == copy.fence)
        .values(lease_until=None)
    )


async def forget(connection: Connection, upload_id: str) -> None:
    """Delete the row of a copy: its multipart is complete, or aborted."""
    await connection.execute(delete(upload_copies).where(upload_copies.c.upload_id == upload_id))


async def find_digest(connection: Connection, upload_id: str, position: int) -> bytes | None:
    """Return the SHA-256 of one block of an upload, where it is known already."""
    query = select(block_hashes.c.digest).where(
        block_hashes.c.upload_id == upload_id, block_hashes.c.position == position
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def _list_unwanted(connection: Connection, table: Table, limit: int) -> list[str]:
    """Return uploads in a table of things at the archive that nobody wants any more.

    They ended, or their bytes were here already, or the last asset of their content is gone.
    """
    is_wanted = exists(select(contents.c.id).where(contents.c.upload_id == uploads.c.id))
    is_filed = and_(uploads.c.state == State.ACCEPTED.value, not_(is_wanted))
    query = (
        select(table.c.upload_id)
        .join(uploads, uploads.c.id == table.c.upload_id)
        .where(or_(uploads.c.state.in_(OVER), is_filed))
        .limit(limit)
    )
    return list((await connection.execute(query)).scalars())


async def list_unwanted_copies(connection: Connection, limit: int) -> list[str]:
    """Return uploads whose growing copies nobody wants."""
    return await _list_unwanted(connection, upload_copies, limit)


async def list_unwanted_directs(connection: Connection, limit: int) -> list[str]:
    """Return uploads that came past us and that nobody wants."""
    return await _list_unwanted(connection, direct_uploads, limit)


@dataclass(frozen=True, slots=True)
class Stranded:
    """A direct upload that waits to be looked at, or to be kept: the job that should do it."""

    workflow: str
    subject: str
    key: str


async def list_stranded(connection: Connection, store: str, limit: int) -> list[Stranded]:
    """Return what should become of the direct uploads whose bytes are whole in a store."""
    query = (
        select(uploads.c.id, direct_uploads.c.key, contents.c.id.label("content_id"))
        .join(direct_uploads, direct_uploads.c.upload_id == uploads.c.id)
        .join(contents, contents.c.upload_id == uploads.c.id, isouter=True)
        .where(
            direct_uploads.c.store == store,
            or_(uploads.c.state == State.COMPLETED.value, contents.c.id.is_not(None)),
        )
        .order_by(uploads.c.completed_at)
        .limit(limit)
    )
    return [
        Stranded("ingest", row.id, row.key)
        if row.content_id is None
        else Stranded("keep", row.content_id, row.key)
        for row in await connection.execute(query)
    ]


async def list_known_multiparts(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of these multiparts that a row tells of."""
    found: set[str] = set()
    for table in (direct_uploads, upload_copies):
        query = select(table.c.store_upload_id).where(table.c.store_upload_id.in_(ids))
        found |= {each for each in (await connection.execute(query)).scalars() if each}
    return found


async def list_receiving(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of these uploads that still receive."""
    query = select(uploads.c.id).where(
        uploads.c.id.in_(ids), uploads.c.state == State.RECEIVING.value
    )
    return set((await connection.execute(query)).scalars())
