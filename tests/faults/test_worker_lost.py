"""Workers are killed, frozen and started twice; the work is done once all the same."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from rushes.db.engine import open_database
from rushes.jobs import records
from rushes.jobs.job import JobState
from rushes.jobs.lock import WorkerHeld, WorkerLock, find_holder
from rushes.settings import Settings
from tests.support.moments import until
from tests.support.working import (
    await_mark,
    read_marks,
    record,
    small_settings,
    worker_process,
)

ALL_ONCE = {f"{step} upl_{number}": 1 for step in ("first", "second", "third") for number in (1, 2)}


async def ask_for_work(settings: Settings, *subjects: str) -> None:
    """Record the events from which work follows."""
    database = open_database(settings.rooms_url)
    await record(database, *subjects)
    await database.close()


async def state_of(settings: Settings, job_id: str) -> JobState | None:
    """Return the state of a job as people see it."""
    database = open_database(settings.rooms_url)
    async with database.reading() as connection:
        job = await records.find_job(connection, job_id)
    await database.close()
    return None if job is None else job.state


def done(marks: Path) -> dict[str, int]:
    """Return how often each step was taken to its end."""
    ends = [mark for mark in read_marks(marks) if mark.split()[0] in {"first", "second", "third"}]
    return dict(Counter(ends))


def end(process: subprocess.Popen[bytes]) -> int:
    """Ask a worker to end; return its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


@pytest.mark.covers("S-UP-12")
async def test_a_killed_worker_is_followed_by_one_that_takes_no_step_twice(
    tmp_path: Path, sqlite_url: str
) -> None:
    """kill -9 in the second step: the first is kept, the second taken again, the third once."""
    settings, marks = small_settings(tmp_path, sqlite_url), tmp_path / "marks"
    hold = tmp_path / "hold"
    hold.touch()
    await ask_for_work(settings, "upl_1", "upl_2")
    with worker_process(settings, marks) as first:
        await asyncio.to_thread(await_mark, marks, "begin upl_1")
        await asyncio.to_thread(await_mark, marks, "begin upl_2")
        first.kill()
        first.wait()
    hold.unlink()

    with worker_process(settings, marks) as second:
        await asyncio.to_thread(await_mark, marks, "third upl_1")
        await asyncio.to_thread(await_mark, marks, "third upl_2")

        async def has_succeeded() -> bool:
            return JobState.SUCCEEDED is await state_of(settings, "small:upl_1:1")

        await until(has_succeeded, what="the end of the job")
        assert 0 == await asyncio.to_thread(end, second)

    assert ALL_ONCE == done(marks)


async def test_a_worker_that_is_asked_to_end_hands_its_work_on(
    tmp_path: Path, sqlite_url: str
) -> None:
    """TERM interrupts the step; the next worker goes on with it."""
    settings, marks = small_settings(tmp_path, sqlite_url), tmp_path / "marks"
    (tmp_path / "hold").touch()
    await ask_for_work(settings, "upl_1")
    with worker_process(settings, marks) as first:
        await asyncio.to_thread(await_mark, marks, "begin upl_1")
        assert 0 == await asyncio.to_thread(end, first)
    (tmp_path / "hold").unlink()

    with worker_process(settings, marks):
        await asyncio.to_thread(await_mark, marks, "third upl_1")

    assert {"first upl_1": 1, "second upl_1": 1, "third upl_1": 1} == done(marks)


@pytest.mark.covers("M-JOB-07", "CF-22")
async def test_the_work_of_a_killed_worker_is_taken_over(tmp_path: Path, postgres_url: str) -> None:
    """On PostgreSQL another worker finds out, and goes on where it stopped."""
    settings, marks = small_settings(tmp_path, postgres_url, dead_after=4), tmp_path / "marks"
    (tmp_path / "hold").touch()
    with worker_process(settings, marks) as first:
        await asyncio.to_thread(await_mark, marks, "ready")
        await ask_for_work(settings, "upl_1", "upl_2")
        await asyncio.to_thread(await_mark, marks, "begin upl_1")
        await asyncio.to_thread(await_mark, marks, "begin upl_2")
        with worker_process(settings, marks):
            await asyncio.to_thread(await_mark, marks, "ready", times=2)
            first.kill()
            first.wait()
            await asyncio.to_thread(await_mark, marks, "begin upl_1", times=2)
            (tmp_path / "hold").unlink()
            await asyncio.to_thread(await_mark, marks, "third upl_1")
            await asyncio.to_thread(await_mark, marks, "third upl_2")

    assert ALL_ONCE == done(marks)


async def test_a_frozen_worker_that_wakes_up_does_no_harm(
    tmp_path: Path, postgres_url: str
) -> None:
    """What it did meanwhile is dropped: the third step is taken once."""
    settings, marks = small_settings(tmp_path, postgres_url, dead_after=4), tmp_path / "marks"
    (tmp_path / "hold").touch()
    with worker_process(settings, marks) as first:
        await asyncio.to_thread(await_mark, marks, "ready")
        await ask_for_work(settings, "upl_1")
        await asyncio.to_thread(await_mark, marks, "begin upl_1")
        with worker_process(settings, marks):
            await asyncio.to_thread(await_mark, marks, "ready", times=2)
            first.send_signal(signal.SIGSTOP)
            await asyncio.to_thread(await_mark, marks, "begin upl_1", times=2)
            (tmp_path / "hold").unlink()
            await asyncio.to_thread(await_mark, marks, "third upl_1")
            first.send_signal(signal.SIGCONT)
            assert 0 == await asyncio.to_thread(end, first)

    counts = done(marks)
    assert (1, 1) == (counts["first upl_1"], counts["third upl_1"])


async def test_a_second_worker_of_a_data_folder_is_refused(tmp_path: Path) -> None:
    """It waits a while for the first to end, and says which process holds the folder."""
    path = tmp_path / "engine.db.lock"
    first = await WorkerLock.take(path)
    holder = find_holder(path)

    with pytest.raises(WorkerHeld, match=r"Another worker \(pid \d+\) holds this data folder"):
        await WorkerLock.take(path, wait_seconds=0.2)

    first.release()
    assert holder is not None
    assert find_holder(path) is None
    assert find_holder(tmp_path / "nothing") is None


async def test_a_worker_that_ends_makes_room_for_the_next(tmp_path: Path) -> None:
    """Who waits gets the lock as soon as it is free."""
    path = tmp_path / "engine.db.lock"
    first = await WorkerLock.take(path)
    waiting = asyncio.create_task(WorkerLock.take(path, wait_seconds=10))
    await asyncio.sleep(0)

    first.release()

    (await waiting).release()


@pytest.mark.covers("BG-79")
async def test_a_relay_that_is_killed_starts_everything_once(
    tmp_path: Path, sqlite_url: str
) -> None:
    """Workers are killed while they relay a hundred events; there is one job for each."""
    settings, marks = small_settings(tmp_path, sqlite_url), tmp_path / "marks"
    subjects = [f"upl_{number}" for number in range(100)]
    await ask_for_work(settings, *subjects)
    for kills in range(1, 4):
        with worker_process(settings, marks) as worker:
            await until(lambda: len(read_marks(marks)) > 25 * kills, seconds=30)  # noqa: B023
            worker.kill()
            worker.wait()

    with worker_process(settings, marks):
        for subject in subjects:
            await asyncio.to_thread(await_mark, marks, f"third {subject}")
        await until(lambda: all_succeeded(settings, len(subjects)), seconds=30)

    assert {f"small:{subject}:1" for subject in subjects} == await list_ids(settings)


async def all_succeeded(settings: Settings, count: int) -> bool:
    """Say whether so many jobs have come to a good end."""
    database = open_database(settings.rooms_url)
    async with database.reading() as connection:
        counts = await records.count_jobs(connection)
    await database.close()
    return counts == {("small", JobState.SUCCEEDED): count}


async def list_ids(settings: Settings) -> set[str]:
    """Return the ids of every job that there is."""
    database = open_database(settings.rooms_url)
    async with database.reading() as connection:
        found = await records.list_jobs(connection, records.JobFilter(), 1_000)
    await database.close()
    return {job.id for job in found}
