"""Bytes that came past us: they lie in the archive's bucket, and are read there once.

The one reading gives every digest, and where the disk has room, the local copy that the tools need
next.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from rushes.stores.blocks import BlockHasher, Fingerprint
from rushes.stores.scratch import Scratch
from rushes.stores.store import Broken, Full, Vault
from rushes.uploads.direct import Direct


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Reads what a client put into a store itself."""

    store: Vault
    scratch: Scratch

    async def read(self, direct: Direct, size_bytes: int) -> Fingerprint:
        """Return what an object's bytes are.

        Raises:
            Broken: it has another length than was seen when it was completed.
            NotFound, Unreachable, Busy, Refused: the store failed.
        """
        try:
            return await self.scratch.bring(direct.upload_id, self.store, direct.key, size_bytes)
        except Full:
            return await self._hash(direct.key, size_bytes)

    async def head(self, direct: Direct, size_bytes: int) -> bytes:
        """Return an object's first bytes, at most so many."""
        pieces = [piece async for piece in self.store.get(direct.key, 0, size_bytes)]
        return b"".join(pieces)

    async def path(self, direct: Direct, known: Fingerprint) -> Path:
        """Return a local copy.

        Raises:
            Full: there is no room for it.
            Broken, NotFound, Unreachable, Busy, Refused: the store failed.
        """
        return await self.scratch.fetch(direct.upload_id, self.store, direct.key, known)

    async def _hash(self, key: str, size_bytes: int) -> Fingerprint:
        hasher = BlockHasher()
        async for piece in self.store.get(key, 0, size_bytes):
            await asyncio.to_thread(hasher.update, piece)
        read = hasher.finish()
        if read.size_bytes != size_bytes:
            raise Broken("The object has another length than when it was completed.")
        return read
