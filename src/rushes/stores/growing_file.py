"""A file that grows aside in any order, and outlives who writes it.

1. Its name is its owner's, and it is held by a lock: nobody else writes it meanwhile.
2. What it holds is told by nothing but its bytes: who goes on reads its blocks, and believes those
   whose digest is the right one. So neither a kill nor a power cut can leave a lie.
3. It is pushed to the disk while it grows, so that little is left for the end.
4. A failed `fsync` is never repeated: the file is thrown away.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from rushes.stores.aside import SYNC_BYTES
from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.store import Broken, Busy

LEFT_SECONDS: Final = 7 * 86_400.0
"""A file that nobody wrote for so long is given up, like an orphan multipart."""

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class GrowingFile:
    """One file on its way in; all methods block, and may be called from any thread."""

    def __init__(self, folder: int, name: str, size_bytes: int) -> None:
        """Open or make the file `name` in the folder behind the handle.

        Raises:
            Busy: another process writes it just now.
        """
        self.name = name
        self._folder = folder
        self._size_bytes = size_bytes
        self._lock, self._pen = threading.Lock(), threading.Lock()
        self._users, self._is_closed, self._unsynced = 0, False, 0
        self._file = os.open(name, _FLAGS, 0o640, dir_fd=folder)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(self._file).st_size != size_bytes:
                os.ftruncate(self._file, 0)
                os.ftruncate(self._file, size_bytes)
        except BlockingIOError:
            os.close(self._file)
            raise Busy("Another worker writes this object just now.", retry_after=5) from None
        except BaseException:
            os.close(self._file)
            raise

    def close(self) -> None:
        """Let go of the file, once no call is at it any more; it stays.

        A caller that was cancelled leaves its write running on a thread: closed under it, the
        number of the file might be another file's already.
        """
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._let_go()

    def has(self, number: int, digest: bytes) -> bool:
        """Say whether the block `number` (from 0) is there, by its SHA-256."""
        start = number * BLOCK_BYTES
        end = min(start + BLOCK_BYTES, self._size_bytes)
        if self._is_hole(start, end):
            return False
        with self._held() as file:
            return hashlib.sha256(os.pread(file, end - start, start)).digest() == digest

    def write(self, data: bytes | bytearray | memoryview, at: int) -> None:
        """Write bytes at a place; now and then a call waits until what was written is durable.

        Raises:
            OSError: it could not be written, or not made durable; then the file is gone.
        """
        view = memoryview(data)
        with self._held() as file:
            with self._pen:  # in the kernel writers of one file wait for each other by spinning
                while view:
                    count = os.pwrite(file, view, at)
                    at, view = at + count, view[count:]
            if self._is_time_to_push(len(data)):
                self._push(file, os.fdatasync)

    def finish(self) -> None:
        """Make it durable.

        Raises:
            OSError: it could not be; the file is gone.
        """
        with self._held() as file:
            self._push(file, os.fsync)
            size_bytes = os.fstat(file).st_size
        if size_bytes != self._size_bytes:
            self.remove()
            raise Broken("The copy has another size than it should. Copy it again.")

    def remove(self) -> None:
        """Remove its name here; what was published under another name stays."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.name, dir_fd=self._folder)

    def _is_time_to_push(self, written: int) -> bool:
        with self._lock:
            self._unsynced += written
            is_time = self._unsynced >= SYNC_BYTES
            self._unsynced = 0 if is_time else self._unsynced
        return is_time

    def _push(self, file: int, push: Callable[[int], None]) -> None:
        try:
            push(file)
        except OSError:
            self.remove()
            raise

    def _is_hole(self, start: int, end: int) -> bool:
        """Say whether nothing was ever written there, where the filesystem can tell."""
        try:
            with self._held() as file:
                return end > start and os.lseek(file, start, os.SEEK_DATA) >= end
        except OSError as error:
            return error.errno == errno.ENXIO  # no more data in the file

    @contextlib.contextmanager
    def _held(self) -> Iterator[int]:
        with self._lock:
            if self._is_closed:
                raise Broken("The copy was given up.")
            self._users += 1
        try:
            yield self._file
        finally:
            with self._lock:
                self._users -= 1
                self._let_go()

    def _let_go(self) -> None:
        if self._is_closed and not self._users:
            os.close(self._file)


def sweep_growing(folder: int) -> int:
    """Remove files that nobody has written for a week; return how many. Blocks."""
    dead, removed = time.time() - LEFT_SECONDS, 0
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            if os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime < dead:
                os.unlink(name, dir_fd=folder)
                removed += 1
    return removed
