"""The queries of the audit: links are appended, read in order, and found by what they tell of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import eq, ge, lt
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, text
from sqlalchemy.engine import Row as DatabaseRow
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.audit_tables import event_chain, event_origins
from rushes.db.tables import events, outbox
from rushes.events.chain import Head, Link, Origin, Row, join
from rushes.events.event import INTERNAL, Event
from rushes.events.outbox import read_event

LOCK = 4_706_227
"""Key of the advisory lock under which links are appended on PostgreSQL: one chain, one writer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the audit; `project_ids` None means all, `before` is the number of a link.

    `type` is one, or a family with its point (`asset.`).
    """

    type: str | None = None
    actor: str | None = None
    subject: str | None = None
    asset_id: str | None = None
    project_ids: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


async def append(connection: AsyncConnection, found: Sequence[Event]) -> None:
    """Join events to the chain, in this order, in the caller's transaction."""
    if not found:
        return
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    head = await find_head(connection)
    query = select(event_origins).where(event_origins.c.event_id.in_([event.id for event in found]))
    origins = {row.event_id: _origin(row) for row in await connection.execute(query)}
    links: list[dict[str, object]] = []
    for event in found:
        origin = origins.get(event.id)
        link = join(head, event, None if origin is None else origin.digest())
        head = Head(link.number, link.hash)
        links.append(
            {
                "number": link.number,
                "event_id": link.event_id,
                "origin_digest": link.origin_digest,
                "hash": link.hash,
            }
        )
    await connection.execute(insert(event_chain), links)


async def find_head(connection: AsyncConnection) -> Head:
    """Return where the chain ends now."""
    query = select(event_chain).order_by(event_chain.c.number.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return Head() if row is None else Head(row.number, row.hash)


async def list_rows(connection: AsyncConnection, after: int, limit: int) -> list[Row]:
    """Return links in order behind a number, with what they tell of."""
    query = _rows(is_outer=True).where(event_chain.c.number > after)
    found = await connection.execute(query.order_by(event_chain.c.number).limit(limit))
    return [_row(row) for row in found]


async def list_audit(connection: AsyncConnection, wanted: Wanted, limit: int) -> list[Row]:
    """Return what is wanted of the audit, newest first."""
    query = _rows().where(*_conditions(wanted))
    query = query.order_by(event_chain.c.number.desc()).limit(limit)
    return [_row(row) for row in await connection.execute(query)]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield events.c.type.not_in([each.value for each in INTERNAL])
    if wanted.type is not None:
        is_family = wanted.type.endswith(".")
        starts = events.c.type.startswith(wanted.type, autoescape=True)
        yield starts if is_family else events.c.type == wanted.type
    if wanted.project_ids is not None:
        yield events.c.project_id.in_(wanted.project_ids)
    for compare, column, value in (
        (eq, events.c.actor, wanted.actor),
        (eq, events.c.subject, wanted.subject),
        (eq, events.c.asset_id, wanted.asset_id),
        (ge, events.c.created_at, wanted.since),
        (lt, events.c.created_at, wanted.until),
        (lt, event_chain.c.number, wanted.before),
    ):
        if value is not None:
            yield compare(column, value)


async def count_unlinked(connection: AsyncConnection) -> int:
    """Return how many events are neither in the chain nor on their way into it."""
    query = (
        select(func.count())
        .select_from(events)
        .outerjoin(event_chain, event_chain.c.event_id == events.c.id)
        .outerjoin(outbox, outbox.c.event_id == events.c.id)
        .where(event_chain.c.number.is_(None), outbox.c.seq.is_(None))
    )
    return int((await connection.execute(query)).scalar_one())


async def forget_origins(connection: AsyncConnection, before: datetime) -> int:
    """Forget from where events came that are older; return of how many."""
    done = await connection.execute(
        delete(event_origins).where(event_origins.c.created_at < before)
    )
    return int(done.rowcount)


def _rows(*, is_outer: bool = False) -> Select[Any]:
    return (
        select(
            event_chain,
            events,
            event_origins.c.address,
            event_origins.c.agent,
            event_origins.c.request_id,
            event_origins.c.salt,
        )
        .join(events, events.c.id == event_chain.c.event_id, isouter=is_outer)
        .join(event_origins, event_origins.c.event_id == event_chain.c.event_id, isouter=True)
    )


def _row(row: DatabaseRow[Any]) -> Row:
    return Row(
        link=Link(row.number, row.event_id, row.origin_digest, row.hash),
        event=None if row.id is None else read_event(row),
        origin=None if row.salt is None else _origin(row),
    )


def _origin(row: DatabaseRow[Any]) -> Origin:
    return Origin(row.address, row.agent, row.request_id, row.salt)
