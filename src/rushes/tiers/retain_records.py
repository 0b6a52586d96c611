"""The queries of retention: what tiers hold, and each time that the rules were applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, update

from rushes.db.engine import Connection
from rushes.db.tables import events, placements
from rushes.db.vault_tables import retention_runs
from rushes.events.event import EventType
from rushes.tiers.placement import State, Tier

MOVEMENTS: Final = (
    EventType.PLACEMENT_EVICTED.value,
    EventType.PLACEMENT_RECALLED.value,
)


@dataclass(frozen=True, slots=True)
class Run:
    """One time that the rules were applied; `plan` is what they said, in plain words."""

    id: str
    tier: str
    state: str
    plan: Mapping[str, object]
    marked: int
    actor: str
    created_at: datetime
    confirmed_by: str | None


async def sum_held(connection: Connection, tier: Tier) -> int:
    """Return the bytes that are on a tier to stay, or on their way there.

    What leaves counts no more: else a second plan within its grace would free as much again.
    """
    states = (State.PRESENT.value, State.COPYING.value)
    query = select(func.coalesce(func.sum(placements.c.size_bytes), 0))
    found = await connection.execute(
        query.where(placements.c.tier == tier.value, placements.c.state.in_(states))
    )
    return int(found.scalar_one())


async def sum_tiers(connection: Connection) -> list[tuple[str, str, int, int]]:
    """Return tier, state, objects and bytes of everything."""
    query = select(
        placements.c.tier,
        placements.c.state,
        func.count(),
        func.coalesce(func.sum(placements.c.size_bytes), 0),
    ).group_by(placements.c.tier, placements.c.state)
    rows = await connection.execute(query)
    return [(tier, state, int(objects), int(size)) for tier, state, objects, size in rows]


async def record_run(connection: Connection, run: Run) -> None:
    """Note a run; one that waited for a person is replaced by it."""
    await connection.execute(
        update(retention_runs)
        .where(retention_runs.c.tier == run.tier, retention_runs.c.state == "waiting")
        .values(state="replaced")
    )
    await connection.execute(
        insert(retention_runs).values({name: getattr(run, name) for name in Run.__slots__})
    )


async def count_marked(connection: Connection, run_id: str, marked: int) -> None:
    """Note how many objects a run has marked to leave."""
    await connection.execute(
        update(retention_runs).where(retention_runs.c.id == run_id).values(marked=marked)
    )


async def list_runs(connection: Connection, tier: Tier, limit: int) -> list[Run]:
    """Return the last runs, newest first."""
    query = select(retention_runs).where(retention_runs.c.tier == tier.value)
    query = query.order_by(retention_runs.c.created_at.desc(), retention_runs.c.id).limit(limit)
    rows = await connection.execute(query)
    return [Run(**{name: getattr(row, name) for name in Run.__slots__}) for row in rows]


async def find_carried_out(connection: Connection, tier: Tier) -> datetime | None:
    """Return when a plan that named objects was last carried out."""
    query = select(func.max(retention_runs.c.created_at)).where(
        retention_runs.c.tier == tier.value,
        retention_runs.c.state == "done",
        retention_runs.c.marked > 0,
    )
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found


async def list_movements(
    connection: Connection, limit: int
) -> list[tuple[str, str, datetime, Mapping[str, object]]]:
    """Return what last came to the edge or left it: type, subject, moment, data."""
    query = (
        select(events.c.type, events.c.subject, events.c.created_at, events.c.data)
        .where(events.c.type.in_(MOVEMENTS))
        .order_by(events.c.seq.desc())
        .limit(limit)
    )
    rows = await connection.execute(query)
    return [(what, subject, moment, data) for what, subject, moment, data in rows]
