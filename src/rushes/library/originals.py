"""What happens to an original once it is filed: its whole digest, and the end of its spool file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rushes.db.engine import Database
from rushes.intake.verify import digest_file, digest_pieces
from rushes.library import records
from rushes.stores.scratch import Scratch
from rushes.stores.store import Full
from rushes.uploads import records as upload_records
from rushes.uploads.spool import Spool

PAGE: Final = 100

Original = Callable[[str], Awaitable[Path]]
"""Gives a local path of a content's original; the deed of a room to our right."""

Read = Callable[[str], AsyncIterator[bytes]]
"""Gives the bytes of a content's original, in order, from a store without paths."""


@dataclass(frozen=True, slots=True)
class Originals:
    """Reads originals through once, and frees the spool."""

    database: Database
    spool: Spool
    original: Original
    nearby: Scratch | None
    """Where to leave a local copy when the spool lets go: an archive without paths has none."""
    read: Read

    async def digest(self, content_id: str) -> None:
        """Compute the SHA-256 of the whole original and keep it; once.

        Raises:
            BytesChanged: the file is not as long as what was received.
        """
        async with self.database.reading() as connection:
            content = await records.find_content(connection, content_id)
        if content is None or content.digest is not None:
            return
        try:
            path = await self.original(content_id)
        except Full:  # too large for a local copy: its bytes pass through once
            digest = await digest_pieces(self.read(content_id), content.size_bytes)
        else:
            digest = await digest_file(path, content.size_bytes)
        async with self.database.transaction() as connection:
            await records.record_digest(connection, content_id, digest)
            for asset in await records.list_of_content(connection, content_id):
                await upload_records.record_digest(connection, asset.upload_id, digest)

    async def release(self, content_id: str) -> None:
        """Remove what the spool holds of a content; the archive has it."""
        async with self.database.reading() as connection:
            assets = await records.list_of_content(connection, content_id)
            content = await records.find_content(connection, content_id)
            spooled = await upload_records.list_spooled(
                connection, [content.upload_id] if content else []
            )
        if self.nearby is not None and content is not None and spooled:
            await self.nearby.keep(content.upload_id, await self.original(content_id))
        for asset in assets:
            await self._release(asset.upload_id)

    async def release_abandoned(self) -> int:
        """Remove what the spool holds of assets that were deleted; return how many uploads."""
        async with self.database.reading() as connection:
            abandoned = await records.list_abandoned_uploads(connection, PAGE)
        for upload_id in abandoned:
            await self._release(upload_id)
        return len(abandoned)

    async def _release(self, upload_id: str) -> None:
        await self.spool.release(upload_id)
        async with self.database.transaction() as connection:
            await upload_records.mark_unspooled(connection, upload_id)
