"""The rows of jobs: what people see of a workflow, and whether it is wanted still.

Every write names the states it may come from, so a late word of a lost worker changes nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import executors, jobs
from rushes.errors import Fact
from rushes.jobs.job import (
    LAST_WORDS,
    TROUBLE,
    Job,
    JobState,
    JobStep,
    JobUnknown,
    states_before,
)

_OPEN = (JobState.WAITING.value, JobState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed; `facts` are what is known of the tool that did."""

    code: str
    detail: str
    facts: Mapping[str, Fact] | None = None


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list; None means all. `after` is the last job of the page before."""

    states: tuple[JobState, ...] | None = None
    workflow: str | None = None
    subject: str | None = None
    project_ids: frozenset[str] | None = None
    after: tuple[datetime, str] | None = None


async def record_wanted(connection: AsyncConnection, job: Job) -> bool:
    """Write a job that waits; say whether it is new."""
    values = {
        "id": job.id,
        "workflow": job.workflow,
        "subject": job.subject,
        "project_id": job.project_id,
        "state": JobState.WAITING.value,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made = dialect.insert(jobs).values(values).on_conflict_do_nothing(index_elements=[jobs.c.id])
    return (await connection.execute(made.returning(jobs.c.id))).first() is not None


async def record_started(
    connection: AsyncConnection, job_id: str, worker: str, now: datetime, box: str | None = None
) -> None:
    """Note who runs the job, and in what box its tools; one that has ended stays as it is."""
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, _may(JobStep.START))
        .values(
            state=JobState.RUNNING.value,
            worker=worker,
            box=box,
            error_code=None,
            error_detail=None,
            updated_at=now,
        )
    )


async def record_held_up(
    connection: AsyncConnection, job_id: str, code: str, detail: str, now: datetime
) -> None:
    """Note that the job waits for something that its worker lacks; who runs it stays."""
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state.in_(_OPEN))
        .values(state=JobState.WAITING.value, error_code=code, error_detail=detail, updated_at=now)
    )


async def record_waiting(connection: AsyncConnection, job_id: str, now: datetime) -> None:
    """Note that the job lost its worker and waits for another."""
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, _may(JobStep.WAIT))
        .values(state=JobState.WAITING.value, worker=None, updated_at=now)
    )


async def record_progress(
    connection: AsyncConnection, job_id: str, stage: str, progress: float, now: datetime
) -> None:
    """Note how far the job is, from 0 to 1."""
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING.value)
        .values(stage=stage, progress=min(1.0, max(0.0, progress)), updated_at=now)
    )


async def record_succeeded(connection: AsyncConnection, job_id: str, now: datetime) -> None:
    """Note that all of it is done; a job that is unwanted by now counts as cancelled."""
    await record_unwanted(connection, job_id, now)
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, _may(JobStep.SUCCEED))
        .values(state=JobState.SUCCEEDED.value, progress=1.0, updated_at=now)
    )


async def record_failed(
    connection: AsyncConnection, job_id: str, failure: Failure, now: datetime
) -> None:
    """Note why the job failed; a job that is unwanted by now counts as cancelled."""
    known = failure.facts or {}
    await record_unwanted(connection, job_id, now)
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, _may(JobStep.FAIL))
        .values(
            state=JobState.FAILED.value,
            error_code=failure.code,
            error_detail=failure.detail,
            last_words=known.get(LAST_WORDS),
            trouble={name: fact for name, fact in known.items() if name in TROUBLE} or None,
            updated_at=now,
        )
    )


async def record_cancelled(connection: AsyncConnection, job_ids: list[str], now: datetime) -> None:
    """Note that nobody wants these jobs any more; those that have ended stay as they are."""
    await connection.execute(
        update(jobs)
        .where(jobs.c.id.in_(job_ids), _may(JobStep.CANCEL))
        .values(is_cancel_requested=True, state=JobState.CANCELLED.value, updated_at=now)
    )


async def record_unwanted(connection: AsyncConnection, job_id: str, now: datetime) -> None:
    """End the job as cancelled if its row says that it is not wanted."""
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.is_cancel_requested, _may(JobStep.CANCEL))
        .values(state=JobState.CANCELLED.value, updated_at=now)
    )


async def is_cancel_requested(connection: AsyncConnection, job_id: str) -> bool:
    """Say whether somebody cancelled the job: the row wins over what the engine thinks."""
    query = select(jobs.c.is_cancel_requested).where(jobs.c.id == job_id)
    return bool((await connection.execute(query)).scalar())


async def find_job(connection: AsyncConnection, job_id: str) -> Job | None:
    """Return the job, or None."""
    row = (await connection.execute(select(jobs).where(jobs.c.id == job_id))).one_or_none()
    return None if row is None else _job(row)


async def get_job(connection: AsyncConnection, job_id: str) -> Job:
    """Return the job.

    Raises:
        JobUnknown: there is none of this id.
    """
    job = await find_job(connection, job_id)
    if job is None:
        raise JobUnknown("There is no such job.")
    return job


async def list_jobs(connection: AsyncConnection, wanted: JobFilter, limit: int) -> list[Job]:
    """Return jobs, newest first."""
    query = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit)
    if wanted.states is not None:
        query = query.where(jobs.c.state.in_([state.value for state in wanted.states]))
    if wanted.workflow is not None:
        query = query.where(jobs.c.workflow == wanted.workflow)
    if wanted.subject is not None:
        query = query.where(jobs.c.subject == wanted.subject)
    if wanted.project_ids is not None:
        query = query.where(jobs.c.project_id.in_(sorted(wanted.project_ids)))
    if wanted.after is not None:
        query = query.where(tuple_(jobs.c.created_at, jobs.c.id) < tuple_(*wanted.after))
    return [_job(row) for row in (await connection.execute(query)).all()]


async def count_jobs(connection: AsyncConnection) -> dict[tuple[str, JobState], int]:
    """Return how many jobs there are of each workflow and state."""
    query = select(jobs.c.workflow, jobs.c.state, func.count()).group_by(
        jobs.c.workflow, jobs.c.state
    )
    rows = (await connection.execute(query)).all()
    return {(workflow, JobState(state)): count for workflow, state, count in rows}


async def record_alone(
    connection: AsyncConnection, executor_id: str, box: str, now: datetime
) -> None:
    """Write down the one worker of a data folder, in the place of the one before."""
    await connection.execute(delete(executors))
    await connection.execute(
        insert(executors).values(
            id=executor_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=version("rushes"),
            box=box,
            started_at=now.timestamp(),
            seen=now.timestamp(),
        )
    )


async def list_living(connection: AsyncConnection, dead_after: timedelta) -> dict[str, str]:
    """Return the workers that beat lately, each with its machine (PostgreSQL)."""
    limit = func.extract("epoch", func.clock_timestamp()) - dead_after.total_seconds()
    rows = await connection.execute(
        select(executors.c.id, executors.c.host).where(executors.c.seen >= limit)
    )
    return {row.id: row.host for row in rows}


async def delete_ended(
    connection: AsyncConnection, done_before: datetime, failed_before: datetime
) -> int:
    """Forget jobs that ended before; return how many."""
    failed = jobs.c.state == JobState.FAILED.value
    done = jobs.c.state.in_([JobState.SUCCEEDED.value, JobState.CANCELLED.value])
    gone = await connection.execute(
        delete(jobs).where(
            or_(
                and_(failed, jobs.c.updated_at < failed_before),
                and_(done, jobs.c.updated_at < done_before),
            )
        )
    )
    return gone.rowcount


def _may(step: JobStep) -> ColumnElement[bool]:
    return jobs.c.state.in_(sorted(state.value for state in states_before(step)))


def _job(row: Row[tuple[object, ...]]) -> Job:
    return Job(
        id=row.id,
        workflow=row.workflow,
        subject=row.subject,
        state=JobState(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        project_id=row.project_id,
        stage=row.stage,
        progress=row.progress,
        is_cancel_requested=row.is_cancel_requested,
        error_code=row.error_code,
        error_detail=row.error_detail,
        last_words=row.last_words,
        worker=row.worker,
        box=row.box,
        trouble=row.trouble,
    )
