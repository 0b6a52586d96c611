"""Grow: what is committed of an upload goes on to the archive while the rest still arrives.

    committed blocks ──> parts of one multipart ──> (accepted) ──> keep sends the rest

1. Only whole parts go, all of one size; the last one, and Complete, wait for the verdict.
   Of chunks and of a group's partials they go in the order in which they become whole.
2. A group one of whose partials ended is not carried on: its place may get other bytes.
3. Nothing depends on it: a part that did not go on in time goes when the original is kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.keys import Shelf, original_key
from rushes.stores.parts import cut
from rushes.stores.s3 import S3Store
from rushes.stores.store import NotFound
from rushes.tiers import growth_records, records
from rushes.tiers.growth_records import Copy
from rushes.uploads import records as upload_records
from rushes.uploads import run_records
from rushes.uploads.labels import find_name
from rushes.uploads.runs import Run, list_parts, pick
from rushes.uploads.spool import Spool
from rushes.uploads.upload import Extent, Upload

LOOK_SECONDS: Final = 1.0
REST_SECONDS: Final = 15.0
"""How long a store that failed is left alone."""

PART_BYTES_AT_MOST: Final = 64 * 2**20
"""Parts are held in memory; an upload that needs larger ones (over 625 GiB) is not grown."""

PAGE: Final = 20
STREAMS: Final = 4

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Carrying:
    """Carries uploads on; one runs beside each worker."""

    database: Database
    clock: Clock
    store: S3Store
    spool: Spool

    async def run(self) -> None:
        """Look for committed parts until cancelled."""
        while True:
            try:
                sent = await self.grow()
            except (RushesError, OSError) as error:
                LOG.warning("uploads do not go on to the archive for now: %s", error)
                await asyncio.sleep(REST_SECONDS)
            else:
                await asyncio.sleep(0 if sent else LOOK_SECONDS)

    async def grow(self) -> int:
        """Send every part that is committed now; return how many were sent.

        Raises:
            RushesError, OSError: store, spool or database failed; another round goes on.
        """
        async with self.database.reading() as connection:
            found = await growth_records.list_growable(connection, BLOCK_BYTES, PAGE)
        return sum([await self._try(upload_id) for upload_id in found])

    async def _try(self, upload_id: str) -> int:
        """Let the trouble of one upload stop no other."""
        try:
            return await self._grow(upload_id)
        except (RushesError, OSError, EOFError) as error:
            LOG.warning("upload %s does not go on to the archive for now: %s", upload_id, error)
            return 0

    async def _grow(self, upload_id: str) -> int:
        async with self.database.reading() as connection:
            upload = await upload_records.get_upload(connection, upload_id)
            runs, size_bytes = await run_records.list_runs(connection, upload)
            is_torn = await run_records.has_ended_member(connection, upload)
        if is_torn or size_bytes is None:
            return 0
        if cut(size_bytes).part_bytes > PART_BYTES_AT_MOST:
            return 0
        if not list_parts(runs, size_bytes, cut(size_bytes).part_bytes):
            return 0
        copy = await self._claim(upload, size_bytes)
        if copy is None:
            return 0
        try:
            ready = set(list_parts(runs, size_bytes, copy.part_bytes)) - copy.numbers
            return await self._send(upload, runs, copy, sorted(ready))
        except NotFound:  # the store forgot the multipart: the next round begins another
            async with self.database.transaction() as connection:
                await growth_records.forget(connection, upload_id)
            return 0
        finally:
            async with self.database.transaction() as connection:
                await growth_records.let_go(connection, copy)

    async def _claim(self, upload: Upload, size_bytes: int) -> Copy | None:
        """Hold the copy of an upload, making it if there is none."""
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            held = await growth_records.claim(connection, upload.id, now)
            known = held or await growth_records.find_copy(connection, upload.id)
            project = await access_records.get_project(connection, upload.project_id)
        if known is not None:
            return held
        shelf = Shelf(project.client_slug, project.project_slug, upload.asset_id)
        key = original_key(shelf, find_name(upload) or upload.asset_id)
        copy = Copy(
            upload_id=upload.id,
            key=key,
            store_upload_id=await self.store.begin(key),
            part_bytes=cut(size_bytes).part_bytes,
            fence=1,
        )
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            is_ours = await growth_records.record_copy(connection, copy, now)
        if not is_ours:
            await self.store.abort(key, copy.store_upload_id)
            return None
        return copy

    async def _send(
        self, upload: Upload, runs: Sequence[Run], copy: Copy, ready: Sequence[int]
    ) -> int:
        """Send these parts; return how many were sent."""
        sent, held = 0, copy
        while sent < len(ready):
            numbers = ready[sent : sent + STREAMS]
            try:
                async with asyncio.TaskGroup() as group:
                    for number in numbers:
                        group.create_task(self._send_part(upload, runs, copy, number))
            except* (RushesError, OSError, EOFError) as failures:
                raise failures.exceptions[0] from None
            sent += len(numbers)
            async with self.database.transaction() as connection:
                now = await records.read_clock(connection, self.clock.now())
                kept = await growth_records.record_parts(connection, held, numbers, now)
            if kept is None:
                break  # another took over; the same bytes twice harm nobody
            held = kept
        return sent

    async def _send_part(
        self, upload: Upload, runs: Sequence[Run], copy: Copy, number: int
    ) -> None:
        start = (number - 1) * copy.part_bytes
        extents = pick(runs, start, start + copy.part_bytes)
        data = await self.spool.run(_read, self.spool, extents, copy.part_bytes)
        digest = None
        if copy.part_bytes == BLOCK_BYTES:
            async with self.database.reading() as connection:
                digest = await growth_records.find_digest(connection, upload, number - 1)
        await self.store.part(copy.key, copy.store_upload_id, number, data, digest)


def _read(spool: Spool, extents: Sequence[Extent], length: int) -> bytearray:
    data = bytearray()
    for piece in spool.read(extents, 0, length):
        data += piece
    return data
