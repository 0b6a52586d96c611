"""Find bytes: the best copy of an object that can be read now.

A store that fails, or a copy that is not there, is passed over; only when no copy is left is that
an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rushes.db.engine import Database
from rushes.library import records as library_records
from rushes.stores.filesystem import FolderStore
from rushes.stores.s3 import S3Store
from rushes.stores.scratch import Scratch
from rushes.stores.store import (
    Broken,
    Busy,
    NotFound,
    Outlet,
    Presign,
    Refused,
    Unreachable,
    Vault,
)
from rushes.tiers import records
from rushes.tiers.copy import SpoolPath
from rushes.tiers.edge import Further, store_at
from rushes.tiers.placement import NoCopy, Placement, Tier
from rushes.tiers.route import route
from rushes.tiers.sources import Given, find_given
from rushes.uploads import direct_records

PIECE_BYTES: Final = 2**20

PASSED_OVER = (Broken, Busy, NotFound, Refused, Unreachable)


@dataclass(frozen=True, slots=True)
class Copy:
    """An open copy; who asked for it closes `file`."""

    file: int
    size_bytes: int
    tier: Tier | None


@dataclass(frozen=True, slots=True)
class Away:
    """A copy whose store gives its bytes out itself, to whoever has a signed address."""

    store: Outlet
    key: str
    size_bytes: int
    tier: Tier

    async def read(self, start: int, end: int) -> bytes:
        """Return a few of its bytes, for an answer that cannot be had there.

        Raises:
            Broken, NotFound, Unreachable, Busy, Refused: the store failed.
        """
        return b"".join([piece async for piece in self.store.get(self.key, start, end)])

    def address(self, seconds: int, disposition: str, media_type: str) -> str:
        """Return an address that is good for so long; the bytes come with this name and type."""
        return self.store.presign_get(
            self.key, seconds, disposition=disposition, media_type=media_type
        )


@dataclass(frozen=True, slots=True)
class Locator:
    """Answers where an object's bytes are: a content's id names its original."""

    database: Database
    archive: Vault
    edge: Vault
    scratch: Scratch
    spool_path: SpoolPath
    former: Vault | None = None
    """The store from which the archive moves."""
    further: Further = field(default_factory=dict)

    async def local_path(self, object_id: str) -> Path:
        """Return a path of the object's bytes, for programs; what lies far away is fetched.

        Raises:
            NoCopy: no copy can be read now.
            Full: this disk has no room for a copy.
        """
        copies = await self._list_copies(object_id)
        for placement in copies:
            store = self._store(placement.tier)
            if isinstance(store, FolderStore) and await _is_whole(store, placement):
                return store.path(placement.key)
        with contextlib.suppress(NoCopy):
            return await self._spooled(object_id)
        for placement in copies:
            store = self._store(placement.tier)
            if not isinstance(store, FolderStore):
                with contextlib.suppress(*PASSED_OVER):
                    return await self._fetch(store, placement)
        raise _no_copy()

    async def find_source(self, object_id: str, *, but: Tier = Tier.EDGE) -> Given:
        """Return where the object's bytes can be read for a movement to the tier `but`.

        Raises:
            NoCopy: no copy can be read now.
        """
        for placement in await self._list_copies(object_id):
            if placement.tier is but:
                continue
            with contextlib.suppress(*PASSED_OVER):
                return await find_given(self._store(placement.tier), placement)
        return await self._spooled(object_id)

    async def _fetch(self, store: Vault, placement: Placement) -> Path:
        async with self.database.reading() as connection:
            name, known = await records.get_known(connection, placement)
        return await self.scratch.fetch(name, store, placement.key, known)

    async def open_copy(
        self, object_id: str, *, but: Tier | None = None, near: Tier = Tier.EDGE
    ) -> Copy | Away:
        """Open the best copy, or say where it can be had; that on the tier `but` is passed over.

        `near` is the edge that is nearest to who asks.

        Raises:
            NoCopy: no copy can be read now.
        """
        copies = await self._list_copies(object_id, near)
        for placement in [copy for copy in copies if copy.tier is not but] or copies:
            store = self._store(placement.tier)
            if isinstance(store, Presign):
                return Away(store, placement.key, placement.size_bytes, placement.tier)
            if not isinstance(store, FolderStore):
                continue
            try:
                file = await store.open(placement.key)
            except PASSED_OVER:
                continue
            size_bytes = os.fstat(file).st_size
            if size_bytes == placement.size_bytes:
                return Copy(file, size_bytes, placement.tier)
            os.close(file)
        if (direct := await self._find_direct(object_id)) is not None:
            return direct
        path = await self._spooled(object_id)
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            raise _no_copy() from None
        return Copy(file, os.fstat(file).st_size, None)

    async def read(self, object_id: str) -> AsyncIterator[bytes]:
        """Give an object's bytes in order, from a store without paths.

        Raises:
            NoCopy: there is none there.
            Broken, NotFound, Unreachable, Busy, Refused: the store failed.
        """
        for placement in await self._list_copies(object_id):
            store = self._store(placement.tier)
            if isinstance(store, FolderStore):
                continue
            pieces = store.get(placement.key)
            try:
                first = await anext(pieces, b"")
            except PASSED_OVER:
                continue
            yield first
            async for piece in pieces:
                yield piece
            return
        raise _no_copy()

    async def stream(self, object_id: str, start: int = 0) -> AsyncGenerator[bytes, None]:
        """Give an object's bytes in order, from `start` on, from the best copy there is.

        Raises:
            NoCopy, Broken: no copy can be read now, or it ended early.
            NotFound, Unreachable, Busy, Refused: its store failed.
        """
        first, at = await self.open_copy(object_id), start
        try:
            async with contextlib.aclosing(_pieces(first, at)) as pieces:
                async for piece in pieces:
                    at += len(piece)
                    yield piece
        except PASSED_OVER:
            if first.tier is None:
                raise
            second = await self.open_copy(object_id, but=first.tier)
            async with contextlib.aclosing(_pieces(second, at)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _find_direct(self, object_id: str) -> Away | None:
        """Return the object of an original that its sender put into the archive, not yet kept."""
        if not isinstance(self.archive, S3Store):
            return None
        async with self.database.reading() as connection:
            content = await library_records.find_content(connection, object_id)
            direct = content and await direct_records.find_direct(connection, content.upload_id)
        if not content or not direct or direct.store != self.archive.name:
            return None
        return Away(self.archive, direct.key, content.size_bytes, Tier.ARCHIVE)

    async def _list_copies(self, object_id: str, near: Tier = Tier.EDGE) -> list[Placement]:
        """Return what can be read, best first; a store that is silent is asked only as the last."""
        found = await self.database.snapshot(
            lambda connection: records.list_of_object(connection, object_id)
        )
        stores = {Tier.EDGE: self.edge, Tier.ARCHIVE: self.archive, Tier.FORMER: self.former}
        stores |= self.further
        copies = [copy for copy in found if copy.tier.region is None or copy.tier in stores]
        silent = frozenset(
            tier for tier, store in stores.items() if isinstance(store, S3Store) and store.is_down
        )
        return route(copies, down=silent, near=near) or route(copies, near=near)

    async def _spooled(self, object_id: str) -> Path:
        """Return where an original lies that is on its way to the archive."""
        content = await self.database.snapshot(
            lambda connection: library_records.find_content(connection, object_id)
        )
        if content is None:
            raise _no_copy()
        try:
            path = await self.spool_path(content.upload_id)
        except OSError:
            raise _no_copy() from None
        if not path.is_file() or path.stat().st_size != content.size_bytes:
            raise _no_copy()
        return path

    def _store(self, tier: Tier) -> Vault:
        if tier is Tier.FORMER and self.former is not None:
            return self.former
        return store_at(tier, self.edge, self.further) if tier.is_edge else self.archive


async def _pieces(copy: Copy | Away, start: int) -> AsyncGenerator[bytes, None]:
    if isinstance(copy, Away):
        async for piece in copy.store.get(copy.key, start, copy.size_bytes):
            yield piece
        return
    try:
        at = start
        while at < copy.size_bytes:
            piece = await asyncio.to_thread(os.pread, copy.file, PIECE_BYTES, at)
            if not piece:
                raise Broken("A copy ended early. Read another one.")
            at += len(piece)
            yield piece
    finally:
        os.close(copy.file)


async def _is_whole(store: FolderStore, placement: Placement) -> bool:
    try:
        return (await store.head(placement.key)).size_bytes == placement.size_bytes
    except PASSED_OVER:
        return False


def _no_copy() -> NoCopy:
    return NoCopy("No copy of this can be read now. Try again later.", retry_after=30)
