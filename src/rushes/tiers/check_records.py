"""The queries of checks: rows by key, how far a scrub has come, what was found, what is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from rushes.db.engine import Connection
from rushes.db.movement_tables import scrub_cursors, tier_checks
from rushes.db.tables import placements
from rushes.db.upload_tables import direct_uploads, imported_objects
from rushes.tiers import records
from rushes.tiers.placement import Placement, State, Tier

PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of rows and stores; `report` is what it found, in plain JSON."""

    id: str
    state: str
    is_full: bool
    repairs: bool
    actor: str
    report: Mapping[str, Any]
    created_at: datetime
    ended_at: datetime | None


async def record_check(connection: Connection, check: Check) -> None:
    """Note a check that was asked for."""
    values = {name: getattr(check, name) for name in Check.__slots__}
    await connection.execute(tier_checks.insert().values(**values))


async def write_check(
    connection: Connection,
    check_id: str,
    state: str,
    report: Mapping[str, Any],
    ended_at: datetime | None = None,
) -> None:
    """Note how far a check has come."""
    await connection.execute(
        update(tier_checks)
        .where(tier_checks.c.id == check_id)
        .values(state=state, report=report, ended_at=ended_at)
    )


async def find_check(connection: Connection, check_id: str) -> Check | None:
    """Return a check."""
    row = (
        await connection.execute(select(tier_checks).where(tier_checks.c.id == check_id))
    ).one_or_none()
    return None if row is None else Check(*row)


async def list_checks(connection: Connection, limit: int) -> list[Check]:
    """Return the last checks, newest first."""
    query = select(tier_checks).order_by(tier_checks.c.created_at.desc(), tier_checks.c.id)
    return [Check(*row) for row in await connection.execute(query.limit(limit))]


async def list_stretch(
    connection: Connection, tier: Tier, between: tuple[str, str | None], limit: int
) -> list[Placement]:
    """Return the placements of a tier by key in byte order, after one key and up to another.

    None is no end; there are `limit` at most.
    """
    after, until = between
    key = _in_bytes(connection)
    query = select(placements).where(placements.c.tier == tier.value, key > after).order_by(key)
    query = query if until is None else query.where(key <= until)
    return [records.placement_of(row) for row in await connection.execute(query.limit(limit))]


async def find_by_key(connection: Connection, tier: Tier, key: str) -> Placement | None:
    """Return the placement that has a key."""
    same = and_(placements.c.tier == tier.value, placements.c.key == key)
    row = (await connection.execute(select(placements).where(same))).one_or_none()
    return None if row is None else records.placement_of(row)


async def list_known_keys(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return those of these keys that a direct upload tells of, or that were imported."""
    known: set[str] = set()
    for table in (direct_uploads, imported_objects):
        query = select(table.c.key).where(table.c.key.in_(keys))
        known |= set((await connection.execute(query)).scalars())
    return known


async def list_present(
    connection: Connection, tier: Tier, after: str, limit: int
) -> list[Placement]:
    """Return what should be on a tier, by key in byte order."""
    key = _in_bytes(connection)
    query = (
        select(placements)
        .where(placements.c.tier == tier.value, placements.c.state == State.PRESENT.value)
        .where(key > after)
        .order_by(key)
        .limit(limit)
    )
    return [records.placement_of(row) for row in await connection.execute(query)]


async def list_lost(
    connection: Connection, tier: Tier, now: datetime, after: str, limit: int
) -> list[Placement]:
    """Return what is lost on a tier, by object; also where who mended it died in the middle."""
    state, was_there = placements.c.state, placements.c.arrived_at.is_not(None)
    broken_off = and_(state == State.COPYING.value, placements.c.lease_until < now, was_there)
    is_lost = or_(state == State.LOST.value, broken_off)
    if tier is Tier.ARCHIVE:  # nothing leaves it on purpose
        is_lost = or_(is_lost, and_(state == State.ABSENT.value, was_there))
    query = (
        select(placements)
        .where(placements.c.tier == tier.value, is_lost)
        .where(placements.c.object_id > after)
        .order_by(placements.c.object_id)
        .limit(limit)
    )
    return [records.placement_of(row) for row in await connection.execute(query)]


async def forget_misses(connection: Connection, tier: Tier, keys: Collection[str]) -> None:
    """Note that these are where they should be, so that a next miss is the first again."""
    await connection.execute(
        update(placements)
        .where(placements.c.tier == tier.value, placements.c.missed_at.is_not(None))
        .where(placements.c.key.in_(keys))
        .values(missed_at=None)
    )


async def write_verified(connection: Connection, place: Placement, now: datetime) -> None:
    """Note that all bytes of an object were read and are right."""
    await connection.execute(
        update(placements)
        .where(placements.c.id == place.id, placements.c.fence == place.fence)
        .values(verified_at=now)
    )


async def write_lost(
    connection: Connection, place: Placement, after: Placement, why: str | None
) -> bool:
    """Note that an object is lost, if its row is still what it was; say whether it was."""
    done = await connection.execute(
        update(placements)
        .where(placements.c.id == place.id, placements.c.fence == place.fence)
        .where(placements.c.state == place.state.value)
        .values(state=after.state.value, error=why, missed_at=None)
    )
    return done.rowcount == 1


async def read_cursor(connection: Connection, tier: Tier) -> tuple[str, int]:
    """Return after which key, and at which block, the reading of a tier goes on."""
    query = select(scrub_cursors.c.after_key, scrub_cursors.c.block).where(
        scrub_cursors.c.tier == tier.value
    )
    row = (await connection.execute(query)).one_or_none()
    return ("", 0) if row is None else (row.after_key, row.block)


async def write_cursor(connection: Connection, tier: Tier, after: str, block: int) -> None:
    """Note how far the reading of a tier has come."""
    await connection.execute(delete(scrub_cursors).where(scrub_cursors.c.tier == tier.value))
    await connection.execute(
        scrub_cursors.insert().values(tier=tier.value, after_key=after, block=block)
    )


def _in_bytes(connection: Connection) -> ColumnElement[str]:
    """Return the key as stores sort it, by its bytes; SQLite's own order is that."""
    if connection.dialect.name == "postgresql":
        return placements.c.key.collate("C")
    return placements.c.key
