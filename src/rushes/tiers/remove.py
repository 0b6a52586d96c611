"""Remove what nobody wants: the objects of a content that no asset has any more.

1. The rows of the content go first, in the transaction that finds no asset: from then on equal
   bytes that arrive are a new content with keys of its own.
2. Then the objects go, the edge first; then the placements, which until then tell a restarted
   worker what is left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.db.engine import Database
from rushes.library import records as library_records
from rushes.renditions import records as rendition_records
from rushes.renditions import wish_records
from rushes.renditions.versions import list_superseded
from rushes.stores.scratch import Scratch
from rushes.stores.store import Vault
from rushes.tiers import movement_records, records
from rushes.tiers.placement import Placement, Tier

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

    async def remove_content(self, content_id: str) -> bool:
        """Remove original, renditions and rows of a content unless an asset still has it.

        A second call goes on where the first one ended. Returns whether nothing is left.
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
        await self._remove_objects(left)
        if content is not None:
            await self.scratch.forget(content.upload_id)
        async with self.database.transaction() as connection:
            await records.delete_placements(connection, [placement.id for placement in left])
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
        async with self.database.transaction() as connection:
            await records.delete_placements(connection, [placement.id for placement in left])
            await rendition_records.delete_renditions(connection, [rendition_id])

    async def _remove_objects(self, left: Sequence[Placement]) -> None:
        for placement in sorted(left, key=lambda each: each.tier is Tier.ARCHIVE):
            store = self.edge if placement.tier is Tier.EDGE else self.archive
            await store.delete(placement.key)
            await self.scratch.forget(placement.object_id)

    async def remove_orphans(self) -> int:
        """Finish removals that a crash interrupted; return how many contents."""
        async with self.database.reading() as connection:
            orphans = await records.list_orphans(connection, PAGE)
        for content_id in orphans:
            await self.remove_content(content_id)
        return len(orphans)
