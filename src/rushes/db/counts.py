"""How much there is of what, by state: what `/metrics` and `doctor` report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.alarm_tables import tier_alarms
from rushes.db.letter_tables import letters
from rushes.db.notify_tables import webhook_deliveries, webhooks
from rushes.db.tables import assets, events, executors, jobs, outbox, renditions, uploads

COUNTED: Final = (uploads, assets, renditions)
WAITING: Final = "waiting"
"""The state of a job, of a delivery and of a letter that somebody has to work on."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the database holds: rows by table and state, and what waits since when.

    `jobs` is by workflow and state, `alarms` by tier and trouble. `oldest_job` and
    `oldest_delivery` are when the first of those that wait began to, or None.
    """

    states: dict[str, dict[str, int]]
    jobs: dict[tuple[str, str], int]
    deliveries: dict[str, int]
    letters: dict[str, int]
    webhooks_active: int
    webhooks_paused: int
    alarms: dict[tuple[str, str], int]
    workers: int
    events: int
    events_waiting: int
    oldest_job: datetime | None
    oldest_delivery: datetime | None


async def count_all(connection: AsyncConnection, now: datetime) -> Counts:
    """Return what the database holds."""
    active, paused = await _count_webhooks(connection)
    return Counts(
        states={table.name: await _by_state(connection, table) for table in COUNTED},
        jobs=await _by_two(connection, jobs.c.workflow, jobs.c.state),
        deliveries=await _by_state(connection, webhook_deliveries),
        letters=await _by_state(connection, letters),
        webhooks_active=active,
        webhooks_paused=paused,
        alarms=await _by_two(
            connection, tier_alarms.c.tier, tier_alarms.c.trouble, tier_alarms.c.cleared_at
        ),
        workers=await _count_workers(connection),
        events=await _last_number(connection),
        events_waiting=await count_unrelayed(connection),
        oldest_job=await _oldest(connection, jobs, jobs.c.created_at),
        oldest_delivery=await _oldest_due(connection, now),
    )


async def count_unrelayed(connection: AsyncConnection) -> int:
    """Return how many events wait for the relay."""
    return (await connection.execute(select(func.count()).select_from(outbox))).scalar_one()


async def list_boxes(connection: AsyncConnection) -> set[str]:
    """Return how much the tools of the workers that are known are shut in."""
    known = select(executors.c.box).where(executors.c.seen > 0, executors.c.box.is_not(None))
    return set((await connection.execute(known)).scalars())


async def answer(connection: AsyncConnection) -> None:
    """Ask the database for the least it can say; an error of the connection passes through."""
    await connection.execute(text("SELECT 1"))


async def _by_state(connection: AsyncConnection, table: Table) -> dict[str, int]:
    state: Column[str] = table.c.state
    rows = await connection.execute(select(state, func.count()).group_by(state))
    return {row[0]: row[1] for row in rows}


async def _by_two(
    connection: AsyncConnection,
    first: Column[str],
    second: Column[str],
    unset: Column[datetime | None] | None = None,
) -> dict[tuple[str, str], int]:
    """Return the number of rows by two columns, of those in which `unset` is null."""
    query = select(first, second, func.count()).group_by(first, second)
    if unset is not None:
        query = query.where(unset.is_(None))
    return {(row[0], row[1]): row[2] for row in await connection.execute(query)}


async def _count_webhooks(connection: AsyncConnection) -> tuple[int, int]:
    """Return how many webhooks are active, and how many are paused."""
    query = select(func.count(), func.count(webhooks.c.paused_at)).select_from(webhooks)
    every, paused = (await connection.execute(query)).one()
    return every - paused, paused


async def _count_workers(connection: AsyncConnection) -> int:
    """Return how many workers have begun and have not left."""
    query = select(func.count()).select_from(executors).where(executors.c.seen > 0)
    return (await connection.execute(query)).scalar_one()


async def _last_number(connection: AsyncConnection) -> int:
    """Return the number of the last event: as many have happened, or a few less."""
    return (await connection.execute(select(func.max(events.c.seq)))).scalar_one() or 0


async def _oldest(
    connection: AsyncConnection, table: Table, moment: Column[datetime]
) -> datetime | None:
    query = select(func.min(moment)).where(table.c.state == WAITING)
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found


async def _oldest_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Return since when the first delivery is due; what a paused webhook has to wait for is not."""
    query = (
        select(func.min(webhook_deliveries.c.due_at))
        .join(webhooks, webhooks.c.id == webhook_deliveries.c.endpoint_id)
        .where(
            webhooks.c.paused_at.is_(None),
            webhook_deliveries.c.state == WAITING,
            webhook_deliveries.c.due_at <= now,
        )
    )
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found
