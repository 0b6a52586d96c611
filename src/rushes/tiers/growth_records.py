"""The queries of growing copies: multiparts that carry uploads on while they arrive.

A copy is held for one round at a time, by a lease and a fence; what a killed grower held is free
again when its lease runs out, and the parts it sent are the store's to tell.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from rushes.db.engine import Connection
from rushes.db.scan_tables import scans
from rushes.db.tables import block_hashes, contents, jobs, uploads
from rushes.db.upload_tables import direct_uploads, upload_chunks, upload_copies, upload_groups
from rushes.jobs.job import JobState
from rushes.stores.blocks import BLOCK_BYTES
from rushes.tiers.placement import LEASE
from rushes.uploads.chunked import find_ranges
from rushes.uploads.sweep_records import is_let_go
from rushes.uploads.upload import JOINED, PARTIAL, Protocol, State, Upload

OVER: Final = (State.CANCELLED.value, State.EXPIRED.value)
INGEST, KEEP = "ingest", "keep"
"""The workflows that look at a direct upload, and that keep its content."""

LIVE: Final = (State.RECEIVING.value, State.COMPLETED.value)


@dataclass(frozen=True, slots=True)
class Copy:
    """A multipart that holds the parts `sent` of an upload: (first, last) of each run of them."""

    upload_id: str
    key: str
    store_upload_id: str
    part_bytes: int
    fence: int
    sent: tuple[tuple[int, int], ...] = ()

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of the parts that the store holds."""
        return frozenset(n for first, last in self.sent for n in range(first, last + 1))


async def list_growable(connection: Connection, part_bytes: int, limit: int) -> list[str]:
    """Return uploads of which bytes for one more part are committed, those that move first.

    The first partial of a group stands for the group. The bytes need not be those of one part yet.
    """
    chunked = uploads.c.protocol == Protocol.CHUNKED.value
    chunks = select(func.sum(upload_chunks.c.length)).where(
        upload_chunks.c.upload_id == uploads.c.id
    )
    received = case((chunked, func.coalesce(chunks.scalar_subquery(), 0)), else_=uploads.c.offset)
    receives = uploads.c.state == State.RECEIVING.value
    plain = _growable(received, uploads.c.size_bytes, part_bytes).where(
        uploads.c.concat.is_(None), receives
    )
    group, member, other = upload_groups.alias(), upload_groups.alias(), uploads.alias()
    members = (
        select(func.sum(other.c.offset))
        .join(member, member.c.upload_id == other.c.id)
        .where(member.c.owner == group.c.owner, member.c.group == group.c.group)
        .where(other.c.state.in_(LIVE))
    )
    begins = and_(group.c.upload_id == uploads.c.id, group.c.start == 0)
    grouped = (
        _growable(func.coalesce(members.scalar_subquery(), 0), group.c.total, part_bytes)
        .join(group, begins)
        .where(uploads.c.state.in_(LIVE), uploads.c.reason.is_(None))
    )
    found: list[str] = []
    for query in (plain, grouped):
        rows = await connection.execute(query.limit(limit))
        found += [str(upload_id) for upload_id in rows.scalars()]
    return found


def _growable(
    received: ColumnElement[int], size_bytes: ColumnElement[int], part_bytes: int
) -> Select[tuple[str]]:
    """Return the query for uploads with bytes for one more part that is not the last."""
    done = func.coalesce(upload_copies.c.done_parts, 0) + 1
    needed = done * func.coalesce(upload_copies.c.part_bytes, part_bytes)
    return (
        select(uploads.c.id)
        .join(upload_copies, upload_copies.c.upload_id == uploads.c.id, isouter=True)
        .where(uploads.c.is_spooled, size_bytes > needed, received >= needed)
        .order_by(uploads.c.updated_at.desc())
    )


async def find_copy(connection: Connection, upload_id: str) -> Copy | None:
    """Return the growing copy of an upload."""
    query = select(upload_copies).where(upload_copies.c.upload_id == upload_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    values = {name: getattr(row, name) for name in Copy.__slots__}
    return Copy(**values | {"sent": tuple((first, last) for first, last in row.sent)})


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
    receives = uploads.c.state == State.RECEIVING.value
    waits = and_(uploads.c.concat == PARTIAL, uploads.c.state.in_(LIVE), uploads.c.reason.is_(None))
    still = select(uploads.c.id).where(uploads.c.id == copy.upload_id, or_(receives, waits))
    if (await connection.execute(still.with_for_update())).first() is None:
        return False
    if await find_copy(connection, copy.upload_id) is not None:
        return False
    values = {name: getattr(copy, name) for name in Copy.__slots__}
    values |= {"sent": [list(run) for run in copy.sent], "done_parts": len(copy.numbers)}
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


async def record_parts(
    connection: Connection, copy: Copy, numbers: Collection[int], now: datetime
) -> Copy | None:
    """Say which parts the store holds, and hold on; None if the copy is another's now.

    What is not said is sent once more, and harms nobody: it is the same bytes.
    """
    known = copy.numbers.union(numbers)
    runs = find_ranges(sorted(known))
    done = await connection.execute(
        update(upload_copies)
        .where(upload_copies.c.upload_id == copy.upload_id, upload_copies.c.fence == copy.fence)
        .values(sent=runs, done_parts=len(known), updated_at=now, lease_until=now + LEASE)
    )
    if done.rowcount != 1:
        return None
    return replace(copy, sent=tuple((first, last) for first, last in runs))


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


async def find_digest(connection: Connection, upload: Upload, position: int) -> bytes | None:
    """Return the SHA-256 of one block of a file, where it is known already.

    That of a group is known by the partial that begins so many blocks before it.
    """
    query = select(block_hashes.c.digest)
    if not upload.is_partial:
        at_place = and_(block_hashes.c.upload_id == upload.id, block_hashes.c.position == position)
        return (await connection.execute(query.where(at_place))).scalar_one_or_none()
    lead, member = upload_groups.alias(), upload_groups.alias()
    block_bytes = literal(BLOCK_BYTES, uploads.c.offset.type)  # 64 bits: files are long
    start = member.c.start + block_hashes.c.position * block_bytes
    query = (
        query.join(member, member.c.upload_id == block_hashes.c.upload_id)
        .join(uploads, uploads.c.id == member.c.upload_id)
        .join(lead, and_(lead.c.owner == member.c.owner, lead.c.group == member.c.group))
        .where(lead.c.upload_id == upload.id, start == position * BLOCK_BYTES)
        .where(uploads.c.state.in_(LIVE))
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def _list_unwanted(
    connection: Connection,
    table: Table,
    limit: int,
    ended: ColumnElement[bool],
    *where: ColumnElement[bool],
) -> list[str]:
    """Return uploads in a table of things at the archive that nobody wants any more.

    They ended, or their bytes were here already, or the last asset of their content is gone.
    """
    is_wanted = exists(select(contents.c.id).where(contents.c.upload_id == uploads.c.id))
    is_filed = and_(uploads.c.state == State.ACCEPTED.value, not_(is_wanted))
    query = (
        select(table.c.upload_id)
        .join(uploads, uploads.c.id == table.c.upload_id)
        .where(or_(ended, is_filed), *where)
        .limit(limit)
    )
    return list((await connection.execute(query)).scalars())


async def list_unwanted_copies(connection: Connection, limit: int) -> list[str]:
    """Return uploads whose growing copies nobody wants: refused ones too, partials that left theirs
    behind when they were joined, and groups of which a partial ended.
    """
    lead, member, other = upload_groups.alias(), upload_groups.alias(), uploads.alias()
    torn = (
        select(other.c.id)
        .join(member, member.c.upload_id == other.c.id)
        .join(lead, and_(lead.c.owner == member.c.owner, lead.c.group == member.c.group))
        .where(lead.c.upload_id == uploads.c.id, other.c.state.in_(OVER))
    )
    is_refused = uploads.c.state.in_([*OVER, State.QUARANTINED.value])
    is_left = and_(uploads.c.concat == PARTIAL, uploads.c.reason == JOINED)
    return await _list_unwanted(
        connection, upload_copies, limit, or_(is_refused, is_left, torn.exists())
    )


async def list_unwanted_directs(connection: Connection, store: str, limit: int) -> list[str]:
    """Return uploads that came past us into a store, and that nobody wants."""
    is_there = direct_uploads.c.store == store
    cleaned = exists(
        select(scans.c.upload_id).where(
            scans.c.upload_id == uploads.c.id, scans.c.removed_at.is_not(None)
        )
    )
    is_harmful = and_(uploads.c.state == State.QUARANTINED.value, cleaned)
    ended = or_(uploads.c.state.in_(OVER), is_harmful, is_let_go())
    return await _list_unwanted(connection, direct_uploads, limit, ended, is_there)


@dataclass(frozen=True, slots=True)
class Stranded:
    """A direct upload that waits to be looked at, or to be kept: the job that should do it."""

    workflow: str
    subject: str
    key: str


async def list_stranded(
    connection: Connection, store: str, codes: Collection[str], limit: int
) -> list[Stranded]:
    """Return what should become of the direct uploads whose bytes are whole in a store.

    Of those alone whose newest job failed with one of these codes: others would fill the page.
    """
    subject = func.coalesce(contents.c.id, uploads.c.id)
    workflow = case((contents.c.id.is_(None), INGEST), else_=KEEP)
    newer = jobs.alias()
    is_newest = not_(
        exists(
            select(newer.c.id).where(
                newer.c.subject == jobs.c.subject,
                newer.c.workflow == jobs.c.workflow,
                newer.c.created_at > jobs.c.created_at,
            )
        )
    )
    has_failed = and_(jobs.c.state == JobState.FAILED.value, jobs.c.error_code.in_(codes))
    query = (
        select(jobs.c.workflow, jobs.c.subject, direct_uploads.c.key)
        .select_from(uploads)
        .join(direct_uploads, direct_uploads.c.upload_id == uploads.c.id)
        .join(contents, contents.c.upload_id == uploads.c.id, isouter=True)
        .join(jobs, and_(jobs.c.subject == subject, jobs.c.workflow == workflow))
        .where(
            direct_uploads.c.store == store,
            or_(uploads.c.state == State.COMPLETED.value, contents.c.id.is_not(None)),
            has_failed,
            is_newest,
        )
        .order_by(uploads.c.completed_at)
        .limit(limit)
    )
    return [Stranded(*row) for row in await connection.execute(query)]


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
