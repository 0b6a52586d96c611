"""The rows of jobs: what may be written when, and how they are listed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.jobs import records
from rushes.jobs.job import Job, JobState, JobUnknown
from rushes.jobs.progress import Progress
from rushes.jobs.records import JobFilter
from rushes.jobs.rows import JobRows, Wanted
from tests.support.moments import NOON, Hands


def wanted(number: int = 1, **facts: str) -> Wanted:
    return Wanted(f"ladder:ast_{number}:1", "ladder", f"ast_{number}", **facts)


async def get(database: Database, number: int = 1) -> Job:
    """Return one of the jobs."""
    async with database.reading() as connection:
        return await records.get_job(connection, f"ladder:ast_{number}:1")


async def test_a_job_is_written_once(database: Database, clock: Clock) -> None:
    """A second wish for the same id changes nothing."""
    rows = JobRows(database, clock, "me")
    await rows.began(wanted(project_id="prj_1"))

    await rows.want(wanted(project_id="prj_2"))

    job = await get(database)
    assert (JobState.RUNNING, "prj_1", "me") == (job.state, job.project_id, job.worker)


async def test_a_child_belongs_to_the_project_of_its_parent(
    database: Database, clock: Clock
) -> None:
    """Who sees the parent sees the child."""
    rows = JobRows(database, clock, "me")
    await rows.want(wanted(1, project_id="prj_1"))

    await rows.want(wanted(2, parent_id="ladder:ast_1:1"))
    await rows.want(wanted(3, parent_id="ladder:unknown:1"))

    assert "prj_1" == (await get(database, 2)).project_id
    assert (await get(database, 3)).project_id is None


async def test_a_failure_keeps_what_is_known_of_its_tool(database: Database, clock: Clock) -> None:
    """How it ended, which it was, its last words, and its box."""
    rows = JobRows(database, clock, "me", "full")
    known = {"signal": "SIGSEGV", "tool": "ffmpeg", "tool_version": "7.1", "box": "full"}
    await rows.began(wanted())

    await rows.failed("ladder:ast_1:1", "tool.crashed", "It crashed.", {**known, "last_words": "w"})

    job = await get(database)
    assert ("tool.crashed", "It crashed.", "w", "full") == (
        job.error_code,
        job.error_detail,
        job.last_words,
        job.box,
    )
    assert known == job.trouble


async def test_a_job_that_waits_for_a_box_says_so(database: Database, clock: Clock) -> None:
    """And does not any more when it goes on."""
    rows = JobRows(database, clock, "me", "none")
    await rows.began(wanted())

    await rows.waits("ladder:ast_1:1", "box.unavailable", "There is no box.")
    waiting = await get(database)
    await rows.goes_on("ladder:ast_1:1")
    running = await get(database)

    assert (JobState.WAITING, "box.unavailable") == (waiting.state, waiting.error_code)
    assert (JobState.RUNNING, None) == (running.state, running.error_code)


@pytest.mark.parametrize("end", ["succeeded", "failed", "cancelled"])
async def test_an_end_is_not_undone(end: str, database: Database, clock: Clock) -> None:
    """A late word of a lost worker changes nothing."""
    rows = JobRows(database, clock, "me")
    await rows.began(wanted())
    if end == "failed":
        await rows.failed("ladder:ast_1:1", "small.bad", "It was bad.")
    else:
        await getattr(rows, end)("ladder:ast_1:1")
    before = await get(database)

    await JobRows(database, clock, "another").began(wanted())
    await rows.succeeded("ladder:ast_1:1")
    await rows.failed("ladder:ast_1:1", "small.worse", "It was worse.")
    await rows.cancelled("ladder:ast_1:1")

    assert before == await get(database)
    assert end == before.state.value


async def test_a_cancel_in_the_row_wins(database: Database, clock: Clock) -> None:
    """A job that nobody wants any more does not succeed."""
    rows = JobRows(database, clock, "me")
    await rows.began(wanted())

    await rows.cancelled("ladder:ast_1:1")

    assert await rows.is_unwanted("ladder:ast_1:1")
    assert not await rows.is_unwanted("ladder:unknown:1")
    assert JobState.CANCELLED is (await get(database)).state


async def test_progress_is_written_twice_a_second_at_most(
    database: Database, clock: Clock, hands: Hands
) -> None:
    """And only where there is something to see."""
    await JobRows(database, clock, "me").began(wanted())
    progress, job_id = Progress(database, clock), "ladder:ast_1:1"

    written = [await progress.note(job_id, "encode", 0.10)]
    written.append(await progress.note(job_id, "encode", 0.30))
    hands.advance(timedelta(seconds=0.5))
    written.append(await progress.note(job_id, "encode", 0.105))
    written.append(await progress.note(job_id, "encode", 0.40))
    hands.advance(timedelta(seconds=0.5))
    written.append(await progress.note(job_id, "finish", 0.40))
    progress.forget(job_id)
    written.append(await progress.note(job_id, "finish", 1.5))

    assert [True, False, False, True, True, True] == written
    job = await get(database)
    assert ("finish", 1.0) == (job.stage, job.progress)


async def test_a_lost_job_waits_again(database: Database, clock: Clock) -> None:
    """Until another worker takes it."""
    await JobRows(database, clock, "lost").began(wanted())
    async with database.transaction() as connection:
        await records.record_waiting(connection, "ladder:ast_1:1", clock.now())
    assert (JobState.WAITING, None) == ((job := await get(database)).state, job.worker)

    await JobRows(database, clock, "other").began(wanted())

    assert (JobState.RUNNING, "other") == ((job := await get(database)).state, job.worker)


async def test_jobs_are_listed_newest_first_page_by_page(
    database: Database, clock: Clock, hands: Hands
) -> None:
    """A page goes on after the last job of the one before; filters hold."""
    rows = JobRows(database, clock, "me")
    for number in range(1, 6):
        await rows.want(wanted(number, project_id=f"prj_{number % 2}"))
        hands.advance(timedelta(seconds=1))
    async with database.reading() as connection:
        first = await records.list_jobs(connection, JobFilter(), 2)
        after = (first[-1].created_at, first[-1].id)
        second = await records.list_jobs(connection, JobFilter(after=after), 2)
        odd = JobFilter(project_ids=frozenset({"prj_1"}))
        of_project = await records.list_jobs(connection, odd, 10)
        nobody = await records.list_jobs(connection, JobFilter(project_ids=frozenset()), 10)
        narrow = JobFilter((JobState.WAITING,), "ladder", "ast_3")
        one = await records.list_jobs(connection, narrow, 10)
        counts = await records.count_jobs(connection)

    assert ["ast_5", "ast_4"] == [job.subject for job in first]
    assert ["ast_3", "ast_2"] == [job.subject for job in second]
    assert ["ast_5", "ast_3", "ast_1"] == [job.subject for job in of_project]
    assert [] == nobody
    assert ["ast_3"] == [job.subject for job in one]
    assert {("ladder", JobState.WAITING): 5} == counts


async def test_an_unknown_job_is_missing(database: Database) -> None:
    """The error says no more than that."""
    with pytest.raises(JobUnknown):
        await get(database, 99)


async def test_ended_jobs_are_forgotten_after_their_time(
    database: Database, clock: Clock, hands: Hands
) -> None:
    """Failed ones later; what still runs never."""
    rows = JobRows(database, clock, "me")
    for number in (1, 2, 3):
        await rows.began(wanted(number))
    await rows.succeeded("ladder:ast_1:1")
    await rows.failed("ladder:ast_2:1", "small.bad", "It was bad.")
    hands.advance(timedelta(days=31))

    async with database.transaction() as connection:
        gone = await records.delete_ended(
            connection, hands.now - timedelta(days=30), hands.now - timedelta(days=90)
        )
    assert 1 == gone
    async with database.transaction() as connection:
        gone = await records.delete_ended(connection, hands.now, NOON + timedelta(seconds=1))

    assert 1 == gone
    assert JobState.RUNNING is (await get(database, 3)).state
