"""The queries of warming: what the edge lacks and may be asked for, and what was ordered."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import and_, delete, exists, func, or_, select

from rushes.db.engine import Connection
from rushes.db.statements import insert_or
from rushes.db.tables import assets, placements, renditions
from rushes.db.vault_tables import read_counts
from rushes.db.warm_tables import warm_orders
from rushes.renditions.rendition import PLAYED
from rushes.tiers.placement import State, Tier

LOT: Final = 500
MOST_ROWS: Final = 20_000
"""More candidates than these are not weighed at once; the newest are."""

_archived, _edge = placements.alias("archived"), placements.alias("edge")


async def list_cold(connection: Connection, arrived_since: datetime, read_since: date) -> list[Any]:
    """Return what is played, is in the archive and not on the edge, and may be wanted there.

    That is what arrived or was read since, or was ordered.
    """
    project = (
        select(func.min(assets.c.project_id))
        .where(assets.c.content_id == renditions.c.content_id)
        .scalar_subquery()
    )
    was_read = exists().where(
        read_counts.c.object_id == renditions.c.id, read_counts.c.day >= read_since
    )
    query = (
        select(
            renditions.c.id,
            renditions.c.name,
            project.label("project_id"),
            _archived.c.size_bytes,
            func.coalesce(_archived.c.arrived_at, _archived.c.created_at).label("made_at"),
            warm_orders.c.wanted_at,
        )
        .join(renditions, renditions.c.id == _archived.c.object_id)
        .outerjoin(
            _edge,
            and_(_edge.c.object_id == renditions.c.id, _edge.c.tier == Tier.EDGE.value),
        )
        .outerjoin(warm_orders, warm_orders.c.object_id == renditions.c.id)
        .where(
            _archived.c.tier == Tier.ARCHIVE.value,
            _archived.c.state == State.PRESENT.value,
            renditions.c.kind.in_([kind.value for kind in PLAYED]),
            or_(_edge.c.id.is_(None), _edge.c.state == State.ABSENT.value),
            or_(
                _archived.c.arrived_at >= arrived_since,
                was_read,
                warm_orders.c.object_id.is_not(None),
            ),
        )
        .order_by(_archived.c.arrived_at.desc(), renditions.c.id)
        .limit(MOST_ROWS)
    )
    rows = list(await connection.execute(query))
    return [row for row in rows if row.project_id is not None]


async def list_plays(
    connection: Connection, object_ids: Collection[str], since: date
) -> dict[str, list[tuple[date, int]]]:
    """Return how often objects were played by day, since one."""
    found: dict[str, list[tuple[date, int]]] = {}
    for lot in _lots(object_ids):
        query = (
            select(read_counts.c.object_id, read_counts.c.day, func.sum(read_counts.c.plays))
            .where(read_counts.c.object_id.in_(lot), read_counts.c.day >= since)
            .group_by(read_counts.c.object_id, read_counts.c.day)
        )
        for object_id, day, plays in await connection.execute(query):
            found.setdefault(object_id, []).append((day, int(plays)))
    return found


async def record_orders(
    connection: Connection,
    object_ids: Collection[str],
    wanted_at: datetime,
    ordered_by: str,
    now: datetime,
) -> None:
    """Note by when objects are to be on the edge; a later word replaces an earlier one."""
    rows = [
        {
            "object_id": object_id,
            "wanted_at": wanted_at,
            "ordered_by": ordered_by,
            "created_at": now,
        }
        for object_id in sorted(set(object_ids))
    ]
    if rows:
        added = insert_or(connection, warm_orders)
        await connection.execute(
            added.on_conflict_do_update(
                index_elements=["object_id"],
                set_={
                    name: added.excluded[name] for name in ("wanted_at", "ordered_by", "created_at")
                },
            ),
            rows,
        )


async def forget_orders(connection: Connection, before: datetime) -> None:
    """Forget what was wanted by then."""
    await connection.execute(delete(warm_orders).where(warm_orders.c.wanted_at < before))


def _lots(object_ids: Collection[str]) -> Iterator[list[str]]:
    every = list(object_ids)
    for start in range(0, len(every), LOT):
        yield every[start : start + LOT]
