"""A folder behind a handle: blocking calls in which no name leads out of it.

1. Keys are opened segment by segment below the handle, never through a symbolic link: a mount that
   goes away is an error, not a full local disk.
2. A name is published by a link, which fails where the name is taken (a rename would overwrite
   it); the folders above it are pushed to the disk after that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rushes.stores.store import (
    Broken,
    Busy,
    Exists,
    Full,
    NotFound,
    ObjectInfo,
    Refused,
    Unreachable,
    parse_key,
)

MARKER: Final = ".rushes-store"
HIDDEN: Final = ".rushes"
NO_OBJECTS: Final = frozenset({"lost+found"})
"""What filesystems put into an empty folder."""

PUBLISH_TRIES: Final = 3
"""A folder that is empty may be removed by a delete just while we write into it."""

READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not hang
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

NO_LINKS: Final = frozenset({errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP})
_AWAY: Final = {errno.ENOTCONN, errno.ESTALE, errno.ENODEV, errno.EHOSTDOWN, errno.ETIMEDOUT}
_SHORT: Final = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
_REFUSED: Final = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENOTDIR}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the troubles of the operating system into those of a store."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound("There is no such object in the store.") from None
    except FileExistsError:
        raise Exists("The store holds an object with this key already.") from None
    except OSError as error:
        raise _meaning(error) from error


def _meaning(error: OSError) -> Broken | Busy | Full | Refused | Unreachable:
    name = errno.errorcode.get(error.errno or 0, "unknown")
    if error.errno in _FULL:
        return Full("The store is full. Make room; it goes on then.")
    if error.errno in _AWAY:
        return Unreachable(f"The store does not answer ({name}). Is its mount there?")
    if error.errno in _SHORT:  # of this machine, and no word on what the disk holds
        return Busy(f"This machine has no more files or memory to give ({name}). Try again.")
    if error.errno in _REFUSED:
        return Refused(f"The store refuses ({name}). Check the rights of its folder.")
    return Broken(f"The store failed ({name}). Check its disk.")


def info_of(key: str, found: os.stat_result) -> ObjectInfo:
    """Return what the filesystem says of an object."""
    modified = datetime.fromtimestamp(found.st_mtime, UTC)
    return ObjectInfo(key, found.st_size, f"{found.st_ino}-{found.st_mtime_ns}", modified)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its handle; all methods block and raise `OSError` as it comes."""

    handle: int

    def enter(self, folders: tuple[str, ...], *, make: bool) -> int:
        """Return a handle of a folder below, made on the way if asked for; the caller closes it."""
        handle = os.dup(self.handle)
        try:
            for folder in folders:
                if make:
                    _make(handle, folder)
                inner = os.open(folder, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = inner
        except BaseException:
            os.close(handle)
            raise
        return handle

    @contextlib.contextmanager
    def entered(self, folders: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        """Give a handle of a folder below."""
        handle = self.enter(folders, make=make)
        try:
            yield handle
        finally:
            os.close(handle)

    def open(self, key: str) -> int:
        """Return a descriptor of an object's bytes; the caller closes it."""
        segments = parse_key(key)
        with self.entered(segments[:-1]) as folder:
            file = os.open(segments[-1], READ, dir_fd=folder)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise FileNotFoundError
        return file

    def look(self, key: str) -> ObjectInfo:
        """Return what the filesystem says of an object."""
        file = self.open(key)
        try:
            return info_of(key, os.fstat(file))
        finally:
            os.close(file)

    def refuse_taken(self, key: str) -> None:
        """Raise `FileExistsError` if something has this name."""
        segments = parse_key(key)
        with contextlib.suppress(FileNotFoundError), self.entered(segments[:-1]) as folder:
            _refuse_name(folder, segments[-1])

    def publish_link(self, key: str, path: Path, found: os.stat_result) -> ObjectInfo:
        """Give a local file, which was found to be `found`, a second name here."""

        def link(folder: int, name: str) -> None:
            os.link(path, name, dst_dir_fd=folder, follow_symlinks=False)
            linked = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not os.path.samestat(linked, found):
                os.unlink(name, dir_fd=folder)
                raise Broken("The file to keep was exchanged under our hands. Try again.")

        return self._publish(key, link)

    def publish_aside(self, key: str, aside_folder: int, aside: str) -> ObjectInfo:
        """Give a finished file its name; without hard links it is moved there."""

        def link(folder: int, name: str) -> None:
            try:
                os.link(aside, name, src_dir_fd=aside_folder, dst_dir_fd=folder)
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                _refuse_name(folder, name)
                os.rename(aside, name, src_dir_fd=aside_folder, dst_dir_fd=folder)

        return self._publish(key, link)

    def _publish(self, key: str, publish: Callable[[int, str], None]) -> ObjectInfo:
        segments = parse_key(key)
        for attempt in range(1, PUBLISH_TRIES + 1):
            try:
                with self.entered(segments[:-1], make=True) as folder:
                    publish(folder, segments[-1])
                    os.fsync(folder)
                    return info_of(key, os.stat(segments[-1], dir_fd=folder, follow_symlinks=False))
            except FileNotFoundError:
                if attempt == PUBLISH_TRIES:
                    raise
        raise AssertionError

    def delete(self, key: str) -> None:
        """Remove the object and the folders that it leaves empty; a missing one is fine."""
        segments = parse_key(key)
        with contextlib.suppress(FileNotFoundError):
            with self.entered(segments[:-1]) as folder:
                os.unlink(segments[-1], dir_fd=folder)
                os.fsync(folder)
            for depth in range(len(segments) - 1, 0, -1):
                with self.entered(segments[: depth - 1]) as above:
                    if not _remove_empty(above, segments[depth - 1]):
                        break

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        """Yield the keys of objects in byte order."""
        yield from self._walk((), prefix.encode(), after.encode())

    def list_sizes(self, prefix: str, after: str) -> Iterator[tuple[str, int]]:
        """Yield keys in byte order, each with its object's size."""
        for found in self.list_objects(prefix, after):
            yield found.key, found.size_bytes

    def list_objects(self, prefix: str, after: str) -> Iterator[ObjectInfo]:
        """Yield what the filesystem says of each object, in byte order of the keys."""
        for key in self.list_keys(prefix, after):
            with contextlib.suppress(FileNotFoundError):  # it went meanwhile
                yield self.look(key)

    def _walk(self, folders: tuple[str, ...], prefix: bytes, after: bytes) -> Iterator[str]:
        for path, name in self._rows(folders):
            is_folder = path.endswith(b"/")
            if is_folder and _may_hold(path, prefix, after):
                yield from self._walk((*folders, name), prefix, after)
            elif not is_folder and path.startswith(prefix) and path > after:
                yield os.fsdecode(path)

    def _rows(self, folders: tuple[str, ...]) -> list[tuple[bytes, str]]:
        """Return what lies in a folder, sorted as keys: a folder counts as its name and a slash."""
        rows = []
        try:
            with self.entered(folders) as handle, os.scandir(handle) as entries:
                for entry in entries:
                    path = os.fsencode("/".join((*folders, entry.name)))
                    if entry.is_dir(follow_symlinks=False):
                        rows.append((path + b"/", entry.name))
                    elif entry.is_file(follow_symlinks=False):
                        rows.append((path, entry.name))
        except FileNotFoundError:
            return []
        ours = (row for row in rows if folders or not row[1].startswith(HIDDEN))
        return sorted(row for row in ours if folders or row[1] not in NO_OBJECTS)

    def mark(self) -> str:
        """Return the id that the marker holds; an empty folder gets a marker.

        Raises:
            Unreachable: there are other things and no marker.
        """
        with contextlib.suppress(FileNotFoundError):
            return self.read_marker()
        if self._rows(()):
            raise Unreachable(
                "A folder for a store is not empty and holds no marker of one. "
                "Is its mount away? Else give the store an empty folder."
            )
        store_id = secrets.token_hex(16)
        aside = f"{MARKER}.{store_id}"
        file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640, dir_fd=self.handle)
        try:
            os.write(file, store_id.encode())
            os.fsync(file)
        finally:
            os.close(file)
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(aside, MARKER, src_dir_fd=self.handle, dst_dir_fd=self.handle)
        os.unlink(aside, dir_fd=self.handle)
        os.fsync(self.handle)
        return self.read_marker()

    def read_marker(self) -> str:
        """Return the id that the marker holds."""
        file = os.open(MARKER, READ, dir_fd=self.handle)
        try:
            return os.read(file, 100).decode()
        finally:
            os.close(file)


def _make(handle: int, folder: str) -> None:
    try:
        os.mkdir(folder, 0o750, dir_fd=handle)
    except FileExistsError:
        return
    os.fsync(handle)


def _refuse_name(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        raise FileExistsError


def _remove_empty(above: int, name: str) -> bool:
    try:
        os.rmdir(name, dir_fd=above)
    except OSError:
        return False  # something lies in it
    return True


def _may_hold(path: bytes, prefix: bytes, after: bytes) -> bool:
    """Say whether keys below a folder (its path ends with a slash) can be wanted."""
    common = min(len(path), len(prefix))
    return path[:common] == prefix[:common] and path >= after[: len(path)]
