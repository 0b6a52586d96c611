"""An event loop in a thread of its own, for programs that do not await."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

END_SECONDS: Final = 10.0
"""For how long something that was interrupted may tidy up."""


class Bridge:
    """Runs coroutines to their end; what interrupts the caller ends them first."""

    __slots__ = ("_loop", "_thread")

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="rushes-client", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the coroutine returns, or raise what it raises."""
        ended = threading.Event()
        future = asyncio.run_coroutine_threadsafe(_tracked(work, ended), self._loop)
        try:
            return future.result()
        except BaseException:
            if not ended.is_set():  # Ctrl-C, here: what is under way ends, and leaves things tidy
                future.cancel()
                ended.wait(END_SECONDS)
            raise

    def close(self) -> None:
        """End the loop and its thread."""
        if self._loop.is_closed():
            return
        self.run(self._loop.shutdown_default_executor())  # there: another loop may run here
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _tracked(work: Coroutine[Any, Any, T], ended: threading.Event) -> T:
    try:
        return await work
    finally:
        ended.set()
