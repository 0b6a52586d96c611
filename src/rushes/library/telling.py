"""How this room tells what people did with an asset: an event beside each change."""

from __future__ import annotations

from dataclasses import dataclass

from rushes import ids
from rushes.access.project import Project
from rushes.clock import Clock
from rushes.db.engine import Connection
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library.asset import Asset


@dataclass(frozen=True, slots=True)
class Telling:
    """What somebody does."""

    clock: Clock
    actor_id: str

    async def tell(
        self,
        connection: Connection,
        what: EventType,
        asset: Asset,
        project: Project,
        **facts: object,
    ) -> None:
        """Record an event of an asset in the transaction of its change; `facts` are plain JSON."""
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=what,
            created_at=now,
            actor=self.actor_id,
            subject=asset.id,
            project_id=asset.project_id,
            asset_id=asset.id,
            data={
                "asset_id": asset.id,
                "content_id": asset.content_id,
                "client": project.client_slug,
                "project": project.project_slug,
                "file_name": asset.file_name,
                **facts,
            },
        )
        await outbox.record(connection, event)
