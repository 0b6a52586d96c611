"""The queries of wishes: segments that somebody waits for, each wished for once.

1. A wish is one row for each segment, whoever and however many ask. A worker takes it by writing
   its fence and a time until which it holds it; the segment's file is what counts, and the row then
   goes.
2. Who waits renews the wish. One that nobody renewed for `FRESH` is as good as one made ahead: the
   viewer has left. `asked_at` stays what it was, so nobody loses a place by renewing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from sqlalchemy import ColumnElement, and_, case, delete, not_, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.direct import TOLD
from rushes.db.lab_tables import segment_wishes
from rushes.media.tracks import SOUND

WAKE: Final = "rushes_segments"
"""The PostgreSQL channel that wakes those who make segments."""

NOW, AHEAD = 0, 1
"""How urgent a wish is: somebody waits, or will."""

FRESH: Final = timedelta(seconds=6)
"""For how long a wish counts as waited for; who waits renews it at least every 2.5 s."""


class Lane(Enum):
    """What is made beside what: copies and sound cost little, and wait for no picture."""

    COPY = "copy"
    SOUND = "sound"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Place:
    """A segment of one content: the name of its quality, or of a sound, and its number."""

    content_id: str
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish as its row says. `is_light`: it is copied, which costs nothing."""

    place: Place
    urgency: int
    is_light: bool
    renewed_at: datetime
    fence: int
    error_code: str | None
    error_detail: str | None

    def is_awaited(self, now: datetime) -> bool:
        """Say whether somebody waits for it, and did so a moment ago."""
        return self.urgency == NOW and self.renewed_at >= now - FRESH


async def record_wish(
    connection: AsyncConnection, place: Place, *, urgency: int, is_light: bool, now: datetime
) -> None:
    """Wish for a segment; a wish that is there becomes as urgent as this one, and is fresh."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = segment_wishes.c
    values: dict[str, object] = {"urgency": urgency, "is_light": is_light, "fence": 0}
    values |= {"asked_at": now, "renewed_at": now}
    statement = dialect.insert(segment_wishes).values(
        content_id=place.content_id, name=place.name, position=place.position, **values
    )
    keys = [rows.content_id, rows.name, rows.position]
    if urgency == NOW:
        fresh = {"urgency": NOW, "renewed_at": now, "error_code": None, "error_detail": None}
        waited = case((_is_awaited(now), rows.asked_at), else_=now)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=fresh | {"asked_at": waited})
        )
    else:
        await connection.execute(statement.on_conflict_do_nothing(index_elements=keys))
    await _wake(connection)


async def renew(connection: AsyncConnection, place: Place, now: datetime) -> Wish | None:
    """Say that somebody still waits for a segment; return the wish, None where there is none."""
    values = {"urgency": NOW, "renewed_at": now}
    await connection.execute(update(segment_wishes).where(_is(place)).values(**values))
    return await find_wish(connection, place)


async def leave(connection: AsyncConnection, place: Place) -> None:
    """Say that nobody here waits any more; another process that waits will renew the wish."""
    await connection.execute(update(segment_wishes).where(_is(place)).values(urgency=AHEAD))
    await _wake(connection)


async def _wake(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"NOTIFY {WAKE}"))
    (await connection.get_raw_connection()).info[TOLD] = True


async def find_wish(connection: AsyncConnection, place: Place) -> Wish | None:
    """Return the wish for a segment."""
    query = select(segment_wishes).where(_is(place))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _wish(row)


async def list_open(
    connection: AsyncConnection, lane: Lane, now: datetime, limit: int
) -> list[Wish]:
    """Return wishes of a lane that nobody holds and that did not fail, the most urgent first."""
    rows = segment_wishes.c
    urgent = case((_is_awaited(now), NOW), else_=AHEAD)
    query = (
        select(segment_wishes)
        .where(_is_free(now), rows.error_code.is_(None), _is_in(lane))
        .order_by(urgent, rows.asked_at, rows.position)
        .limit(limit)
    )
    return [_wish(row) for row in await connection.execute(query)]


async def list_lanes(connection: AsyncConnection, now: datetime) -> set[Lane]:
    """Return the lanes in which there is a wish that nobody holds and that did not fail."""
    rows = segment_wishes.c
    query = (
        select(rows.is_light, rows.name.startswith(SOUND))
        .where(_is_free(now), rows.error_code.is_(None))
        .distinct()
    )
    found = await connection.execute(query)
    return {
        Lane.COPY if is_light else Lane.SOUND if is_sound else Lane.PICTURE
        for is_light, is_sound in found
    }


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
    old = and_(segment_wishes.c.renewed_at < before, _is_free(now))
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


def _is_awaited(now: datetime) -> ColumnElement[bool]:
    rows = segment_wishes.c
    return and_(rows.urgency == NOW, rows.renewed_at >= now - FRESH)


def _is_in(lane: Lane) -> ColumnElement[bool]:
    rows = segment_wishes.c
    if lane is Lane.COPY:
        return rows.is_light.is_(True)
    is_sound = rows.name.startswith(SOUND)
    return and_(rows.is_light.is_(False), is_sound if lane is Lane.SOUND else not_(is_sound))


def _wish(row: Row[tuple[object, ...]]) -> Wish:
    place = Place(row.content_id, row.name, row.position)
    return Wish(
        place,
        row.urgency,
        row.is_light,
        row.renewed_at,
        row.fence,
        row.error_code,
        row.error_detail,
    )
