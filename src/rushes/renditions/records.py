"""The queries of renditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import renditions
from rushes.renditions.rendition import PLAYED, Kind, State


@dataclass(frozen=True, slots=True)
class Rendition:
    """One made version of a content, as its row says; sizes in bytes, rates in bit/s.

    `layout` tells where segments lie in the file; there for what is played by byte range.
    """

    id: str
    content_id: str
    name: str
    kind: Kind
    recipe: str
    state: State
    media_type: str
    file_name: str
    width: int | None
    height: int | None
    bitrate: int | None
    size_bytes: int | None
    digest: bytes | None
    layout: Mapping[str, object] | None
    done_segments: int
    all_segments: int
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """What a finished rendition's file is."""

    size_bytes: int
    digest: bytes
    width: int | None = None
    height: int | None = None
    bitrate: int | None = None
    layout: Mapping[str, object] | None = None


async def record_wanted(connection: AsyncConnection, wanted: Iterable[Rendition]) -> None:
    """Insert renditions that are wanted; those that exist already stay as they are."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for rendition in wanted:
        values: dict[str, object] = {n: getattr(rendition, n) for n in Rendition.__slots__}
        values |= {"kind": rendition.kind.value, "state": rendition.state.value}
        statement = dialect.insert(renditions).values(**values)
        unique = [renditions.c.content_id, renditions.c.name, renditions.c.recipe]
        await connection.execute(statement.on_conflict_do_nothing(index_elements=unique))


async def record_anew(
    connection: AsyncConnection, content_id: str, wanted: Sequence[Rendition], now: datetime
) -> None:
    """Want renditions instead of others of the same names.

    What is ready stays, and what is ready by the recipe that is wanted is the newest from now on;
    what is not ready by another gives way, even in the making: whoever makes it finds it gone.
    """
    recipes = {row.name: row.recipe for row in wanted}
    rows = [row for row in await list_of_content(connection, content_id) if row.name in recipes]
    same = [row for row in rows if row.recipe == recipes[row.name]]
    stale = [row.id for row in rows if row not in same and row.state is not State.READY]
    await connection.execute(delete(renditions).where(renditions.c.id.in_(stale)))
    ready = [row.id for row in same if row.state is State.READY]
    again = renditions.c.id.in_(ready)
    await connection.execute(update(renditions).where(again).values(created_at=now, updated_at=now))
    await record_wanted(connection, wanted)


async def list_of_content(connection: AsyncConnection, content_id: str) -> list[Rendition]:
    """Return all renditions of a content, in the order they were wanted."""
    query = select(renditions).where(renditions.c.content_id == content_id)
    rows = await connection.execute(query.order_by(renditions.c.created_at, renditions.c.id))
    return [_rendition(row) for row in rows]


async def find_rendition(connection: AsyncConnection, rendition_id: str) -> Rendition | None:
    """Return a rendition by its id."""
    query = select(renditions).where(renditions.c.id == rendition_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _rendition(row)


async def change_state(
    connection: AsyncConnection,
    rendition: Rendition,
    state: State,
    *,
    now: datetime,
    error: tuple[str, str] | None = None,
) -> bool:
    """Write a state, and what went wrong; say whether nobody was faster."""
    code, detail = error or (None, None)
    values: dict[str, object] = {"state": state.value, "updated_at": now}
    values |= {"error_code": code, "error_detail": detail}
    same = and_(renditions.c.id == rendition.id, renditions.c.state == rendition.state.value)
    done = await connection.execute(update(renditions).where(same).values(**values))
    return done.rowcount == 1


async def record_made(connection: AsyncConnection, rendition_id: str, made: Made) -> None:
    """Write what the finished file is; the state follows when it is kept."""
    values = {name: getattr(made, name) for name in Made.__slots__}
    await connection.execute(
        update(renditions).where(renditions.c.id == rendition_id).values(**values)
    )


async def record_progress(connection: AsyncConnection, rendition_id: str, done: int) -> None:
    """Note how many segments are made; never fewer than were noted before."""
    more = and_(renditions.c.id == rendition_id, renditions.c.done_segments < done)
    await connection.execute(update(renditions).where(more).values(done_segments=done))


async def delete_of_content(connection: AsyncConnection, content_id: str) -> None:
    """Remove every rendition of a content."""
    await connection.execute(delete(renditions).where(renditions.c.content_id == content_id))


async def delete_renditions(connection: AsyncConnection, ids: Iterable[str]) -> None:
    """Remove rows of renditions."""
    await connection.execute(delete(renditions).where(renditions.c.id.in_(list(ids))))


async def list_recipes(connection: AsyncConnection) -> list[str]:
    """Return the recipes by which ladders were made or will be."""
    query = select(renditions.c.recipe).where(renditions.c.kind == Kind.PROXY.value).distinct()
    return list((await connection.execute(query)).scalars())


async def list_made_by(
    connection: AsyncConnection, recipes: Sequence[str], after: str, limit: int
) -> list[str]:
    """Return contents, by their ids and after this one, whose ladder is by one of these recipes."""
    query = select(renditions.c.content_id).where(
        renditions.c.kind == Kind.PROXY.value,
        renditions.c.recipe.in_(recipes),
        renditions.c.content_id > after,
    )
    page = query.distinct().order_by(renditions.c.content_id).limit(limit)
    return list((await connection.execute(page)).scalars())


async def list_twofold(connection: AsyncConnection, before: datetime, limit: int) -> list[str]:
    """Return contents of which something is ready twice, the first since before this time."""
    query = (
        select(renditions.c.content_id)
        .where(renditions.c.state == State.READY.value)
        .group_by(renditions.c.content_id, renditions.c.name)
        .having(func.count() > 1, func.min(renditions.c.updated_at) < before)
        .limit(limit)
    )
    return sorted(set((await connection.execute(query)).scalars()))


async def list_unmade(connection: AsyncConnection, content_ids: Iterable[str]) -> set[str]:
    """Return those of these contents of which something that plays is not ready."""
    query = select(renditions.c.content_id).where(
        renditions.c.content_id.in_(set(content_ids)),
        renditions.c.kind.in_([kind.value for kind in PLAYED]),
        renditions.c.state != State.READY.value,
    )
    return set((await connection.execute(query)).scalars())


async def list_making(connection: AsyncConnection, content_ids: Iterable[str]) -> set[str]:
    """Return those of these contents of which something that plays is being made."""
    query = select(renditions.c.content_id).where(
        renditions.c.content_id.in_(set(content_ids)),
        renditions.c.kind.in_([kind.value for kind in PLAYED]),
        renditions.c.state == State.MAKING.value,
    )
    return set((await connection.execute(query)).scalars())


async def list_ready_ids(
    connection: AsyncConnection, content_ids: Iterable[str], names: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return, by content, the ids of those of these renditions that are ready, by their names.

    Of two of a name it is the newer one: an older one goes when the newer is there.
    """
    query = select(renditions.c.content_id, renditions.c.name, renditions.c.id).where(
        renditions.c.content_id.in_(set(content_ids)),
        renditions.c.name.in_(names),
        renditions.c.state == State.READY.value,
    )
    found: dict[str, dict[str, str]] = {}
    for content_id, name, rendition_id in await connection.execute(query.order_by(renditions.c.id)):
        found.setdefault(content_id, {})[name] = rendition_id
    return found


def _rendition(row: Row[tuple[object, ...]]) -> Rendition:
    known = {name: getattr(row, name) for name in Rendition.__slots__}
    return Rendition(**(known | {"kind": Kind(row.kind), "state": State(row.state)}))
