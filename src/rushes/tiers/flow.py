"""Flow: what all movements of a process share, their memory and their bandwidth.

Parts on their way take their room here first, so the memory of copies is bounded whatever their
number and size; a part that is larger than everything goes alone.
"""

from __future__ import annotations

import asyncio
import contextlib
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
        self._freed = asyncio.Condition()
        self.most_bytes = 0
        """The most that was taken at once, ever."""

    @contextlib.asynccontextmanager
    async def room(self, size_bytes: int) -> AsyncIterator[None]:
        """Hold so much memory while the block runs; waits for it."""
        taken = min(size_bytes, self._memory_bytes)
        async with self._freed:
            await self._freed.wait_for(lambda: self._free_bytes >= taken)
            self._free_bytes -= taken
        self.most_bytes = max(self.most_bytes, self._memory_bytes - self._free_bytes)
        try:
            yield
        finally:
            self._free_bytes += taken
            async with self._freed:
                self._freed.notify_all()

    async def pace(self, size_bytes: int) -> None:
        """Wait until so many bytes may go."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self._bandwidth.take(now, size_bytes))
