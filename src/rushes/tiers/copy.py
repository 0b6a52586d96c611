"""Copy an object onto a tier: claimed, proved, then said.

1. A placement is claimed before a byte moves, and the claim is prolonged while it does; a killed
   copier's claim runs out, and whoever comes next begins again or finds the object whole.
2. The row says `present` only when the object is durable and its bytes are proved; the event
   stands in the same transaction.
3. An object that is there already under our key is read, and counts if its bytes are right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
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
from rushes.library.records import Content
from rushes.renditions import records as rendition_records
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import PLAYED
from rushes.renditions.rendition import State as RenditionState
from rushes.stores.blocks import BlockHasher, Fingerprint
from rushes.stores.filesystem import FolderStore
from rushes.stores.keys import Shelf, numbered, original_key, rendition_key
from rushes.stores.s3 import S3Store
from rushes.stores.store import Broken, Exists, NotFound, ObjectInfo, Vault
from rushes.tiers import growth_records, movement_records, records
from rushes.tiers.carry import Carrier
from rushes.tiers.claim import Claims, claim_lost
from rushes.tiers.edge import Bring, Edge
from rushes.tiers.flow import Flow
from rushes.tiers.foreign import name_of, require_ours
from rushes.tiers.growth_records import Copy
from rushes.tiers.keys import EdgeKey, edge_key
from rushes.tiers.placement import ClaimLost, NotWanted, Placement, State, Step, Tier
from rushes.tiers.sources import Given, fingerprint_of, is_at, open_source
from rushes.uploads import direct_records
from rushes.uploads.direct import require_store

KEYS_AT_MOST: Final = 100
"""Remade renditions of one name; more is a mistake somewhere."""

SpoolPath = Callable[[str], Awaitable[Path]]
"""Where the bytes of an upload lie, by its id."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object to keep, and what is known of it."""

    object_id: str
    content: Content
    shelf: Shelf
    project_id: str
    known: Fingerprint
    facts: dict[str, object]
    told: EventType = EventType.PLACEMENT_PRESENT
    may_replace: bool = True  # not where others put things as well


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps originals in the archive, and renditions there and on the edge."""

    database: Database
    clock: Clock
    archive: Vault
    edge: Edge
    spool_path: SpoolPath
    flow: Flow = field(default_factory=Flow)

    @property
    def claims(self) -> Claims:
        """How a placement is held while its object is copied."""
        return Claims(self.database, self.clock)

    async def keep_original(self, content_id: str) -> None:
        """Bring an original from the spool into the archive; a second call changes nothing.

        Raises:
            NotWanted: no asset has this content any more.
            PlacementClaimed: another worker is at it, and longer than a claim lasts.
            Full, Unreachable, Broken: the store failed; nothing is half there.
        """
        thing = await self.original_of(content_id)
        async with self.database.reading() as connection:
            begun = await growth_records.find_key(connection, thing.content.upload_id)
        await self.keep(
            thing,
            Tier.ARCHIVE,
            begun or original_key(thing.shelf, str(thing.facts["file_name"])),
            lambda: self.spool_path(thing.content.upload_id),
        )

    async def original_of(self, content_id: str) -> Thing:
        """Return what is known of an original.

        Raises:
            NotWanted: no asset has this content any more.
        """
        async with self.database.reading() as connection:
            content, shelf, project_id, name = await self._find_content(connection, content_id)
            blocks = await records.list_block_digests(connection, content.upload_id)
        known = Fingerprint(content.size_bytes, blocks or None, content.digest)
        facts: dict[str, object] = {"kind": "original", "file_name": name}
        return Thing(content.id, content, shelf, project_id, known, facts)

    async def thing_of(self, place: Placement) -> Thing:
        """Return what is known of the object of a placement.

        Raises:
            NotWanted: it is gone.
        """
        if place.object_id == place.content_id:
            return await self.original_of(place.content_id)
        return (await self.find_thing(place.object_id))[1]

    async def keep_rendition(self, rendition_id: str, path: Path) -> None:
        """Bring a finished rendition into the archive, and to the edge if it belongs there now.

        The file at `path` is never written again after this call: it may become the object itself.

        Raises:
            NotWanted: the rendition or its content is gone.
            Broken: the file is not what the rendition's row says.
        """
        rendition, thing = await self.find_thing(rendition_id, path)
        known = thing.known
        if rendition.digest not in {None, known.whole}:
            raise Broken("The file of a rendition is not what was made. Make it again.")
        if rendition.state is RenditionState.READY:
            await self._refuse_other(rendition_id, known)
        async with self.database.transaction() as connection:
            await movement_records.record_blocks(connection, rendition_id, thing.content.id, known)
        kept = await self.keep(
            thing,
            Tier.ARCHIVE,
            rendition_key(thing.shelf, rendition.file_name),
            lambda: _given(path),
        )
        key = edge_key_of(rendition, thing.shelf).text
        if self.edge.takes(rendition.kind, rendition.name):
            await self.keep(thing, Tier.EDGE, key, lambda: _given(self._near(kept, path)))
        else:
            await self.wish(thing, Tier.EDGE, key)

    async def find_thing(
        self, rendition_id: str, path: Path | None = None
    ) -> tuple[Rendition, Thing]:
        """Return a rendition and what is known of its file: by the file at `path`, or its row.

        Raises:
            NotWanted: the rendition or its content is gone, or its file is not made yet.
        """
        async with self.database.reading() as connection:
            rendition = await rendition_records.find_rendition(connection, rendition_id)
            if rendition is None:
                raise NotWanted("The rendition was removed; nothing of it is kept.")
            content, shelf, project_id, _ = await self._find_content(
                connection, rendition.content_id
            )
            if path is None and (rendition.size_bytes is None or rendition.digest is None):
                raise NotWanted("The rendition is not made yet; there is nothing to keep.")
            known = Fingerprint(rendition.size_bytes or 0, whole=rendition.digest)
            known = await movement_records.with_blocks(connection, rendition_id, known)
        if path is not None:
            known = await asyncio.to_thread(fingerprint_of, path)
        facts: dict[str, object] = {"kind": "rendition", "name": rendition.name}
        return rendition, Thing(rendition_id, content, shelf, project_id, known, facts)

    async def _refuse_other(self, rendition_id: str, known: Fingerprint) -> None:
        """What people may have seen is never replaced."""
        async with self.database.reading() as connection:
            kept = await records.list_of_object(connection, rendition_id)
        if any(each.digest not in {None, known.whole} for each in kept):
            raise Broken("This rendition is kept already, with other bytes. It stays as it is.")

    async def is_original_kept(self, content_id: str) -> bool:
        """Say whether the archive holds the original, by its row and by a look at it now.

        Only then may the bytes in the spool go.
        """
        kept = await self.database.snapshot(
            lambda connection: records.find_placement(connection, content_id, Tier.ARCHIVE)
        )
        if kept is None or kept.state is not State.PRESENT:
            return False
        try:
            found = await self.archive.head(kept.key)
        except NotFound:
            return False
        return found.size_bytes == kept.size_bytes

    async def _find_content(
        self, connection: Connection, content_id: str
    ) -> tuple[Content, Shelf, str, str]:
        content = await library_records.find_content(connection, content_id)
        assets = await library_records.list_of_content(connection, content_id)
        if content is None or not assets:
            raise NotWanted("No asset has this content any more; nothing of it is kept.")
        first = assets[0]
        project = await access_records.get_project(connection, first.project_id)
        shelf = Shelf(project.client_slug, project.project_slug, first.id)
        return content, shelf, first.project_id, first.file_name

    async def keep(
        self, thing: Thing, tier: Tier, key: str, source: Callable[[], Awaitable[Given]]
    ) -> Placement:
        """Bring a thing to a tier from where its bytes are; a second call finds it there."""
        placement = await self.wish(thing, tier, key)
        if placement.state is State.PRESENT:
            if placement.digest in {None, thing.known.whole} or thing.known.whole is None:
                return placement
            await self._forget(placement)
        held = await self.claims.take(placement)
        if held.state is State.PRESENT:
            return held
        try:
            async with self.claims.holding(held):
                found = await self._find_direct(held)
                found = found or await self._place(held, await source(), thing)
                after = await self._arrived(held, found, thing.known)
        except ClaimLost:
            raise
        except (RushesError, OSError, asyncio.CancelledError) as error:
            await self._record_failure(held, error)
            raise
        await self._record_arrival(held, after, thing)
        return after

    async def wish(self, thing: Thing, tier: Tier, key: str) -> Placement:
        """Return the row of a thing on a tier; a new one takes the first free key."""
        now = self.clock.now()
        for number in range(1, KEYS_AT_MOST + 1):
            wish = Placement(
                id=ids.new(Prefix.PLACEMENT, now, self.clock.entropy(ENTROPY_BYTES)),
                object_id=thing.object_id,
                content_id=thing.content.id,
                tier=tier,
                key=key if number == 1 else numbered(key, number),
                size_bytes=thing.known.size_bytes,
                digest=thing.known.whole,
            )
            async with self.database.transaction() as connection:
                placement = await records.record_wish(connection, wish, now)
            if placement is not None:
                return placement
        raise Exists("Too many objects have this name already.")

    async def _forget(self, placement: Placement) -> None:
        """Take back an object that was kept by an attempt that ended before anyone could see it.

        The rendition was made again since, and its bytes need not be the same.
        """
        leaving = placement.after(Step.EVICT)
        async with self.database.transaction() as connection:
            if not await records.write_state(connection, placement, leaving):
                raise claim_lost()
        await self.store_of(placement.tier).delete(placement.key)
        async with self.database.transaction() as connection:
            await records.write_state(connection, leaving, leaving.after(Step.LEAVE))

    async def _place(self, held: Placement, given: Given, thing: Thing) -> ObjectInfo:
        known = thing.known
        try:
            return await self._carry(held, given, known)
        except Exists:
            store = self.store_of(held.tier)
            if known.is_confirmed_by(await _read(store, held.key)):
                return await store.head(held.key)
            if not thing.may_replace:
                raise
            async with open_source(given, known) as source:
                await source.learn()  # it is right: only then may the wrong one go
            if is_at(given, store, held.key):  # the only copy; what came before was a bad line
                return await store.head(held.key)
            if held.tier is Tier.ARCHIVE:
                await require_ours(self.database, self.archive, held.key)
            await store.delete(held.key)  # ours by the row
            return await self._carry(held, given, known)

    async def _find_direct(self, held: Placement) -> ObjectInfo | None:
        """Return the object that a client put there itself, and intake has read."""
        async with self.database.reading() as connection:
            content = await library_records.find_content(connection, held.object_id)
            if content is None:
                return None
            direct = await direct_records.find_direct(connection, content.upload_id)
        if direct is None or direct.key != held.key:
            return None
        require_store(direct, name_of(self.archive))
        return await self.store_of(held.tier).head(held.key)

    async def _carry(self, held: Placement, given: Given, known: Fingerprint) -> ObjectInfo:
        carrier = Carrier(self.database, self.clock, self.flow)
        if held.tier.is_edge:
            key = EdgeKey(held.key)
            bring: Bring = lambda store: carrier.carry(held, store, given, known)  # noqa: E731
            return await self.edge.take(key, bring, held.tier)
        grown = await self._find_grown(held) if isinstance(self.archive, S3Store) else None
        begun = None if grown is None else grown.store_upload_id
        return await carrier.carry(held, self.archive, given, known, begun)

    async def _find_grown(self, held: Placement) -> Copy | None:
        """Return what was carried on of an original while it arrived."""
        async with self.database.reading() as connection:
            copy = await growth_records.find_of_content(connection, held.object_id)
        return copy if copy is not None and copy.key == held.key else None

    async def _arrived(self, held: Placement, found: ObjectInfo, known: Fingerprint) -> Placement:
        if found.size_bytes != known.size_bytes:
            raise Broken("The copy has another size than the original. Copy it again.")
        is_shared = False
        if held.tier.is_edge:
            async with self.database.reading() as connection:
                first = await records.find_placement(connection, held.object_id, Tier.ARCHIVE)
            is_shared = first is not None and first.version == found.version
        return replace(
            held.after(Step.ARRIVE),
            size_bytes=found.size_bytes,
            version=found.version,
            digest=known.whole,
            is_shared=is_shared,
            verified_at=self.clock.now(),
        )

    async def _record_arrival(self, held: Placement, after: Placement, thing: Thing) -> None:
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=thing.told,
            created_at=now,
            actor=SYSTEM_ACTOR,
            subject=thing.object_id,
            project_id=thing.project_id,
            asset_id=thing.shelf.asset_id,
            data={
                "asset_id": thing.shelf.asset_id,
                "content_id": thing.content.id,
                "client": thing.shelf.client,
                "project": thing.shelf.project,
                "tier": after.tier.value,
                "key": after.key,
                "size_bytes": after.size_bytes,
                **thing.facts,
            },
        )
        async with self.database.transaction() as connection:
            if not await records.write_outcome(connection, held, after):
                raise claim_lost()
            await movement_records.forget_movement(connection, held.id)
            if after.tier is Tier.ARCHIVE and after.object_id == after.content_id:
                await growth_records.forget(connection, thing.content.upload_id)
                await direct_records.forget(connection, thing.content.upload_id)
            await outbox.record(connection, event)

    async def _record_failure(self, held: Placement, error: BaseException) -> None:
        words = f"{error.code}: {error}" if isinstance(error, RushesError) else repr(error)
        failed = replace(held.after(Step.FAIL), error=words)
        async with self.database.transaction() as connection:
            await records.write_outcome(connection, held, failed)

    def _near(self, kept: Placement, path: Path) -> Path:
        """Return the file to make the second copy of: the first one, where it has a path."""
        return self.archive.path(kept.key) if isinstance(self.archive, FolderStore) else path

    def store_of(self, tier: Tier) -> Vault:
        """Return the store of an edge, or the archive's."""
        return self.edge.store_of(tier) if tier.is_edge else self.archive


def edge_key_of(rendition: Rendition, shelf: Shelf) -> EdgeKey:
    """Return the first key that a rendition may have on the edge."""
    is_still = rendition.kind not in PLAYED
    return edge_key(rendition.id, shelf.asset_id, rendition.file_name, is_still=is_still)


async def _given(path: Path) -> Path:
    return path


async def _read(store: Vault, key: str) -> Fingerprint:
    hasher = BlockHasher()
    async for piece in store.get(key):
        await asyncio.to_thread(hasher.update, piece)
    return hasher.finish()
