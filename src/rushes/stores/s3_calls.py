"""Calls of one S3 store: threads, deadlines of our own, and the only second tries.

1. A full server hangs instead of failing, so the waiter leaves at the deadline. When a quarter of
   the threads hang, all of them and their connections are replaced.
2. Bytes and small questions have threads of their own, so a question never waits behind bytes.
3. After `Busy` the store gets half the streams for a while; a store that stays silent is asked
   once in a while only.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Final, TypeVar

from rushes.stores.patience import Health, Patience
from rushes.stores.s3_client import Connection
from rushes.stores.store import Broken, Busy, Unreachable

T = TypeVar("T")

BYTE_THREADS: Final = 16
QUESTION_THREADS: Final = 4
_CHANCES: Final = 10_000


class Lane(StrEnum):
    """What a thread is for."""

    BYTES = "bytes"
    QUESTIONS = "questions"


class _Crew:
    """The threads and connections of a lane, until too many of them hang."""

    def __init__(self, connection: Connection, threads: int) -> None:
        self.connection = connection
        self.threads = threads
        self.hanging = 0
        self.is_dismissed = False
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="rushes-s3")

    async def enter(self, width: Callable[[int], int]) -> None:
        """Wait until fewer than `width(threads)` threads work."""
        while not self.is_dismissed and self._busy >= width(self.threads):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake(1)  # our turn goes to the next
                raise
        self._busy += 1

    def start(self, call: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Start a call on a thread; its place is given back when the thread is done."""
        running = asyncio.get_running_loop().run_in_executor(self._executor, call, self.connection)
        running.add_done_callback(self._leave)
        return running

    def leave(self) -> None:
        """Give a place back."""
        self._busy -= 1
        self._wake(1)

    def dismiss(self) -> None:
        """Take no more calls; those that hang end by themselves."""
        self.is_dismissed = True
        self._wake(len(self._waiting))
        self._executor.shutdown(wait=False)
        self.connection.close()

    def _leave(self, done: asyncio.Future[T]) -> None:
        if not done.cancelled():
            done.exception()  # of a call that nobody waits for any more
        self.leave()

    def _wake(self, count: int) -> None:
        while self._waiting and count:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                count -= 1


class Calls:
    """All calls of one store; for one event loop."""

    def __init__(self, connect: Callable[[], Connection], patience: Patience) -> None:
        """Open the first connections. Blocks: the SDK reads its models."""
        self.patience = patience
        self._connect = connect
        self._health = Health(patience)
        self._crews = {
            Lane.BYTES: _Crew(connect(), BYTE_THREADS),
            Lane.QUESTIONS: _Crew(connect(), QUESTION_THREADS),
        }

    @property
    def is_down(self) -> bool:
        """Whether the store was silent so often that it is asked now and then only."""
        return self._health.is_down

    async def ask(self, call: Callable[[Connection], T]) -> T:
        """Do a small question, again where that helps."""
        return await self.run(call, seconds=self.patience.metadata, lane=Lane.QUESTIONS)

    async def run(
        self,
        call: Callable[[Connection], T],
        *,
        seconds: float,
        lane: Lane = Lane.BYTES,
        tries: int | None = None,
    ) -> T:
        """Do a call that may safely be done again, within `seconds` for each try.

        Raises:
            Busy, Unreachable, Broken: the last try failed, or the minute's second tries are used.
            RushesError: what no second try helps against.
        """
        tried = 0
        while True:
            tried += 1
            try:
                return await self._once(call, seconds, lane)
            except (Busy, Unreachable, Broken) as error:
                if tried >= (tries or self.patience.tries) or self.is_down:
                    raise
                if not self._health.take_retry(_now()):
                    raise
                await asyncio.sleep(self.patience.wait(tried, _chance(), error.retry_after))

    async def pause(self, tried: int) -> None:
        """Wait as before a second try."""
        await asyncio.sleep(self.patience.wait(tried, _chance(), None))

    async def close(self) -> None:
        """Let go of threads and connections; a call that hangs ends by itself."""
        for crew in self._crews.values():
            crew.dismiss()

    async def _once(self, call: Callable[[Connection], T], seconds: float, lane: Lane) -> T:
        if not self._health.may_ask(_now()):
            raise Unreachable(
                "The store has been silent; it is asked again soon. Is it up?",
                retry_after=self.patience.down,
            )
        crew = await self._enter(lane)
        self._health.note_call(_now())
        running = crew.start(call)
        done, _ = await asyncio.wait({running}, timeout=seconds)
        if not done:
            await self._abandon(lane, crew, running)
            self._health.note_silence(_now())
            raise Unreachable(f"The store did not answer within {seconds:.0f} s.")
        return self._judge(running)

    def _judge(self, done: asyncio.Future[T]) -> T:
        try:
            answer = done.result()
        except Unreachable:
            self._health.note_silence(_now())
            raise
        except Busy:
            self._health.note_answer()
            self._health.note_busy(_now())
            raise
        except Exception:
            self._health.note_answer()
            raise
        self._health.note_answer()
        return answer

    async def _enter(self, lane: Lane) -> _Crew:
        while True:
            crew = self._crews[lane]
            await crew.enter(lambda threads: self._health.width(threads, _now()))
            if not crew.is_dismissed:
                return crew
            crew.leave()
            if self._crews[lane] is crew:  # the store was closed
                raise Unreachable("The store was closed. Nothing was sent.")

    async def _abandon(self, lane: Lane, crew: _Crew, running: asyncio.Future[T]) -> None:
        crew.hanging += 1
        running.add_done_callback(lambda _: _recover(crew))
        if crew.hanging * 4 >= crew.threads and self._crews[lane] is crew:
            fresh = _Crew(await asyncio.to_thread(self._connect), crew.threads)
            if self._crews[lane] is crew:
                self._crews[lane] = fresh
                crew.dismiss()


def _recover(crew: _Crew) -> None:
    crew.hanging -= 1


def _now() -> float:
    return asyncio.get_running_loop().time()


def _chance() -> float:
    return secrets.randbelow(_CHANCES) / _CHANCES
