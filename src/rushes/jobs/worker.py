"""A worker's life: beat, take up what was left, relay, work, and leave in order.

    beat -> engine starts -> relay runs -> stop is asked -> relay ends -> engine ends -> leave

A worker that leaves hands its interrupted work on; one that is killed is found out by the others,
or, on one machine, by its successor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.listen import listen
from rushes.events.outbox import WAKE
from rushes.events.relay import Relay
from rushes.jobs import records
from rushes.jobs.engine import Engine
from rushes.jobs.job import MAX_LOST
from rushes.jobs.liveness import Liveness
from rushes.jobs.remote import Remote
from rushes.jobs.schedule import DONE_KEPT, FAILED_KEPT, PURGE

STOPPED_WORKERS = "job.stopped_workers"
"""The error code of a job that took too many workers with it."""


Beside: TypeAlias = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Worker:
    """Everything that one worker process runs; `liveness` is None on SQLite."""

    database: Database
    clock: Clock
    database_url: str
    engine: Engine
    relay: Relay
    remote: Remote
    liveness: Liveness | None
    beside: tuple[Beside, ...] = ()
    """What else goes on as long as the worker does; each runs until it is cancelled."""
    woken: tuple[Callable[[], None], ...] = ()
    """Who else wants to look when something was committed."""

    box: str | None = None
    """How much its tools are shut in."""

    def wake(self) -> None:
        """Let all who wait for commits look at once; call it on the event loop of `run`."""
        for look in (self.relay.wake, *self.woken):
            look()

    async def run(
        self, ended: asyncio.Event, begun: asyncio.Event | None = None, grace: float | None = None
    ) -> None:
        """Work until `ended` is set; set `begun` when ready.

        Args:
            grace: seconds that running steps get at the end; by default those of the engine.

        Raises:
            WorkerHeld: another worker holds this data folder.
            Exception: what ended the relay; a worker that relays nothing must not seem to work.
        """
        if self.liveness is not None:
            self.watch_recoveries(asyncio.get_running_loop())
            await asyncio.to_thread(self.liveness.start)
        self.database.told = self.wake
        self.engine.scheduled(PURGE)(self.engine.step("purge")(self.purge))
        await self.engine.start()
        await self._sign_in()
        helpers = [asyncio.create_task(run()) for run in (self.relay.run, *self.beside)]
        if not self.database.is_sqlite:
            helpers.append(asyncio.create_task(listen(self.database_url, WAKE, self.wake)))
        try:
            await self._settle_dead()
            if begun is not None:
                begun.set()
            helpers.append(asyncio.create_task(_wait_for(ended)))
            done, _ = await asyncio.wait(helpers, return_when=asyncio.FIRST_COMPLETED)
            for helper in done:
                await helper
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await self.engine.stop(grace)
            if self.liveness is not None:
                await asyncio.to_thread(self.liveness.leave)

    async def purge(self) -> int:
        """Forget work that ended long ago; return how many runs. Events stay."""
        now = self.clock.now()
        done, failed = now - DONE_KEPT, now - FAILED_KEPT
        gone = await asyncio.to_thread(self.remote.purge, done, failed)
        async with self.database.transaction() as connection:
            await records.delete_ended(connection, done, failed)
        return gone

    def watch_recoveries(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the reaper's thread note on the loop what becomes of the jobs of lost workers."""

        def tell(job_id: str, *, is_given_up: bool) -> None:
            told = self._settle(job_id) if is_given_up else self._wait(job_id)
            asyncio.run_coroutine_threadsafe(told, loop).result(timedelta(seconds=30).seconds)

        if self.liveness is not None:
            self.liveness.lost = lambda job_id: tell(job_id, is_given_up=False)
            self.liveness.given_up = lambda job_id: tell(job_id, is_given_up=True)

    async def _sign_in(self) -> None:
        """Say that this one works here, where it is the only one; others do so by their beat."""
        if self.liveness is None and self.box is not None:
            async with self.database.transaction() as connection:
                await records.record_alone(
                    connection, self.engine.executor_id, self.box, self.clock.now()
                )

    async def _settle_dead(self) -> None:
        for job_id in await asyncio.to_thread(self.remote.list_dead):
            await self._settle(job_id)

    async def _settle(self, job_id: str) -> None:
        detail = f"This file stopped {MAX_LOST} workers. It is not tried again by itself."
        async with self.database.transaction() as connection:
            failure = records.Failure(STOPPED_WORKERS, detail)
            await records.record_failed(connection, job_id, failure, self.clock.now())

    async def _wait(self, job_id: str) -> None:
        async with self.database.transaction() as connection:
            await records.record_waiting(connection, job_id, self.clock.now())


async def _wait_for(ended: asyncio.Event) -> None:
    await ended.wait()
