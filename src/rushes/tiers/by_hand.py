"""By hand: what an admin does with one asset's copies, whatever the rules say; each is told.

Pictures stay where they are: pages need them, and they are small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from rushes import ids
from rushes.access.permit import Actor, Verb, permit
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import Kind, RushesError
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.library.asset import Asset, AssetNotFound
from rushes.renditions import records as rendition_records
from rushes.renditions.rendition import PLAYED, State
from rushes.tiers import eviction_records, read_records, records
from rushes.tiers.evict import Evicting, Marked
from rushes.tiers.recall import Recalling
from rushes.tiers.recall_records import Wish

ASKED: Final = "asked by hand"
FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a pin that has none; the last days of that year are another year elsewhere."""


class QualityUnknown(RushesError):
    """The asset has no such quality that could be moved."""

    code = "tier.quality_unknown"
    kind = Kind.MISSING


@dataclass(frozen=True, slots=True)
class ByHand:
    """Does what an admin asks."""

    database: Database
    clock: Clock
    recalling: Recalling
    evicting: Evicting

    async def recall(
        self, actor: Actor, asset_id: str, quality: str | None = None
    ) -> Sequence[Wish]:
        """Bring the qualities of an asset, or one, to the edge; return what is on its way now.

        What was to leave stays, and needs no way; what has left within the last minute rests first.

        Raises:
            AssetNotFound, Forbidden: it is not theirs to do this with.
            QualityUnknown: there is no such quality.
        """
        chosen = await self.choose(actor, asset_id, quality)
        async with self.database.transaction() as connection:
            await read_records.spare(connection, chosen)
        return await self.recalling.want(chosen, actor=actor.id, at_once=True)

    async def evict(self, actor: Actor, asset_id: str, quality: str | None = None) -> Marked:
        """Let the qualities of an asset, or one, leave the edge; who watches is not cut off.

        What is pinned stays, and what the archive has no proved copy of.

        Raises:
            AssetNotFound, Forbidden, QualityUnknown: as for `recall`.
        """
        chosen = await self.choose(actor, asset_id, quality)
        async with self.database.reading() as connection:
            places = [
                place
                for object_id in chosen
                for place in await records.list_of_object(connection, object_id)
                if place.tier.is_edge
            ]
        return await self.evicting.mark({place.id: ASKED for place in places})

    async def pin(
        self,
        actor: Actor,
        asset_id: str,
        *,
        until: datetime | None = None,
        is_pinned: bool = True,
    ) -> int:
        """Keep an asset on the edge until then, or for ever; or let the rules decide again.

        Returns how many objects are there. What was to leave stays; what is not on the edge is
        not brought there.

        Raises:
            AssetNotFound, Forbidden: it is not theirs to do this with.
        """
        chosen = await self.choose(actor, asset_id, None)
        end = (until or FOREVER) if is_pinned else None
        async with self.database.transaction() as connection:
            asset = await library_records.find_asset(connection, asset_id)
            if end is not None:
                await read_records.spare(connection, chosen)
            count = await eviction_records.write_pin(connection, chosen, end)
            if asset is not None:
                await self._tell(connection, actor, asset, end)
        return count

    async def choose(self, actor: Actor, asset_id: str, quality: str | None) -> list[str]:
        """Return the qualities of an asset, or one, by the ids of their renditions.

        Raises:
            AssetNotFound, Forbidden: it is not theirs to do this with.
            QualityUnknown: there is no such quality.
        """
        unknown = AssetNotFound("There is no such asset. Check its id.")
        async with self.database.reading() as connection:
            asset = await library_records.find_asset(connection, asset_id)
            if asset is None:
                raise unknown
            permit(actor, Verb.RUN_TIERS, asset.project_id, missing=unknown)
            made = await rendition_records.list_of_content(connection, asset.content_id)
        played = [each for each in made if each.kind in PLAYED and each.state is State.READY]
        chosen = [each.id for each in played if quality in {None, each.name}]
        if quality is not None and not chosen:
            raise QualityUnknown("The asset has no such quality. Its renditions tell which it has.")
        return chosen

    async def _tell(
        self, connection: Connection, actor: Actor, asset: Asset, until: datetime | None
    ) -> None:
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.PLACEMENT_PINNED,
            created_at=now,
            actor=actor.id,
            subject=asset.id,
            project_id=asset.project_id,
            asset_id=asset.id,
            data={"asset_id": asset.id, "until": None if until is None else until.isoformat()},
        )
        await outbox.record(connection, event)
