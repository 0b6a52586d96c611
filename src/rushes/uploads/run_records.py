"""The queries of growing reads: which bytes of a file are committed, whatever way they come."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import upload_parts, uploads
from rushes.db.upload_tables import upload_groups, upload_looks
from rushes.uploads import chunk_records, concat_records, records
from rushes.uploads.runs import Run, join_runs, lay
from rushes.uploads.upload import JOINED, Extent, Protocol, State, Upload

LIVE = (State.RECEIVING.value, State.COMPLETED.value)


async def list_runs(
    connection: AsyncConnection, upload: Upload
) -> tuple[tuple[Run, ...], int | None]:
    """Return the committed bytes of the file that an upload brings, and how many it will have.

    The first partial of a group stands for the whole group; a final that waits has the bytes of its
    partials.
    """
    if upload.is_open and upload.protocol is Protocol.CHUNKED:
        return await _list_chunks(connection, upload), upload.size_bytes
    if upload.is_partial and (group := await _find_group(connection, upload)) is not None:
        return await _list_members(connection, *group[:2]), group[2]
    if upload.is_open and upload.is_final:
        return await _list_partials(connection, upload), upload.size_bytes
    extents = await records.list_extents(connection, upload.id)
    return join_runs(lay(extents)), upload.size_bytes


async def forget_looks(connection: AsyncConnection, upload_id: str) -> None:
    """Forget what was seen of a file while it came: it does not become an asset."""
    await connection.execute(delete(upload_looks).where(upload_looks.c.upload_id == upload_id))


async def begins_group(connection: AsyncConnection, upload: Upload) -> bool:
    """Say whether a partial has the start of its group's file."""
    return await _find_group(connection, upload) is not None


async def has_ended_member(connection: AsyncConnection, upload: Upload) -> bool:
    """Say whether a partial of an upload's group has ended: its place may get other bytes."""
    group = await _find_group(connection, upload)
    if group is None:
        return False
    members = await concat_records.list_members(connection, *group[:2])
    return any(not one.is_live and not one.is_taken for one in members)


async def _find_group(connection: AsyncConnection, upload: Upload) -> tuple[str, str, int] | None:
    """Return owner, name and total of the group that an upload begins."""
    mine = and_(upload_groups.c.upload_id == upload.id, upload_groups.c.start == 0)
    row = (await connection.execute(select(upload_groups).where(mine))).one_or_none()
    return None if row is None else (row.owner, row.group, row.total)


async def _list_chunks(connection: AsyncConnection, upload: Upload) -> tuple[Run, ...]:
    chunk_bytes = upload.chunk_bytes or 0
    chunks = await chunk_records.list_chunks(connection, upload.id)
    places = [(chunk.position * chunk_bytes, chunk) for chunk in chunks]
    return join_runs(Run(at, Extent(chunk.file, at, chunk.length)) for at, chunk in places)


async def _list_members(connection: AsyncConnection, owner: str, group: str) -> tuple[Run, ...]:
    of_group = and_(upload_groups.c.owner == owner, upload_groups.c.group == group)
    lives = and_(
        uploads.c.state.in_(LIVE), or_(uploads.c.reason.is_(None), uploads.c.reason != JOINED)
    )
    query = select(upload_groups.c.upload_id, upload_groups.c.start).join(uploads)
    members = (await connection.execute(query.where(of_group, lives))).all()
    starts = {row.upload_id: row.start for row in members}
    extents = await _list_extents(connection, list(starts))
    return join_runs(run for key, at in starts.items() for run in lay(extents.get(key, ()), at))


async def _list_partials(connection: AsyncConnection, final: Upload) -> tuple[Run, ...]:
    partials = await concat_records.list_partials(connection, final.id)
    extents = await _list_extents(connection, [partial.id for partial in partials])
    runs, at = [], 0
    for partial in partials:
        runs += lay(extents.get(partial.id, ()), at)
        if partial.size_bytes is None:
            break
        at += partial.size_bytes
    return join_runs(runs)


async def _list_extents(
    connection: AsyncConnection, upload_ids: Sequence[str]
) -> dict[str, list[Extent]]:
    """Return where the bytes of several uploads lie, by upload; the last of each may be empty."""
    query = (
        select(upload_parts, uploads.c.offset)
        .join(uploads)
        .where(upload_parts.c.upload_id.in_(set(upload_ids)))
        .order_by(upload_parts.c.upload_id, upload_parts.c.position)
    )
    found: dict[str, list[Extent]] = {}
    offsets: dict[str, int] = {}
    for row in (await connection.execute(query)).all():
        found.setdefault(row.upload_id, []).append(Extent(row.file, row.start, row.length))
        offsets[row.upload_id] = row.offset
    for upload_id, extents in found.items():
        last = extents.pop()  # its length is not stored: it is what the offset leaves
        rest = offsets[upload_id] - sum(extent.length for extent in extents)
        extents.append(Extent(last.file, last.start, rest))
    return found
