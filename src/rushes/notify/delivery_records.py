"""The queries of deliveries: claimed for a while, written when tried, listed, and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.engine import Row

from rushes.db.engine import Connection
from rushes.db.notify_tables import webhook_deliveries as deliveries
from rushes.db.notify_tables import webhooks
from rushes.db.statements import After, insert_or, newest_first, values_of
from rushes.db.tables import events
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.notify.delivery import CLAIM, Delivery, State

_NAMES: Final = tuple(one.name for one in fields(Delivery))
_TRIED: Final = ("state", "attempts", "due_at", "status", "error", "words", "took_ms", "tried_at")
_WRITE_TRIED: Final = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("of_id"),
        deliveries.c.attempts == bindparam("of_attempts"),
        deliveries.c.state == State.WAITING.value,
    )
    .values({name: bindparam(f"new_{name}") for name in _TRIED})
)


async def record_deliveries(connection: Connection, made: Sequence[Delivery]) -> None:
    """Insert deliveries; one of the same event and endpoint stays as it is."""
    if made:
        statement = insert_or(connection, deliveries).on_conflict_do_nothing()
        await connection.execute(statement, [values_of(each) for each in made])


async def claim_due(
    connection: Connection, endpoint_id: str, now: datetime, limit: int
) -> list[tuple[Delivery, Event]]:
    """Take deliveries of an endpoint that are due, oldest first; nobody else gets them for a while.

    Rows that another worker takes in this moment are passed over.
    """
    due = (
        select(deliveries.c.id)
        .where(
            deliveries.c.endpoint_id == endpoint_id,
            deliveries.c.state == State.WAITING.value,
            deliveries.c.due_at <= now,
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await connection.execute(due)).scalars().all()
    if not ids:
        return []
    taken = deliveries.c.id.in_(ids)
    await connection.execute(update(deliveries).where(taken).values(due_at=now + CLAIM))
    rows = await connection.execute(select(deliveries).where(taken).order_by(deliveries.c.id))
    claimed = [_delivery(row) for row in rows]
    told = await outbox.find_events(connection, {each.event_id for each in claimed})
    return [(each, told[each.event_id]) for each in claimed if each.event_id in told]


async def write_tried(connection: Connection, tried: Sequence[Delivery]) -> None:
    """Write what attempts brought; what was replayed meanwhile goes its own way."""
    if tried:
        await connection.execute(_WRITE_TRIED, [_tried_values(each) for each in tried])


async def find_delivery(
    connection: Connection, endpoint_id: str, delivery_id: str
) -> Delivery | None:
    """Return a delivery of an endpoint."""
    query = select(deliveries).where(
        deliveries.c.id == delivery_id, deliveries.c.endpoint_id == endpoint_id
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _delivery(row)


async def list_deliveries(
    connection: Connection, endpoint_id: str, state: State | None, after: After, limit: int
) -> list[tuple[Delivery, EventType]]:
    """Return a page of an endpoint's deliveries with their events' types, newest first."""
    query = (
        select(deliveries, events.c.type)
        .join(events, events.c.id == deliveries.c.event_id)
        .where(deliveries.c.endpoint_id == endpoint_id)
    )
    if state is not None:
        query = query.where(deliveries.c.state == state.value)
    rows = await connection.execute(newest_first(query, deliveries, after, limit))
    return [(_delivery(row), EventType(row.type)) for row in rows]


async def write_replayed(connection: Connection, delivery: Delivery) -> None:
    """Let a delivery go out once more."""
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery.id)
        .values(state=delivery.state.value, attempts=delivery.attempts, due_at=delivery.due_at)
    )


async def replay_failed(
    connection: Connection, endpoint_id: str, since: datetime, now: datetime
) -> int:
    """Let all that failed since a moment go out once more; return how many."""
    done = await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.endpoint_id == endpoint_id,
            deliveries.c.state == State.FAILED.value,
            deliveries.c.created_at >= since,
        )
        .values(state=State.WAITING.value, attempts=0, due_at=now)
    )
    return int(done.rowcount)


async def count_by_state(connection: Connection, endpoint_ids: Sequence[str]) -> dict[str, Any]:
    """Return for each endpoint how many deliveries are in which state."""
    query = (
        select(deliveries.c.endpoint_id, deliveries.c.state, func.count().label("count"))
        .where(deliveries.c.endpoint_id.in_(endpoint_ids))
        .group_by(deliveries.c.endpoint_id, deliveries.c.state)
    )
    counts: dict[str, Any] = {each: {} for each in endpoint_ids}
    for row in await connection.execute(query):
        counts[row.endpoint_id][row.state] = row.count
    return counts


async def forget_old(connection: Connection, before: datetime) -> int:
    """Forget deliveries that were made before a moment; return how many.

    What still waits is kept, but not for a webhook that is paused.
    """
    paused = select(webhooks.c.id).where(webhooks.c.paused_at.is_not(None))
    is_over = or_(deliveries.c.state != State.WAITING.value, deliveries.c.endpoint_id.in_(paused))
    done = await connection.execute(
        delete(deliveries).where(deliveries.c.created_at < before, is_over)
    )
    return int(done.rowcount)


def _delivery(row: Row[Any]) -> Delivery:
    known = {name: getattr(row, name) for name in _NAMES}
    return Delivery(**known | {"state": State(row.state)})


def _tried_values(delivery: Delivery) -> dict[str, object]:
    values = values_of(delivery)
    told = {f"new_{name}": values[name] for name in _TRIED}
    return told | {"of_id": delivery.id, "of_attempts": delivery.attempts - 1}
