"""The queries of tables of colours that people sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.lab_tables import luts
from rushes.db.tables import contents


@dataclass(frozen=True, slots=True)
class SentLut:
    """A table as people see it; `steps` are those of one side as it was sent."""

    name: str
    title: str
    version: str
    steps: int
    created_by: str
    created_at: datetime


async def record_lut(connection: AsyncConnection, lut: SentLut, side: int, content: bytes) -> None:
    """Insert a table, unless its name has one; `content` is the Hald image of `side` steps."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {name: getattr(lut, name) for name in SentLut.__slots__}
    statement = dialect.insert(luts).values(**values, side=side, content=content)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=[luts.c.name]))


async def list_luts(connection: AsyncConnection) -> list[SentLut]:
    """Return all tables, by name."""
    columns = [luts.c[name] for name in SentLut.__slots__]
    rows = await connection.execute(select(*columns).order_by(luts.c.name))
    return [SentLut(*row) for row in rows]


async def find_lut(connection: AsyncConnection, name: str) -> SentLut | None:
    """Return a table by its name."""
    columns = [luts.c[column] for column in SentLut.__slots__]
    row = (await connection.execute(select(*columns).where(luts.c.name == name))).one_or_none()
    return None if row is None else SentLut(*row)


async def lock_lut(connection: AsyncConnection, name: str) -> None:
    """Have a table stay as it is until the transaction ends, if it is there."""
    await connection.execute(select(luts.c.name).where(luts.c.name == name).with_for_update())


async def count_luts(connection: AsyncConnection) -> int:
    """Return how many tables there are."""
    return (await connection.execute(select(func.count()).select_from(luts))).scalar_one()


async def find_image(
    connection: AsyncConnection, name: str, version: str
) -> tuple[int, bytes] | None:
    """Return side and Hald image of one version of a table."""
    query = select(luts.c.side, luts.c.content)
    same = query.where(luts.c.name == name, luts.c.version == version)
    row = (await connection.execute(same)).one_or_none()
    return None if row is None else (row.side, row.content)


async def count_uses(connection: AsyncConnection, choice: str) -> int:
    """Return how many contents people chose this colour for."""
    query = select(func.count()).select_from(contents).where(contents.c.color == choice)
    return (await connection.execute(query)).scalar_one()


async def delete_lut(connection: AsyncConnection, name: str) -> bool:
    """Remove a table; say whether there was one."""
    done = await connection.execute(delete(luts).where(luts.c.name == name))
    return done.rowcount == 1
