"""Rereading: blocks of chunks that came one by one are hashed once they are whole.

It happens beside the next chunks, mostly from the page cache, so that the root over all blocks is
known when the last chunk is. What is not done by then is done before the upload is completed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads import chunk_records
from rushes.uploads.blocks import Block, Hashing, count_blocks
from rushes.uploads.chunked import Place, find_block_of, find_extents
from rushes.uploads.spool import Spool
from rushes.uploads.upload import Extent, Upload

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rereading:
    """Hashes blocks from the spool."""

    database: Database
    spool: Spool
    running: dict[str, set[asyncio.Task[None]]] = field(default_factory=dict)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    def begin(self, upload: Upload, place: Place) -> None:
        """Hash the block that a chunk lies in, beside what else goes on."""
        position = place.start // BLOCK_BYTES
        work = asyncio.create_task(self._try(upload, position))
        self.running.setdefault(upload.id, set()).add(work)
        work.add_done_callback(lambda done: self._end(upload.id, done))

    async def finish(self, upload: Upload) -> None:
        """Hash every block that is not hashed yet; all chunks are here.

        Raises:
            OSError, EOFError: the spool cannot be read.
        """
        begun = self.running.get(upload.id)
        if begun:
            await asyncio.wait(tuple(begun))
        async with self.database.reading() as connection:
            hashed = await chunk_records.list_hashed(connection, upload.id)
        for position in range(count_blocks(upload.size_bytes or 0)):
            if position not in hashed:
                await self._hash(upload, position)

    async def _try(self, upload: Upload, position: int) -> None:
        try:
            async with self.turns:
                await self._hash(upload, position)
        except (OSError, EOFError, RushesError) as error:
            LOG.warning("upload %s: block %d is hashed later: %s", upload.id, position, error)

    async def _hash(self, upload: Upload, position: int) -> None:
        chunk_bytes, size_bytes = upload.chunk_bytes or 1, upload.size_bytes or 0
        start = position * BLOCK_BYTES
        length = min(BLOCK_BYTES, size_bytes - start)
        among = find_block_of(Place(0, start, length), chunk_bytes, size_bytes)
        async with self.database.reading() as connection:
            chunks = await chunk_records.list_chunks(connection, upload.id, among)
        extents = find_extents(chunks, chunk_bytes)
        skipped = start - among.start * chunk_bytes
        block = await self.spool.run(_read_block, self.spool, extents, skipped, position, length)
        async with self.database.transaction() as connection:
            await chunk_records.record_new_blocks(connection, upload.id, [block])

    def _end(self, upload_id: str, done: asyncio.Task[None]) -> None:
        left = self.running.get(upload_id, set())
        left.discard(done)
        if not left:
            self.running.pop(upload_id, None)


def _read_block(
    spool: Spool, extents: Sequence[Extent], start: int, position: int, length: int
) -> Block:
    hashing = Hashing(position * BLOCK_BYTES)
    for piece in spool.read(extents, start, start + length):
        hashing.update(piece)
    last = hashing.find_last()
    return last or hashing.take_full()[0]
