"""How this room tells what happened: an event beside each change."""

from __future__ import annotations

from rushes import ids
from rushes.access.project import Project
from rushes.clock import Clock
from rushes.db.engine import Connection
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix


async def tell(
    connection: Connection,
    clock: Clock,
    what: EventType,
    *,
    actor_id: str,
    subject: str,
    project: Project | None = None,
    **facts: object,
) -> None:
    """Record an event in the transaction of its change; `facts` are plain JSON values."""
    now = clock.now()
    place: dict[str, object] = {}
    if project is not None:
        place = {"client": project.client_slug, "project": project.project_slug}
    event = Event(
        id=ids.new(Prefix.EVENT, now, clock.entropy(ENTROPY_BYTES)),
        type=what,
        created_at=now,
        actor=actor_id,
        subject=subject,
        project_id=None if project is None else project.id,
        data=place | facts,
    )
    await outbox.record(connection, event)


def new_id(prefix: Prefix, clock: Clock) -> str:
    """Return a new id by this clock."""
    return ids.new(prefix, clock.now(), clock.entropy(ENTROPY_BYTES))
