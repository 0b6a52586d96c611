"""The queries of placements: claims with a fence, and what lies where.

Each write of a copier says `AND fence = :mine`; no row means that another took over, and the
copier stops and touches nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row

from rushes.db.engine import Connection
from rushes.db.tables import block_hashes, contents, placements
from rushes.stores.blocks import Fingerprint
from rushes.tiers.placement import FURTHER, LEASE, Placement, State, Tier

_ARRIVED: Final[Mapping[str, object]] = MappingProxyType(
    {"wished_at": None, "tries": 0, "next_try_at": None, "missed_at": None}
)
"""What is forgotten of the way of an object that has arrived."""


def is_on_edge() -> ColumnElement[bool]:
    """Return the condition of rows of the home edge, and of those of further regions."""
    return or_(
        placements.c.tier == Tier.EDGE.value, placements.c.tier.startswith(FURTHER, autoescape=True)
    )


async def read_clock(connection: Connection, now: datetime) -> datetime:
    """Return the time by which leases are judged.

    On PostgreSQL that is the database's, for machines differ; SQLite is on one machine: `now`.
    """
    if connection.dialect.name != "postgresql":
        return now
    told: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return told


async def find_placement(connection: Connection, object_id: str, tier: Tier) -> Placement | None:
    """Return the placement of an object on a tier."""
    same = and_(placements.c.object_id == object_id, placements.c.tier == tier.value)
    row = (await connection.execute(select(placements).where(same))).one_or_none()
    return None if row is None else placement_of(row)


async def list_of_object(connection: Connection, object_id: str) -> list[Placement]:
    """Return where an object lies."""
    query = select(placements).where(placements.c.object_id == object_id)
    return [
        placement_of(row) for row in await connection.execute(query.order_by(placements.c.tier))
    ]


async def list_of_content(connection: Connection, content_id: str) -> list[Placement]:
    """Return where the original and the renditions of a content lie."""
    query = select(placements).where(placements.c.content_id == content_id)
    rows = await connection.execute(query.order_by(placements.c.created_at, placements.c.id))
    return [placement_of(row) for row in rows]


async def record_wish(connection: Connection, wish: Placement, now: datetime) -> Placement | None:
    """Insert a placement, or return the one that is there; None if its key is another object's."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values: dict[str, object] = {
        "id": wish.id,
        "object_id": wish.object_id,
        "content_id": wish.content_id,
        "tier": wish.tier.value,
        "state": wish.state.value,
        "key": wish.key,
        "size_bytes": wish.size_bytes,
        "digest": wish.digest,
        "created_at": now,
    }
    await connection.execute(dialect.insert(placements).values(**values).on_conflict_do_nothing())
    return await find_placement(connection, wish.object_id, wish.tier)


async def write_claim(connection: Connection, before: Placement, claimed: Placement) -> bool:
    """Write a claim if nobody was faster; say whether it holds."""
    done = await connection.execute(
        update(placements)
        .where(
            placements.c.id == before.id,
            placements.c.state == before.state.value,
            placements.c.fence == before.fence,
        )
        .values(
            state=claimed.state.value,
            fence=claimed.fence,
            lease_until=claimed.lease_until,
            error=None,
        )
    )
    return done.rowcount == 1


async def write_beat(connection: Connection, held: Placement, now: datetime) -> bool:
    """Prolong a claim; say whether it is still held."""
    done = await connection.execute(
        update(placements)
        .where(placements.c.id == held.id, placements.c.fence == held.fence)
        .where(placements.c.state == State.COPYING.value)
        .values(lease_until=now + LEASE)
    )
    return done.rowcount == 1


async def write_outcome(connection: Connection, held: Placement, after: Placement) -> bool:
    """Write what a copy came to, under the fence of its claim; say whether it was still held."""
    is_there = after.state is State.PRESENT
    done = await connection.execute(
        update(placements)
        .where(placements.c.id == held.id, placements.c.fence == held.fence)
        .where(placements.c.state == State.COPYING.value)
        .values(
            state=after.state.value,
            lease_until=None,
            size_bytes=after.size_bytes,
            digest=after.digest,
            version=after.version,
            is_shared=after.is_shared,
            verified_at=after.verified_at,
            error=after.error,
            **({**_ARRIVED, "arrived_at": after.verified_at} if is_there else {}),
        )
    )
    return done.rowcount == 1


async def write_state(connection: Connection, before: Placement, after: Placement) -> bool:
    """Write a step that no copier takes, if the row is still what it was; say whether it was."""
    done = await connection.execute(
        update(placements)
        .where(
            placements.c.id == before.id,
            placements.c.state == before.state.value,
            placements.c.fence == before.fence,
        )
        .values(state=after.state.value, lease_until=None)
    )
    return done.rowcount == 1


async def list_block_digests(connection: Connection, upload_id: str) -> tuple[bytes, ...]:
    """Return the SHA-256 of each block of an upload, in order."""
    query = select(block_hashes.c.digest).where(block_hashes.c.upload_id == upload_id)
    rows = await connection.execute(query.order_by(block_hashes.c.position))
    return tuple(rows.scalars())


async def get_known(connection: Connection, placement: Placement) -> tuple[str, Fingerprint]:
    """Return what is known of an object's bytes, and the name of a local copy of them.

    A local copy of an original bears the id of the upload that brought it.
    """
    size_bytes, whole = placement.size_bytes, placement.digest
    if placement.object_id != placement.content_id:
        return placement.object_id, Fingerprint(size_bytes, whole=whole)
    query = select(contents.c.upload_id).where(contents.c.id == placement.content_id)
    upload_id: str = (await connection.execute(query)).scalar_one()
    blocks = await list_block_digests(connection, upload_id)
    return upload_id, Fingerprint(size_bytes, blocks or None, whole)


async def condemn(connection: Connection, content_id: str) -> None:
    """Take every placement of a content out of every route, and from every copier."""
    mine = placements.c.content_id == content_id
    for before, after in ((State.PRESENT, State.EVICTING), (State.COPYING, State.ABSENT)):
        await connection.execute(
            update(placements)
            .where(mine, placements.c.state == before.value)
            .values(state=after.value, fence=placements.c.fence + 1, lease_until=None)
        )


async def delete_placements(connection: Connection, ids: Sequence[str]) -> None:
    """Forget placements whose objects are gone."""
    await connection.execute(delete(placements).where(placements.c.id.in_(ids)))


async def delete_block_digests(connection: Connection, upload_id: str) -> None:
    """Forget the block digests of an original that is gone."""
    await connection.execute(delete(block_hashes).where(block_hashes.c.upload_id == upload_id))


async def list_tiers(
    connection: Connection, content_ids: Collection[str]
) -> dict[str, dict[str, str]]:
    """Return, by content and tier, the state that is furthest from `present`.

    The words sort that way: absent, copying, evicting, lost, present. That the edge lacks
    something is no news: it holds what is watched.
    """
    is_news = or_(~is_on_edge(), placements.c.state != State.ABSENT.value)
    query = (
        select(placements.c.content_id, placements.c.tier, func.min(placements.c.state))
        .where(placements.c.content_id.in_(content_ids), is_news)
        .group_by(placements.c.content_id, placements.c.tier)
    )
    found: dict[str, dict[str, str]] = {}
    for content_id, tier, state in await connection.execute(query):
        found.setdefault(content_id, {})[tier] = state
    return found


def placement_of(row: Row[tuple[object, ...]]) -> Placement:
    """Return the placement that a row tells of."""
    known = {name: getattr(row, name) for name in Placement.__slots__}
    return Placement(**(known | {"tier": Tier(row.tier), "state": State(row.state)}))
