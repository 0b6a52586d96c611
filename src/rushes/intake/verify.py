"""Look at a completed upload before it becomes an asset: what is it, is every block hashed.

The digest of the whole file is read off later, by `digest`: identity is the root over the block
hashes, so nobody waits for a second pass over a large file.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rushes.db.engine import Connection, Database
from rushes.errors import Kind, RushesError
from rushes.intake.elsewhere import Elsewhere
from rushes.intake.sniff import HEAD_BYTES, Sniffed, sniff
from rushes.stores.blocks import Fingerprint
from rushes.uploads import chunk_records, direct_records
from rushes.uploads import records as upload_records
from rushes.uploads.blocks import Block, Hashing, find_root
from rushes.uploads.direct import Direct, store_changed
from rushes.uploads.spool import Spool
from rushes.uploads.upload import Extent, Upload

READ_BYTES = 4 * 2**20


class BytesChanged(RushesError):
    """The bytes on the disk are not those that were received."""

    code = "intake.bytes_changed"
    kind = Kind.BROKEN


@dataclass(frozen=True, slots=True)
class Intake:
    """The gate between received and filed."""

    database: Database
    spool: Spool
    elsewhere: Elsewhere | None = None
    """What reads uploads whose bytes came past us."""

    async def verify(self, upload_id: str) -> Sniffed:
        """Say what an upload is by its bytes; hash its blocks where that was not done on the way.

        Raises:
            UploadGone: it was cancelled meanwhile.
            OSError: the spool cannot be read.
        """

        async def find(to: Connection) -> tuple[Upload, Direct | None]:
            upload = await upload_records.get_upload(to, upload_id)
            return upload.answering(), await direct_records.find_direct(to, upload_id)

        upload, direct = await self.database.snapshot(find)
        if direct is not None:
            return await self._verify_elsewhere(self._find_elsewhere(direct), upload, direct)
        path = await self.path(upload_id)
        if upload.root is None:
            await self._hash(upload, path)
        head = await asyncio.to_thread(_head, path)
        return sniff(head[: upload.offset], upload.file_name)

    async def path(self, upload_id: str) -> Path:
        """Return one file that holds the upload's bytes.

        Raises:
            OSError: the spool cannot be read.
        """

        async def find(to: Connection) -> tuple[Upload, tuple[Extent, ...], Direct | None]:
            upload = await upload_records.get_upload(to, upload_id)
            extents = await upload_records.list_extents(to, upload_id)
            return upload, extents, await direct_records.find_direct(to, upload_id)

        upload, extents, direct = await self.database.snapshot(find)
        if direct is not None:
            async with self.database.reading() as connection:
                digests = await upload_records.list_block_digests(connection, upload_id)
            known = Fingerprint(upload.offset, tuple(digests) or None, upload.digest)
            return await self._find_elsewhere(direct).path(direct, known)
        if not extents:
            raise FileNotFoundError(upload_id)
        return await self.spool.path(upload, extents)

    async def _verify_elsewhere(
        self, elsewhere: Elsewhere, upload: Upload, direct: Direct
    ) -> Sniffed:
        if upload.root is None:
            async with self.database.reading() as connection:
                known = await direct_records.list_blocks(connection, upload.id)
            keep = partial(self._keep_block, upload.id)
            read = await elsewhere.read(direct, upload.offset, known, keep)
            blocks = [Block(n, digest) for n, digest in enumerate(read.blocks or ())]
            await self._record(upload.id, blocks, read.whole)
        head = await elsewhere.head(direct, min(HEAD_BYTES, upload.offset))
        return sniff(head, upload.file_name)

    def _find_elsewhere(self, direct: Direct) -> Elsewhere:
        """Return what reads the archive's bucket.

        Raises:
            StoreChanged: the archive is no bucket any more.
        """
        if self.elsewhere is None:
            raise store_changed(direct, None)
        return self.elsewhere

    async def _keep_block(self, upload_id: str, block: Block) -> None:
        await self.database.transact(
            lambda connection: chunk_records.record_new_blocks(connection, upload_id, [block])
        )

    async def _hash(self, upload: Upload, path: Path) -> None:
        """Keep the digests of all blocks and the root over them."""
        hashing = await asyncio.to_thread(_hash_blocks, path, upload.offset)
        last = hashing.find_last()
        await self._record(upload.id, [*hashing.take_full(), *([last] if last else [])])

    async def _record(
        self, upload_id: str, blocks: Sequence[Block], whole: bytes | None = None
    ) -> None:
        async with self.database.transaction() as connection:
            await upload_records.delete_blocks(connection, upload_id)
            await upload_records.record_blocks(connection, upload_id, blocks)
            root = find_root(block.digest for block in blocks)
            await upload_records.record_root(connection, upload_id, root)
            if whole is not None:
                await upload_records.record_digest(connection, upload_id, whole)


async def digest_file(path: Path, size_bytes: int) -> bytes:
    """Return the SHA-256 of a file that must be `size_bytes` long.

    Raises:
        BytesChanged: it is shorter or longer.
    """
    return await asyncio.to_thread(_digest, path, size_bytes)


async def digest_pieces(pieces: AsyncIterator[bytes], size_bytes: int) -> bytes:
    """Return the SHA-256 of bytes that come in order and must be `size_bytes` in all.

    Raises:
        BytesChanged: they are fewer or more.
    """
    seen, whole = 0, hashlib.sha256()
    async for piece in pieces:
        await asyncio.to_thread(whole.update, piece)
        seen += len(piece)
    _require_size(seen, size_bytes)
    return whole.digest()


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _hash_blocks(path: Path, size_bytes: int) -> Hashing:
    hashing = Hashing()
    with path.open("rb") as file:
        while hashing.offset < size_bytes:
            piece = file.read(min(READ_BYTES, size_bytes - hashing.offset))
            if not piece:
                raise BytesChanged("The file is shorter than what was received. Send it again.")
            hashing.update(memoryview(piece))
    return hashing


def _digest(path: Path, size_bytes: int) -> bytes:
    seen, whole = 0, hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            whole.update(piece)
            seen += len(piece)
    _require_size(seen, size_bytes)
    return whole.digest()


def _require_size(seen: int, size_bytes: int) -> None:
    if seen != size_bytes:
        raise BytesChanged(
            f"The file holds {seen} bytes where {size_bytes} were received. "
            "Run `rushes tiers check` to find the damage."
        )
