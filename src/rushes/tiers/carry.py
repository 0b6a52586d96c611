"""Carry: the one way on which bytes move to a tier, proved as they flow, resumed after a kill.

    source ──ranges──> digest of each block ──room, pace──> parts ──> whole, proved

1. A part goes when its blocks are those that are known; which parts are there, the target tells: a
   bucket by ListParts, a folder by the digests of its blocks. So what is sent again after a kill
   are the parts that were on their way.
2. Where one service holds both, it copies by itself, and all is read back.
3. On one filesystem an object is a second name of its file.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, cast

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.blocks import BLOCK_BYTES, Fingerprint
from rushes.stores.filesystem import FolderStore
from rushes.stores.growing_file import GrowingFile
from rushes.stores.parts import SINGLE_BYTES, Cuts, cut
from rushes.stores.s3 import S3Store, choose
from rushes.stores.store import Broken, NotFound, ObjectInfo, Refused, Unsupported, Vault
from rushes.tiers import movement_records
from rushes.tiers.flow import Flow
from rushes.tiers.movement_records import Movement
from rushes.tiers.noting import carrying, delete
from rushes.tiers.placement import Placement
from rushes.tiers.sources import Bytes, Given, Lying, Source, open_source

STREAMS: Final = 4
"""Parts on their way at once, of one object."""

RESUMED_WITHIN: Final = timedelta(days=6)
"""Older multiparts are begun anew: stores and sweeps remove them after a week."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Moves objects."""

    database: Database
    clock: Clock
    flow: Flow

    async def carry(
        self,
        held: Placement,
        store: Vault,
        given: Given,
        known: Fingerprint,
        grown: str | None = None,
    ) -> ObjectInfo:
        """Bring an object to the key of a placement that we hold; return what is there then.

        Args:
            held: the placement, claimed.
            store: the store of its tier.
            given: where its bytes are.
            known: what they are.
            grown: a multipart that holds parts of it already, and stays where this fails.

        Raises:
            Exists: something has the key.
            SourceWrong: the source has other bytes than are known.
            Broken, Full, Unreachable, Busy, Refused: a store failed; nothing is visible.
        """
        with carrying(held, known.size_bytes):
            return await self._bring(held, store, given, known, grown)

    async def _bring(
        self, held: Placement, store: Vault, given: Given, known: Fingerprint, grown: str | None
    ) -> ObjectInfo:
        if isinstance(store, FolderStore) and not isinstance(given, Lying):
            linked = await store.link(held.key, given, known)
            if linked is not None:
                return linked
        async with open_source(given, known) as opened:
            source = opened
            if known.blocks is None and known.size_bytes:
                source = replace(opened, known=await self._learn(held, opened))
            if isinstance(store, S3Store):
                return await self._to_bucket(held, store, source, grown)
            if isinstance(store, FolderStore):
                return await self._to_folder(held, store, source)
            raise Unsupported("Nothing can be moved to a store of this kind.")

    async def _learn(self, held: Placement, source: Source) -> Fingerprint:
        """Read the source once for its blocks; those of a rendition are kept for the next time."""
        known = await source.learn()
        if held.object_id != held.content_id:
            async with self.database.transaction() as connection:
                await movement_records.record_blocks(
                    connection, held.object_id, held.content_id, known
                )
        return known

    async def _to_folder(self, held: Placement, store: FolderStore, source: Source) -> ObjectInfo:
        known = source.known
        grown = await store.begin_growing(held.key, held.id, known.size_bytes)
        try:
            blocks = known.blocks or ()
            missing = await asyncio.to_thread(_list_missing, grown, blocks)
            cuts = Cuts(known.size_bytes, BLOCK_BYTES)

            async def send(number: int) -> None:
                start, end = cuts.span(number + 1)
                async with self._room(start, end):
                    await source.pour(start, end, grown.write)

            await each(missing, send)
            proof = asyncio.to_thread(_require_sample, grown, blocks)
            await asyncio.gather(proof, store.settle(grown))  # one computes, the other waits
            published = await store.publish(held.key, grown)
        finally:
            grown.close()
        return published

    async def _to_bucket(
        self, held: Placement, store: S3Store, source: Source, grown: str | None
    ) -> ObjectInfo:
        known = source.known
        if isinstance(source.given, Lying) and store.may_copy_from(source.given.store):
            with contextlib.suppress(Refused, Unsupported):
                return await self._copied(held, store, source.given, known)
        if known.size_bytes <= SINGLE_BYTES and grown is None:
            async with self._taken(source, 0, known.size_bytes) as data:
                return await store.put(held.key, _once(data), known)
        if grown is not None:
            with contextlib.suppress(NotFound):  # the store forgot it: all parts go again
                return await self._send(held, store, source, grown, fully=True)
        return await self._resume(held, store, source)

    async def _copied(
        self, held: Placement, store: S3Store, given: Lying, known: Fingerprint
    ) -> ObjectInfo:
        await store.copy_from(given.store, given.key, held.key)
        try:
            return await store.prove(held.key, known)
        except Broken:
            await delete(store, held.tier, held.key, because="not as it should be")
            raise

    async def _resume(self, held: Placement, store: S3Store, source: Source) -> ObjectInfo:
        """Go on with the multipart of an earlier attempt, or with a new one."""
        await store.refuse_taken(held.key)
        begun = await self._find_begun(held, store, source.known)
        if begun is not None:
            with contextlib.suppress(NotFound):
                return await self._send(held, store, source, begun.store_upload_id)
        store_upload_id = await store.begin(held.key)
        begun = Movement(
            placement_id=held.id,
            tier=held.tier.value,
            key=held.key,
            store_upload_id=store_upload_id,
            part_bytes=cut(source.known.size_bytes).part_bytes,
            digest=source.known.whole,
            begun_at=self.clock.now(),
        )
        async with self.database.transaction() as connection:
            await movement_records.record_movement(connection, begun)
        return await self._send(held, store, source, store_upload_id)

    async def _find_begun(
        self, held: Placement, store: S3Store, known: Fingerprint
    ) -> Movement | None:
        """Return the multipart of an earlier attempt; one of other bytes or too old is given up."""
        async with self.database.reading() as connection:
            begun = await movement_records.find_movement(connection, held.id)
        if begun is None:
            return None
        fits = (begun.key, begun.digest, begun.part_bytes) == (
            held.key,
            known.whole,
            cut(known.size_bytes).part_bytes,
        )
        if fits and self.clock.now() - begun.begun_at < RESUMED_WITHIN:
            return begun
        await store.abort(begun.key, begun.store_upload_id)
        return None

    async def _send(
        self,
        held: Placement,
        store: S3Store,
        source: Source,
        store_upload_id: str,
        *,
        fully: bool = False,
    ) -> ObjectInfo:
        """Send what the store does not hold, and make the object of all of it.

        Raises:
            NotFound: the store knows no such multipart.
        """
        known, cuts = source.known, cut(source.known.size_bytes)
        parts = {
            part.number: part
            for part in await store.parts(held.key, store_upload_id)
            if part.number <= cuts.count and part.size_bytes == cuts.part_size(part.number)
        }

        async def send(number: int) -> None:
            start, end = cuts.span(number)
            async with self._taken(source, start, end) as data:
                digest = cuts.digest(number, known.blocks)
                body = cast("bytes", data)  # a buffer; the SDK reads a map as a file
                parts[number] = await store.part(held.key, store_upload_id, number, body, digest)

        missing = [number for number in range(1, cuts.count + 1) if number not in parts]
        await each(missing, send)
        ready = [parts[number] for number in sorted(parts)]
        return await store.join(held.key, store_upload_id, ready, known, fully=fully)

    @contextlib.asynccontextmanager
    async def _taken(self, source: Source, start: int, end: int) -> AsyncIterator[Bytes]:
        """Give bytes of the source when there is room for them and it is their time."""
        async with self._room(start, end):
            yield await source.read(start, end)

    @contextlib.asynccontextmanager
    async def _room(self, start: int, end: int) -> AsyncIterator[None]:
        """Wait for room for so many bytes, and for their time."""
        async with self.flow.room(end - start):
            await self.flow.pace(end - start)
            yield


async def each(numbers: Iterable[int], work: Callable[[int], Awaitable[None]]) -> None:
    """Work on each number, some at once; the first failure ends all."""
    waiting = iter(numbers)

    async def stream() -> None:
        for number in waiting:
            await work(number)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(STREAMS):
                group.create_task(stream())
    except* (RushesError, OSError) as failed:
        raise failed.exceptions[0] from None  # one failure speaks for all


async def _once(data: Bytes) -> AsyncIterator[bytes]:
    yield cast("bytes", data)


def _list_missing(grown: GrowingFile, blocks: Sequence[bytes]) -> list[int]:
    """Return the numbers of blocks that a file does not hold yet. Blocks."""
    return [number for number, digest in enumerate(blocks) if not grown.has(number, digest)]


def _require_sample(grown: GrowingFile, blocks: Sequence[bytes]) -> None:
    """Read some blocks of a file again. Blocks.

    Raises:
        Broken: one of them is not what was written; the file is gone.
    """
    for number in choose(len(blocks)):
        if not grown.has(number, blocks[number]):
            grown.remove()
            raise Broken("The disk gave other bytes than were written. Look at the disk.")
