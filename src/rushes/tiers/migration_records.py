"""The queries of a migration: what has moved, what has not, and what could not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, not_, or_, select, update

from rushes.db.engine import Connection
from rushes.db.movement_tables import movements
from rushes.db.statements import insert_new, values_of
from rushes.db.tables import contents, placements, uploads
from rushes.db.upload_tables import direct_uploads, upload_copies
from rushes.db.vault_tables import migration_troubles, tier_migrations
from rushes.tiers import records
from rushes.tiers.placement import Placement, State, Tier
from rushes.uploads.upload import State as UploadState

Way: TypeAlias = Literal["moving", "paused", "moved"]
Kind: TypeAlias = Literal["conflict", "failed"]

MOVING: Final = "moving"
PAUSED: Final = "paused"
MOVED: Final = "moved"
FINISHED: Final = "finished"
"""Kept, so that settings which name the former store still begin nothing anew."""

_there = placements.alias("there")
_IS_THERE: Final = and_(
    _there.c.object_id == placements.c.object_id, _there.c.tier == Tier.ARCHIVE.value
)
_IS_FORMER: Final = placements.c.tier == Tier.FORMER.value


@dataclass(frozen=True, slots=True)
class Migration:
    """The archive on its way; stores by their names in the settings."""

    former: str
    store: str
    state: Way
    created_at: datetime
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """An object that could not move as it should: a `conflict` of names, or it `failed`."""

    object_id: str
    kind: Kind
    key: str
    said: str
    created_at: datetime
    next_try_at: datetime | None


async def find_migration(connection: Connection) -> Migration | None:
    """Return what is on its way."""
    query = select(tier_migrations).where(
        tier_migrations.c.tier == Tier.ARCHIVE.value, tier_migrations.c.state != FINISHED
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return Migration(row.former, row.store, row.state, row.created_at, row.moved_at)


async def record_migration(connection: Connection, begun: Migration) -> bool:
    """Note that the archive moves; False if that is known."""
    values = {"tier": Tier.ARCHIVE.value, **values_of(begun)}
    return await insert_new(connection, tier_migrations, values)


async def write_state(
    connection: Connection, before: Way, after: Way, moved_at: datetime | None = None
) -> bool:
    """Note how far it is, if it is still what it was; say whether it was."""
    done = await connection.execute(
        update(tier_migrations)
        .where(tier_migrations.c.state == before)
        .values(state=after, moved_at=moved_at)
    )
    return done.rowcount == 1


async def is_finished(connection: Connection, former: str | None, store: str) -> bool:
    """Say whether the last migration went between these two, and is over."""
    query = select(tier_migrations.c.tier).where(
        tier_migrations.c.former == former,
        tier_migrations.c.store == store,
        tier_migrations.c.state == FINISHED,
    )
    return (await connection.execute(query)).first() is not None


async def forget_finished(connection: Connection) -> None:
    """Forget a migration that is over."""
    await connection.execute(delete(tier_migrations).where(tier_migrations.c.state == FINISHED))


async def count_direct(connection: Connection, store: str) -> int:
    """Return how many uploads lie in a store that are not kept yet, and whose bytes are new."""
    is_had = exists(select(contents.c.id).where(contents.c.upload_id == uploads.c.id))
    is_filed = and_(uploads.c.state == UploadState.ACCEPTED.value, not_(is_had))
    query = (
        select(func.count())
        .select_from(direct_uploads.join(uploads, uploads.c.id == direct_uploads.c.upload_id))
        .where(direct_uploads.c.store == store, not_(is_filed))
    )
    return (await connection.execute(query)).scalar_one()


async def turn_former(connection: Connection) -> int:
    """Let everything that the archive holds belong to its former store; return how many.

    What was on its way there begins anew: nothing of it is kept, and no copier may say it is.
    """
    kept = [State.PRESENT.value, State.EVICTING.value, State.LOST.value]
    done = await connection.execute(
        update(placements)
        .where(placements.c.tier == Tier.ARCHIVE.value, placements.c.state.in_(kept))
        .values(tier=Tier.FORMER.value)
    )
    await connection.execute(
        update(placements)
        .where(placements.c.tier == Tier.ARCHIVE.value, placements.c.state == State.COPYING.value)
        .values(state=State.ABSENT.value, fence=placements.c.fence + 1, lease_until=None)
    )
    await connection.execute(delete(movements).where(movements.c.tier == Tier.ARCHIVE.value))
    await connection.execute(delete(upload_copies))
    return done.rowcount


async def list_unmoved(
    connection: Connection, now: datetime, after: str, limit: int
) -> list[Placement]:
    """Return what is to move, by object, those after `after`."""
    rests = exists(
        select(migration_troubles.c.object_id).where(
            migration_troubles.c.object_id == placements.c.object_id,
            migration_troubles.c.next_try_at > now,
        )
    )
    query = (
        select(placements)
        .outerjoin(_there, _IS_THERE)
        .where(_IS_FORMER, placements.c.state != State.EVICTING.value, not_(rests))
        .where(or_(_there.c.id.is_(None), _is_free(now)))
        .where(placements.c.object_id > after)
        .order_by(placements.c.object_id)
        .limit(limit)
    )
    return [records.placement_of(row) for row in await connection.execute(query)]


def _is_free(now: datetime) -> ColumnElement[bool]:
    """Say that nobody copies it just now."""
    broken_off = and_(_there.c.state == State.COPYING.value, _there.c.lease_until < now)
    return or_(_there.c.state == State.ABSENT.value, broken_off)


async def sum_moved(connection: Connection) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return objects and bytes that have moved, and of those that have not."""
    is_moved = _there.c.state == State.PRESENT.value
    query = (
        select(
            is_moved.is_(True).label("is_moved"),
            func.count(),
            func.coalesce(func.sum(placements.c.size_bytes), 0),
        )
        .select_from(placements.outerjoin(_there, _IS_THERE))
        .where(_IS_FORMER, placements.c.state != State.EVICTING.value)
        .group_by("is_moved")
    )
    found = {bool(row[0]): (row[1], int(row[2])) for row in await connection.execute(query)}
    return found.get(True, (0, 0)), found.get(False, (0, 0))


async def record_trouble(connection: Connection, trouble: Trouble) -> None:
    """Note that an object could not move."""
    await connection.execute(
        delete(migration_troubles).where(migration_troubles.c.object_id == trouble.object_id)
    )
    await connection.execute(insert(migration_troubles).values(**values_of(trouble)))


async def forget_failure(connection: Connection, object_id: str) -> None:
    """Forget that an object failed; a conflict of names stays told until the end."""
    await connection.execute(
        delete(migration_troubles).where(
            migration_troubles.c.object_id == object_id, migration_troubles.c.kind == "failed"
        )
    )


async def list_troubles(connection: Connection, limit: int) -> list[Trouble]:
    """Return what could not move as it should, oldest first."""
    query = select(migration_troubles).order_by(
        migration_troubles.c.created_at, migration_troubles.c.object_id
    )
    return [Trouble(*row) for row in await connection.execute(query.limit(limit))]


async def finish(connection: Connection) -> int:
    """Forget the former store; return how many objects are left in it."""
    done = await connection.execute(delete(placements).where(_IS_FORMER))
    await connection.execute(delete(migration_troubles))
    await connection.execute(update(tier_migrations).values(state=FINISHED))
    return done.rowcount
