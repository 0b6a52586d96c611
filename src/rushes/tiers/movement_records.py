"""The queries of movements: what is half-way to a bucket, and the blocks of what is made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from rushes.db.engine import Connection
from rushes.db.movement_tables import movements, object_blocks
from rushes.db.tables import placements
from rushes.stores.blocks import BLOCK_BYTES, Fingerprint
from rushes.tiers import records
from rushes.tiers.placement import Placement, State

DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Movement:
    """A multipart upload that carries an object to a tier; `digest` is that of the whole."""

    placement_id: str
    tier: str
    key: str
    store_upload_id: str
    part_bytes: int
    digest: bytes | None
    begun_at: datetime


async def find_movement(connection: Connection, placement_id: str) -> Movement | None:
    """Return what is half-way to a placement."""
    query = select(movements).where(movements.c.placement_id == placement_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Movement(*row)


async def record_movement(connection: Connection, movement: Movement) -> None:
    """Note what was begun; what an older attempt began is forgotten."""
    await forget_movement(connection, movement.placement_id)
    values = {name: getattr(movement, name) for name in Movement.__slots__}
    await connection.execute(movements.insert().values(**values))


async def forget_movement(connection: Connection, placement_id: str) -> None:
    """Forget what was half-way: it has arrived, or was given up."""
    await connection.execute(delete(movements).where(movements.c.placement_id == placement_id))


async def list_stale(connection: Connection, before: datetime, limit: int) -> list[Movement]:
    """Return movements that nobody will end: of what is there or gone, or begun so long ago."""
    is_moving = (State.ABSENT.value, State.COPYING.value, State.LOST.value)
    query = (
        select(movements)
        .outerjoin(placements, placements.c.id == movements.c.placement_id)
        .where(
            or_(
                placements.c.id.is_(None),
                placements.c.state.not_in(is_moving),
                movements.c.begun_at < before,
            )
        )
        .where(or_(placements.c.lease_until.is_(None), placements.c.lease_until < before))
        .limit(limit)
    )
    return [Movement(*row) for row in await connection.execute(query)]


async def list_known(connection: Connection, store_upload_ids: Collection[str]) -> set[str]:
    """Return those of these multiparts that a movement tells of."""
    query = select(movements.c.store_upload_id).where(
        movements.c.store_upload_id.in_(store_upload_ids)
    )
    return set((await connection.execute(query)).scalars())


async def record_blocks(
    connection: Connection, object_id: str, content_id: str, known: Fingerprint
) -> None:
    """Keep the digests of a rendition's blocks; one of a single block has that of the whole."""
    if known.blocks is None or known.size_bytes <= BLOCK_BYTES:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    digests = b"".join(known.blocks)
    statement = dialect.insert(object_blocks).values(
        object_id=object_id, content_id=content_id, digests=digests
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["object_id"], set_={"digests": statement.excluded.digests}
        )
    )


async def find_known(connection: Connection, placement: Placement) -> Fingerprint:
    """Return what is known of an object's bytes, with its blocks wherever they were kept."""
    _, known = await records.get_known(connection, placement)
    return await with_blocks(connection, placement.object_id, known)


async def with_blocks(connection: Connection, object_id: str, known: Fingerprint) -> Fingerprint:
    """Return what is known of an object, with the blocks that were kept of a rendition."""
    if known.blocks is not None or known.size_bytes == 0:
        return known
    if known.size_bytes <= BLOCK_BYTES:
        single = None if known.whole is None else (known.whole,)
        return Fingerprint(known.size_bytes, single, known.whole)
    query = select(object_blocks.c.digests).where(object_blocks.c.object_id == object_id)
    joined = (await connection.execute(query)).scalar_one_or_none()
    blocks = None if joined is None else split_digests(bytes(joined))
    return Fingerprint(known.size_bytes, blocks, known.whole)


async def delete_blocks(connection: Connection, content_id: str) -> None:
    """Forget the blocks of a content's renditions."""
    await connection.execute(delete(object_blocks).where(object_blocks.c.content_id == content_id))


def split_digests(joined: bytes) -> tuple[bytes, ...]:
    """Return digests that stand one after another."""
    return tuple(joined[at : at + DIGEST_BYTES] for at in range(0, len(joined), DIGEST_BYTES))
