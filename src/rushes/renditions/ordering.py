"""Order what rests: somebody asked for a quality that is made only then.

However many ask at once, one of them moves the row and tells of it; the others find it wanted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.library.asset import Asset
from rushes.renditions import records
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import State, Step, after


@dataclass(frozen=True, slots=True)
class Ordering:
    """Orders renditions; a job makes them."""

    database: Database
    clock: Clock

    async def order(
        self, content_id: str, names: Collection[str], actor_id: str = SYSTEM_ACTOR
    ) -> list[str]:
        """Have those of these that rest made; return the names of those that nobody had ordered."""
        async with self.database.transaction() as connection:
            content = await library_records.find_identity(connection, content_id)
            if content is None or content.is_unread:
                return []  # nothing is kept of bytes that nobody has read
            rows = await records.list_of_content(connection, content_id)
            resting = [row for row in rows if row.name in names and row.state is State.RESTING]
            ordered = [row for row in resting if await self._order(connection, row)]
            if ordered:
                told = [row.name for row in ordered]
                await tell_wanted(connection, self.clock, content_id, told, actor_id)
        return [row.name for row in ordered]

    async def _order(self, connection: Connection, row: Rendition) -> bool:
        state = after(row.state, Step.ORDER)
        return await records.change_state(connection, row, state, now=self.clock.now())


async def tell_wanted(
    connection: Connection, clock: Clock, content_id: str, names: Collection[str], actor_id: str
) -> str | None:
    """Tell that these of a content are to be made; return the id of the event.

    It is told once, of the oldest asset that has the content; None where none has it any more.
    """
    assets = await library_records.list_of_content(connection, content_id)
    if not assets:
        return None
    event = await _event(connection, clock, assets[0], names, actor_id)
    await outbox.record(connection, event)
    return event.id


async def _event(
    connection: Connection, clock: Clock, asset: Asset, names: Collection[str], actor_id: str
) -> Event:
    project = await access_records.get_project(connection, asset.project_id)
    now = clock.now()
    return Event(
        id=ids.new(Prefix.EVENT, now, clock.entropy(ENTROPY_BYTES)),
        type=EventType.RENDITION_WANTED,
        created_at=now,
        actor=actor_id,
        subject=asset.id,
        project_id=asset.project_id,
        asset_id=asset.id,
        data={
            "asset_id": asset.id,
            "content_id": asset.content_id,
            "client": project.client_slug,
            "project": project.project_slug,
            "qualities": sorted(names),
        },
    )
