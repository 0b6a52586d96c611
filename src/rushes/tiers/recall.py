"""Recall: what is read and not on the edge comes there, once, however many ask.

    read elsewhere ──> wish: the row, one event ──> one job ──> claim, copy, prove ──> present

1. The row is the single flight: of any number of readers in any number of processes one finds it
   unasked, and its event starts one job.
2. Nobody waits for it: readers have the archive's copy meanwhile.
3. What failed is tried again later each time, up to an hour; the archive answers until then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.tiers import recall_records
from rushes.tiers.budget import Budget
from rushes.tiers.copy import Keeper, edge_key_of
from rushes.tiers.placement import NotWanted, Tier
from rushes.tiers.recall_records import Wish
from rushes.tiers.sources import Given

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)
MOST_DOUBLINGS: Final = 6

FindSource = Callable[[str], Awaitable[Given]]
"""Where the bytes of an object can be read, but on the edge."""


@dataclass(frozen=True, slots=True)
class Recalling:
    """Brings renditions back to the edge."""

    database: Database
    clock: Clock
    keeper: Keeper
    source: FindSource
    budget: Budget | None = None
    """What may leave the archive; None is any number of bytes."""

    async def want(
        self,
        object_ids: Collection[str],
        *,
        actor: str = SYSTEM_ACTOR,
        at_once: bool = False,
    ) -> Sequence[Wish]:
        """Wish for renditions that are not on the edge; return whose wish is new.

        Args:
            object_ids: ids of renditions; what is unknown, there, or on its way is passed over.
            actor: who asks.
            at_once: also where it failed a short while ago; what has just left rests a minute.
        """
        if not at_once and self.budget is not None and await self.budget.is_over():
            return ()  # readers have the archive's copy, or a smaller quality
        async with self.database.reading() as connection:
            unplaced = await recall_records.list_unplaced(connection, object_ids)
        for object_id in unplaced:
            with contextlib.suppress(NotWanted):  # it was removed meanwhile
                rendition, thing = await self.keeper.find_thing(object_id)
                key = edge_key_of(rendition, thing.shelf).text
                await self.keeper.wish(thing, Tier.EDGE, key)
        async with self.database.transaction() as connection:
            wishes = await recall_records.wish(
                connection, object_ids, self.clock.now(), at_once=at_once
            )
            for wish in wishes:
                await self._tell(connection, wish, actor)
        return wishes

    async def fill(self, object_id: str) -> None:
        """Bring a rendition to the edge; a second call finds it there.

        Raises:
            NotWanted: the rendition was removed.
            PlacementClaimed: another worker is at it, and longer than a claim lasts.
            NoCopy, Full, Unreachable, Broken: a store failed; nothing is half there.
        """
        rendition, thing = await self.keeper.find_thing(object_id)
        thing = replace(thing, told=EventType.PLACEMENT_RECALLED)
        key = edge_key_of(rendition, thing.shelf).text
        await self.keeper.keep(thing, Tier.EDGE, key, lambda: self.source(object_id))

    async def postpone(self, object_id: str) -> None:
        """Note that filling failed, and wait twice as long as the last time before the next."""
        async with self.database.transaction() as connection:
            tries = await recall_records.count_tries(connection, object_id)
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries, MOST_DOUBLINGS))
            await recall_records.postpone(connection, object_id, self.clock.now() + pause)

    async def _tell(self, connection: Connection, wish: Wish, actor: str) -> None:
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.PLACEMENT_WISHED,
            created_at=now,
            actor=actor,
            subject=wish.object_id,
            data={
                "content_id": wish.content_id,
                "tier": "edge",
                "generation": wish.generation,
                "size_bytes": wish.size_bytes,
            },
        )
        await outbox.record(connection, event)
