"""The pen: one writer's hand on a tree of this machine, for as long as its lease is prolonged.

All calls of the operating system go through one thread, in order: a file is never closed under a
write that a cancelled task left behind.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, TypeVar, TypeVarTuple

from rushes.errors import Kind, RushesError
from rushes.stores.folder import translated
from rushes.stores.store import Broken
from rushes.tiers.editing_records import Due
from rushes.tiers.editing_tree import Found, Tree, open_tree

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

BEAT_SECONDS: Final = 10.0
_OF_ONE_FILE: Final = frozenset({errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY})


class TreeTrouble(RushesError):
    """The tree of the editing tier cannot be written just now; what is due waits."""

    code = "editing.tree_trouble"
    kind = Kind.UNAVAILABLE


class Hand(Protocol):
    """What keeps a tree: on this machine a `Pen`, on another one a `FarHand`."""

    def hold(self, fence: int) -> None:
        """Take the lease that was just given."""

    async def beat(self, *, now: bool = False) -> None:
        """Prolong the lease, where it is time."""

    async def look(self, folder: str, name: str) -> Found | None:
        """Return what the filesystem says of a file; None where there is none."""

    async def read_digest(self, folder: str, name: str) -> bytes | None:
        """Return the SHA-256 of a file; None of what is no file, or is closed to us."""

    async def move(self, folder: str, target: str) -> None:
        """Rename a project's folder; a second call finds it done."""

    async def delete(self, folder: str, name: str) -> None:
        """Remove a file, and its folders where they are empty now."""

    async def write(
        self, at: tuple[str, str], before: Found | None, due: Due, source: AsyncIterator[bytes]
    ) -> str:
        """Write a file that appears whole and as it should be; return its version."""


Ask = Callable[[int], Awaitable[bool]]
"""Prolongs the lease of a fence; says whether it is still held."""

OpenHand = Callable[[str, Ask], AbstractAsyncContextManager[Hand]]
"""Gives a hand on the tree of this id."""


def pen_of(path: Path) -> OpenHand:
    """Return what opens a pen on the tree at `path`."""

    def opens(tree_id: str, ask: Ask) -> AbstractAsyncContextManager[Hand]:
        return Pen.opened(lambda: open_tree(path, tree_id), ask)

    return opens


@dataclass(slots=True)
class Pen:
    """A tree, the thread that writes there, and the lease that lets it."""

    tree: Tree
    ask: Callable[[int], Awaitable[bool]]
    reopen: Callable[[], Tree]
    fence: int = 0
    _beaten_at: float = 0.0
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="rushes-editing")
    )

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, reopen: Callable[[], Tree], ask: Callable[[int], Awaitable[bool]]
    ) -> AsyncIterator[Pen]:
        """Give a pen over the tree that `reopen` opens; it lets go of the mount at the end.

        Raises:
            MountAway: the tree is not there.
        """
        pen = cls(await asyncio.to_thread(reopen), ask, reopen)
        try:
            yield pen
        finally:
            pen._thread.submit(pen.tree.close)
            pen._thread.shutdown(wait=False)

    def hold(self, fence: int) -> None:
        """Take the lease that was just given."""
        self.fence = fence
        self._beaten_at = asyncio.get_running_loop().time()

    async def do(self, work: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """Run a call of the tree.

        Raises:
            TreeTrouble: the tree fails as a whole: no room, no mount, no right.
            FileNotFoundError, FileExistsError: it is about this name alone.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work, *arguments)
        except OSError as error:
            if error.errno in _OF_ONE_FILE:
                raise
            raise _trouble(error) from error

    async def look(self, folder: str, name: str) -> Found | None:
        """Return what the filesystem says of a file; None where there is none."""
        return await self.do(self.tree.look, folder, name)

    async def read_digest(self, folder: str, name: str) -> bytes | None:
        """Return the SHA-256 of a file; None of what is no file, or is closed to us."""
        return await self.do(self.tree.read_digest, folder, name)

    async def move(self, folder: str, target: str) -> None:
        """Rename a project's folder; a second call finds it done."""
        await self.do(self.tree.move, folder, target)

    async def delete(self, folder: str, name: str) -> None:
        """Remove a file, and its folders where they are empty now."""
        await self.do(self.tree.delete, folder, name)

    async def beat(self, *, now: bool = False) -> None:
        """Prolong the lease, where it is time.

        Raises:
            TreeTrouble: another process writes now.
        """
        moment = asyncio.get_running_loop().time()
        if not now and moment - self._beaten_at < BEAT_SECONDS:
            return
        if not await self.ask(self.fence):
            raise TreeTrouble("Another worker writes to the editing tier now.")
        self._beaten_at = moment

    async def write(
        self,
        at: tuple[str, str],
        before: Found | None,
        due: Due,
        source: AsyncIterator[bytes],
    ) -> str:
        """Write a file that appears whole and as it should be; return its version.

        Args:
            at: its folder and its name.
            before: what has the name now and may be replaced; what came since stays.
            due: what it is to be.
            source: its bytes.

        Raises:
            Broken: the source gave other bytes, or the name was taken; nothing appeared.
            TreeTrouble: see `do`, `beat`.
        """
        folder, name = at
        file = await self.do(self.tree.begin, folder, name, self.fence)
        try:
            await self._fill(file, due, source)
            await self.beat(now=True)
            again = await asyncio.to_thread(self.reopen)  # the mount is still this one
            again.close()
            found = await self.do(self.tree.publish, folder, name, self.fence, before)
        except FileExistsError:
            raise Broken("Somebody wrote to this name meanwhile; it stays theirs. Again.") from None
        except FileNotFoundError:
            raise Broken("What was written for editors went under our hands. Again.") from None
        else:
            return found.version
        finally:
            await self.do(os.close, file)
            await self.do(self.tree.discard, folder, name, self.fence)

    async def _fill(self, file: int, due: Due, source: AsyncIterator[bytes]) -> None:
        digest = hashlib.sha256()
        size_bytes = 0
        async for piece in source:
            await self.do(_put, file, piece, size_bytes)
            await asyncio.to_thread(digest.update, piece)
            size_bytes += len(piece)
            await self.beat()
        await self.do(os.fsync, file)
        there = (await self.do(os.fstat, file)).st_size
        if digest.digest() != due.digest or {size_bytes, there} != {due.size_bytes}:
            raise Broken("The proxy that came for editors is not the one that was made. Again.")


def _put(file: int, piece: bytes, at: int) -> None:
    view = memoryview(piece)
    while view:
        count = os.pwrite(file, view, at)
        at, view = at + count, view[count:]


def _trouble(error: OSError) -> TreeTrouble:
    try:
        with translated():
            raise error
    except RushesError as meaning:
        return TreeTrouble(f"Nothing is written for editors: {meaning.message}")
