"""The queries of alarms: those that last, those that were, and movements that failed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.engine import Row

from rushes.db.alarm_tables import tier_alarms
from rushes.db.engine import Connection
from rushes.db.statements import insert_or
from rushes.db.tables import jobs
from rushes.tiers.alarms import Alarm, Trouble


async def list_lasting(connection: Connection) -> dict[str, Alarm]:
    """Return the alarms that last, by name."""
    query = select(tier_alarms).where(tier_alarms.c.cleared_at.is_(None))
    rows = await connection.execute(query.order_by(tier_alarms.c.name))
    return {row.name: _alarm(row) for row in rows}


async def list_last(connection: Connection, limit: int) -> list[Alarm]:
    """Return alarms, those that last first, and then the newest."""
    query = select(tier_alarms).order_by(
        tier_alarms.c.cleared_at.is_not(None), tier_alarms.c.raised_at.desc(), tier_alarms.c.name
    )
    rows = await connection.execute(query.limit(limit))
    return [_alarm(row) for row in rows]


async def write_alarm(connection: Connection, alarm: Alarm) -> None:
    """Write an alarm down, or what became of it."""
    values = {name: getattr(alarm, name) for name in Alarm.__slots__}
    changed = {name: values[name] for name in ("level", "words", "told_at", "cleared_at")}
    added = insert_or(connection, tier_alarms).values(**values)
    await connection.execute(
        added.on_conflict_do_update(index_elements=["name", "raised_at"], set_=changed)
    )


async def count_ended(
    connection: Connection, workflows: Collection[str], since: datetime
) -> tuple[int, int]:
    """Return how many jobs of these workflows have failed since, and how many have ended."""
    failed = func.coalesce(func.sum(case((jobs.c.state == "failed", 1), else_=0)), 0)
    query = select(failed, func.count()).where(
        jobs.c.updated_at >= since,
        jobs.c.workflow.in_(workflows),
        jobs.c.state.in_(("failed", "succeeded")),
    )
    row = (await connection.execute(query)).one()
    return int(row[0]), int(row[1])


def _alarm(row: Row[Any]) -> Alarm:
    values = {name: getattr(row, name) for name in Alarm.__slots__}
    return Alarm(**values | {"trouble": Trouble(row.trouble)})
