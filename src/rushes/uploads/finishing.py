"""Finishing: an upload in chunks becomes a completed one, once, however often that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.sections import UploadSettings
from rushes.uploads import chunk_records, records
from rushes.uploads.chunk_files import BytesMissing, ChunkFiles
from rushes.uploads.chunked import (
    Chunk,
    count_chunks,
    find_extents,
    require_all,
    require_chunked,
)
from rushes.uploads.commit import PlaceLost, complete
from rushes.uploads.ending import Ending
from rushes.uploads.rereading import Rereading
from rushes.uploads.settling import settle
from rushes.uploads.spool import Spool, tell_trouble
from rushes.uploads.upload import DIGEST_MISMATCH, Extent, Upload

May = Callable[[Upload], None]


class WholeDiffers(RushesError):
    """The whole file does not have the digest that its sender told; it is in quarantine."""

    code = "upload.digest_mismatch"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class Finisher:
    """Completes uploads that came in chunks."""

    database: Database
    clock: Clock
    settings: UploadSettings
    spool: Spool
    ending: Ending
    files: ChunkFiles
    rereading: Rereading

    async def finish(self, upload_id: str, may: May, told: str | None = None) -> Upload:
        """Complete an upload; one that was completed before is answered as it is.

        `told` is the digest of the whole as `algorithm:hex`; it wins over one told before.

        Raises:
            UploadMissing, UploadGone: there is none.
            UploadClosed: it does not come in chunks.
            ChunksMissing: some chunks are not here.
            WholeDiffers: the bytes do not have the digest that was told.
            SpoolBroken: the spool cannot be read.
        """
        return _require_told(await self._finish(upload_id, may, told))

    async def _finish(self, upload_id: str, may: May, told: str | None) -> Upload:
        async with self.database.reading() as connection:
            upload = await records.get_upload(connection, upload_id)
            may(upload)
            size_bytes, chunk_bytes = require_chunked(upload.answering())
            if not upload.is_open:
                return upload
            chunks = await chunk_records.list_chunks(connection, upload_id)
        count = count_chunks(size_bytes, chunk_bytes)
        require_all([chunk.position for chunk in chunks], count)
        await self._read(upload)
        return await self._complete(upload, chunks, chunk_bytes, told)

    async def _read(self, upload: Upload) -> None:
        """See that all bytes are there, and that every block is hashed."""
        try:
            await self.files.require_bytes(upload)
            if self.settings.digest == "stream":
                await self.rereading.finish(upload)
        except (BytesMissing, EOFError):
            raise await self.ending.lose(upload) from None
        except OSError as error:
            raise tell_trouble(error, upload.offset) from error

    async def _complete(
        self, upload: Upload, chunks: list[Chunk], chunk_bytes: int, told: str | None
    ) -> Upload:
        extents = find_extents(chunks, chunk_bytes)
        digest = told or upload.told_digest
        async with self.database.transaction() as connection:
            now = await records.lock_upload(connection, upload.id)
            if not now.answering().is_open:  # another request was faster
                return now
            await chunk_records.record_whole(connection, now, extents, digest)
            whole = replace(now, offset=upload.size_bytes or 0, told_digest=digest)
            if digest is None:
                whole = await complete(connection, whole, self.clock)
        self.files.forget(upload.id)
        return whole if digest is None else await self._settle(whole, extents)

    async def _settle(self, whole: Upload, extents: tuple[Extent, ...]) -> Upload:
        """Complete an upload that is what its sender told, and set aside one that is not."""
        try:
            return await settle(self.database, self.clock, self.spool, whole, extents)
        except PlaceLost:  # another request was faster
            async with self.database.reading() as connection:
                return (await records.get_upload(connection, whole.id)).answering()
        except (EOFError, FileNotFoundError):
            raise await self.ending.lose(whole) from None
        except OSError as error:
            raise tell_trouble(error, whole.offset) from error


def _require_told(upload: Upload) -> Upload:
    """Return an upload whose bytes are those that its sender told.

    Raises:
        WholeDiffers: they are others.
    """
    if upload.reason == DIGEST_MISMATCH:
        raise WholeDiffers(
            "The file does not have the digest that was told. It was put into quarantine; send it "
            "again as a new upload."
        )
    return upload
