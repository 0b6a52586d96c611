"""A file written aside: nobody sees it until it is whole, durable and what it should be.

1. It is made with `O_EXCL` under a name of its own and held by a lock, so a sweep can tell a dead
   writer's file from a living one's.
2. A failed `fsync` is never repeated: the kernel forgets the error, and the next call says yes
   over lost data. The file is thrown away and written anew from its source.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from typing import Final, Self

from rushes.stores.blocks import BlockHasher, Fingerprint
from rushes.stores.store import Broken

SYNC_BYTES: Final = 64 * 2**20
"""How much may be written before it is pushed to the disk: keeps the last fsync short."""


class AsideFile:
    """One file on its way in; all methods block, and may be called from any thread."""

    def __init__(self, folder: int, name: str, known: Fingerprint) -> None:
        """Make the file `name` in the folder behind the handle."""
        self.name = name
        self._folder = folder
        self._known = known
        self._hasher = BlockHasher(
            with_blocks=known.blocks is not None, with_whole=known.whole is not None
        )
        self._unsynced = self._written = 0
        self._lock = threading.Lock()  # a cancelled caller discards while a write still runs
        self._file: int | None = _make_locked(folder, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def write(self, piece: bytes) -> None:
        """Write the next bytes.

        Raises:
            Broken: there are more than were announced.
        """
        with self._lock:
            file = self._open_file()
            self._written += len(piece)
            if self._written > self._known.size_bytes:
                raise Broken("The source holds more bytes than it should. Nothing was kept.")
            self._hasher.update(piece)
            view = memoryview(piece)
            while view:
                view = view[os.write(file, view) :]
            self._unsynced += len(piece)
            if self._unsynced >= SYNC_BYTES:
                os.fdatasync(file)
                self._unsynced = 0

    def finish(self) -> None:
        """Make it durable, once it has proved to be what it should be.

        Raises:
            Broken: it is not; nothing was published.
        """
        with self._lock:
            file = self._open_file()
            if not self._known.is_confirmed_by(self._hasher.finish()):
                raise Broken("The bytes that were copied are not those expected. Copy them again.")
            os.fsync(file)

    def discard(self) -> None:
        """Remove the name aside and close; what was published under another name stays."""
        with self._lock:
            if self._file is None:
                return
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.name, dir_fd=self._folder)
            os.close(self._file)
            self._file = None

    def _open_file(self) -> int:
        if self._file is None:
            raise Broken("The copy was given up.")
        return self._file


def _make_locked(folder: int, name: str) -> int:
    """Make a file and lock it; a sweep that came between the two has it made again."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        file = os.open(name, flags, 0o640, dir_fd=folder)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:
            return file
        os.close(file)


def sweep_aside(folder: int) -> int:
    """Remove files whose writers are dead; return how many. Blocks."""
    removed = 0
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    for name in names:
        try:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=folder)
            removed += 1
        except (BlockingIOError, FileNotFoundError):
            continue
        finally:
            os.close(file)
    return removed
