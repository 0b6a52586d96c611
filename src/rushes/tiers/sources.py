"""Sources: where the bytes of a movement are read, as ranges in any order.

A block whose digest is known is believed only by it; one that comes back wrong three times makes
the source wrong, and says so: its copy is lost, not the line.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from rushes.stores.blocks import BLOCK_BYTES, BlockHasher, Fingerprint
from rushes.stores.filesystem import FolderStore
from rushes.stores.folder import READ
from rushes.stores.s3 import S3Store
from rushes.stores.store import Broken, Unsupported, Vault
from rushes.stores.turns import Put
from rushes.tiers.placement import Placement, Tier

READS: Final = 3
MAPPED_BYTES: Final = 64 * 2**20
"""Larger ranges of files are given as the file's own pages."""

_PIECE_BYTES: Final = 2**20

Bytes: TypeAlias = bytes | bytearray | mmap.mmap
Blocks: TypeAlias = tuple[bytes, ...]
"""The SHA-256 of each block of a range."""


class SourceWrong(Broken):
    """The copy that was read holds other bytes than it should; another one is needed."""

    code = "placement.source_wrong"


@dataclass(frozen=True, slots=True)
class Lying:
    """An object that lies in a bucket, on a tier."""

    store: S3Store
    key: str
    version: str
    tier: Tier


Given: TypeAlias = Path | Lying
"""What is to be moved: a file of this machine, or an object far away."""


@dataclass(frozen=True, slots=True)
class Source:
    """An open source; `open_source` makes it."""

    given: Given
    known: Fingerprint
    file: int | None

    async def read(self, start: int, end: int) -> Bytes:
        """Return exactly these bytes; `start` is a block's. Memory: as many, or the file's pages.

        Raises:
            SourceWrong: a block of them is not what it should be, however often it is read.
            NotFound, Changed, Unreachable, Busy, Refused: the store failed.
        """
        for _ in range(READS):
            data, read = await self._read_once(start, end)
            if self.known.blocks is None or _is_right(read, start, self.known.blocks):
                return data
        raise SourceWrong("The copy to take the bytes from holds other bytes than it should.")

    async def pour(self, start: int, end: int, put: Put) -> None:
        """Hand on exactly these bytes; `start` is a block's. What came before it fails is no good.

        Raises:
            SourceWrong, NotFound, Changed, Unreachable, Busy, Refused: as `read`.
            OSError: from `put`.
        """
        for _ in range(READS):
            read = await self._pour_once(start, end, put)
            if self.known.blocks is None or _is_right(read, start, self.known.blocks):
                return
        raise SourceWrong("The copy to take the bytes from holds other bytes than it should.")

    async def _pour_once(self, start: int, end: int, put: Put) -> Blocks:
        if isinstance(self.given, Lying):
            found = self.given
            return await found.store.pour_blocks(found.key, start, end, put, found.version)
        data, read = await self._read_once(start, end)
        await asyncio.to_thread(put, memoryview(data), start)
        return read

    async def learn(self) -> Fingerprint:
        """Read all of it once, and return its blocks too.

        Raises:
            SourceWrong: it is not what is known.
        """
        hasher = BlockHasher(with_whole=self.known.whole is not None)
        for start in range(0, self.known.size_bytes, BLOCK_BYTES):
            end = min(start + BLOCK_BYTES, self.known.size_bytes)
            data, _ = await self._read_once(start, end)
            await asyncio.to_thread(hasher.update, memoryview(data))
        read = hasher.finish()
        if not self.known.is_confirmed_by(read):
            raise SourceWrong("The copy to take the bytes from holds other bytes than it should.")
        return read

    async def _read_once(self, start: int, end: int) -> tuple[Bytes, Blocks]:
        """Return bytes, and the digests of their blocks."""
        if start == end:
            return b"", ()
        if isinstance(self.given, Lying):
            found = self.given
            return await found.store.read_blocks(found.key, start, end, found.version)
        if self.file is None:
            raise AssertionError
        return await asyncio.to_thread(_slice, self.file, start, end)


async def find_given(store: Vault, place: Placement) -> Given:
    """Return where the bytes of a placement are, after a look at them.

    Raises:
        NotFound: they are not there.
        Broken: there are more of them, or fewer.
        Unreachable, Busy, Refused: the store failed.
    """
    found = await store.head(place.key)
    if found.size_bytes != place.size_bytes:
        raise SourceWrong("The object in the store has another size than it should.")
    if isinstance(store, S3Store):
        return Lying(store, place.key, found.version, place.tier)
    if isinstance(store, FolderStore):
        return store.path(place.key)
    raise Unsupported("Nothing can be read from a store of this kind.")


def is_at(given: Given, store: Vault, key: str) -> bool:
    """Say whether what is given is the object under a key of a store itself, no other copy."""
    if isinstance(given, Lying):
        return given.store is store and given.key == key
    return isinstance(store, FolderStore) and store.path(key) == given


@asynccontextmanager
async def open_source(given: Given, known: Fingerprint) -> AsyncIterator[Source]:
    """Open what is to be moved, and close it at the end.

    Raises:
        Broken: a file is not as large as it should be.
    """
    if isinstance(given, Lying):
        yield Source(given, known, None)
        return
    file = await asyncio.to_thread(os.open, given, READ)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size != known.size_bytes:
            raise Broken("The file to keep is not what it should be. Make it again.")
        yield Source(given, known, file)
    finally:
        os.close(file)


def fingerprint_of(path: Path) -> Fingerprint:
    """Return what a file is; of one block its digest is that of the whole."""
    hasher = BlockHasher(with_blocks=path.stat().st_size > BLOCK_BYTES)
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            hasher.update(piece)
    read = hasher.finish()
    return replace(read, blocks=read.blocks or (read.whole or b"",)) if read.size_bytes else read


def _slice(file: int, start: int, end: int) -> tuple[Bytes, Blocks]:
    """Return a range of a file, and the digests of its blocks. Blocks."""
    hasher = BlockHasher(with_whole=False)
    if end - start > MAPPED_BYTES:
        pages = mmap.mmap(file, end - start, prot=mmap.PROT_READ, offset=start)
        with memoryview(pages) as view:
            hasher.update(view)
        return pages, hasher.finish().blocks or ()
    data, at = bytearray(end - start), 0
    with memoryview(data) as view:
        while at < len(data):
            count = os.preadv(file, [view[at : at + _PIECE_BYTES]], start + at)
            if not count:
                raise Broken("The file to keep is not what it should be. Make it again.")
            hasher.update(view[at : at + count])
            at += count
    return data, hasher.finish().blocks or ()


def _is_right(read: Blocks, start: int, blocks: Blocks) -> bool:
    first = start // BLOCK_BYTES
    return read == blocks[first : first + len(read)]
