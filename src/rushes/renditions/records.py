"""The queries of renditions and, while one is being made, of its segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import renditions, segments
from rushes.renditions.rendition import Kind, State


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
    made: Made | None = None,
    error: tuple[str, str] | None = None,
) -> bool:
    """Write a state, with what was made or what went wrong; say whether nobody was faster."""
    code, detail = error or (None, None)
    values: dict[str, object] = {"state": state.value, "updated_at": now}
    values |= {"error_code": code, "error_detail": detail}
    if made is not None:
        values |= {name: getattr(made, name) for name in Made.__slots__}
    same = and_(renditions.c.id == rendition.id, renditions.c.state == rendition.state.value)
    done = await connection.execute(update(renditions).where(same).values(**values))
    return done.rowcount == 1


async def record_segments(
    connection: AsyncConnection, rendition_id: str, sizes: Mapping[int, int]
) -> None:
    """Count segments (position -> bytes) as made; one that was counted before stays."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = [
        {"rendition_id": rendition_id, "position": position, "size_bytes": size}
        for position, size in sizes.items()
    ]
    if rows:
        await connection.execute(dialect.insert(segments).on_conflict_do_nothing(), rows)
    count = select(func.count()).where(segments.c.rendition_id == rendition_id).scalar_subquery()
    await connection.execute(
        update(renditions).where(renditions.c.id == rendition_id).values(done_segments=count)
    )


async def list_segments(connection: AsyncConnection, rendition_id: str) -> list[int]:
    """Return the positions of the segments that are made."""
    query = select(segments.c.position).where(segments.c.rendition_id == rendition_id)
    return list((await connection.execute(query.order_by(segments.c.position))).scalars())


async def forget_segments(connection: AsyncConnection, rendition_id: str) -> None:
    """Forget the segments of a finished rendition: they are in its file."""
    await connection.execute(delete(segments).where(segments.c.rendition_id == rendition_id))


async def delete_of_content(connection: AsyncConnection, content_id: str) -> None:
    """Remove every rendition of a content."""
    ids = select(renditions.c.id).where(renditions.c.content_id == content_id)
    await connection.execute(delete(segments).where(segments.c.rendition_id.in_(ids)))
    await connection.execute(delete(renditions).where(renditions.c.content_id == content_id))


async def list_ready_names(
    connection: AsyncConnection, content_ids: Iterable[str], names: Sequence[str]
) -> dict[str, set[str]]:
    """Return, by content, which of these renditions are ready."""
    query = select(renditions.c.content_id, renditions.c.name).where(
        renditions.c.content_id.in_(set(content_ids)),
        renditions.c.name.in_(names),
        renditions.c.state == State.READY.value,
    )
    found: dict[str, set[str]] = {}
    for content_id, name in await connection.execute(query):
        found.setdefault(content_id, set()).add(name)
    return found


def _rendition(row: Row[tuple[object, ...]]) -> Rendition:
    known = {name: getattr(row, name) for name in Rendition.__slots__}
    return Rendition(**(known | {"kind": Kind(row.kind), "state": State(row.state)}))
