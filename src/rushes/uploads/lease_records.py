"""The queries of leases: which process may write to an upload, by the database's own clock.

A lease stands in the upload's row, so nothing depends on a session of the database: connections may
go through a pooler. These queries are for PostgreSQL; SQLite has one process that receives.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, func, literal, null, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import uploads
from rushes.uploads.upload import State

LEASE: Final = timedelta(seconds=15)
WANTED: Final = "upload_wanted"
"""The channel on which a process asks the others to let go of an upload."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of asking for a lease.

    `is_leased` is false also where there is nothing to lease: no such upload, or one that takes no
    bytes. `is_inherited` says that its last holder did not let go, so it may wake up and write.
    """

    is_leased: bool
    is_busy: bool = False
    is_inherited: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """An upload of ours that others ask for, or that has ended."""

    upload_id: str
    is_over: bool


async def take(
    connection: AsyncConnection, upload_id: str, process: str, is_dead: Callable[[str], bool]
) -> Asked:
    """Lease an upload that nobody holds, or whose lease ran out; else ask its holder to let go.

    A row that is locked is busy: a process that froze in a transaction would let us wait with it.
    """
    is_over = func.coalesce(uploads.c.lease_until < func.now(), literal(value=True))
    query = select(uploads.c.holder, uploads.c.state, is_over.label("is_over"))
    query = query.where(uploads.c.id == upload_id)
    row = (await connection.execute(query.with_for_update(skip_locked=True))).one_or_none()
    if row is None:
        is_there = (await connection.execute(query)).one_or_none() is not None
        return Asked(is_leased=False, is_busy=is_there)
    if row.state != State.RECEIVING.value:
        return Asked(is_leased=False)
    is_left = row.holder is None or is_dead(row.holder)
    if not is_left and row.holder != process and not row.is_over:
        await want(connection, upload_id, process)
        return Asked(is_leased=False, is_busy=True)
    await connection.execute(
        update(uploads)
        .where(uploads.c.id == upload_id)
        .values(
            holder=process,
            fence=uploads.c.fence + 1,
            lease_until=func.now() + LEASE,
            wanted_by=null(),
        )
    )
    return Asked(is_leased=True, is_inherited=not is_left)


async def want(connection: AsyncConnection, upload_id: str, process: str) -> bool:
    """Tell another process that holds an upload to let go; False if there is none."""
    is_held = and_(
        uploads.c.id == upload_id,
        uploads.c.holder.is_not(None),
        uploads.c.holder != process,
        uploads.c.lease_until >= func.now(),
    )
    asked = await connection.execute(
        update(uploads)
        .where(is_held, uploads.c.wanted_by.is_(None))
        .values(wanted_by=process)
        .returning(uploads.c.id)
    )
    if asked.one_or_none() is not None:
        await connection.execute(text(f"NOTIFY {WANTED}"))
        return True
    return (await connection.execute(select(uploads.c.id).where(is_held))).first() is not None


async def forget_wish(connection: AsyncConnection, upload_id: str, process: str) -> None:
    """Ask for an upload no more; what another process asks stays."""
    mine = or_(uploads.c.wanted_by == process, uploads.c.holder == process)
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id, mine).values(wanted_by=null())
    )


async def list_wishes(
    connection: AsyncConnection, upload_ids: Collection[str], process: str
) -> list[Wish]:
    """Return those of our uploads that others ask for, or that have ended."""
    is_over = (uploads.c.state != State.RECEIVING.value).label("is_over")
    ours = and_(uploads.c.id.in_(upload_ids), uploads.c.holder == process)
    query = select(uploads.c.id, is_over).where(
        ours, or_(uploads.c.wanted_by.is_not(None), is_over)
    )
    return [Wish(row.id, row.is_over) for row in await connection.execute(query)]


async def renew(connection: AsyncConnection, upload_ids: Collection[str], process: str) -> set[str]:
    """Hold these leases longer; return those that are still ours."""
    ours = and_(uploads.c.id.in_(upload_ids), uploads.c.holder == process)
    rows = await connection.execute(
        update(uploads)
        .where(ours, uploads.c.lease_until >= func.now())
        .values(lease_until=func.now() + LEASE)
        .returning(uploads.c.id)
    )
    return set(rows.scalars())


async def release(connection: AsyncConnection, upload_ids: Collection[str], process: str) -> None:
    """Let go of uploads whose every byte is written down; the same file goes on."""
    ours = and_(uploads.c.id.in_(upload_ids), uploads.c.holder == process)
    await connection.execute(
        update(uploads).where(ours).values(holder=null(), lease_until=null(), wanted_by=null())
    )
