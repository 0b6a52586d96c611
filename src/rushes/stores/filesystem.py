"""A folder as a store: plain calls of the operating system, and nothing visible before its time.

1. Bytes are written aside in `.rushes/part/`, proved, pushed to the disk, and then linked to
   their name; what a killed writer leaves there is swept.
2. The marker `.rushes-store` holds the store's id; a folder with other things in it and no marker
   is not taken, and one whose marker changed is unreachable.
3. Where the bytes lie on the same filesystem already, a hard link makes the object at once.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncIterable, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Self, TypeVar, TypeVarTuple

from rushes.stores.aside import AsideFile, sweep_aside
from rushes.stores.blocks import Fingerprint
from rushes.stores.folder import HIDDEN, NO_LINKS, READ, Folder, info_of, translated
from rushes.stores.growing_file import GrowingFile, sweep_growing
from rushes.stores.store import (
    PAGE_KEYS,
    Broken,
    Changed,
    Full,
    NotFound,
    ObjectInfo,
    Unreachable,
    parse_key,
)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

ASIDE: Final = (HIDDEN, "part")
GROWING: Final = (HIDDEN, "grow")
THREADS: Final = 8
PIECE_BYTES: Final = 2**20
RESERVE_BYTES: Final = 2 * 2**30
RESERVE_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Space:
    """What the folder's filesystem says: bytes in all, free for us, and taken by files.

    What is reserved for others is neither free nor taken.
    """

    total_bytes: int
    free_bytes: int
    taken_bytes: int

    @property
    def reserve_bytes(self) -> int:
        """Return what writers leave free: 2 GiB or 5 %, whichever is smaller."""
        return min(RESERVE_BYTES, int(self.total_bytes * RESERVE_SHARE))


class FolderStore:
    """The store in one folder; `open_folder` makes it."""

    def __init__(self, root: Path, handle: int) -> None:
        """Hold the folder behind `handle`, which the store closes. Blocks."""
        self.root = root
        self._folder = Folder(handle)
        self.store_id = self._folder.mark()
        self._aside = self._folder.enter(ASIDE, make=True)
        self._growing = self._folder.enter(GROWING, make=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="rushes-store")

    async def close(self) -> None:
        """Wait for what runs, and let go of the folder."""
        await asyncio.to_thread(self._threads.shutdown)
        os.close(self._aside)
        os.close(self._growing)
        os.close(self._folder.handle)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def head(self, key: str) -> ObjectInfo:
        """Return what the folder says of an object."""
        return await self._run(self._folder.look, key)

    async def get(
        self, key: str, start: int = 0, end: int | None = None, if_version: str | None = None
    ) -> AsyncIterator[bytes]:
        """Yield exactly the bytes from `start` up to, not including, `end`."""
        file = await self._run(self._folder.open, key)
        try:
            found = info_of(key, os.fstat(file))
            if if_version not in {None, found.version}:
                raise Changed("The object changed since it was looked at. Read its row again.")
            at, end = start, found.size_bytes if end is None else end
            while at < end:
                piece = await self._run(os.pread, file, min(PIECE_BYTES, end - at), at)
                if not piece:
                    raise Broken("The object holds fewer bytes than it should.")
                at += len(piece)
                yield piece
        finally:
            os.close(file)

    async def put(self, key: str, source: AsyncIterable[bytes], known: Fingerprint) -> ObjectInfo:
        """Write an object that is visible only when it is whole, durable and as `known`."""
        aside = await self._run(self._begin, key, known)
        try:
            async for piece in source:
                await self._run(aside.write, piece)
            return await self._run(self._finish, aside, key)
        finally:
            await self._run(aside.discard)

    async def adopt(self, key: str, path: Path, known: Fingerprint) -> ObjectInfo:
        """Make the object from a local file that is never written again.

        On one filesystem that is a hard link: instant, and the bytes are the file's own. Else
        they are copied, and proved by `known`.
        """
        return await self._run(self._adopt, key, path, known)

    async def link(self, key: str, path: Path, known: Fingerprint) -> ObjectInfo | None:
        """Make the object a second name of a local file; None where that cannot be.

        Raises:
            Exists: the key is taken.
            Broken: the file has another size.
        """
        return await self._run(self._link, key, path, known)

    async def begin_growing(self, key: str, name: str, size_bytes: int) -> GrowingFile:
        """Open the file, `name` aside, in which the object grows; whoever asks closes it.

        Raises:
            Exists: the key is taken.
            Full: there is no room.
            Busy: another process writes it just now.
        """
        return await self._run(self._begin_growing, key, name, size_bytes)

    async def settle(self, grown: GrowingFile) -> None:
        """Make a file that has grown durable; it has no name yet.

        Raises:
            Broken, Full: it could not be, and is gone.
        """
        await self._run(grown.finish)

    async def publish(self, key: str, grown: GrowingFile) -> ObjectInfo:
        """Give a file that has grown its name; it is durable before."""
        return await self._run(self._publish_grown, key, grown)

    async def copy_within(self, source: str, target: str) -> ObjectInfo:
        """Make the object at `target` that has the bytes of `source`, by a hard link."""
        known = Fingerprint((await self.head(source)).size_bytes)
        return await self.adopt(target, self.path(source), known)

    async def list_keys(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[str]:
        """Return the next keys in byte order."""
        return await self._run(
            lambda: list(islice(self._folder.list_keys(prefix, after), limit)),
        )

    async def list_sizes(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[tuple[str, int]]:
        """Return the next keys in byte order, each with the size of its object."""
        return await self._run(
            lambda: list(islice(self._folder.list_sizes(prefix, after), limit)),
        )

    async def list_objects(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[ObjectInfo]:
        """Return the next objects in byte order of their keys."""
        return await self._run(
            lambda: list(islice(self._folder.list_objects(prefix, after), limit)),
        )

    async def delete(self, key: str) -> None:
        """Delete the object, and the folders that it leaves empty."""
        await self._run(self._folder.delete, key)

    async def open(self, key: str) -> int:
        """Return a descriptor of the object's bytes; the caller closes it."""
        return await self._run(self._folder.open, key)

    def path(self, key: str) -> Path:
        """Return where the object lies, for programs that take a path."""
        return self.root.joinpath(*parse_key(key))

    async def space(self) -> Space:
        """Return how much room there is."""
        return await self._run(self._space)

    async def check(self) -> None:
        """Look whether the folder is still the one that was opened.

        Raises:
            Unreachable: its mount went away, or another store is there now.
        """
        await self._run(self._check)

    async def sweep(self) -> int:
        """Remove what dead writers left aside; return how many files."""
        return await self._run(self.sweep_now)

    async def _run(self, call: Callable[[*Ts], T], *given: *Ts) -> T:
        def told() -> T:
            with translated():
                return call(*given)

        return await asyncio.get_running_loop().run_in_executor(self._threads, told)

    def _link(self, key: str, path: Path, known: Fingerprint) -> ObjectInfo | None:
        self._folder.refuse_taken(key)
        file = os.open(path, READ)
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_size != known.size_bytes:
                raise Broken("The file to keep is not what it should be. Make it again.")
            os.fsync(file)
            return self._folder.publish_link(key, path, found)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            return None
        finally:
            os.close(file)

    def _begin_growing(self, key: str, name: str, size_bytes: int) -> GrowingFile:
        self._folder.refuse_taken(key)
        self._require_room(size_bytes)
        return GrowingFile(self._growing, name, size_bytes)

    def _publish_grown(self, key: str, grown: GrowingFile) -> ObjectInfo:
        grown.finish()
        found = self._folder.publish_aside(key, self._growing, grown.name)
        grown.remove()
        return found

    def _require_room(self, size_bytes: int) -> None:
        space = self._space()
        if space.free_bytes - size_bytes < space.reserve_bytes:
            raise Full("The store has no room for this object. Make room; it goes on then.")

    def _begin(self, key: str, known: Fingerprint) -> AsideFile:
        self._folder.refuse_taken(key)
        self._require_room(known.size_bytes)
        return AsideFile(self._aside, secrets.token_hex(16), known)

    def _finish(self, aside: AsideFile, key: str) -> ObjectInfo:
        aside.finish()
        return self._folder.publish_aside(key, self._aside, aside.name)

    def _adopt(self, key: str, path: Path, known: Fingerprint) -> ObjectInfo:
        if (linked := self._link(key, path, known)) is not None:
            return linked
        file = os.open(path, READ)
        try:
            with self._begin(key, known) as aside:
                while piece := os.read(file, PIECE_BYTES):
                    aside.write(piece)
                return self._finish(aside, key)
        finally:
            os.close(file)

    def _space(self) -> Space:
        figures = os.fstatvfs(self._folder.handle)
        unit = figures.f_frsize
        taken = figures.f_blocks - figures.f_bfree
        return Space(figures.f_blocks * unit, figures.f_bavail * unit, taken * unit)

    def sweep_now(self) -> int:
        """Do what `sweep` does, blocking."""
        with self._folder.entered(ASIDE) as folder:
            removed = sweep_aside(folder)
        with self._folder.entered(GROWING) as folder:
            return removed + sweep_growing(folder)

    def _check(self) -> None:
        try:
            held = os.fstat(self._folder.handle)
            is_same = os.path.samestat(held, self.root.stat())
            is_same = is_same and self._folder.read_marker() == self.store_id
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise Unreachable("The folder of a store is not the one it was. Is its mount away?")


async def open_folder(path: Path) -> FolderStore:
    """Open the store in a folder; a new or empty folder becomes one. Dead writers' files go.

    Raises:
        Unreachable: the folder holds other things and no marker: a mount may be away.
        Refused: we have no right to use it.
    """

    def prepare() -> FolderStore:
        with translated():
            path.mkdir(parents=True, exist_ok=True)
            root = path.resolve()
            handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                store = FolderStore(root, handle)
            except BaseException:
                os.close(handle)
                raise
            store.sweep_now()
            return store

    try:
        return await asyncio.to_thread(prepare)
    except NotFound as error:
        raise Unreachable("The folder of a store cannot be made or opened.") from error
