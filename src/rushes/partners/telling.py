"""How this room tells what happened: an event beside each change."""

from __future__ import annotations

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.partners.copy import PartnerCopy


async def tell(
    connection: Connection,
    clock: Clock,
    what: EventType,
    copy: PartnerCopy,
    actor_id: str = SYSTEM_ACTOR,
) -> None:
    """Record an event of an asset at a partner in the transaction of its change."""
    now = clock.now()
    project = await access_records.find_project(connection, copy.project_id)
    place: dict[str, object] = {}
    if project is not None:
        place = {"client": project.client_slug, "project": project.project_slug}
    trouble = {} if copy.error_code is None else {"code": copy.error_code}
    event = Event(
        id=ids.new(Prefix.EVENT, now, clock.entropy(ENTROPY_BYTES)),
        type=what,
        created_at=now,
        actor=actor_id,
        subject=copy.id,
        project_id=copy.project_id,
        asset_id=copy.asset_id,
        data={**place, "asset_id": copy.asset_id, "partner": copy.partner.value, **trouble},
    )
    await outbox.record(connection, event)
