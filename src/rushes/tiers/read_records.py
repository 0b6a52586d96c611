"""The queries of reads: when objects were read last, and how often, from where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select, update

from rushes.db.engine import Connection
from rushes.db.statements import insert_or
from rushes.db.tables import placements
from rushes.db.vault_tables import read_counts
from rushes.tiers.placement import FURTHER, State, Tier
from rushes.tiers.records import is_on_edge


@dataclass(frozen=True, slots=True)
class Count:
    """How often an object was read from a tier, and how many bytes were asked for.

    `plays` are the reads that began at its beginning.
    """

    object_id: str
    tier: Tier
    reads: int
    plays: int
    size_bytes: int


async def record_reads(connection: Connection, counts: Collection[Count], now: datetime) -> None:
    """Add counts to their day, and note that these objects were read just now."""
    rows = [
        {
            "object_id": count.object_id,
            "day": now.date(),
            "tier": count.tier.value,
            "reads": count.reads,
            "plays": count.plays,
            "bytes": count.size_bytes,
        }
        for count in counts
    ]
    added = insert_or(connection, read_counts)
    await connection.execute(
        added.on_conflict_do_update(
            index_elements=["object_id", "day", "tier"],
            set_={
                "reads": read_counts.c.reads + added.excluded.reads,
                "plays": read_counts.c.plays + added.excluded.plays,
                "bytes": read_counts.c.bytes + added.excluded.bytes,
            },
        ),
        sorted(rows, key=lambda row: (str(row["object_id"]), str(row["tier"]))),
    )
    await _note_access(connection, counts, now)


async def _note_access(connection: Connection, counts: Collection[Count], now: datetime) -> None:
    """Note when objects were read last: on the edge of a region what was read there alone."""
    known, is_regional = placements.c.last_access_at, placements.c.tier.startswith(FURTHER)
    stale = update(placements).where(or_(known.is_(None), known < now)).values(last_access_at=now)
    read = placements.c.object_id.in_({count.object_id for count in counts})
    await connection.execute(stale.where(read, ~is_regional))
    for tier in {count.tier for count in counts if count.tier.region is not None}:
        here = placements.c.object_id.in_([each.object_id for each in counts if each.tier is tier])
        await connection.execute(stale.where(here, placements.c.tier == tier.value))


async def spare(
    connection: Connection, object_ids: Collection[str], tier: Tier | None = None
) -> list[str]:
    """Bring back what was to leave an edge and is not being deleted yet; return the objects.

    Without `tier` every edge is meant.
    """
    done = await connection.execute(
        update(placements)
        .where(
            placements.c.object_id.in_(object_ids),
            is_on_edge() if tier is None else placements.c.tier == tier.value,
            placements.c.state == State.EVICTING.value,
            placements.c.leaving_at.is_not(None),  # else its content was removed
            placements.c.lease_until.is_(None),  # else its deletion has begun
        )
        .values(state=State.PRESENT.value, leaving_at=None, leaving_for=None)
        .returning(placements.c.object_id)
    )
    return list(done.scalars())


async def sum_reads(connection: Connection, since: date) -> dict[str, tuple[int, int]]:
    """Return reads and bytes by tier, since a day."""
    query = (
        select(read_counts.c.tier, func.sum(read_counts.c.reads), func.sum(read_counts.c.bytes))
        .where(read_counts.c.day >= since)
        .group_by(read_counts.c.tier)
    )
    rows = await connection.execute(query)
    return {tier: (int(reads), int(size)) for tier, reads, size in rows}
