"""The tree that editors work in: a folder of a mount, written only while it is surely there.

1. The marker `.rushes-editing` was put there by a person's command. It holds the tree's id and how
   far below its mount point the tree lies; both must hold, or nothing is written.
2. All work is relative to a handle of the folder that was looked at: a mount that goes away in the
   middle is an error, never a file on the local disk below it.
3. A file appears whole: written as `.{name}.{fence}.rushes-part`, proved, pushed, then renamed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rushes.stores.folder import READ, Folder
from rushes.stores.store import Unreachable

MARKER: Final = ".rushes-editing"
PART: Final = ".rushes-part"
PIECE_BYTES: Final = 2**20
MARKER_BYTES_AT_MOST: Final = 1_000

_FOREIGN: Final = frozenset({errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO})
"""A link, or somebody's file that we may not read: trouble of this name, not of the tree."""

_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class MountAway(Unreachable):
    """The tree of the editing tier is not there: its mount is away, or was never made ours."""

    code = "editing.mount_away"


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the tree; `version` changes when its bytes do (size and time of change)."""

    size_bytes: int
    version: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree behind a handle; all methods block and raise `OSError` as it comes."""

    handle: int
    tree_id: str

    def look(self, folder: str, name: str) -> Found | None:
        """Return what the filesystem says of a file; None where there is none."""
        try:
            with self._entered(folder) as inner:
                seen = os.stat(name, dir_fd=inner, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return _found(seen)

    def read_digest(self, folder: str, name: str) -> bytes | None:
        """Return the SHA-256 of a file; None of what is no file, or is closed to us."""
        digest = hashlib.sha256()
        with self._entered(folder) as inner:
            try:
                file = os.open(name, READ, dir_fd=inner)
            except OSError as error:
                if error.errno in _FOREIGN:
                    return None
                raise
            try:
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    return None
                while piece := os.read(file, PIECE_BYTES):
                    digest.update(piece)
            finally:
                os.close(file)
        return digest.digest()

    def begin(self, folder: str, name: str, fence: int) -> int:
        """Return a new file aside; what writers before us left of it goes. The caller closes it."""
        with self._entered(folder, make=True) as inner:
            with os.scandir(inner) as entries:
                names = [entry.name for entry in entries]
            for left in names:
                if left.startswith(f".{name}.") and left.endswith(PART):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(left, dir_fd=inner)
            return os.open(_part(name, fence), _NEW, 0o664, dir_fd=inner)

    def publish(self, folder: str, name: str, fence: int, before: Found | None) -> Found:
        """Give a finished file its name, in place of what was found there `before`.

        Raises:
            FileExistsError: something else has the name by now.
        """
        if self.look(folder, name) != before:
            raise FileExistsError(errno.EEXIST, "somebody wrote to the name meanwhile")
        with self._entered(folder) as inner:
            os.rename(_part(name, fence), name, src_dir_fd=inner, dst_dir_fd=inner)
            os.fsync(inner)
            return _found(os.stat(name, dir_fd=inner, follow_symlinks=False))

    def discard(self, folder: str, name: str, fence: int) -> None:
        """Remove what was written aside."""
        with contextlib.suppress(OSError), self._entered(folder) as inner:
            os.unlink(_part(name, fence), dir_fd=inner)

    def delete(self, folder: str, name: str) -> None:
        """Remove a file, and its folders where they are empty now."""
        with contextlib.suppress(FileNotFoundError), self._entered(folder) as inner:
            os.unlink(name, dir_fd=inner)
            os.fsync(inner)
        self.tidy(folder)

    def tidy(self, folder: str) -> None:
        """Remove a project's folder and those above it, as far as nothing lies in them."""
        segments = folder.split("/")
        for depth in range(len(segments), 0, -1):
            try:
                with self._entered("/".join(segments[: depth - 1])) as above:
                    os.rmdir(segments[depth - 1], dir_fd=above)
            except OSError:
                return

    def move(self, folder: str, target: str) -> None:
        """Rename a project's folder with all that lies in it; a second call finds it done.

        Raises:
            FileExistsError: something else has the new name.
        """
        above, _, name = target.rpartition("/")
        before, _, old = folder.rpartition("/")
        try:
            source = Folder(self.handle).enter(_segments(before), make=False)
        except FileNotFoundError:
            return
        try:
            with self._entered(above, make=True) as inner:
                if _is_there(name, inner):
                    if _is_there(old, source):
                        raise FileExistsError(errno.EEXIST, "the new name is taken")
                    return
                with contextlib.suppress(FileNotFoundError):
                    os.rename(old, name, src_dir_fd=source, dst_dir_fd=inner)
                os.fsync(inner)
        finally:
            os.close(source)
        self.tidy(before)

    @contextlib.contextmanager
    def _entered(self, folder: str, *, make: bool = False) -> Iterator[int]:
        with Folder(self.handle).entered(_segments(folder), make=make) as inner:
            yield inner

    def close(self) -> None:
        """Let go of the folder, so that its mount can go."""
        os.close(self.handle)


def open_tree(path: Path, tree_id: str | None) -> Tree:
    """Return the tree at `path`; the caller closes it.

    Args:
        path: the folder.
        tree_id: the id that its marker must hold; None takes any.

    Raises:
        MountAway: it is not there, not ours, or not on its mount.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _away(path, errno.errorcode.get(error.errno or 0, "unknown")) from None
    try:
        return Tree(handle, _examine(path, handle, tree_id))
    except OSError as error:
        os.close(handle)
        raise _away(path, errno.errorcode.get(error.errno or 0, "unknown")) from None
    except MountAway:
        os.close(handle)
        raise


def _examine(path: Path, handle: int, tree_id: str | None) -> str:
    """Return the id of the tree behind the handle, once it is surely the one on its mount."""
    held, below = _read_marker(handle)
    if tree_id is not None and held != tree_id:
        raise MountAway(
            f"{path} holds the marker of another tree. Check the mount, or make this one ours "
            "with `rushes tiers prepare`."
        )
    if below is not None and not _is_mounted(path, below, handle):
        raise _away(path, "no mount")
    return held


def prepare_tree(path: Path) -> str:
    """Put a marker into a folder that has none, and return the id that its marker holds.

    Raises:
        MountAway: the folder is not there.
    """
    with contextlib.suppress(MountAway):
        tree = open_tree(path, None)
        tree.close()
        return tree.tree_id
    if not path.is_dir():
        raise _away(path, "ENOENT")
    words = json.dumps({"id": secrets.token_hex(16), "below_mount": _depth(path)})
    aside = path / f"{MARKER}.{secrets.token_hex(4)}"
    with aside.open("x") as file:
        file.write(words + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path / MARKER)
    tree = open_tree(path, None)
    tree.close()
    return tree.tree_id


def _read_marker(handle: int) -> tuple[str, int | None]:
    file = os.open(MARKER, READ, dir_fd=handle)
    try:
        words = os.read(file, MARKER_BYTES_AT_MOST)
    finally:
        os.close(file)
    try:
        told = json.loads(words)
    except ValueError:
        told = None
    match told:
        case {"id": str(tree_id), "below_mount": None | int() as below}:
            return tree_id, below
    raise MountAway(f"The marker {MARKER} of the editing tier cannot be read. Put it back.")


def _depth(path: Path) -> int | None:
    """Return how many folders the path lies below its mount point; None on the root's own disk."""
    at = path.resolve()
    for depth, above in enumerate(at.parents):
        if at.stat().st_dev != above.stat().st_dev:
            return depth
        at = above
    return None


def _is_mounted(path: Path, below: int, handle: int) -> bool:
    line = [path.resolve(), *path.resolve().parents]
    if below + 1 >= len(line):
        return False
    is_same = line[0].stat().st_dev == os.fstat(handle).st_dev
    return is_same and line[below].stat().st_dev != line[below + 1].stat().st_dev


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _found(seen: os.stat_result) -> Found:
    return Found(seen.st_size, f"{seen.st_size}-{seen.st_mtime_ns}")


def _part(name: str, fence: int) -> str:
    return f".{name}.{fence}{PART}"


def _segments(folder: str) -> tuple[str, ...]:
    return tuple(folder.split("/")) if folder else ()


def _away(path: Path, why: str) -> MountAway:
    return MountAway(
        f"The folder of the editing tier is not there ({path}: {why}). Mount it; work waits, and "
        "goes on by itself. A new one is made ours with `rushes tiers prepare`."
    )
