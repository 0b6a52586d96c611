"""Growing: a file is read while the rest of it still comes.

    growing = Growing(database, spool)
    prefix = await growing.find(upload_id)                # what is committed from its start, now
    prefix = await growing.wait(upload_id, prefix.length) # more of it, or it comes no further
    for piece in growing.read(prefix, start, end): ...    # those bytes, and no others
    path = await growing.path(prefix)                     # one file that holds them, for a program

1. Only committed bytes are given. They never change, so what was made of them stays right; what
   lies behind them on the disk may be cut off, and come again with other bytes.
2. An upload is named by its id. The first partial of a group stands for the group's file, and a
   final that waits for the bytes of its partials.
3. Whoever derives anything from a prefix takes it back when the upload ends without being accepted:
   `is_over` says so, and the events `upload.cancelled`, `upload.expired`, `upload.quarantined`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rushes.db.engine import Database
from rushes.uploads import records, run_records
from rushes.uploads.processes import name_kernel
from rushes.uploads.runs import Run, find_prefix, pick
from rushes.uploads.splice import copy_range
from rushes.uploads.spool import Spool
from rushes.uploads.upload import Extent, State, Upload

LOOK_SECONDS: Final = 0.5
"""How often a row is looked at for somebody who waits. A notice for each commit would make all
senders of a PostgreSQL wait for one another: it takes the same lock for every NOTIFY."""

HEAD: Final = "head"
"""How the name of a file begins to end that holds committed bytes from the start, and nothing else.

It goes on with the name of this start of the machine: what a power cut leaves is no such file.
"""

OVER: Final = frozenset({State.CANCELLED, State.EXPIRED, State.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first `length` bytes of a file; `size_bytes` None: how many it will have is not known."""

    upload: Upload
    runs: tuple[Run, ...]
    size_bytes: int | None

    @property
    def length(self) -> int:
        """How many bytes from the start are committed."""
        return find_prefix(self.runs)

    @property
    def is_whole(self) -> bool:
        """Whether every byte is here."""
        return self.length == self.size_bytes

    @property
    def is_over(self) -> bool:
        """Whether the upload ended: nothing that was made of it may stay."""
        return self.upload.state in OVER


@dataclass(frozen=True, slots=True)
class Growing:
    """Reads uploads in progress."""

    database: Database
    spool: Spool

    async def find(self, upload_id: str) -> Prefix:
        """Return what is committed now.

        Raises:
            UploadMissing: there is no such upload.
        """
        async with self.database.reading() as connection:
            upload = await records.get_upload(connection, upload_id)
            runs, size_bytes = await run_records.list_runs(connection, upload)
        return Prefix(upload, runs, size_bytes)

    async def wait(self, upload_id: str, beyond: int, seconds: float = 60.0) -> Prefix:
        """Return as soon as more than `beyond` bytes are committed, or no more will come.

        After so many seconds what is there then is returned; commits of every process are seen.

        Raises:
            UploadMissing: there is no such upload.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            prefix = await self.find(upload_id)
            goes_on = prefix.upload.is_open or (
                prefix.upload.is_partial and not prefix.is_over and not prefix.is_whole
            )
            if prefix.length > beyond or not goes_on or loop.time() >= deadline:
                return prefix
            await asyncio.sleep(LOOK_SECONDS)

    def read(self, prefix: Prefix, start: int, end: int) -> Iterator[memoryview]:
        """Yield the bytes from `start` to before `end`, in pieces; for a thread.

        Raises:
            EOFError: they are not all committed.
            OSError: the spool cannot be read.
        """
        return self.spool.read(pick(prefix.runs, start, end), 0, end - start)

    async def read_all(self, prefix: Prefix, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`, for few of them.

        Raises:
            EOFError, OSError: as `read` says.
        """
        return await self.spool.run(lambda: b"".join(self.read(prefix, start, end)))

    async def path(self, prefix: Prefix, length: int | None = None) -> Path:
        """Return one file that holds the first `length` bytes of a prefix; all of it by default.

        It may hold more of them, and grows with later calls. A disk that shares blocks copies
        nothing. It goes with the upload's own files; `drop` removes it sooner.

        Raises:
            EOFError: so many are not committed.
            OSError: the disk is full or broken.
        """
        wanted = prefix.length if length is None else length
        path = self._path(prefix.upload.id)
        await self.spool.run(_grow, self.spool.folder, pick(prefix.runs, 0, wanted), path)
        return path

    async def drop(self, upload_id: str) -> None:
        """Remove the file of `path`; where there is none, nothing happens."""
        await self.spool.run(self._path(upload_id).unlink, missing_ok=True)

    def _path(self, upload_id: str) -> Path:
        return self.spool.folder / upload_id[-2:] / f"{upload_id}.{HEAD}{name_kernel()}"


def _grow(folder: Path, extents: tuple[Extent, ...], path: Path) -> None:
    """Write what a file has not got yet of these bytes; several may do so at once.

    Each writes the same bytes to the same places, in their order, so its length is always true.
    """
    fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        there, at = os.fstat(fd).st_size, 0
        for extent in extents:
            skipped = min(max(0, there - at), extent.length)
            rest = Extent(extent.file, extent.start + skipped, extent.length - skipped)
            if rest.length:
                copy_range(folder / extent.file, rest, fd, at + skipped)
            at += extent.length
    finally:
        os.close(fd)
