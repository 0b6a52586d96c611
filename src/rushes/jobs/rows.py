"""Keeps our row of a job in step with its workflow, however busy the database is.

A row that cannot be written now is written later: the work itself must not fail for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from rushes.clock import Clock
from rushes.db.direct import Work
from rushes.db.engine import Connection, Database
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.errors import Fact
from rushes.jobs import records
from rushes.jobs.job import Job, JobState

T = TypeVar("T")

PATIENCE_SECONDS: Final = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for: a run of a workflow, for a subject, maybe within a project."""

    job_id: str
    workflow: str
    subject: str
    project_id: str | None = None
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class JobRows:
    """Writes what becomes of jobs; `worker` is whose work it is, `box` what shuts its tools in."""

    database: Database
    clock: Clock
    worker: str
    box: str | None = None

    async def want(self, wanted: Wanted) -> None:
        """Note a job before its workflow exists; one of a parent belongs to the parent's project.

        Raises:
            DatabaseAway: the database does not answer; nothing was asked for.
        """
        await self.database.transact(lambda connection: self._want(connection, wanted))

    async def began(self, wanted: Wanted) -> None:
        """Note that this worker runs the job; make the row where a schedule made the workflow."""

        async def write(to: Connection) -> None:
            await self._want(to, wanted)
            await records.record_started(to, wanted.job_id, self.worker, self.clock.now(), self.box)

        await self._write(write)

    async def goes_on(self, job_id: str) -> None:
        """Note that the job runs, and waits for nothing."""
        await self._write(
            lambda to: records.record_started(to, job_id, self.worker, self.clock.now(), self.box)
        )

    async def waits(self, job_id: str, code: str, detail: str) -> None:
        """Note that the job waits for something that this worker lacks."""
        await self._write(
            lambda to: records.record_held_up(to, job_id, code, detail, self.clock.now())
        )

    async def succeeded(self, job_id: str) -> None:
        """Note that the job is done."""
        await self._write(lambda to: records.record_succeeded(to, job_id, self.clock.now()))

    async def failed(
        self, job_id: str, code: str, detail: str, facts: Mapping[str, Fact] | None = None
    ) -> None:
        """Note why the job failed, and what is known of the tool that did."""
        failure = records.Failure(code, detail, facts)
        await self._write(lambda to: records.record_failed(to, job_id, failure, self.clock.now()))

    async def cancelled(self, job_id: str) -> None:
        """Note that the job was cancelled."""
        await self._write(lambda to: records.record_cancelled(to, [job_id], self.clock.now()))

    async def is_unwanted(self, job_id: str) -> bool:
        """Say whether somebody cancelled the job."""

        return await self._patiently(
            lambda: self.database.snapshot(
                lambda connection: records.is_cancel_requested(connection, job_id)
            )
        )

    async def tell_taken(self, job_id: str) -> bool:
        """Say whether a job that was taken from this worker is unwanted, and tell of it."""
        is_unwanted = await self.is_unwanted(job_id)
        if is_unwanted:
            log.info("A job was cancelled as it ran", extra={"job": job_id})
        else:
            log.warning("A job goes on in another worker", extra={"job": job_id})
        return is_unwanted

    async def _want(self, connection: Connection, wanted: Wanted) -> None:
        project_id, now = wanted.project_id, self.clock.now()
        if project_id is None and wanted.parent_id is not None:
            parent = await records.find_job(connection, wanted.parent_id)
            project_id = None if parent is None else parent.project_id
        job = Job(
            id=wanted.job_id,
            workflow=wanted.workflow,
            subject=wanted.subject,
            state=JobState.WAITING,
            created_at=now,
            updated_at=now,
            project_id=project_id,
        )
        await records.record_wanted(connection, job)

    async def _write(self, write: Work[None]) -> None:
        await self._patiently(lambda: self.database.transact(write))

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await attempt()
            except (DatabaseAway, DatabaseFull) as away:
                log.warning("A job's row waits for the database", extra={"code": away.code})
                await asyncio.sleep(PATIENCE_SECONDS)
