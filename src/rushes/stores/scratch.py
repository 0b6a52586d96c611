"""Scratch: local copies of objects whose store has no paths, for programs that need one.

1. A copy is fetched once, whoever asks: a lock beside it is held meanwhile, in every process.
2. It gets its name only when its bytes are those that are known.
3. The folder is a cache: what was used longest ago goes when the limit is passed. A program that
   has a file open keeps it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from rushes.errors import RushesError
from rushes.stores.blocks import BLOCK_BYTES, BlockHasher, Fingerprint
from rushes.stores.store import Broken, Full, Get

STREAMS: Final = 4
ASK_SECONDS: Final = 0.25
"""How often a lock of another process is looked at."""
REST_SECONDS: Final = 900.0
"""A copy that was asked for less than this ago stays: its program may not have opened it yet."""
LOCKS: Final = 64
"""Lock files that all names share: a file of its own for each could never be removed safely."""
OPEN: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
KEEP_FREE_BYTES: Final = 2 * 2**30
KEEP_FREE_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Scratch:
    """The folder of local copies; `limit_bytes` is what they may take together."""

    folder: Path
    limit_bytes: int

    async def fetch(self, name: str, store: Get, key: str, known: Fingerprint) -> Path:
        """Return a local file with the bytes of an object, fetching them if they are not here.

        Raises:
            Broken: the store gave other bytes than `known` says, also when asked again.
            Full: the disk has no room for them.
            NotFound, Unreachable, Busy, Refused: the store failed.
        """
        path = self.folder / name
        async with self._locked(name):
            if not await asyncio.to_thread(_is_here, path, known.size_bytes):
                await asyncio.to_thread(self._make_room, known.size_bytes, name)
                part = self.folder / f"{name}.{secrets.token_hex(8)}.part"
                try:
                    await _write(part, store, key, known)
                    await asyncio.to_thread(part.rename, path)
                finally:
                    await asyncio.to_thread(part.unlink, missing_ok=True)
        return path

    @contextlib.asynccontextmanager
    async def growing(self, name: str, size_bytes: int) -> AsyncIterator[int]:
        """Give the file in which a copy of `size_bytes` grows; it gets its name at the end.

        Where that fails the file stays a while: who comes next finds in it what was written.

        Raises:
            Full: the disk has no room for it, or it is larger than all copies may be together.
        """
        if size_bytes > self.limit_bytes:
            raise Full("The object is larger than all local copies may be together.")
        path, part = self.folder / name, self.folder / f"{name}.part"
        async with self._locked(name):
            is_here = await asyncio.to_thread(_is_here, path, size_bytes)
            if not is_here and not await asyncio.to_thread(_is_here, part, size_bytes):
                await asyncio.to_thread(part.unlink, missing_ok=True)
                await asyncio.to_thread(self._make_room, size_bytes, name)
                os.close(await asyncio.to_thread(_open_part, part, size_bytes))
            file = await asyncio.to_thread(os.open, path if is_here else part, OPEN)
            try:
                yield file
            finally:
                os.close(file)
            if not is_here:
                await asyncio.to_thread(part.rename, path)

    async def keep(self, name: str, path: Path) -> None:
        """Take a local file in, if that costs no copy: soon somebody will ask for it."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread(os.link, path, self.folder / name)
            await asyncio.to_thread(self._make_room, 0, name)

    async def forget(self, name: str) -> None:
        """Remove a copy; one that is not there is no error."""
        await asyncio.to_thread((self.folder / name).unlink, missing_ok=True)

    def sweep(self) -> int:
        """Remove what killed fetchers left a while ago; return how many files. Blocks."""
        dead = time.time() - REST_SECONDS
        left = [path for path in self.folder.glob("*.part") if path.stat().st_mtime < dead]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def require_free(self, size_bytes: int) -> None:
        """Return if the disk has so much room that is not kept free. Blocks.

        Raises:
            Full: it has not.
        """
        if not self._has_free(size_bytes):
            self.sweep()
        if not self._has_free(size_bytes):
            raise Full(
                f"The disk has no room for a local copy of {size_bytes} bytes. Make room; "
                "it goes on then.",
                retry_after=30,
            )

    def _locked(self, name: str) -> AbstractAsyncContextManager[None]:
        return _locked(self.folder / f"{crc32(name.encode()) % LOCKS}.lock")

    def _make_room(self, size_bytes: int, name: str) -> None:
        """Let old copies go until so many bytes fit."""
        self.sweep()
        now = time.time()
        copies = sorted(self._list_copies(name), key=lambda each: each[1].st_mtime)
        taken = sum(stat.st_size for _, stat in copies)
        for path, stat in copies:
            if taken + size_bytes <= self.limit_bytes and self._has_free(size_bytes):
                return
            if now - stat.st_mtime > REST_SECONDS:
                path.unlink(missing_ok=True)
                taken -= stat.st_size
        self.require_free(size_bytes)

    def _has_free(self, size_bytes: int) -> bool:
        disk = shutil.disk_usage(self.folder)
        reserve = min(KEEP_FREE_BYTES, int(disk.total * KEEP_FREE_SHARE))
        return size_bytes == 0 or disk.free - size_bytes >= reserve

    def _list_copies(self, but: str) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self.folder.iterdir():
            if path.suffix not in {".lock", ".part"} and path.name != but:
                with contextlib.suppress(FileNotFoundError):
                    yield path, path.stat()


@contextlib.asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    """Hold a lock that other processes see; it goes with the process that dies."""
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(ASK_SECONDS)
        yield
    finally:
        os.close(file)


def _is_here(path: Path, size_bytes: int) -> bool:
    """Say whether a whole copy is here, and mark it as used."""
    try:
        is_here = path.stat().st_size == size_bytes
        os.utime(path)
    except FileNotFoundError:
        return False
    return is_here


def _open_part(part: Path, size_bytes: int) -> int:
    """Make a file that has all its room from the start, so that two cannot count on the same."""
    file = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        if size_bytes:
            os.posix_fallocate(file, 0, size_bytes)
    except OSError as error:
        os.close(file)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Full("The disk has no room for a local copy. Make room.") from error
        raise
    return file


async def _write(part: Path, store: Get, key: str, known: Fingerprint) -> None:
    file = await asyncio.to_thread(_open_part, part, known.size_bytes)
    try:
        if known.blocks is None:
            hasher = BlockHasher(with_blocks=False, with_whole=known.whole is not None)
            read = await _write_in_order(file, store, key, hasher, known.size_bytes)
            if not known.is_confirmed_by(read):
                raise _wrong()
        else:
            await _write_blocks(file, store, key, known.blocks, known.size_bytes)
    finally:
        os.close(file)


async def _write_in_order(
    file: int, store: Get, key: str, hasher: BlockHasher, size_bytes: int
) -> Fingerprint:
    at = 0
    async for piece in store.get(key, 0, size_bytes):
        await asyncio.to_thread(_put_piece, file, piece, at)
        await asyncio.to_thread(hasher.update, piece)
        at += len(piece)
    return hasher.finish()


async def _write_blocks(
    file: int, store: Get, key: str, blocks: tuple[bytes, ...], size_bytes: int
) -> None:
    """Fetch several blocks at once, each proved by its own digest."""
    seats = asyncio.Semaphore(STREAMS)

    async def bring(number: int, digest: bytes) -> None:
        start = number * BLOCK_BYTES
        async with seats:
            span = start, min(start + BLOCK_BYTES, size_bytes)
            for _ in range(2):  # a line may spoil bytes once
                if await _bring(file, store, key, span) == digest:
                    return
        raise _wrong()

    try:
        async with asyncio.TaskGroup() as group:
            for number, digest in enumerate(blocks):
                group.create_task(bring(number, digest))
    except* (RushesError, OSError) as failures:
        raise failures.exceptions[0] from None  # one failure speaks for all


async def _bring(file: int, store: Get, key: str, span: tuple[int, int]) -> bytes:
    at, end = span
    digest = hashlib.sha256()
    async for piece in store.get(key, at, end):
        await asyncio.to_thread(_put_piece, file, piece, at)
        await asyncio.to_thread(digest.update, piece)
        at += len(piece)
    return digest.digest()


def _put_piece(file: int, piece: bytes, at: int) -> None:
    view = memoryview(piece)
    while view:
        count = os.pwrite(file, view, at)
        at, view = at + count, view[count:]


def _wrong() -> Broken:
    return Broken("The store gave other bytes than were kept there. Nothing was taken from it.")
