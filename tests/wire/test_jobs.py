"""`/jobs`: what runs, for whom, and what can be done to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from rushes.access.permit import Actor, ActorKind, Role
from rushes.clock import SYSTEM
from rushes.errors import Kind, RushesError
from rushes.http import jobs
from rushes.http.paging import Pager
from rushes.http.problem import add_problems
from rushes.jobs.desk import Desk
from rushes.jobs.engine import Engine
from rushes.jobs.job import JobState, Queue
from tests.support.moments import until
from tests.support.working import SmallWork, small_settings, working

ADMIN = Actor(ActorKind.ACCOUNT, "acc_admin", Role.ADMIN, None)
EDITOR = Actor(ActorKind.ACCOUNT, "acc_editor", Role.EDITOR, frozenset({"prj_1"}))
VIEWER = Actor(ActorKind.ACCOUNT, "acc_viewer", Role.VIEWER, frozenset({"prj_1"}))
STRANGER = Actor(ActorKind.ACCOUNT, "acc_stranger", Role.EDITOR, frozenset({"prj_2"}))
PEOPLE = {one.id.removeprefix("acc_"): one for one in (ADMIN, EDITOR, VIEWER, STRANGER)}


class Unusable(RushesError):
    """Bad input."""

    code = "small.unusable"
    kind = Kind.UNUSABLE


@dataclass(slots=True)
class Office:
    """A running engine behind the routes of jobs."""

    work: SmallWork
    http: httpx.AsyncClient
    hold: asyncio.Event
    tries: list[str]
    refuses: bool = True

    async def ask(self, method: str, path: str = "", *, who: str = "admin") -> httpx.Response:
        """Ask as one of the people."""
        return await self.http.request(method, f"/api/v1/jobs{path}", headers={"who": who})

    async def submit(self, subject: str, *, project_id: str | None = "prj_1") -> str:
        """Queue a job that waits for the test, or is refused once."""
        run = await self.work.engine.submit(
            Queue.UPKEEP, "small", f"small:{subject}:1", subject, priority=50, project_id=project_id
        )
        return run.id

    async def settle(self, job_id: str, state: JobState) -> None:
        """Wait until a job is in a state."""
        await until(lambda: self.work.is_in(job_id, state), seconds=20)


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Office]:
    """One job at a time, each of two steps."""
    hold, tries = asyncio.Event(), list[str]()
    settings = small_settings(tmp_path, database_url)

    async def begin(subject: str) -> None:
        tries.append(f"begin {subject}")

    async def wait(subject: str) -> None:
        tries.append(f"wait {subject}")
        if subject == "bad" and opened[0].refuses:
            raise Unusable("It is no film.")
        await hold.wait()

    def tell(engine: Engine) -> None:
        @engine.workflow("small")
        async def small(subject: str) -> None:
            await engine.step("begin")(begin)(subject)
            await engine.step("wait", preemptible=True)(wait)(subject)

    async def identify(request: Request) -> Actor:
        return PEOPLE[request.headers["who"]]

    opened: list[Office] = []
    async with working(settings, tell) as work:
        app = FastAPI()
        add_problems(app)
        desk = Desk(work.database, SYSTEM, work.remote)
        app.include_router(jobs.routes(desk, identify, Pager(b"k" * 32)))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
            opened.append(Office(work, http, hold, tries))
            yield opened[0]


@pytest.mark.covers("C-PR-07", "S-PR-03")
async def test_a_job_shows_its_state_and_the_steps_that_it_took(office: Office) -> None:
    """Running, with the finished step; then succeeded, with both."""
    job_id = await office.submit("a")
    await until(lambda: "wait a" in office.tries)

    during = (await office.ask("GET", f"/{job_id}")).json()
    office.hold.set()
    await office.settle(job_id, JobState.SUCCEEDED)
    after = (await office.ask("GET", f"/{job_id}")).json()

    assert ("running", "a", "small", ["begin"]) == (
        during["state"],
        during["subject"],
        during["workflow"],
        [step["name"] for step in during["steps"]],
    )
    assert ("succeeded", 1.0, ["begin", "wait"]) == (
        after["state"],
        after["progress"],
        [step["name"] for step in after["steps"]],
    )


async def test_a_list_goes_on_with_its_cursor_and_keeps_its_filters(office: Office) -> None:
    """Newest first; states, workflow and subject narrow it."""
    for subject in "abc":
        await office.submit(subject)

    first = (await office.ask("GET", "?limit=2")).json()
    second = (await office.ask("GET", f"?limit=2&cursor={first['next_cursor']}")).json()
    one = (await office.ask("GET", "?subject=b&workflow=small")).json()
    none = (await office.ask("GET", "?state=failed&state=cancelled")).json()
    odd = await office.ask("GET", "?cursor=forged")

    assert ["c", "b"] == [job["subject"] for job in first["items"]]
    assert ["a"] == [job["subject"] for job in second["items"]]
    assert second["next_cursor"] is None
    assert ["b"] == [job["subject"] for job in one["items"]]
    assert [] == none["items"]
    assert (400, "page.bad_cursor") == (odd.status_code, odd.json()["code"])


@pytest.mark.covers("M-SEC-01")
async def test_people_see_the_jobs_of_their_projects_alone(office: Office) -> None:
    """Others are told that there is no such job, as if there were none."""
    mine = await office.submit("a")
    upkeep = await office.submit("b", project_id=None)

    seen = {
        who: [job["id"] for job in (await office.ask("GET", who=who)).json()["items"]]
        for who in PEOPLE
    }
    refused = await office.ask("GET", f"/{mine}", who="stranger")
    unknown = await office.ask("GET", "/small:none:1", who="stranger")
    hidden = await office.ask("GET", f"/{upkeep}", who="editor")
    viewed = await office.ask("POST", f"/{mine}/cancel", who="viewer")

    assert {"admin": [upkeep, mine], "editor": [mine], "viewer": [mine], "stranger": []} == seen
    assert (404, "job.unknown") == (refused.status_code, refused.json()["code"])
    assert refused.json()["detail"] == unknown.json()["detail"]
    assert 404 == hidden.status_code
    assert (403, "access.forbidden") == (viewed.status_code, viewed.json()["code"])


async def test_a_cancelled_job_ends_and_stays_cancelled(office: Office) -> None:
    """Its running step is interrupted; a second cancel is a conflict."""
    job_id = await office.submit("a")
    await until(lambda: "wait a" in office.tries)

    cancelled = await office.ask("POST", f"/{job_id}/cancel", who="editor")
    again = await office.ask("POST", f"/{job_id}/cancel")
    office.hold.set()
    await until(lambda: not office.work.engine.count_running())

    assert (200, "cancelled") == (cancelled.status_code, cancelled.json()["state"])
    assert (409, "job.ended") == (again.status_code, again.json()["code"])
    assert await office.work.is_in(job_id, JobState.CANCELLED)


@pytest.mark.covers("C-PR-04", "T-OR-05")
async def test_a_failed_job_is_tried_again_from_its_failed_step_on(office: Office) -> None:
    """The step that was done is kept; asked twice, it is tried once."""
    job_id = await office.submit("bad")
    await office.settle(job_id, JobState.FAILED)
    failed = (await office.ask("GET", f"/{job_id}")).json()
    office.refuses = False
    office.hold.set()

    retried = await office.ask("POST", f"/{job_id}/retry")
    twice = await office.ask("POST", f"/{job_id}/retry")
    await office.settle(f"{job_id}~2", JobState.SUCCEEDED)

    assert ("small.unusable", "It is no film.") == (
        failed["error"]["code"],
        failed["error"]["detail"],
    )
    assert failed["error"]["tool"] is None
    assert (202, f"{job_id}~2") == (retried.status_code, retried.json()["id"])
    assert retried.json()["id"] == twice.json()["id"]
    assert ["begin bad", "wait bad", "wait bad"] == office.tries


async def test_only_what_failed_can_be_tried_again(office: Office) -> None:
    """A running job is a conflict."""
    job_id = await office.submit("a")

    answer = await office.ask("POST", f"/{job_id}/retry")

    assert (409, "job.not_ended") == (answer.status_code, answer.json()["code"])


@pytest.mark.covers("S-PR-03")
async def test_a_raised_job_goes_before_the_others(office: Office) -> None:
    """It is replaced by one of a better priority; a running one cannot be raised."""
    running = await office.submit("a")
    await until(lambda: "wait a" in office.tries)
    await office.submit("b")
    last = await office.submit("c")

    raised = await office.ask("POST", f"/{last}/raise")
    refused = await office.ask("POST", f"/{running}/raise")
    office.hold.set()
    await office.settle("small:b:1", JobState.SUCCEEDED)

    assert (202, f"{last}~2") == (raised.status_code, raised.json()["id"])
    assert (409, "job.not_waiting") == (refused.status_code, refused.json()["code"])
    assert ["wait a", "wait c", "wait b"] == [
        word for word in office.tries if word.startswith("wait")
    ]
    assert await office.work.is_in(last, JobState.CANCELLED)
