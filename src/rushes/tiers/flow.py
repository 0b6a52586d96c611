"""Flow: what all movements of a process share, their memory and their bandwidth.

Parts on their way take their room here first, so the memory of copies is bounded whatever their
number and size; a part that is larger than everything goes alone. Who came first goes first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from rushes.tiers.bandwidth import Bandwidth

MEMORY_BYTES: Final = 256 * 2**20
"""Sixteen parts of 16 MiB: four copies at full width."""


class Flow:
    """The room and the pace of one process; for one event loop."""

    def __init__(self, bytes_a_second: int | None = None, memory_bytes: int = MEMORY_BYTES) -> None:
        self._bandwidth = Bandwidth(bytes_a_second)
        self._memory_bytes = self._free_bytes = memory_bytes
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.most_bytes = 0
        """The most that was taken at once, ever."""

    @contextlib.asynccontextmanager
    async def room(self, size_bytes: int) -> AsyncIterator[None]:
        """Hold so much memory while the block runs; waits for it."""
        taken = min(size_bytes, self._memory_bytes)
        await self._enter(taken)
        self.most_bytes = max(self.most_bytes, self._memory_bytes - self._free_bytes)
        try:
            yield
        finally:
            self._leave(taken)

    async def _enter(self, taken: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((taken, turn))
        self._leave(0)
        try:
            await turn
        except asyncio.CancelledError:
            self._leave(0 if turn.cancelled() else taken)  # ours, or that of who waits behind us
            raise

    def _leave(self, taken: int) -> None:
        """Give room back, to those who wait; nothing in here can be cancelled."""
        self._free_bytes += taken
        while self._waiting:
            wanted, turn = self._waiting[0]
            if not turn.done():
                if self._free_bytes < wanted:
                    return
                self._free_bytes -= wanted
                turn.set_result(None)
            self._waiting.popleft()

    async def pace(self, size_bytes: int) -> None:
        """Wait until so many bytes may go."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self._bandwidth.take(now, size_bytes))
