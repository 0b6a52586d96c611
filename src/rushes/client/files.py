"""Files on this machine: what they are at a moment, their bytes in pieces, and their digests."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from rushes.client.failures import ClientFailure, FileChanged

READ_BYTES: Final = 2**20
BLOCK_BYTES: Final = 16 * 2**20
"""Of the server's root digest: the SHA-256 over the SHA-256 of each block."""

JUNK: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in folders."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it is at a moment: another size, time or inode is another file."""

    path: Path
    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def read(cls, path: Path) -> Self:
        """Look at a file.

        Raises:
            OSError: it is not there, or may not be read.
        """
        facts = path.stat()
        return cls(path.resolve(), facts.st_size, facts.st_mtime_ns, facts.st_ino)

    def require_same(self) -> None:
        """Return if the file is still the same.

        Raises:
            FileChanged: it is not.
        """
        try:
            is_same = FileState.read(self.path) == self
        except OSError:
            is_same = False
        if not is_same:
            raise FileChanged(
                f"{self.path.name} changed while it was sent. Send it again once it is finished."
            )


async def read_span(
    file: FileState, start: int, length: int, tell: Callable[[int], None]
) -> AsyncIterator[bytes]:
    """Give bytes of a file in pieces, without holding up others; tell how long each piece was.

    Raises:
        FileChanged: the file became shorter.
    """
    end = start + length
    while start < end:
        # The file is open only while it is read: whoever is cancelled in between leaves none open.
        piece = await asyncio.to_thread(_read_at, file.path, start, min(READ_BYTES, end - start))
        if not piece:
            raise FileChanged(f"{file.path.name} became shorter while it was sent.")
        start += len(piece)
        yield piece
        tell(len(piece))


def digest_span(path: Path, start: int, length: int) -> bytes:
    """Return the SHA-256 of a span of a file."""
    digest = hashlib.sha256()
    for piece in _pieces(path, start, length):
        digest.update(piece)
    return digest.digest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, as the server writes it."""
    with path.open("rb") as source:
        return f"sha-256:{hashlib.file_digest(source, 'sha256').hexdigest()}"


def find_root(file: FileState, blocks: dict[int, bytes]) -> str:
    """Return the root over a file's blocks, as the server writes it; known blocks are not read."""
    root = hashlib.sha256()
    for position, start in enumerate(range(0, file.size, BLOCK_BYTES)):
        known = blocks.get(position)
        root.update(known or digest_span(file.path, start, min(BLOCK_BYTES, file.size - start)))
    return f"sha-256:{root.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Found:
    """A file to send; `relative_path` is its place in the folder that was named, with slashes."""

    path: Path
    relative_path: str | None = None
    project: str | None = None


def find_files(paths: Iterable[Path], project: str | None = None) -> Iterator[Found]:
    """Give the files that these paths name, those of folders in order of their names.

    Raises:
        ClientFailure: a path is neither a file nor a folder.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk(path, project)
        elif path.is_file():
            yield Found(path, None, project)
        else:
            raise ClientFailure(f"{path} is neither a file nor a folder.")


def _walk(folder: Path, project: str | None) -> Iterator[Found]:
    top = folder.resolve()
    for place, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(set(names) - JUNK):
            path = Path(place, name)
            if path.is_file():
                yield Found(path, path.relative_to(top.parent).as_posix(), project)


def _read_at(path: Path, start: int, length: int) -> bytes:
    with path.open("rb", buffering=0) as source:
        source.seek(start)
        return source.read(length)


def _pieces(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(start)
        while length and (piece := source.read(min(READ_BYTES, length))):
            length -= len(piece)
            yield piece
