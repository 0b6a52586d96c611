"""The queries of concatenation: which partials a final upload has, and which partials are a group.

A final upload is waiting while it receives: it has partials, and no extents of its own yet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Row, and_, exists, insert, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import upload_parts, uploads
from rushes.db.upload_tables import upload_concats, upload_copies, upload_groups
from rushes.uploads import records
from rushes.uploads.concat import Member, Place, name_group
from rushes.uploads.upload import JOINED, PARTIAL, Extent, Owner, State, Upload

LIVE = (State.RECEIVING.value, State.COMPLETED.value)
ENDED = (State.CANCELLED.value, State.EXPIRED.value)


async def record_partials(
    connection: AsyncConnection, final_id: str, partial_ids: Sequence[str]
) -> None:
    """Keep of which partials a final consists, in order."""
    rows = [
        {"final_id": final_id, "position": position, "partial_id": partial_id}
        for position, partial_id in enumerate(partial_ids)
    ]
    await connection.execute(insert(upload_concats), rows)


async def list_partials(connection: AsyncConnection, final_id: str) -> list[Upload]:
    """Return the partials of a final in order, as often as they stand in it."""
    query = select(upload_concats.c.partial_id).where(upload_concats.c.final_id == final_id)
    query = query.order_by(upload_concats.c.position)
    partial_ids = list((await connection.execute(query)).scalars())
    whole = select(uploads).where(uploads.c.id.in_(set(partial_ids)))
    known = {upload.id: upload for upload in await records.read_uploads(connection, whole)}
    return [known[partial_id] for partial_id in partial_ids]


async def lock_uploads(connection: AsyncConnection, upload_ids: Sequence[str]) -> list[Upload]:
    """Return uploads by their ids as they are until the caller's transaction ends, by id."""
    query = select(uploads).where(uploads.c.id.in_(set(upload_ids))).order_by(uploads.c.id)
    return await records.read_uploads(connection, query.with_for_update())


async def list_waiting(connection: AsyncConnection, partial_id: str) -> list[Upload]:
    """Return the finals that wait for a partial, the oldest first."""
    names = select(upload_concats.c.final_id).where(upload_concats.c.partial_id == partial_id)
    query = select(uploads).where(uploads.c.id.in_(names), uploads.c.state == State.RECEIVING.value)
    return await records.read_uploads(connection, query.order_by(uploads.c.id))


async def list_waited(connection: AsyncConnection, partial_ids: Collection[str]) -> set[str]:
    """Return those of these partials for which a final still waits."""
    query = (
        select(upload_concats.c.partial_id)
        .join(uploads, uploads.c.id == upload_concats.c.final_id)
        .where(
            upload_concats.c.partial_id.in_(set(partial_ids)),
            uploads.c.state == State.RECEIVING.value,
        )
    )
    return set((await connection.execute(query)).scalars())


async def list_late(connection: AsyncConnection, limit: int) -> list[str]:
    """Return finals that wait although none of their partials receives any more."""
    partials = uploads.alias()
    receives = (
        select(partials.c.id)
        .join(upload_concats, upload_concats.c.partial_id == partials.c.id)
        .where(
            upload_concats.c.final_id == uploads.c.id,
            partials.c.state == State.RECEIVING.value,
        )
    )
    query = select(uploads.c.id).where(
        uploads.c.state == State.RECEIVING.value,
        uploads.c.concat.is_not(None),
        uploads.c.concat != PARTIAL,
        not_(exists(receives)),
    )
    return list((await connection.execute(query.limit(limit))).scalars())


async def find_same(
    connection: AsyncConnection, owner: Owner, concat: str, metadata: str, first_partial_id: str
) -> Upload | None:
    """Return an owner's final that was asked for in the same words, and has not ended."""
    names = select(upload_concats.c.final_id).where(
        upload_concats.c.partial_id == first_partial_id, upload_concats.c.position == 0
    )
    is_same = and_(
        uploads.c.id.in_(names),
        uploads.c.account_id.is_not_distinct_from(owner.account_id),
        uploads.c.link_id.is_not_distinct_from(owner.link_id),
        uploads.c.concat == concat,
        uploads.c.metadata == metadata,
        uploads.c.state.not_in(ENDED),
        uploads.c.reason.is_(None),
    )
    found = await records.read_uploads(connection, select(uploads).where(is_same).limit(1))
    return found[0] if found else None


async def record_joined(
    connection: AsyncConnection, final: Upload, extents: Sequence[Extent], size_bytes: int
) -> None:
    """Give a final its bytes: where they lie, how many, and that this much is reserved for it."""
    rows = [
        {
            "upload_id": final.id,
            "position": position,
            "file": extent.file,
            "start": extent.start,
            "length": extent.length,
        }
        for position, extent in enumerate(extents)
    ]
    if rows:
        await connection.execute(insert(upload_parts), rows)
    await connection.execute(
        update(uploads)
        .where(uploads.c.id == final.id)
        .values(size_bytes=size_bytes, offset=size_bytes, reserved_bytes=size_bytes)
    )


async def swap_asset_id(connection: AsyncConnection, upload_id: str, asset_id: str) -> str:
    """Give an upload another asset id; return the one that it had."""
    had = await records.get_upload(connection, upload_id)
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id).values(asset_id=asset_id)
    )
    return had.asset_id


async def hand_copy_on(connection: AsyncConnection, partial_id: str, final_id: str) -> None:
    """Let a final have what was carried on to the archive of the group that a partial begins."""
    await connection.execute(
        update(upload_copies)
        .where(upload_copies.c.upload_id == partial_id)
        .values(upload_id=final_id)
    )


async def find_dead_group(connection: AsyncConnection, partial_id: str) -> str | None:
    """Return the name of the file of a partial's group, where no partial of it lives any more."""
    mine = upload_groups.c.upload_id == partial_id
    row = (await connection.execute(select(upload_groups).where(mine))).one_or_none()
    if row is None:
        return None
    members = await list_members(connection, row.owner, row.group)
    is_live = any(member.is_live and not member.is_taken for member in members)
    return None if is_live else name_group(row.owner, row.group)


async def list_live_groups(connection: AsyncConnection) -> set[str]:
    """Return the names of the files of all groups that have a partial which lives."""
    lives = and_(uploads.c.state.in_(LIVE), uploads.c.reason.is_(None))
    query = select(upload_groups.c.owner, upload_groups.c.group).join(uploads).where(lives)
    rows = (await connection.execute(query.distinct())).all()
    return {name_group(row.owner, row.group) for row in rows}


async def mark_taken(connection: AsyncConnection, partial_ids: Sequence[str]) -> None:
    """Say that the bytes of partials went into a final, and their room with them."""
    await connection.execute(
        update(uploads)
        .where(uploads.c.id.in_(set(partial_ids)))
        .values(reserved_bytes=0, reason=JOINED)
    )


async def record_place(
    connection: AsyncConnection, upload: Upload, owner: str, place: Place
) -> None:
    """Keep where in its group a partial belongs."""
    await connection.execute(
        insert(upload_groups).values(
            upload_id=upload.id,
            owner=owner,
            group=place.group,
            start=place.start,
            total=place.total,
        )
    )


async def list_members(connection: AsyncConnection, owner: str, group: str) -> list[Member]:
    """Return the partials of a group, dead ones too."""
    query = (
        select(upload_groups, uploads.c.size_bytes, uploads.c.state, uploads.c.reason)
        .join(uploads)
        .where(upload_groups.c.owner == owner, upload_groups.c.group == group)
    )
    return [_member(row) for row in (await connection.execute(query)).all()]


async def find_seated(
    connection: AsyncConnection, owner: str, place: Place, size_bytes: int | None
) -> Upload | None:
    """Return the partial that has exactly this place in a group, and whose bytes still count."""
    query = (
        select(uploads)
        .join(upload_groups)
        .where(
            upload_groups.c.owner == owner,
            upload_groups.c.group == place.group,
            upload_groups.c.start == place.start,
            upload_groups.c.total == place.total,
            uploads.c.size_bytes == size_bytes,
            uploads.c.state.in_(LIVE),
            uploads.c.reason.is_(None),
        )
    )
    found = await records.read_uploads(connection, query)
    return found[0] if found else None


async def list_places(
    connection: AsyncConnection, upload_ids: Collection[str]
) -> dict[str, tuple[str, Place]]:
    """Return the groups of those that have one, by upload: the name of its file, and the place."""
    query = select(upload_groups).where(upload_groups.c.upload_id.in_(set(upload_ids)))
    return {
        row.upload_id: (name_group(row.owner, row.group), Place(row.group, row.start, row.total))
        for row in (await connection.execute(query)).all()
    }


def _member(row: Row[tuple[object, ...]]) -> Member:
    return Member(
        start=row.start,
        end=row.start + (row.size_bytes or 0),
        total=row.total,
        is_live=row.state in LIVE,
        is_taken=row.reason == JOINED,
    )
