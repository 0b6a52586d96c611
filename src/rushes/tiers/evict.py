"""Evict: what nobody watches leaves the edge, and no viewer is cut off.

    present ──marked──> evicting ──grace──> archive asked ──> claimed, deleted ──> absent
                           └─── read, or the archive in doubt ──> present

1. What is marked is in no route; addresses that were given out before end within the grace, and
   whoever reads it meanwhile reads the archive's copy, and brings this one back.
2. The archive is asked again right before: its row is present and proved, of the same digest, in
   another store, and the store says now that the object is there, as large and unchanged.
3. The delete of a worker that was thought dead comes too late for nobody: it is sent within ten
   seconds of its claim, and what has left is not filled again for a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import RushesError
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.stores.filesystem import FolderStore
from rushes.stores.store import NotFound, Vault
from rushes.tiers import eviction_records, records
from rushes.tiers.edge import Further, store_at
from rushes.tiers.eviction_records import Leaving
from rushes.tiers.noting import delete
from rushes.tiers.placement import Tier

GRACE: Final = timedelta(minutes=16)
"""A minute longer than an address of a bucket is good for."""

LOOK_SECONDS: Final = 30.0
SENT_WITHIN_SECONDS: Final = 10.0
DELETE_SECONDS: Final = 15.0

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Marked:
    """How much was marked to leave."""

    objects: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Evicting:
    """Carries out what was decided; one runs beside each worker."""

    database: Database
    clock: Clock
    archive: Vault
    edge: Vault
    grace: timedelta = GRACE
    further: Further = field(default_factory=dict)

    async def mark(
        self, reasons: Mapping[str, str], *, read_within: timedelta | None = None
    ) -> Marked:
        """Take placements out of every route, by their ids with why; return how many went.

        Those stay that are pinned, that the archive has no proved copy of, and those that were
        read within `read_within`.
        """
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            read_before = None if read_within is None else now - read_within
            marked = await eviction_records.mark(connection, reasons, now, read_before=read_before)
        return Marked(len(marked), sum(size_bytes for _, size_bytes in marked))

    async def run(self) -> None:
        """Delete what has waited long enough, until cancelled."""
        while True:
            try:
                await self.finish_due()
            except RushesError as error:
                LOG.warning("nothing leaves the edge for now: %s", error)
            await asyncio.sleep(min(LOOK_SECONDS, self.grace.total_seconds() / 4))

    async def finish_due(self) -> int:
        """Delete what was marked a grace ago and nobody has read since; return how many left.

        Each edge has a page of its own: what one that is away does not let go keeps no other full.
        """
        left = 0
        for tier in (Tier.EDGE, *self.further):
            async with self.database.reading() as connection:
                now = await records.read_clock(connection, self.clock.now())
                due = await eviction_records.list_due(connection, tier, now - self.grace, now)
            left += sum([await self._try(leaving) for leaving in due])
        return left

    async def _try(self, leaving: Leaving) -> bool:
        """Let the trouble of one object stop no other."""
        try:
            return await self._finish(leaving)
        except (RushesError, OSError, TimeoutError) as error:
            LOG.warning("%s does not leave the edge for now: %s", leaving.object_id, error)
            return False

    async def _finish(self, leaving: Leaving) -> bool:
        """Delete one object, or bring it back; say whether it left."""
        edge = store_at(leaving.tier, self.edge, self.further)
        is_wanted = leaving.may_stay and leaving.was_read
        if is_wanted or not await self._is_archived(leaving, edge):
            async with self.database.transaction() as connection:
                await eviction_records.keep(connection, leaving)
            return False
        begun = asyncio.get_running_loop().time()
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            held = await eviction_records.claim(connection, leaving, now)
        if held is None or asyncio.get_running_loop().time() - begun > SENT_WITHIN_SECONDS:
            return False
        async with asyncio.timeout(DELETE_SECONDS):
            await delete(edge, held.tier, held.key, because=held.reason)
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            has_left = await eviction_records.write_gone(connection, held, now)
            if has_left:
                await self._tell(connection, held)
        return has_left

    async def _is_archived(self, leaving: Leaving, edge: Vault) -> bool:
        """Say whether the archive surely holds the same object, by its row and a look now."""
        if leaving.archive_key is None or _is_same_store(self.archive, edge):
            return False
        try:
            found = await self.archive.head(leaving.archive_key)
        except NotFound:
            LOG.error("the archive lacks %s; the edge keeps it", leaving.archive_key)  # noqa: TRY400 - told
            return False
        except RushesError as error:
            LOG.warning("the archive cannot be asked; the edge keeps what it has: %s", error)
            return False
        is_unchanged = leaving.archive_version in {None, found.version}
        return found.size_bytes == leaving.size_bytes and is_unchanged

    async def _tell(self, connection: Connection, gone: Leaving) -> None:
        now = self.clock.now()
        assets = await library_records.list_of_content(connection, gone.content_id)
        place: dict[str, object] = {}
        if assets:
            project = await access_records.get_project(connection, assets[0].project_id)
            place = {
                "asset_id": assets[0].id,
                "client": project.client_slug,
                "project": project.project_slug,
            }
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.PLACEMENT_EVICTED,
            created_at=now,
            actor=SYSTEM_ACTOR,
            subject=gone.object_id,
            project_id=assets[0].project_id if assets else None,
            asset_id=assets[0].id if assets else None,
            data={
                **place,
                "content_id": gone.content_id,
                "tier": gone.tier.value,
                "key": gone.key,
                "size_bytes": gone.size_bytes,
                "reason": gone.reason,
            },
        )
        await outbox.record(connection, event)


def _is_same_store(one: Vault, other: Vault) -> bool:
    if isinstance(one, FolderStore) and isinstance(other, FolderStore):
        return one.root == other.root
    return one is other
