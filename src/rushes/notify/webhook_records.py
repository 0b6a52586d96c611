"""The queries of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row

from rushes.db.engine import Connection
from rushes.db.notify_tables import webhook_deliveries, webhooks
from rushes.db.statements import After, hold_revision, newest_first, values_of
from rushes.notify.delivery import State
from rushes.notify.endpoint import Endpoint


async def record_webhook(connection: Connection, endpoint: Endpoint) -> None:
    """Insert a webhook."""
    await connection.execute(insert(webhooks).values(**values_of(endpoint)))


async def find_webhook(connection: Connection, webhook_id: str) -> Endpoint | None:
    """Return a webhook."""
    query = select(webhooks).where(webhooks.c.id == webhook_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _endpoint(row)


async def list_webhooks(connection: Connection, after: After, limit: int) -> list[Endpoint]:
    """Return a page of webhooks, newest first."""
    query = newest_first(select(webhooks), webhooks, after, limit)
    return [_endpoint(row) for row in await connection.execute(query)]


async def list_all(connection: Connection) -> list[Endpoint]:
    """Return every webhook, oldest first; none of them is deleted until the transaction ends."""
    query = select(webhooks).order_by(webhooks.c.id).with_for_update(read=True, key_share=True)
    return [_endpoint(row) for row in await connection.execute(query)]


async def list_with_due(connection: Connection, now: datetime) -> list[Endpoint]:
    """Return the webhooks that are not paused and for which something is due, oldest first."""
    due = (
        select(webhook_deliveries.c.id)
        .where(
            webhook_deliveries.c.endpoint_id == webhooks.c.id,
            webhook_deliveries.c.state == State.WAITING.value,
            webhook_deliveries.c.due_at <= now,
        )
        .exists()
    )
    query = select(webhooks).where(webhooks.c.paused_at.is_(None), due).order_by(webhooks.c.id)
    return [_endpoint(row) for row in await connection.execute(query)]


async def change_webhook(
    connection: Connection, webhook_id: str, values: Mapping[str, object]
) -> None:
    """Write some columns of a webhook."""
    known = dict(values) | {"revision": webhooks.c.revision + 1}
    await connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**known))


async def hold_webhook(connection: Connection, webhook_id: str, revision: int | None) -> bool:
    """Say whether a webhook is as it was read, and keep it so until the commit."""
    return await hold_revision(connection, webhooks, webhook_id, revision)


async def pause_webhook(
    connection: Connection, webhook_id: str, now: datetime, because: str
) -> bool:
    """Pause a webhook that is not paused; say whether it was so."""
    done = await connection.execute(
        update(webhooks)
        .where(webhooks.c.id == webhook_id, webhooks.c.paused_at.is_(None))
        .values(paused_at=now, paused_because=because)
    )
    return done.rowcount == 1


async def delete_webhook(connection: Connection, webhook_id: str) -> None:
    """Forget a webhook, and what was on its way there."""
    held = select(webhooks.c.id).where(webhooks.c.id == webhook_id).with_for_update()
    await connection.execute(held)  # nothing is put on its way there meanwhile
    mine = webhook_deliveries.c.endpoint_id == webhook_id
    await connection.execute(delete(webhook_deliveries).where(mine))
    await connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))


def _endpoint(row: Row[Any]) -> Endpoint:
    known = {one.name: getattr(row, one.name) for one in fields(Endpoint)}
    projects = row.project_ids
    known["events"] = tuple(row.events)
    known["project_ids"] = None if projects is None else tuple(projects)
    return Endpoint(**known)
