"""Bytes that came past us: they lie in the archive's store, and are read there once.

The one reading gives the digests, and where the disk has room, the local copy that the tools need
next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rushes.intake.reading import Keep, Reading
from rushes.stores.blocks import Fingerprint
from rushes.stores.filesystem import FolderStore
from rushes.stores.scratch import Scratch
from rushes.stores.store import Full, Get
from rushes.uploads.direct import Direct, require_store


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Reads what a client put into a store itself."""

    store: Get
    name: str
    """Of the store, in the settings; `FOLDER` for a folder."""
    scratch: Scratch

    async def read(
        self, direct: Direct, size_bytes: int, known: Mapping[int, bytes], keep: Keep
    ) -> Fingerprint:
        """Return what an object's bytes are; `known` digests of blocks are not computed again.

        Raises:
            Broken: it has another length than was seen when it was completed.
            StoreChanged: it lies in another store than the archive's.
            NotFound, Unreachable, Busy, Refused: the store failed; call again, it goes on.
        """
        require_store(direct, self.name)
        if isinstance(self.store, FolderStore):  # it has a path: no local copy is needed
            return await self._reading(direct, size_bytes, known, keep, None).run()
        try:
            async with self.scratch.growing(direct.upload_id, size_bytes) as file:
                return await self._reading(direct, size_bytes, known, keep, file).run()
        except Full:
            return await self._reading(direct, size_bytes, known, keep, None).run()

    async def head(self, direct: Direct, size_bytes: int) -> bytes:
        """Return an object's first bytes, at most so many."""
        require_store(direct, self.name)
        pieces = [piece async for piece in self.store.get(direct.key, 0, size_bytes)]
        return b"".join(pieces)

    async def path(self, direct: Direct, known: Fingerprint) -> Path:
        """Return a local copy.

        Raises:
            Full: there is no room for it.
            StoreChanged: it lies in another store than the archive's.
            Broken, NotFound, Unreachable, Busy, Refused: the store failed.
        """
        require_store(direct, self.name)
        if isinstance(self.store, FolderStore):
            return self.store.path(direct.key)
        return await self.scratch.fetch(direct.upload_id, self.store, direct.key, known)

    def _reading(
        self,
        direct: Direct,
        size_bytes: int,
        known: Mapping[int, bytes],
        keep: Keep,
        file: int | None,
    ) -> Reading:
        return Reading(self.store, direct.key, size_bytes, file, keep, known)
