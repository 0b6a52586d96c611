"""Lookout: waits for files that other processes make, with one look in a thread for all of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LOOK_SECONDS: Final = 0.02
RARE_SECONDS: Final = 0.1
OFTEN_SECONDS: Final = 1.0
"""So long after the last one came to wait it is looked often; later it is looked less often."""


@dataclass(slots=True)
class Lookout:
    """Looks at a folder that may lie on a network, never from the event loop."""

    _awaited: dict[Path, asyncio.Future[None]] = field(default_factory=dict)
    _looking: asyncio.Task[None] | None = None
    _last_at: float = 0.0

    async def wait(self, path: Path, seconds: float, *, is_new: bool = False) -> bool:
        """Say whether a file is there within so many seconds; one waits for a path at a time.

        `is_new`: nobody waited for it before, so that it may come soon.
        """
        loop = asyncio.get_running_loop()
        there: asyncio.Future[None] = loop.create_future()
        self._awaited[path] = there
        if is_new:
            self._last_at = loop.time()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await there
        except TimeoutError:
            return False
        finally:
            if self._awaited.get(path) is there:
                del self._awaited[path]
        return True

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while self._awaited:
            for path in await asyncio.to_thread(list_there, tuple(self._awaited)):
                found = self._awaited.get(path)
                if found is not None and not found.done():
                    found.set_result(None)
            is_soon = loop.time() - self._last_at < OFTEN_SECONDS
            await asyncio.sleep(LOOK_SECONDS if is_soon else RARE_SECONDS)


def list_there(paths: Sequence[Path]) -> list[Path]:
    """Return those of these files that are there; what cannot be looked at is not."""
    return [path for path in paths if os.path.exists(path)]  # noqa: PTH110 - it raises nothing
