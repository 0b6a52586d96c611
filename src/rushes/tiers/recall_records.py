"""The queries of recall: the row of an object on the edge is the single flight of its filling."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update

from rushes.db.engine import Connection
from rushes.db.tables import placements, renditions
from rushes.tiers.placement import Placement, State, Step, Tier

WISH_LASTS: Final = timedelta(minutes=10)
"""A wish that nobody carried out for so long may be made again."""

_FILLABLE: Final = (State.ABSENT.value, State.LOST.value)


@dataclass(frozen=True, slots=True)
class Wish:
    """An object that is to come to the edge; `generation` counts how often it was wished for."""

    object_id: str
    content_id: str
    generation: int
    size_bytes: int


def _is_on(tier: Tier) -> ColumnElement[bool]:
    return placements.c.tier == tier.value


async def list_unplaced(
    connection: Connection, object_ids: Collection[str], tier: Tier = Tier.EDGE
) -> list[str]:
    """Return those of these renditions that have no row on an edge, present or not."""
    named = placements.c.object_id.in_(object_ids)
    placed = select(placements.c.object_id).where(_is_on(tier), named)
    query = select(renditions.c.id).where(renditions.c.id.in_(object_ids))
    rows = await connection.execute(query.where(renditions.c.id.not_in(placed)))
    return list(rows.scalars())


async def wish(
    connection: Connection,
    object_ids: Collection[str],
    now: datetime,
    tier: Tier = Tier.EDGE,
    *,
    at_once: bool = False,
) -> list[Wish]:
    """Wish for those that are not on an edge and not on their way; return whose wish is new.

    What failed before waits for its next try, unless it is wanted `at_once`; what has just left
    rests in any case, for a late delete must not hit the new copy.
    """
    is_due = or_(placements.c.next_try_at.is_(None), placements.c.next_try_at <= now)
    may = or_(is_due, placements.c.tries > 0) if at_once else is_due
    is_unasked = or_(placements.c.wished_at.is_(None), placements.c.wished_at < now - WISH_LASTS)
    statement = (
        update(placements)
        .where(_is_on(tier), placements.c.object_id.in_(object_ids))
        .where(placements.c.state.in_(_FILLABLE), is_unasked, may)
        .values(wished_at=now, generation=placements.c.generation + 1)
        .returning(
            placements.c.object_id,
            placements.c.content_id,
            placements.c.generation,
            placements.c.size_bytes,
        )
    )
    return [Wish(*row) for row in await connection.execute(statement)]


async def list_near(connection: Connection, content_id: str) -> set[str]:
    """Return the names of a content's renditions that are on the edge."""
    query = (
        select(renditions.c.name)
        .join(placements, placements.c.object_id == renditions.c.id)
        .where(_is_on(Tier.EDGE), placements.c.content_id == content_id)
        .where(placements.c.state == State.PRESENT.value)
    )
    return set((await connection.execute(query)).scalars())


async def record_miss(
    connection: Connection, place: Placement, now: datetime, apart: timedelta
) -> bool:
    """Note that an object is not where it should be; the second time, so long after, it is lost.

    Returns whether it is lost.
    """
    mine = update(placements).where(
        placements.c.id == place.id,
        placements.c.fence == place.fence,
        placements.c.state == place.state.value,
    )
    lost = await connection.execute(
        mine.where(placements.c.missed_at <= now - apart).values(
            state=place.after(Step.VANISH).state.value, missed_at=None
        )
    )
    if lost.rowcount == 1:
        return True
    await connection.execute(mine.where(placements.c.missed_at.is_(None)).values(missed_at=now))
    return False


async def forget_miss(connection: Connection, place: Placement) -> None:
    """Note that an object is where it should be, so that its next miss is the first again."""
    await connection.execute(
        update(placements)
        .where(placements.c.id == place.id, placements.c.fence == place.fence)
        .where(placements.c.missed_at.is_not(None))
        .values(missed_at=None)
    )


async def count_tries(connection: Connection, object_id: str, tier: Tier = Tier.EDGE) -> int:
    """Return how often filling an edge with an object has failed in a row."""
    query = select(placements.c.tries).where(_is_on(tier), placements.c.object_id == object_id)
    return (await connection.execute(query)).scalar_one_or_none() or 0


async def postpone(
    connection: Connection, object_id: str, next_try_at: datetime, tier: Tier = Tier.EDGE
) -> None:
    """Note that filling failed, and when it may be tried again."""
    await connection.execute(
        update(placements)
        .where(_is_on(tier), placements.c.object_id == object_id)
        .values(wished_at=None, tries=placements.c.tries + 1, next_try_at=next_try_at)
    )
