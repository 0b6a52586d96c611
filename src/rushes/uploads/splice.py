"""Splicing: files of the spool under further names, and several of them as one.

    {final}.{n}          a file of a partial upload, under the name of the final that took it
    {final}.{n}.shared   the same, of a group of which the final has only a part
    {digest}.group       the file of a group, where its partials find it

1. A second name is a hard link, so nothing is copied, and each upload lets go of its own names;
   where the disk knows no links the bytes are copied.
2. A file with several names is never cut: what lies behind one upload's end may be another's.
3. Joining goes through `copy_file_range`: a disk that shares blocks shares them, and no byte
   passes through this process.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from rushes.stores.folder import NO_LINKS
from rushes.uploads.upload import Extent

COPY_BYTES: Final = 2**30
"""What one call copies at most; between calls the thread can be asked to end."""

SHARED: Final = ".shared"
NO_RANGES: Final = frozenset({errno.ENOSYS, errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL})


def open_group(folder: Path, group: str, file: str) -> bool:
    """Give a group's file the further name `file`, making it first where it is not there.

    Return False where the disk knows no links; then nothing is left.

    Raises:
        OSError: the disk is full or broken.
    """
    while True:
        with suppress(FileNotFoundError):  # the last partial of the group ended just now
            return _open_group(folder, group, file)


def _open_group(folder: Path, group: str, file: str) -> bool:
    for name in (group, file):
        (folder / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd = os.open(folder / group, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    try:
        os.link(folder / group, folder / file)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        (folder / group).unlink(missing_ok=True)
        return False
    for name in (group, file):
        sync_folder((folder / name).parent)
    sync_folder(folder)
    return True


def take_files(
    folder: Path, upload_id: str, extents: Sequence[Extent], shared: frozenset[str]
) -> tuple[Extent, ...]:
    """Give the files of these extents names of the upload that takes them; return its extents.

    Files that are one get one name; those in `shared` one that says so. It may be done again.

    Raises:
        OSError: a file is not there, or the disk is full or broken.
    """
    home = folder / upload_id[-2:]
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    names: dict[tuple[int, int], str] = {}
    taken = []
    for extent in extents:
        found = (folder / extent.file).stat()
        key = found.st_dev, found.st_ino
        if key not in names:
            mark = SHARED if extent.file in shared else ""
            names[key] = f"{upload_id[-2:]}/{upload_id}.{len(names)}{mark}"
            _link(folder / extent.file, folder / names[key])
        taken.append(Extent(names[key], extent.start, extent.length))
    sync_folder(home)
    sync_folder(folder)
    return tuple(taken)


def is_whole_file(folder: Path, extent: Extent) -> bool:
    """Say whether an extent is all of its file, now and later."""
    is_own = extent.start == 0 and not extent.file.endswith(SHARED)
    return is_own and (folder / extent.file).stat().st_size == extent.length


def join_files(folder: Path, extents: Sequence[Extent], whole: Path) -> None:
    """Write the extents one after the other; what is there in full is taken as it is.

    Raises:
        OSError: the disk is full or broken.
        EOFError: a file is shorter than its extent.
    """
    length = sum(extent.length for extent in extents)
    if whole.exists() and whole.stat().st_size == length:
        return
    part = whole.with_suffix(f".{secrets.token_hex(8)}")  # two may join at once, each its own
    fd = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        at = 0
        for extent in extents:
            copy_range(folder / extent.file, extent, fd, at)
            at += extent.length
        os.fdatasync(fd)
        part.rename(whole)
    finally:
        os.close(fd)
        part.unlink(missing_ok=True)
    sync_folder(whole.parent)


def copy_range(path: Path, extent: Extent, target: int, at: int) -> None:
    """Copy an extent to a place in an open file, by the kernel where it can.

    Raises:
        OSError: the disk is full or broken.
        EOFError: the file is shorter than the extent.
    """
    source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        done = 0
        while done < extent.length:
            count = _copy_some(source, target, extent.start + done, at + done, extent.length - done)
            if not count:
                raise EOFError(f"{path.name} ends {extent.length - done} bytes too early")
            done += count
    finally:
        os.close(source)


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to stable storage."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _copy_some(source: int, target: int, start: int, at: int, length: int) -> int:
    try:
        return os.copy_file_range(source, target, min(length, COPY_BYTES), start, at)
    except OSError as error:
        if error.errno not in NO_RANGES:
            raise
    piece = os.pread(source, min(length, 2**20), start)
    done = 0
    while done < len(piece):
        done += os.pwrite(target, piece[done:], at + done)
    return done


def _link(source: Path, target: Path) -> None:
    """Give a file a second name; one of an earlier try is replaced where it is of another file."""
    try:
        os.link(source, target)
    except FileExistsError:
        if not target.samefile(source):
            target.unlink()
            os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        target.unlink(missing_ok=True)
        extent = Extent(source.name, 0, source.stat().st_size)
        fd = os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            copy_range(source, extent, fd, 0)
            os.fdatasync(fd)
        finally:
            os.close(fd)
