"""Chunk files: into which file of the spool this process writes an upload's chunks.

1. Each process writes into files of its own: two that are sent the same chunk at once, or one that
   was frozen and wakes, can never write over bytes that the other has acknowledged.
2. Where one process takes uploads, that file is the upload's first one, however often it restarts.
3. After a failed fdatasync a file takes nothing more, and what was on its way into it does not
   count: the chunks that come next go into a new one, at the same places.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from rushes.db.engine import Database
from rushes.uploads import chunk_records, records
from rushes.uploads.spool import Spool
from rushes.uploads.upload import Extent, Upload

MOST: Final = 4_096
"""Uploads whose file is remembered; one that was forgotten goes on in another."""


class BytesMissing(Exception):
    """A file is shorter than the chunks that were acknowledged in it, or it is not there."""


class ChunkFiles:
    """The files of this process."""

    def __init__(self, database: Database, spool: Spool) -> None:
        self._database = database
        self._spool = spool
        self._known: OrderedDict[str, str] = OrderedDict()
        self._spoiled: set[str] = set()
        self._making = asyncio.Lock()

    def adopt(self, upload: Upload, file: str) -> None:
        """Say that this process has made an upload's first file, so that it is its own."""
        self._known[upload.id] = file
        self._known.move_to_end(upload.id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    async def find(self, upload: Upload) -> str:
        """Return the file to write into, relative to the spool; made where there is none yet.

        Raises:
            BytesMissing: acknowledged chunks are not there.
            OSError: the disk is full or broken.
        """
        async with self._making:
            known = self._known.get(upload.id)
            if known is None:
                await self.require_bytes(upload)
                known = await self._find_first(upload)
            if known in self._spoiled:
                known = await self._spool.create(upload.id, 1)
            self.adopt(upload, known)
            return known

    async def require_bytes(self, upload: Upload) -> None:
        """Return if every file is as long as its chunks need it to be.

        Raises:
            BytesMissing: one is not.
            OSError: the disk is broken.
        """
        async with self._database.reading() as connection:
            ends = await chunk_records.list_ends(connection, upload)
        for file, end in ends.items():
            size = await self._spool.run(self._spool.find_size, Extent(file, 0, end))
            if size < end:
                raise BytesMissing(file)

    def spoil(self, file: str) -> None:
        """Write into a file no more."""
        self._spoiled.add(file)

    def is_spoiled(self, file: str) -> bool:
        """Say whether what goes into a file may be lost."""
        return file in self._spoiled

    def forget(self, upload_id: str) -> None:
        """Remember an upload no more."""
        self._known.pop(upload_id, None)

    async def _find_first(self, upload: Upload) -> str:
        if not self._database.is_sqlite:
            return await self._spool.create(upload.id, 1)
        async with self._database.reading() as connection:
            extents = await records.list_extents(connection, upload.id)
        return extents[0].file
