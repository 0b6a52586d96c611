"""The seam over DBOS, with `jobs.remote`: workflows and steps are plain async functions here.

1. A workflow's id runs once for ever, whoever starts it. Started work runs at once in this
   process; submitted work waits in a queue for any worker.
2. Bodies are deterministic. All I/O, clock and chance stand in steps; arguments and answers are
   ids, numbers and other plain JSON, at most 4 kB.
3. Steps run at least once. A failed one is tried three times, if its error is worth it, and then
   fails with its code; the workflow sees `StepFailed`, now and after every restart.
4. Everything runs on the event loop in which `start` was called.
5. Our row of a job is written before its workflow starts, and a cancel there wins.

    probe = engine.step("probe", timeout_seconds=60)(house.prober.probe)

    @engine.workflow("ingest")
    async def ingest(upload_id: str) -> None:
        facts = await probe(upload_id)
        await engine.submit(Queue.MEDIA, "ladder", f"ladder:{upload_id}:r1", upload_id)
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar

from dbos import (
    DBOS,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    PortableWorkflowError,
    ScheduleInput,
    SetEnqueueOptions,
    SetWorkflowID,
    StepOptions,
    WorkflowHandleAsync,
    error,
)

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.events.relay import Call
from rushes.jobs.failure import WrittenFailure, reading_failures, writing_failures
from rushes.jobs.job import (
    ATTEMPTS,
    FIRST_PAUSE,
    MAX_LOST,
    UNASKED,
    Queue,
    queue_limits,
    require_priority,
)
from rushes.jobs.lock import WorkerLock
from rushes.jobs.patience import patiently, within
from rushes.jobs.progress import Progress
from rushes.jobs.rows import JobRows, Wanted
from rushes.jobs.schedule import SECOND, Time, find_missed, with_seconds
from rushes.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
Body: TypeAlias = Callable[..., Awaitable[Any]]
Tidy: TypeAlias = Callable[[str], Awaitable[None]]
Runnable: TypeAlias = Callable[..., Coroutine[Any, Any, Any]]
F = TypeVar("F", bound=Body)

NAME: Final = "rushes"
VERSION: Final = "1"
"""Never a hash of the source: each release would strand the work of the one before."""

EMBEDDED: Final = "embedded"
"""The fixed executor id of the one worker of a data folder: its jobs come back at its start."""

LOCK: Final = "engine.db.lock"
STEP_SECONDS: Final = 120.0
GRACE: Final = 20.0
GRACE_EMBEDDED: Final = 3.0
"""So that API and worker are gone 10 s after they were asked, on a machine that is busy too."""

FOREIGN: Final = (PortableWorkflowError, error.DBOSException)
TAKEN_AWAY: Final = (error.DBOSWorkflowCancelledError, error.DBOSWorkflowConflictIDError)


@dataclass(frozen=True, slots=True)
class Run:
    """A workflow that was started or submitted."""

    id: str
    _handle: WorkflowHandleAsync[Any]

    async def outcome(self) -> Any:
        """Wait for its end and return its answer; raises StepFailed where there is none."""
        with reading_failures(*FOREIGN):
            return await self._handle.get_result()


class Engine:
    """Runs workflows in this process; one per process, and on SQLite one per data folder."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, box: str | None = None
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._bodies: dict[str, Body] = {}
        self._tidy: dict[str, Tidy] = {}
        self._times: list[Time] = []
        self._runnable: dict[str, Runnable] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._lock: WorkerLock | None = None
        self._progress = Progress(database, clock)
        self.executor_id = EMBEDDED if settings.is_embedded else _own_id(clock)
        self._rows = JobRows(database, clock, self.executor_id, box)

    def workflow(self, name: str, *, cancelled: Tidy | None = None) -> Callable[[F], F]:
        """Name a body by which it is run; `cancelled` tidies up when it was cancelled as it ran."""

        def define(body: F) -> F:
            if name in self._bodies:
                raise ValueError(f"There is a workflow {name} already.")
            self._bodies[name] = body
            if cancelled is not None:
                self._tidy[name] = cancelled
            return body

        return define

    def scheduled(self, time: Time) -> Callable[[F], F]:
        """Run a body without arguments at its times."""

        def define(body: F) -> F:
            async def at_its_time(*_moment_and_context: object) -> None:
                await body()

            self._times.append(time)
            self.workflow(time.workflow)(at_its_time)
            return body

        return define

    def step(
        self, name: str, *, timeout_seconds: float = STEP_SECONDS, preemptible: bool = False
    ) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
        """Make a deed a checkpointed piece of a workflow.

        Args:
            name: what people see; it must not change while a workflow is open.
            timeout_seconds: the longest that one attempt may take.
            preemptible: whether a cancel interrupts it: so for each step that runs a program.
        """
        options = _step_options(name, preemptible=preemptible)

        def define(deed: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
            async def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
                with writing_failures(name, is_last_attempt=_is_last_attempt()):
                    return await patiently(
                        lambda: within(timeout_seconds, name, deed(*args, **kwargs)),
                        DBOS.workflow_id,
                        self._rows,
                    )

            async def checkpointed(*args: P.args, **kwargs: P.kwargs) -> R:
                await self._mind_cancel()
                with reading_failures(*FOREIGN):
                    return await DBOS.run_step_async(options, attempt, *args, **kwargs)

            return checkpointed

        return define

    async def start(self) -> None:
        """Begin to work; take up what an earlier worker left.

        Raises:
            WorkerHeld: another worker holds this data folder.
        """
        if self._settings.is_embedded:
            self._lock = await WorkerLock.take(self._settings.at(LOCK))
        DBOS(config=_config(self._settings, self.executor_id))
        for name, body in self._bodies.items():
            define = DBOS.workflow(name=name, max_recovery_attempts=MAX_LOST)
            self._runnable[name] = define(self._followed(name, body))
        DBOS.launch()  # in the running loop, which every coroutine then uses
        jobs = self._settings.jobs
        for queue, limits in queue_limits(jobs.background, jobs.copies).items():
            await DBOS.register_queue_async(
                queue.value,
                worker_concurrency=limits.in_one_worker,
                global_concurrency=limits.in_all,
                polling_interval_sec=limits.poll_seconds,
                on_conflict="always_update",
            )
        await self._apply_times()

    async def stop(self, grace_seconds: float | None = None) -> None:
        """Take nothing new, give running steps some seconds, then interrupt them.

        What was interrupted goes on at the next start, or in another worker.
        """
        usual = GRACE_EMBEDDED if self._settings.is_embedded else GRACE
        grace = usual if grace_seconds is None else grace_seconds
        loop = asyncio.get_running_loop()
        timer = loop.call_later(grace, self.interrupt)
        try:
            await loop.run_in_executor(ThreadPoolExecutor(1), _destroy, grace)
        finally:
            timer.cancel()
            self.interrupt()
            loop.set_default_executor(ThreadPoolExecutor())  # the engine had lent its own
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def count_running(self) -> int:
        """Return how many workflows run in this process."""
        return len(self._running)

    def interrupt(self) -> None:
        """Interrupt every running workflow at once; its programs end with it."""
        for task in tuple(self._running):
            task.cancel()

    async def start_workflow(
        self, name: str, job_id: str, *args: Any, project_id: str | None = None
    ) -> Run:
        """Run a workflow now, unless its id ran; its first argument is its subject."""
        await self._rows.want(_wanted(name, job_id, args, project_id))
        with SetWorkflowID(job_id):
            handle = await DBOS.start_workflow_async(self._runnable[name], *args)
        return Run(job_id, handle)

    async def submit(
        self,
        queue: Queue,
        name: str,
        job_id: str,
        *args: Any,
        priority: int,
        delay: timedelta | None = None,
        project_id: str | None = None,
    ) -> Run:
        """Put a workflow into a queue, unless its id was there before; low priorities go first.

        Raises:
            PriorityRefused: the priority is 0 or below.
        """
        require_priority(priority)
        await self._rows.want(_wanted(name, job_id, args, project_id))
        wait = None if delay is None else delay.total_seconds()
        with SetWorkflowID(job_id), SetEnqueueOptions(priority=priority, delay_seconds=wait):
            handle = await DBOS.enqueue_workflow_async(queue.value, self._runnable[name], *args)
        return Run(job_id, handle)

    async def follow(self, call: Call) -> Run:
        """Start or submit what the relay asks for."""
        if call.queue is None:
            return await self.start_workflow(
                call.workflow, call.id, *call.arguments, project_id=call.project_id
            )
        return await self.submit(
            Queue(call.queue),
            call.workflow,
            call.id,
            *call.arguments,
            priority=call.priority or UNASKED,
            project_id=call.project_id,
        )

    @property
    def job_id(self) -> str:
        """Return the job whose step this runs in; empty outside of one."""
        return DBOS.workflow_id or ""

    async def report(self, stage: str, progress: float) -> None:
        """Say, from inside a step, how far its job is, from 0 to 1; as often as you like."""
        await self._progress.note(self.job_id, stage, progress)

    def _followed(self, name: str, body: Body) -> Runnable:
        async def followed(*args: Any) -> Any:
            wanted = _wanted(name, DBOS.workflow_id or "", args)
            task = asyncio.current_task()
            if task is None:
                raise RuntimeError("A workflow runs on an event loop.")
            self._running.add(task)
            try:
                await self._rows.began(wanted)
                with writing_failures(name, is_last_attempt=True):
                    answer = await body(*args)
            except WrittenFailure as failure:
                await self._rows.failed(wanted.job_id, failure.code, str(failure), failure.facts)
                raise
            except TAKEN_AWAY as end:
                if isinstance(end, error.DBOSWorkflowCancelledError):
                    await self._rows.cancelled(wanted.job_id)
                if await self._rows.tell_taken(wanted.job_id) and name in self._tidy:
                    await self._tidy[name](wanted.subject)
                raise
            else:
                await self._rows.succeeded(wanted.job_id)
                return answer
            finally:
                self._running.discard(task)
                self._progress.forget(wanted.job_id)

        return followed

    async def _mind_cancel(self) -> None:
        """Let a cancel in our row win over a workflow that was resumed after it."""
        job_id = DBOS.workflow_id
        if job_id is not None and await self._rows.is_unwanted(job_id):
            await _outside(DBOS.cancel_workflow_async(job_id, cancel_children=True))

    async def _apply_times(self) -> None:
        told = {time: time.line(self._settings.schedules) for time in self._times}
        lines = {time: line for time, line in told.items() if line is not None}
        await DBOS.apply_schedules_async(
            [
                ScheduleInput(
                    schedule_name=time.workflow,
                    workflow_fn=self._runnable[time.workflow],
                    schedule=with_seconds(line),
                    queue_name=time.queue.value,
                )
                for time, line in lines.items()
            ]
        )
        for time in told.keys() - lines.keys():
            await DBOS.delete_schedule_async(time.workflow)
        for time, line in lines.items():
            kept = await DBOS.get_schedule_async(name := time.workflow)
            last = kept["last_fired_at"] if kept is not None else None
            if (due := find_missed(line, last, self._clock.now())) is not None:
                await asyncio.to_thread(DBOS.backfill_schedule, name, due - SECOND, due + SECOND)


def migrate(settings: Settings) -> None:
    """Bring the engine's own tables forward; on SQLite switch to WAL, which it does not do."""
    if settings.is_embedded:
        file = settings.at("engine.db")
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    DBOS.migrate(settings.engine_url)


def _config(settings: Settings, executor_id: str) -> DBOSConfig:
    return DBOSConfig(
        name=NAME,
        application_version=VERSION,
        executor_id=executor_id,
        system_database_url=settings.engine_url,
        serializer=DBOSPortableJSONSerializer(),  # the default is pickle
        log_level="WARNING",
        run_migrations=False,
        enable_otlp=False,
    )


def _step_options(name: str, *, preemptible: bool) -> StepOptions:
    return StepOptions(
        name=name,
        retries_allowed=True,
        interval_seconds=FIRST_PAUSE.total_seconds(),
        backoff_rate=2.0,
        max_attempts=ATTEMPTS,
        should_retry=lambda failure: not getattr(failure, "is_final", False),
        preemptible=preemptible,
    )


def _is_last_attempt() -> bool:
    status = DBOS.step_status
    return status is None or (status.current_attempt or 0) + 1 >= ATTEMPTS


def _wanted(name: str, job_id: str, args: tuple[Any, ...], project_id: str | None = None) -> Wanted:
    subject = args[0] if args and isinstance(args[0], str) else name
    parent_id = DBOS.workflow_id if DBOS.workflow_id != job_id else None
    return Wanted(job_id, name, subject, project_id, parent_id)


def _own_id(clock: Clock) -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{clock.entropy(4).hex()}"


def _destroy(grace: float) -> None:
    DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=int(grace) + 6)


async def _outside(deed: Coroutine[Any, Any, R]) -> R:
    """Run a call to the engine as no step of the workflow that makes it."""
    return await contextvars.Context().run(asyncio.ensure_future, deed)
