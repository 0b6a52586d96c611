"""How many rows there are of each state: what `/metrics` and `doctor` report."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import assets, executors, jobs, outbox, placements, renditions, uploads

COUNTED: Final = (uploads, assets, renditions, placements, jobs)


async def count_states(connection: AsyncConnection) -> dict[str, dict[str, int]]:
    """Return the number of rows by table and state."""
    return {table.name: await _by_state(connection, table) for table in COUNTED}


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
