"""What people do to jobs: cancel one, try one again, raise one.

Our row is written first, so a cancel wins over whatever the engine does meanwhile.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.jobs import records
from rushes.jobs.job import (
    ENDED,
    RAISED,
    Job,
    JobEnded,
    JobNotEnded,
    JobNotWaiting,
    JobState,
    next_try,
)
from rushes.jobs.remote import Remote, StepSeen

MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers for jobs in a process that may run none itself."""

    database: Database
    clock: Clock
    remote: Remote

    async def get(self, job_id: str) -> Job:
        """Return the job.

        Raises:
            JobUnknown: there is none of this id.
        """
        async with self.database.reading() as connection:
            return await records.get_job(connection, job_id)

    async def list_page(self, wanted: records.JobFilter, limit: int) -> list[Job]:
        """Return jobs, newest first."""
        async with self.database.reading() as connection:
            return await records.list_jobs(connection, wanted, limit)

    async def list_steps(self, job_id: str) -> list[StepSeen]:
        """Return the steps that the job has taken, in order."""
        return await asyncio.to_thread(self.remote.list_steps, job_id)

    async def cancel(self, job_id: str) -> Job:
        """End a job and all that it started; a running program is gone within a second.

        Raises:
            JobUnknown: there is none of this id.
            JobEnded: it has come to its end by itself.
        """
        job = await self.get(job_id)
        if job.state in ENDED:
            raise JobEnded(f"This job has {_past(job.state)} already; there is nothing to cancel.")
        await self._record_cancelled([job_id])
        family = await asyncio.to_thread(self.remote.family, job_id)
        await asyncio.to_thread(self.remote.cancel, job_id)
        await self._record_cancelled(family)
        return await self.get(job_id)

    async def cancel_all_for(self, subject: str) -> int:
        """End every job for a subject that waits or runs; return how many."""
        wanted = records.JobFilter(states=(JobState.WAITING, JobState.RUNNING), subject=subject)
        found = await self.list_page(wanted, MOST_AT_ONCE)
        for job in found:
            with suppress(JobEnded):
                await self.cancel(job.id)
        return len(found)

    async def retry(self, job_id: str) -> Job:
        """Try a job again from its first failed step on; return the new job.

        Raises:
            JobUnknown: there is none of this id.
            JobNotEnded: it waits, runs, or has succeeded.
        """
        job = await self.get(job_id)
        if job.state not in {JobState.FAILED, JobState.CANCELLED}:
            raise JobNotEnded("Only a job that failed or was cancelled can be tried again.")
        again, is_new = await self._want_again(job)
        if is_new:
            await asyncio.to_thread(self.remote.try_again, job_id, again)
        return await self.get(again)

    async def raise_job(self, job_id: str) -> Job:
        """Let a waiting job go before the others of its queue; return the job that replaces it.

        Raises:
            JobUnknown: there is none of this id.
            JobNotWaiting: it does not wait, or another job waits for it.
        """
        job = await self.get(job_id)
        queue = await asyncio.to_thread(self.remote.find_waiting_queue, job_id)
        if job.state is not JobState.WAITING or queue is None:
            raise JobNotWaiting("Only a job that waits in a queue, for itself, can be raised.")
        again, is_new = await self._want_again(job)
        if is_new:
            await asyncio.to_thread(self.remote.ask_again, job_id, again, queue, RAISED)
            await self._record_cancelled([job_id])
        return await self.get(again)

    async def _want_again(self, job: Job) -> tuple[str, bool]:
        now, again = self.clock.now(), next_try(job.id)
        wanted = Job(
            id=again,
            workflow=job.workflow,
            subject=job.subject,
            state=JobState.WAITING,
            created_at=now,
            updated_at=now,
            project_id=job.project_id,
        )
        async with self.database.transaction() as connection:
            return again, await records.record_wanted(connection, wanted)

    async def _record_cancelled(self, job_ids: list[str]) -> None:
        async with self.database.transaction() as connection:
            await records.record_cancelled(connection, job_ids, self.clock.now())


def _past(state: JobState) -> str:
    return "been cancelled" if state is JobState.CANCELLED else state.value
