"""Recall: what is read and not on the edge comes there, once, however many ask.

    read elsewhere ──> wish: the row, one event ──> one job ──> claim, copy, prove ──> present

1. The row is the single flight: of any number of readers in any number of processes one finds it
   unasked, and its event starts one job.
2. Nobody waits for it: readers have the archive's copy meanwhile.
3. What failed is tried again later each time, up to an hour; the archive answers until then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import Kind
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.jobs.engine import Engine
from rushes.jobs.job import StepFailed
from rushes.tiers import recall_records
from rushes.tiers.budget import Budget
from rushes.tiers.copy import Keeper, edge_key_of
from rushes.tiers.placement import NotWanted, Tier
from rushes.tiers.recall_records import Wish
from rushes.tiers.sources import Given

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)
MOST_DOUBLINGS: Final = 6
DAY_SECONDS: Final = 86_400.0


class FindSource(Protocol):
    """Says where the bytes of an object can be read, but on the edge that lacks them."""

    def __call__(self, object_id: str, /, *, but: Tier) -> Awaitable[Given]:
        """Return where."""


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
        tier: Tier = Tier.EDGE,
        actor: str = SYSTEM_ACTOR,
        at_once: bool = False,
    ) -> Sequence[Wish]:
        """Wish for renditions that are not on an edge; return whose wish is new.

        Args:
            object_ids: ids of renditions; what is unknown, there, or on its way is passed over.
            tier: the edge, that of the house or of a region.
            actor: who asks.
            at_once: also where it failed a short while ago; what has just left rests a minute.
        """
        if not at_once and self.budget is not None and await self.budget.is_over():
            return ()  # readers have the archive's copy, or a smaller quality
        async with self.database.reading() as connection:
            unplaced = await recall_records.list_unplaced(connection, object_ids, tier)
        for object_id in unplaced:
            with contextlib.suppress(NotWanted):  # it was removed meanwhile
                rendition, thing = await self.keeper.find_thing(object_id)
                key = edge_key_of(rendition, thing.shelf).text
                await self.keeper.wish(thing, tier, key)
        async with self.database.transaction() as connection:
            wishes = await recall_records.wish(
                connection, object_ids, self.clock.now(), tier, at_once=at_once
            )
            for wish in wishes:
                await self._tell(connection, wish, tier, actor)
        return wishes

    async def fill(self, object_id: str, edge: str = Tier.EDGE) -> None:
        """Bring a rendition to an edge, by its tier; a second call finds it there.

        Raises:
            NotWanted: the rendition was removed.
            PlacementClaimed: another worker is at it, and longer than a claim lasts.
            NoCopy, Full, Unreachable, Broken: a store failed; nothing is half there.
        """
        rendition, thing = await self.keeper.find_thing(object_id)
        thing = replace(thing, told=EventType.PLACEMENT_RECALLED)
        key, tier = edge_key_of(rendition, thing.shelf).text, Tier(edge)
        await self.keeper.keep(thing, tier, key, lambda: self.source(object_id, but=tier))

    async def postpone(self, object_id: str, edge: str = Tier.EDGE) -> None:
        """Note that filling failed, and wait twice as long as the last time before the next."""
        tier = Tier(edge)
        async with self.database.transaction() as connection:
            tries = await recall_records.count_tries(connection, object_id, tier)
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries, MOST_DOUBLINGS))
            await recall_records.postpone(connection, object_id, self.clock.now() + pause, tier)

    async def _tell(self, connection: Connection, wish: Wish, tier: Tier, actor: str) -> None:
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.PLACEMENT_WISHED,
            created_at=now,
            actor=actor,
            subject=wish.object_id,
            data={
                "content_id": wish.content_id,
                "tier": tier.value,
                "generation": wish.generation,
                "size_bytes": wish.size_bytes,
            },
        )
        await outbox.record(connection, event)


def tell_recall(engine: Engine, recalling: Recalling) -> None:
    """Tell the engine the workflow that fills an edge; its name stays, as open work bears it."""
    fill = engine.step("fill", timeout_seconds=DAY_SECONDS)(recalling.fill)
    postpone = engine.step("postpone")(recalling.postpone)

    @engine.workflow("recall")
    async def recall(object_id: str, edge: str = Tier.EDGE.value) -> None:
        try:
            await fill(object_id, edge)
        except StepFailed as failure:
            if failure.failed_kind is Kind.GONE:
                return
            await postpone(object_id, edge)
            raise
