"""Look at a completed upload before it becomes an asset: what is it, is every block hashed.

The digest of the whole file is read off later, by `digest`: identity is the root over the block
hashes, so nobody waits for a second pass over a large file.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.intake.sniff import HEAD_BYTES, Sniffed, sniff
from rushes.uploads import records as upload_records
from rushes.uploads.spool import Spool

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

    async def sniff(self, upload_id: str) -> Sniffed:
        """Say what an upload is by its bytes.

        Raises:
            OSError: the spool cannot be read.
        """
        async with self.database.reading() as connection:
            upload = await upload_records.get_upload(connection, upload_id)
            extents = await upload_records.list_extents(connection, upload_id)
        path = await self.spool.path(upload, extents)
        head = await asyncio.to_thread(_head, path)
        return sniff(head[: upload.offset], upload.file_name)


async def digest_file(path: Path, size_bytes: int) -> bytes:
    """Return the SHA-256 of a file that must be `size_bytes` long.

    Raises:
        BytesChanged: it is shorter or longer.
    """
    return await asyncio.to_thread(_digest, path, size_bytes)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _digest(path: Path, size_bytes: int) -> bytes:
    seen, whole = 0, hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            whole.update(piece)
            seen += len(piece)
    if seen != size_bytes:
        raise BytesChanged(
            f"The file holds {seen} bytes where {size_bytes} were received. "
            "Run `rushes tiers check` to find the damage."
        )
    return whole.digest()
