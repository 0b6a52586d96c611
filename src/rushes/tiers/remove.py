"""Remove what nobody wants: the objects of a content that no asset has any more.

1. The rows of the content go first, in the transaction that finds no asset: from then on equal
   bytes that arrive are a new content with keys of its own.
2. Then the objects go, the edge first; then the placements, which until then tell a restarted
   worker what is left to do.
3. What the archive's store bills until the end of a minimum duration stays there until then: it
   costs the same. `purge` lets it go at once.
4. What others put into the archive stays there, unless a person let it go with its asset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from rushes.clock import SYSTEM, Clock
from rushes.db.engine import Database
from rushes.library import records as library_records
from rushes.renditions import records as rendition_records
from rushes.renditions import wish_records
from rushes.renditions.versions import list_superseded
from rushes.stores.scratch import Scratch
from rushes.stores.store import Vault
from rushes.tiers import movement_records, records, removal_records
from rushes.tiers.edge import Further
from rushes.tiers.foreign import list_theirs, remove_let_go
from rushes.tiers.noting import delete
from rushes.tiers.placement import Placement, State, Tier

PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Remover:
    """Removes objects, because a person removed their assets."""

    database: Database
    archive: Vault
    edge: Vault
    scratch: Scratch
    watched_for: timedelta = timedelta(hours=24)
    """How long an address of a file is used after a newer file is there."""
    min_days: int = 0
    """For how long the archive's store bills an object at least."""
    clock: Clock = SYSTEM
    former: Vault | None = None
    """The store from which the archive moves."""
    further: Further = field(default_factory=dict)

    async def is_had(self, content_id: str) -> bool:
        """Say whether an asset has this content."""
        async with self.database.reading() as connection:
            return bool(await library_records.list_of_content(connection, content_id))

    async def remove_content(self, content_id: str, *, purge: bool = False) -> bool:
        """Remove original, renditions and rows of a content unless an asset still has it.

        A second call goes on where the first one ended. Returns whether nothing of it is wanted;
        without `purge` objects may wait for the end of their minimum.
        """
        async with self.database.transaction() as connection:
            if await library_records.list_of_content(connection, content_id):
                return False
            content = await library_records.find_content(connection, content_id)
            await records.condemn(connection, content_id)
            await wish_records.delete_of_content(connection, content_id)
            await rendition_records.delete_of_content(connection, content_id)
            await movement_records.delete_blocks(connection, content_id)
            await library_records.delete_content(connection, content_id)
            if content is not None:
                await records.delete_block_digests(connection, content.upload_id)
            left = await records.list_of_content(connection, content_id)
        late = {} if purge else await self._find_late(left)
        await self._remove_objects([each for each in left if each.id not in late])
        if content is not None:
            await self.scratch.forget(content.upload_id)
        for each in left:
            await self.scratch.forget(each.object_id)
        async with self.database.transaction() as connection:
            gone = [each.id for each in left if each.id not in late]
            await records.delete_placements(connection, gone)
            await removal_records.forget_late(connection, gone)
            await removal_records.record_late(connection, late)
        await remove_let_go(self.database, self.archive)
        return True

    async def remove_superseded(self, now: datetime) -> int:
        """Remove files that newer ones have followed, once nobody can be watching them any more.

        Returns how many. The objects go first; a row whose objects are gone in part is met again.
        """
        before = now - self.watched_for
        async with self.database.reading() as connection:
            twofold = await rendition_records.list_twofold(connection, before, PAGE)
        gone = 0
        for content_id in twofold:
            async with self.database.reading() as connection:
                rows = await rendition_records.list_of_content(connection, content_id)
            for row in list_superseded(rows, before):
                await self._remove_rendition(row.id)
                gone += 1
        return gone

    async def _remove_rendition(self, rendition_id: str) -> None:
        async with self.database.reading() as connection:
            left = await records.list_of_object(connection, rendition_id)
        await self._remove_objects(left)
        await self.scratch.forget(rendition_id)
        async with self.database.transaction() as connection:
            await records.delete_placements(connection, [placement.id for placement in left])
            await rendition_records.delete_renditions(connection, [rendition_id])

    async def _remove_objects(self, left: Sequence[Placement]) -> None:
        stores = {Tier.EDGE: self.edge, **self.further, Tier.FORMER: self.former}
        stores[Tier.ARCHIVE] = self.archive
        known = [each for each in left if not _may_be_others(each, left)]
        for tier, store in stores.items():
            keys = [each.key for each in known if each.tier is tier]
            if store is None or not keys:
                continue
            theirs = set() if tier.is_edge else await list_theirs(self.database, store, keys)
            for key in keys:
                if key not in theirs:
                    await delete(store, tier, key, because="nobody has it any more")

    async def _find_late(self, left: Sequence[Placement]) -> dict[str, datetime]:
        """Return until when objects of the archive stay, by placement."""
        if not self.min_days:
            return {}
        now, minimum = self.clock.now(), timedelta(days=self.min_days)
        kept = [each for each in left if each.tier is Tier.ARCHIVE]
        there = [each.id for each in kept if each.state is State.EVICTING]
        theirs = await list_theirs(self.database, self.archive, [each.key for each in kept])
        async with self.database.reading() as connection:
            ends = await removal_records.list_ends(connection, there, minimum)
        ours = {each.id for each in kept if each.key not in theirs}
        return {each: end for each, end in ends.items() if end > now and each in ours}

    async def remove_orphans(self) -> int:
        """Finish removals that a crash interrupted, or whose time has come; return how many."""
        async with self.database.reading() as connection:
            orphans = await removal_records.list_orphans(connection, self.clock.now(), PAGE)
        for content_id in orphans:
            await self.remove_content(content_id)
        await remove_let_go(self.database, self.archive)
        return len(orphans)


def _may_be_others(place: Placement, left: Sequence[Placement]) -> bool:
    """Say whether nothing of ours was said to be at a key of the store to which the archive moves.

    Others put things there as well: what lies at it may be theirs.
    """
    return (
        place.tier is Tier.ARCHIVE
        and place.state is State.ABSENT
        and any(e.tier is Tier.FORMER and e.object_id == place.object_id for e in left)
    )
