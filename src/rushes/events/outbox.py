"""The outbox: an event is written in the transaction of its change, and relayed after it.

`record` is called with the connection of the change, so both are kept or neither is. The relay
starts what follows first and deletes the outbox row second: after a crash between the two the same
start is asked for again, and does nothing, because a workflow's id runs once for ever.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, or_, select, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.audit_tables import event_origins
from rushes.db.direct import TOLD
from rushes.db.tables import events, outbox
from rushes.events.event import INTERNAL, Event, EventType
from rushes.events.origin import find_caller

SALT_BYTES: Final = 16
_UNRELAYED: Final = (  # once, as it is asked for after each commit
    select(outbox.c.seq.label("number"), events)
    .join(events, events.c.id == outbox.c.event_id)
    .where(
        outbox.c.seq > bindparam("after"), events.c.type.in_([known.value for known in EventType])
    )
    .order_by(outbox.c.seq)
    .limit(bindparam("most"))
    .with_for_update(of=outbox, skip_locked=True)
)
WAKE = "rushes_outbox"
"""The PostgreSQL channel that wakes relays of other processes."""


async def record(connection: AsyncConnection, event: Event) -> None:
    """Write the event and its outbox row in the caller's transaction."""
    await connection.execute(
        insert(events).values(
            id=event.id,
            type=event.type.value,
            created_at=event.created_at,
            actor=event.actor,
            subject=event.subject,
            project_id=event.project_id,
            asset_id=event.asset_id,
            data=dict(event.data),
        )
    )
    await connection.execute(insert(outbox).values(event_id=event.id))
    caller = find_caller()
    if caller is not None:
        await connection.execute(
            insert(event_origins).values(
                event_id=event.id,
                address=caller.address,
                agent=caller.agent,
                request_id=caller.request_id,
                salt=os.urandom(SALT_BYTES),
                created_at=event.created_at,
            )
        )
    await wake_after(connection)


async def wake_after(connection: AsyncConnection) -> None:
    """Let workers look when the caller's transaction is committed."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"NOTIFY {WAKE}"))
    (await connection.get_raw_connection()).info[TOLD] = True


async def list_unrelayed(
    connection: AsyncConnection, limit: int, *, after: int = 0
) -> list[tuple[int, Event]]:
    """Return the oldest events that wait, with their outbox numbers, beyond the number `after`.

    On PostgreSQL rows that another relay holds are passed over; ours are held until the end of
    the transaction. Events of a type that only a newer version knows wait for its workers.
    """
    found = await connection.execute(_UNRELAYED, {"after": after, "most": limit})
    return [(row.number, read_event(row)) for row in found]


async def delete_relayed(connection: AsyncConnection, numbers: list[int]) -> None:
    """Forget outbox rows whose events were relayed."""
    await connection.execute(delete(outbox).where(outbox.c.seq.in_(numbers)))


async def list_events(
    connection: AsyncConnection,
    *,
    asset_id: str | None = None,
    project_ids: list[str] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[tuple[int, Event]]:
    """Return events, newest first, with their sequence numbers; `project_ids` None means all."""
    hidden = [what.value for what in INTERNAL]
    query = select(events).where(events.c.type.not_in(hidden))
    query = query.order_by(events.c.seq.desc()).limit(limit)
    if asset_id is not None:
        query = query.where(events.c.asset_id == asset_id)
    if project_ids is not None:
        query = query.where(events.c.project_id.in_(project_ids))
    if before is not None:
        query = query.where(events.c.seq < before)
    return [(row.seq, read_event(row)) for row in (await connection.execute(query)).all()]


async def find_last_number(connection: AsyncConnection) -> int:
    """Return the highest sequence number of an event, or 0."""
    return (await connection.execute(select(func.max(events.c.seq)))).scalar_one() or 0


async def list_after(
    connection: AsyncConnection, number: int, limit: int, missing: Collection[int] = ()
) -> list[tuple[int, Event]]:
    """Return events beyond a sequence number, and of the `missing` ones those that came late.

    They come lowest first; those of a type that only a newer version knows are passed over.
    """
    wanted = events.c.seq > number
    if missing:
        wanted = or_(wanted, events.c.seq.in_(missing))
    known = events.c.type.in_([each.value for each in EventType])
    query = select(events).where(wanted, known).order_by(events.c.seq).limit(limit)
    return [(row.seq, read_event(row)) for row in (await connection.execute(query)).all()]


async def list_newest(
    connection: AsyncConnection, event_type: str, project_ids: list[str] | None, limit: int
) -> list[Event]:
    """Return the newest events of a type; `project_ids` None means of all."""
    query = select(events).where(events.c.type == event_type)
    if project_ids is not None:
        query = query.where(events.c.project_id.in_(project_ids))
    rows = await connection.execute(query.order_by(events.c.seq.desc()).limit(limit))
    return [read_event(row) for row in rows]


async def find_events(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Event]:
    """Return events by their ids; of a type that only a newer version knows there are none."""
    query = select(events).where(
        events.c.id.in_(ids), events.c.type.in_([known.value for known in EventType])
    )
    return {row.id: read_event(row) for row in await connection.execute(query)}


def read_event(row: Row[Any]) -> Event:
    """Return the event of a row of the table."""
    return Event(
        id=row.id,
        type=EventType(row.type),
        created_at=row.created_at,
        actor=row.actor,
        subject=row.subject,
        project_id=row.project_id,
        asset_id=row.asset_id,
        data=row.data,
    )
