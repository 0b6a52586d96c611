"""An event loop in a thread of its own, for programs that do not await."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

T = TypeVar("T")

END_SECONDS: Final = 5.0
"""For how long something that was interrupted may tidy up."""

LOOK_SECONDS: Final = 0.5
"""Between two looks at what interrupts the caller: not every system wakes a thread that waits."""


class Bridge:
    """Runs coroutines to their end; what interrupts the caller ends them first."""

    __slots__ = ("_is_interrupted", "_loop", "_pool", "_thread")

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._pool = ThreadPoolExecutor(thread_name_prefix="rushes-client-file")
        self._loop.set_default_executor(self._pool)
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="rushes-client", daemon=True
        )
        self._is_interrupted = False
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the coroutine returns, or raise what it raises."""
        ended = threading.Event()
        future = asyncio.run_coroutine_threadsafe(_tracked(work, ended), self._loop)
        try:
            while not ended.wait(LOOK_SECONDS):
                pass
            return future.result()
        except BaseException:
            if not ended.is_set():  # Ctrl-C, here: what is under way ends, and leaves things tidy
                self._is_interrupted = True
                future.cancel()
                ended.wait(END_SECONDS)
            raise

    def close(self) -> None:
        """End the loop and its threads.

        After an interruption a read that hangs, as on a disk that is away, is not waited for.
        """
        if self._loop.is_closed():
            return
        self._pool.shutdown(wait=not self._is_interrupted, cancel_futures=True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _tracked(work: Coroutine[Any, Any, T], ended: threading.Event) -> T:
    try:
        return await work
    finally:
        ended.set()
