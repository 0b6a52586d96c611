"""The spool: files of received bytes, named by ids, never by people.

    spool/{last 2 of id}/{id}.{n}     the extents of an upload, n from 0
    spool/{last 2 of id}/{id}.whole   several extents joined, where a program needs one path
    spool/lost/                       files without a row, for 7 days

1. A file is made `O_EXCL` with mode 0600; file and folder are synced before anybody hears of it.
2. After a failed fdatasync nothing that was not committed is believed: the file is cut, and the
   upload goes on in a new one, because the third fdatasync says OK over zeros.
3. All file work happens in the spool's own threads.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from rushes.errors import Kind, RushesError
from rushes.uploads.blocks import Hashing
from rushes.uploads.checksum import Summing
from rushes.uploads.splice import is_whole_file, join_files, open_group, sync_folder
from rushes.uploads.upload import Extent, Upload

READ_BYTES: Final = 2**20
LOST: Final = "lost"
MIN_FREE_SHARE: Final = 0.05


class SpoolFull(RushesError):
    """The disk of the spool is full."""

    code = "spool.full"
    kind = Kind.FULL


class SpoolBroken(RushesError):
    """The disk of the spool did not take bytes that it should have taken."""

    code = "spool.broken"
    kind = Kind.BROKEN


class BytesLost(Exception):
    """A file of the spool does not have the bytes that were acknowledged."""


def is_full(trouble: OSError) -> bool:
    """Say whether a disk is full, rather than broken."""
    return trouble.errno in {errno.ENOSPC, errno.EDQUOT}


def tell_trouble(trouble: OSError, offset: int) -> RushesError:
    """Say a disk's trouble in our words; `offset` is what an upload has kept."""
    if is_full(trouble):
        return SpoolFull(
            f"The disk is full. {offset} bytes are kept; go on from there once there is room.",
            retry_after=30,
            offset=offset,
        )
    return SpoolBroken(
        f"The disk did not take the bytes. {offset} are kept; go on from there.", offset=offset
    )


P = ParamSpec("P")
T = TypeVar("T")


def _threads() -> Executor:
    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="spool")


class SpoolFile:
    """An open file of the spool, written from one place on.

    `at` is where the next byte goes. One thread at a time writes, one at a time digests what was
    written; `sync` may run beside both.
    """

    __slots__ = ("_hashing", "_opened", "_summing", "at")

    def __init__(
        self,
        opened: int | Callable[[], int],
        at: int,
        hashing: Hashing | None = None,
        summing: Summing | None = None,
    ) -> None:
        """Begin at `at`; `opened` is a descriptor, or gives one in the thread that writes first."""
        self._opened = opened
        self._hashing = hashing
        self._summing = summing
        self.at = at

    def write(self, piece: memoryview) -> None:
        """Write all of it, and digest it.

        Raises:
            OSError: the disk is full or broken; `at` tells how far it came.
        """
        at = self.at
        try:
            self.put(piece)
        finally:
            self.digest(piece[: self.at - at])

    def put(self, piece: memoryview) -> None:
        """Write all of it; `digest` of the same bytes has to follow, in the same order.

        Raises:
            OSError: the disk is full or broken; `at` tells how far it came.
        """
        rest, fd = piece, self._open()
        while rest:
            count = os.pwrite(fd, rest, self.at)
            self.at += count
            rest = rest[count:]

    @property
    def is_digested(self) -> bool:
        """Whether anybody wants a digest of what is written."""
        return self._hashing is not None or self._summing is not None

    def digest(self, piece: memoryview) -> None:
        """Take what was put into the digests."""
        if self._hashing is not None:
            self._hashing.update(piece)
        if self._summing is not None:
            self._summing.update(piece)

    def read_back(self, summing: Summing, start: int) -> None:
        """Sum what was written from `start` on, where its checksum is told after it.

        Raises:
            OSError: the disk is broken.
        """
        while start < self.at:
            piece = os.pread(self._open(), min(READ_BYTES, self.at - start), start)
            if not piece:
                raise OSError(errno.EIO, "The file is shorter than what was written to it.")
            summing.update(memoryview(piece))
            start += len(piece)

    def sync(self) -> None:
        """Bring what was written to stable storage; an error means that it may be lost."""
        os.fdatasync(self._open())

    def cut(self, size_bytes: int) -> None:
        """Throw away what lies beyond, where no other upload may have bytes."""
        fd = self._open()
        if os.fstat(fd).st_nlink == 1:
            os.ftruncate(fd, size_bytes)

    def close(self) -> None:
        """Close it, if it was opened."""
        if isinstance(self._opened, int):
            os.close(self._opened)

    def _open(self) -> int:
        if not isinstance(self._opened, int):
            self._opened = self._opened()
        return self._opened


@dataclass(frozen=True, slots=True)
class Spool:
    """The folder of received bytes."""

    folder: Path
    threads: Executor = field(default_factory=_threads, repr=False)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do file work in the spool's threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, lambda: work(*args, **kwargs))

    async def create(self, upload_id: str, number: int = 0) -> str:
        """Make an empty durable file; return its name, relative to the spool.

        Where an earlier try made the file and did not live to write its row, the next number is
        taken; what is not in a row goes with the upload.

        Raises:
            OSError: the disk is full or broken.
        """
        while True:
            file = f"{upload_id[-2:]}/{upload_id}.{number}"
            try:
                await self.run(_create, self.folder, file)
            except FileExistsError:
                number += 1
            else:
                return file

    async def create_shared(self, upload_id: str, group: str) -> str | None:
        """Make a name in the file of a group; return it, or None where the disk knows no links.

        Raises:
            OSError: the disk is full or broken.
        """
        file = f"{upload_id[-2:]}/{upload_id}.0"
        is_made = await self.run(open_group, self.folder, group, file)
        return file if is_made else None

    async def path(self, upload: Upload, extents: Sequence[Extent]) -> Path:
        """Return one file that holds exactly the upload's bytes, joining extents where needed.

        Raises:
            OSError: the spool cannot be read or written.
        """
        filled = [extent for extent in extents if extent.length] or list(extents[:1])
        if len(filled) == 1 and await self.run(is_whole_file, self.folder, filled[0]):
            return self.folder / filled[0].file
        whole = self.folder / upload.id[-2:] / f"{upload.id}.whole"
        await self.run(join_files, self.folder, filled, whole)
        return whole

    async def release(self, upload_id: str) -> None:
        """Remove every file of an upload; one that is not there is no error."""
        await self.run(_remove, self.folder, upload_id)

    async def find_free_bytes(self) -> int:
        """Return how much space uploads of unprivileged writers could still take."""
        return (await self.run(shutil.disk_usage, self.folder)).free

    async def find_total_bytes(self) -> int:
        """Return the size of the disk."""
        return (await self.run(shutil.disk_usage, self.folder)).total

    def forget(self, file: str) -> None:
        """Remove one name; one that is not there is no error."""
        (self.folder / file).unlink(missing_ok=True)

    def open_file(self, extent: Extent, size_bytes: int) -> int:
        """Open the file of an extent for writing, cut it to that size; return its descriptor.

        A file that several uploads share is not cut: what lies beyond is another's, or rewritten.
        A later part may come before an earlier one, so an empty extent may begin beyond its end.

        Raises:
            OSError: it is not there, or the disk is broken.
            EOFError: it is shorter than that, and has bytes of this extent.
        """
        fd = os.open(self.folder / extent.file, os.O_RDWR | os.O_CLOEXEC)
        found = os.fstat(fd)
        if extent.length and found.st_size < size_bytes:
            os.close(fd)
            raise EOFError(f"{extent.file} ends at {found.st_size}, before {size_bytes}")
        if found.st_size > size_bytes and found.st_nlink == 1:
            os.ftruncate(fd, size_bytes)
        return fd

    def find_size(self, extent: Extent) -> int:
        """Return the size of an extent's file; -1 where there is none."""
        try:
            return (self.folder / extent.file).stat().st_size
        except FileNotFoundError:
            return -1

    def read(self, extents: Sequence[Extent], start: int, end: int) -> Iterator[memoryview]:
        """Yield an upload's bytes from `start` to before `end`, in pieces.

        Raises:
            OSError: the spool cannot be read.
            EOFError: a file is shorter than its extent.
        """
        at = 0
        for extent in extents:
            first, last = max(start, at), min(end, at + extent.length)
            if first < last:
                place = extent.start + first - at
                yield from _read(self.folder / extent.file, place, last - first)
            at += extent.length


def _create(folder: Path, file: str) -> None:
    path = folder / file
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync_folder(folder)
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    sync_folder(path.parent)


def _read(path: Path, start: int, length: int) -> Iterator[memoryview]:
    with path.open("rb") as file:
        file.seek(start)
        left = length
        while left:
            piece = file.read(min(READ_BYTES, left))
            if not piece:
                raise EOFError(f"{path.name} ends {left} bytes too early")
            yield memoryview(piece)
            left -= len(piece)


def _remove(folder: Path, upload_id: str) -> None:
    for path in (folder / upload_id[-2:]).glob(f"{upload_id}.*"):
        path.unlink(missing_ok=True)
