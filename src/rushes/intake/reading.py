"""Read an object that nobody has read yet: in blocks, several at once, each kept as it is known.

1. At most `STREAMS` blocks are in memory, whatever the size of the object: 64 MiB.
2. A block's digest is kept as soon as it is computed. Who goes on after a kill reads only what is
   missing, in the store or, where a local copy grows, on the disk.
3. The digest of the whole comes along where all blocks are read here, in their order.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from rushes.stores.blocks import BLOCK_BYTES, Fingerprint
from rushes.stores.store import Broken, Get
from rushes.uploads.blocks import Block

STREAMS: Final = 4

Keep = Callable[[Block], Awaitable[None]]


@dataclass(slots=True)
class Reading:
    """One object on its way through; `file` is where a local copy grows, if one does."""

    store: Get
    key: str
    size_bytes: int
    file: int | None
    keep: Keep
    known: Mapping[int, bytes]
    _digests: dict[int, bytes] = field(default_factory=dict)
    _turn: asyncio.Condition = field(default_factory=asyncio.Condition)
    _next: int = 0

    async def run(self) -> Fingerprint:
        """Read all of it.

        Raises:
            Broken: it is shorter than it should be, or has other bytes than were read before.
            NotFound, Unreachable, Busy, Refused: the store failed; what is known is kept.
        """
        count = -(-self.size_bytes // BLOCK_BYTES)
        whole = None if self.known else hashlib.sha256()
        numbers = iter(range(count))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(STREAMS):
                    group.create_task(self._stream(numbers, whole))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None  # one failure speaks for all
        blocks = tuple(self._digests[number] for number in range(count))
        return Fingerprint(self.size_bytes, blocks, whole.digest() if whole else None)

    async def _stream(self, numbers: Iterator[int], whole: hashlib._Hash | None) -> None:
        for number in numbers:
            start = number * BLOCK_BYTES
            end = min(start + BLOCK_BYTES, self.size_bytes)
            known = self.known.get(number)
            if known is not None and await self._is_here(start, end, known):
                self._digests[number] = known
                continue
            await self._read_block(number, start, end, whole)

    async def _is_here(self, start: int, end: int, digest: bytes) -> bool:
        if self.file is None:
            return True
        return await asyncio.to_thread(_hash_span, self.file, start, end) == digest

    async def _read_block(
        self, number: int, start: int, end: int, whole: hashlib._Hash | None
    ) -> None:
        data = bytearray()
        async for piece in self.store.get(self.key, start, end):
            data += piece
        if len(data) != end - start:
            raise Broken("The object has another length than when it was completed.")
        digest = await asyncio.to_thread(_hash, data)
        known = self.known.get(number)
        if known not in {None, digest}:
            raise Broken("The object has other bytes than when it was read before.")
        if self.file is not None:
            await asyncio.to_thread(_put, self.file, data, start)
        if known is None:
            await self.keep(Block(number, digest))
        self._digests[number] = digest
        if whole is not None:
            await self._add(number, data, whole)

    async def _add(self, number: int, data: bytearray, whole: hashlib._Hash) -> None:
        """Let the whole's digest take a block after those before it."""
        async with self._turn:
            await self._turn.wait_for(lambda: self._next == number)
            await asyncio.to_thread(whole.update, data)
            self._next += 1
            self._turn.notify_all()


def _hash(data: bytearray) -> bytes:
    return hashlib.sha256(data).digest()


def _hash_span(file: int, start: int, end: int) -> bytes:
    return hashlib.sha256(os.pread(file, end - start, start)).digest()


def _put(file: int, data: bytearray, at: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(file, view, at)
        at, view = at + count, view[count:]
