"""Liveness on a real PostgreSQL: who is dead, whose work is handed back, and when no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from rushes.clock import SYSTEM
from rushes.events.relay import Relay
from rushes.jobs.engine import Engine
from rushes.jobs.job import JobState
from rushes.jobs.liveness import REAPER, Liveness
from rushes.jobs.worker import STOPPED_WORKERS, Worker
from tests.support.moments import until
from tests.support.working import SmallWork, small_settings, working


class Hall:
    """An engine that holds one job, and workers that watch it."""

    def __init__(self, work: SmallWork, url: str) -> None:
        self.work = work
        self.url = url
        self.opened: list[Liveness] = []

    def watch(self, executor_id: str) -> Liveness:
        """Return another worker's liveness."""
        liveness = Liveness(self.url, executor_id, "0", timedelta(seconds=20), self.work.remote)
        self.opened.append(liveness)
        return liveness

    def ask(self, question: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(question.encode()).fetchall()

    def tell(self, statement: str) -> None:
        """Change the database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
async def hall(tmp_path: Path, postgres_url: str) -> AsyncIterator[Hall]:
    """A job that waits for ever, held by an engine whose worker never beat."""

    async def wait(_subject: str) -> None:
        await asyncio.Event().wait()

    def tell(engine: Engine) -> None:
        @engine.workflow("small")
        async def small(subject: str) -> None:
            await engine.step("wait", preemptible=True)(wait)(subject)

    async with working(small_settings(tmp_path, postgres_url), tell) as work:
        hall = Hall(work, postgres_url)
        await work.engine.start_workflow("small", "small:a:1", "a")
        await until(lambda: work.is_in("small:a:1", JobState.RUNNING))
        yield hall
        for liveness in hall.opened:
            await asyncio.to_thread(liveness.leave)


async def test_work_of_a_living_worker_is_left_alone(hall: Hall) -> None:
    """It beats, so nothing of it is handed back."""
    owner, other = hall.watch(hall.work.engine.executor_id), hall.watch("other")
    await asyncio.to_thread(owner.beat)
    await asyncio.to_thread(other.beat)

    assert [[], []] == [await asyncio.to_thread(other.reap) for _ in range(2)]


async def test_work_of_a_worker_that_left_is_handed_back_at_once(hall: Hall) -> None:
    """Its row says so; it goes once nothing is held by it any more."""
    owner, other = hall.watch(hall.work.engine.executor_id), hall.watch("other")
    lost: list[str] = []
    other.lost = lost.append
    await asyncio.to_thread(owner.beat)
    await asyncio.to_thread(owner.leave)

    first = await asyncio.to_thread(other.reap)

    assert (["small:a:1"], ["small:a:1"]) == (first, lost)
    assert [("small:a:1", 1)] == hall.ask("SELECT workflow_id, lost FROM recoveries")


async def test_a_worker_without_work_is_forgotten(hall: Hall) -> None:
    """When it left, or was silent for too long."""
    idle, other = hall.watch("idle"), hall.watch("other")
    await asyncio.to_thread(idle.beat)
    await asyncio.to_thread(other.beat)
    hall.tell("UPDATE executors SET seen = seen - 21 WHERE id = 'idle'")

    await asyncio.to_thread(other.reap)

    assert [("other",)] == hall.ask("SELECT id FROM executors")


async def test_a_worker_that_is_in_no_table_is_dead_at_the_second_look(hall: Hall) -> None:
    """It may have begun between the two; at the first look it gets the benefit of the doubt."""
    other = hall.watch("other")
    await asyncio.to_thread(other.beat)

    looks = [await asyncio.to_thread(other.reap) for _ in range(2)]

    assert [[], ["small:a:1"]] == looks


async def test_one_reaps_at_a_time(hall: Hall) -> None:
    """The others pass by."""
    owner, other = hall.watch(hall.work.engine.executor_id), hall.watch("other")
    await asyncio.to_thread(owner.beat)
    await asyncio.to_thread(owner.leave)
    with psycopg.connect(hall.url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [REAPER])

        assert [] == await asyncio.to_thread(other.reap)

    assert ["small:a:1"] == await asyncio.to_thread(other.reap)


@pytest.mark.covers("S-UP-12")
async def test_a_job_that_stopped_five_workers_is_given_up(hall: Hall) -> None:
    """It fails with words that say why, and is not tried again by itself."""
    hall.tell("INSERT INTO recoveries VALUES ('small:a:1', 5)")
    other = hall.watch("other")
    work, settings = hall.work, hall.work.settings
    relay = Relay(work.database, {}, work.engine.follow)
    worker = Worker(
        work.database, SYSTEM, settings.rooms_url, work.engine, relay, work.remote, other
    )
    worker.watch_recoveries(asyncio.get_running_loop())
    await asyncio.to_thread(other.beat)

    looks = [await asyncio.to_thread(other.reap) for _ in range(2)]

    job = await work.job("small:a:1")
    assert job is not None
    assert [[], ["small:a:1"]] == looks
    assert (JobState.FAILED, STOPPED_WORKERS) == (job.state, job.error_code)
    assert "stopped 5 workers" in str(job.error_detail)
