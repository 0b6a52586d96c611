"""An event loop in a thread of its own, for programs that do not await."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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
        call = _Call()
        try:
            future = asyncio.run_coroutine_threadsafe(call.carry(work), self._loop)
            while not call.ended.wait(LOOK_SECONDS):
                pass
            return future.result()
        except BaseException:
            if not call.ended.is_set():  # Ctrl-C, here: what goes on ends, and leaves things tidy
                self._is_interrupted = True
                self._loop.call_soon_threadsafe(call.cancel)
                call.ended.wait(END_SECONDS)
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


@dataclass(slots=True)
class _Call:
    """One call: its task as soon as it runs, for an interruption may come before that."""

    ended: threading.Event = field(default_factory=threading.Event)
    task: asyncio.Task[Any] | None = None
    is_wanted: bool = True

    async def carry(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work, unless it was cancelled before it began."""
        self.task = asyncio.current_task()
        try:
            if not self.is_wanted:
                work.close()
                raise asyncio.CancelledError
            return await work
        finally:
            self.ended.set()

    def cancel(self) -> None:
        """End it; to be called in its loop."""
        self.is_wanted = False
        if self.task is not None:
            self.task.cancel()
