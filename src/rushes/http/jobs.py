"""Work behind the scenes over HTTP: list, look, cancel, try again, raise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from rushes.access.permit import Actor, Verb, permit
from rushes.http.auth import Identify
from rushes.http.paging import CursorText, Limit, Page, Pager
from rushes.jobs.desk import Desk
from rushes.jobs.job import Job, JobState, JobUnknown
from rushes.jobs.records import JobFilter
from rushes.jobs.remote import StepSeen

LISTING: Final = "jobs"


class JobTrouble(BaseModel):
    """Why a job failed or waits; of a program that failed, how it ended and which it was."""

    code: str
    detail: str
    exit_code: int | None = None
    signal: str | None = None
    tool: str | None = None
    tool_version: str | None = None
    box: str | None = None


class StepAnswer(BaseModel):
    """A step that a job has taken."""

    name: str
    error_code: str | None
    started_at: datetime | None
    ended_at: datetime | None


class JobAnswer(BaseModel):
    """A job; `progress` goes from 0 to 1, `subject` is the id of what it works for.

    `box` says how much the programs of its worker are shut in: `full`, `partial` or `none`.
    """

    id: str
    workflow: str
    subject: str
    state: JobState
    stage: str
    progress: float
    error: JobTrouble | None
    last_words: str | None
    worker: str | None
    box: str | None
    created_at: datetime
    updated_at: datetime


class JobDetail(JobAnswer):
    """A job with its steps."""

    steps: list[StepAnswer]


def routes(desk: Desk, identify: Identify, pager: Pager) -> APIRouter:
    """Return the routes of jobs."""
    router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
    _add_reading(router, desk, pager, identify)
    _add_deeds(router, desk, identify)
    return router


def _add_reading(router: APIRouter, desk: Desk, pager: Pager, identify: Identify) -> None:
    @router.get("")
    async def list_jobs(
        request: Request,
        *,
        limit: Limit = 50,
        cursor: CursorText = None,
        state: Annotated[list[JobState] | None, Query(description="Only these states")] = None,
        workflow: Annotated[
            str | None, Query(max_length=100, description="Only those of this kind of work")
        ] = None,
        subject: Annotated[
            str | None, Query(max_length=200, description="Only those about this id")
        ] = None,
    ) -> Page[JobAnswer]:
        """List the jobs of the projects that the caller sees, newest first."""
        actor = await identify(request)
        permit(actor, Verb.SEE_JOBS)
        wanted = JobFilter(
            states=None if state is None else tuple(state),
            workflow=workflow,
            subject=subject,
            project_ids=actor.project_ids,
            after=pager.read_after(LISTING, cursor),
        )
        found = await desk.list_page(wanted, limit + 1)
        jobs, following = pager.cut(LISTING, found, limit, lambda job: (job.created_at, job.id))
        return Page(items=[_answer(job) for job in jobs], next_cursor=following)

    @router.get("/{job_id}")
    async def get_job(request: Request, job_id: str) -> JobDetail:
        """Return a job and the steps that it has taken."""
        job = await _see(desk, await identify(request), job_id)
        steps = [_step(step) for step in await desk.list_steps(job_id)]
        return JobDetail(**_answer(job).model_dump(), steps=steps)


def _add_deeds(router: APIRouter, desk: Desk, identify: Identify) -> None:
    @router.post("/{job_id}/cancel")
    async def cancel_job(request: Request, job_id: str) -> JobAnswer:
        """End a job and all that it started."""
        await _see(desk, await identify(request), job_id, Verb.RUN_JOBS)
        return _answer(await desk.cancel(job_id))

    @router.post("/{job_id}/retry", status_code=202)
    async def retry_job(request: Request, job_id: str) -> JobAnswer:
        """Try a failed or cancelled job again, from its first failed step on; a new job answers."""
        await _see(desk, await identify(request), job_id, Verb.RUN_JOBS)
        return _answer(await desk.retry(job_id))

    @router.post("/{job_id}/raise", status_code=202)
    async def raise_job(request: Request, job_id: str) -> JobAnswer:
        """Let a waiting job go before the others of its queue; a new job takes its place."""
        await _see(desk, await identify(request), job_id, Verb.RUN_JOBS)
        return _answer(await desk.raise_job(job_id))


async def _see(desk: Desk, actor: Actor, job_id: str, verb: Verb = Verb.SEE_JOBS) -> Job:
    """Return a job that the actor may see, and do this to.

    Raises:
        JobUnknown: there is none of this id that the actor may know of.
    """
    permit(actor, Verb.SEE_JOBS)
    job = await desk.get(job_id)
    unknown = JobUnknown("There is no such job.")
    if job.project_id is None and actor.project_ids is not None:
        raise unknown
    permit(actor, verb, job.project_id, missing=unknown)
    return job


def _answer(job: Job) -> JobAnswer:
    trouble = None
    if job.error_code is not None:
        trouble = JobTrouble.model_validate(
            {**(job.trouble or {}), "code": job.error_code, "detail": job.error_detail or ""}
        )
    return JobAnswer(
        id=job.id,
        workflow=job.workflow,
        subject=job.subject,
        state=job.state,
        stage=job.stage,
        progress=job.progress,
        error=trouble,
        last_words=job.last_words,
        worker=job.worker,
        box=job.box,
        created_at=job.created_at,
        updated_at=job.updated_at,
    )


def _step(step: StepSeen) -> StepAnswer:
    return StepAnswer(
        name=step.name,
        error_code=step.failed_code,
        started_at=_moment(step.started),
        ended_at=_moment(step.ended),
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
