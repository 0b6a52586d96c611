"""The queries of wishes: segments that somebody waits for, each wished for once.

A wish is one row for each segment, whoever and however many ask. A worker takes it by writing its
fence and a time until which it holds it; the segment's file is what counts, and the row then goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.direct import TOLD
from rushes.db.lab_tables import segment_wishes

WAKE: Final = "rushes_segments"
"""The PostgreSQL channel that wakes those who make segments."""

NOW, AHEAD = 0, 1
"""How urgent a wish is: somebody waits, or will."""


@dataclass(frozen=True, slots=True)
class Place:
    """A segment of one content: the name of its quality, or of the sound, and its number."""

    content_id: str
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish as its row says. `is_light`: it is copied, which costs nothing."""

    place: Place
    urgency: int
    is_light: bool
    fence: int
    error_code: str | None
    error_detail: str | None


async def record_wish(
    connection: AsyncConnection, place: Place, *, urgency: int, is_light: bool, now: datetime
) -> None:
    """Wish for a segment; a wish that is there becomes as urgent as this one, and is fresh."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = segment_wishes.c
    values = {"urgency": urgency, "is_light": is_light, "asked_at": now, "fence": 0}
    statement = dialect.insert(segment_wishes).values(
        content_id=place.content_id, name=place.name, position=place.position, **values
    )
    keys = [rows.content_id, rows.name, rows.position]
    if urgency == NOW:
        fresh = {"urgency": NOW, "asked_at": now, "error_code": None, "error_detail": None}
        await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh))
    else:
        await connection.execute(statement.on_conflict_do_nothing(index_elements=keys))
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"NOTIFY {WAKE}"))
    (await connection.get_raw_connection()).info[TOLD] = True


async def find_wish(connection: AsyncConnection, place: Place) -> Wish | None:
    """Return the wish for a segment."""
    query = select(segment_wishes).where(_is(place))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _wish(row)


async def list_open(connection: AsyncConnection, now: datetime, limit: int) -> list[Wish]:
    """Return wishes that nobody holds and that did not fail, the most urgent first."""
    rows = segment_wishes.c
    query = (
        select(segment_wishes)
        .where(_is_free(now), rows.error_code.is_(None))
        .order_by(rows.is_light.desc(), rows.urgency, rows.asked_at, rows.position)
        .limit(limit)
    )
    return [_wish(row) for row in await connection.execute(query)]


async def take(connection: AsyncConnection, wish: Wish, now: datetime, until: datetime) -> bool:
    """Hold a wish until a time; False where somebody else was faster."""
    mine = and_(_is(wish.place), segment_wishes.c.fence == wish.fence, _is_free(now))
    done = await connection.execute(
        update(segment_wishes).where(mine).values(fence=wish.fence + 1, held_until=until)
    )
    return done.rowcount == 1


async def hold(connection: AsyncConnection, wish: Wish, until: datetime | None) -> bool:
    """Hold a wish that is ours for longer, or let it go (None); say whether it is there."""
    ours = and_(_is(wish.place), segment_wishes.c.fence == wish.fence + 1)
    done = await connection.execute(update(segment_wishes).where(ours).values(held_until=until))
    return done.rowcount == 1


async def record_failed(connection: AsyncConnection, wish: Wish, code: str, detail: str) -> None:
    """Note why a wish that is ours could not be fulfilled."""
    ours = and_(_is(wish.place), segment_wishes.c.fence == wish.fence + 1)
    values = {"held_until": None, "error_code": code, "error_detail": detail}
    await connection.execute(update(segment_wishes).where(ours).values(**values))


async def delete_wish(connection: AsyncConnection, place: Place) -> None:
    """Forget a wish: the segment is there."""
    await connection.execute(delete(segment_wishes).where(_is(place)))


async def delete_of_content(connection: AsyncConnection, content_id: str) -> None:
    """Forget all wishes for a content."""
    mine = segment_wishes.c.content_id == content_id
    await connection.execute(delete(segment_wishes).where(mine))


async def delete_older(connection: AsyncConnection, before: datetime, now: datetime) -> None:
    """Forget wishes that nobody renewed since then, unless somebody is at them."""
    old = and_(segment_wishes.c.asked_at < before, _is_free(now))
    await connection.execute(delete(segment_wishes).where(old))


async def release_all(connection: AsyncConnection) -> None:
    """Let every wish go: those who held them are gone."""
    await connection.execute(update(segment_wishes).values(held_until=None))


def _is(place: Place) -> ColumnElement[bool]:
    rows: Sequence[ColumnElement[bool]] = (
        segment_wishes.c.content_id == place.content_id,
        segment_wishes.c.name == place.name,
        segment_wishes.c.position == place.position,
    )
    return and_(*rows)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(segment_wishes.c.held_until.is_(None), segment_wishes.c.held_until < now)


def _wish(row: Row[tuple[object, ...]]) -> Wish:
    place = Place(row.content_id, row.name, row.position)
    return Wish(place, row.urgency, row.is_light, row.fence, row.error_code, row.error_detail)
