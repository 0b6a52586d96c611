"""What we build on: the pinned engine keeps its promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from rushes.errors import Kind, RushesError
from rushes.jobs.engine import EMBEDDED, Engine
from rushes.jobs.job import JobState, PriorityRefused, Queue, StepFailed
from rushes.jobs.rows import JobRows
from rushes.jobs.schedule import PURGE
from rushes.settings import Settings
from tests.support.moments import until
from tests.support.working import SmallWork, small_settings, working


class Unusable(RushesError):
    """Bad input."""

    code = "small.unusable"
    kind = Kind.UNUSABLE


class Away(RushesError):
    """Something that comes back."""

    code = "small.away"
    kind = Kind.UNAVAILABLE


class Ground:
    """Small workflows, and what they did."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.loops: set[int] = set()
        self.hold = asyncio.Event()
        self.times_away = 0

    async def note(self, word: str) -> dict[str, str]:
        """Remember a word."""
        self.done.append(word)
        self.loops.add(id(asyncio.get_running_loop()))
        return {"word": word}

    async def refuse(self, word: str) -> None:
        """Fail in a way that no other try mends."""
        self.done.append(f"refuse {word}")
        raise Unusable("It is no film.")

    async def stumble(self, word: str) -> str:
        """Fail as often as it was told to."""
        self.done.append(f"stumble {word}")
        if self.times_away:
            self.times_away -= 1
            raise Away("Not now.")
        return word

    async def wait(self, word: str) -> None:
        """Wait for the test."""
        self.done.append(f"wait {word}")
        try:
            await self.hold.wait()
        except asyncio.CancelledError:
            self.done.append(f"interrupted {word}")
            raise
        self.done.append(f"waited {word}")

    def tell(self, engine: Engine) -> None:
        """Tell the engine what it can do."""
        tell_steps(engine, self)
        tell_families(engine, self)


def tell_steps(engine: Engine, ground: Ground) -> None:
    """Workflows of steps alone."""
    note, refuse = engine.step("note")(ground.note), engine.step("refuse")(ground.refuse)
    stumble = engine.step("stumble")(ground.stumble)
    wait = engine.step("wait", preemptible=True)(ground.wait)

    @engine.workflow("plain")
    async def plain(word: str) -> dict[str, str]:
        return await note(word)

    @engine.workflow("refused")
    async def refused(word: str) -> None:
        await note(word)
        await refuse(word)

    @engine.workflow("stumbling")
    async def stumbling(word: str) -> str:
        return await stumble(word)

    @engine.workflow("waiting")
    async def waiting(word: str) -> None:
        await note(word)
        await wait(word)
        await note(f"after {word}")


def tell_families(engine: Engine, ground: Ground) -> None:
    """A workflow with a child, one that is late, and one with its own time."""

    @engine.workflow("late")
    async def late(word: str) -> None:
        await engine.step("late", timeout_seconds=0.05)(ground.wait)(word)

    @engine.workflow("parent")
    async def parent(word: str) -> list[str]:
        child = await engine.submit(Queue.MEDIA, "refused", f"refused:{word}:1", word, priority=30)
        try:
            await child.outcome()
        except StepFailed as failure:
            return [failure.failed_code, failure.failed_kind.value, failure.message]
        return []

    @engine.scheduled(PURGE)
    async def purge() -> None:
        await engine.step("note")(ground.note)("purged")


@pytest.fixture
def ground() -> Ground:
    """What the workflows of a test do."""
    return Ground()


async def test_a_workflow_runs_on_the_loop_that_started_the_engine(
    ground: Ground, tmp_path: Path, database_url: str
) -> None:
    """Its steps share the loop of the worker, so they may share its database."""
    async with working(small_settings(tmp_path, database_url), ground.tell) as work:
        run = await work.engine.start_workflow("plain", "plain:a:1", "a")

        assert {"word": "a"} == await run.outcome()

    assert {id(asyncio.get_running_loop())} == ground.loops


@pytest.mark.covers("C-PR-07")
async def test_a_job_says_where_it_stands(
    ground: Ground, tmp_path: Path, database_url: str
) -> None:
    """Running while it runs, then succeeded; its worker and project are known."""
    async with working(small_settings(tmp_path, database_url), ground.tell) as work:
        run = await work.engine.start_workflow("waiting", "waiting:a:1", "a", project_id="prj_1")
        await until(lambda: work.is_in(run.id, JobState.RUNNING))
        ground.hold.set()
        await run.outcome()

        job = await work.job(run.id)

        assert job is not None
        assert (JobState.SUCCEEDED, 1.0, "prj_1", "a") == (
            job.state,
            job.progress,
            job.project_id,
            job.subject,
        )
        assert work.engine.executor_id == job.worker


@pytest.mark.covers("BG-79")
async def test_one_id_runs_once_for_ever(ground: Ground, tmp_path: Path, database_url: str) -> None:
    """A second start under the same id waits for the first, and does nothing."""
    settings = small_settings(tmp_path, database_url)
    async with working(settings, ground.tell) as work:
        first = await work.engine.start_workflow("plain", "plain:a:1", "a")
        again = await work.engine.start_workflow("plain", "plain:a:1", "other")
        queued = await work.engine.submit(Queue.COPY, "plain", "plain:a:1", "third", priority=1)

        outcomes = [await run.outcome() for run in (first, again, queued)]

    async with working(settings, ground.tell) as work:
        later = await work.engine.start_workflow("plain", "plain:a:1", "a")
        outcomes.append(await later.outcome())
    assert [{"word": "a"}] * 4 == outcomes
    assert ["a"] == ground.done


@pytest.mark.covers("S-PR-01", "C-PR-04")
async def test_bad_input_is_tried_once_and_keeps_its_code(
    ground: Ground, tmp_path: Path, database_url: str
) -> None:
    """The parent of a failed child sees code, kind and sentence; so does the job's row."""
    async with working(small_settings(tmp_path, database_url), ground.tell) as work:
        run = await work.engine.start_workflow("parent", "parent:a:1", "a")

        assert ["small.unusable", "unusable", "It is no film."] == await run.outcome()

        job = await work.job("refused:a:1")
        assert job is not None
        assert ("small.unusable", "It is no film.") == (job.error_code, job.error_detail)
        steps = await asyncio.to_thread(work.remote.list_steps, "refused:a:1")
        assert [("note", None), ("refuse", "small.unusable")] == [
            (step.name, step.failed_code) for step in steps
        ]
    assert ["a", "refuse a"] == ground.done


@pytest.mark.covers("S-PR-01")
async def test_what_may_come_back_is_tried_again(
    ground: Ground, tmp_path: Path, sqlite_url: str
) -> None:
    """The second try, two seconds later, goes well."""
    ground.times_away = 1
    async with working(small_settings(tmp_path, sqlite_url), ground.tell) as work:
        run = await work.engine.start_workflow("stumbling", "stumbling:a:1", "a")

        assert "a" == await run.outcome()

    assert ["stumble a"] * 2 == ground.done


async def test_three_tries_are_all(ground: Ground, tmp_path: Path, sqlite_url: str) -> None:
    """After the third the job fails, with the code of the last error."""
    ground.times_away = 4
    async with working(small_settings(tmp_path, sqlite_url), ground.tell) as work:
        run = await work.engine.start_workflow("stumbling", "stumbling:a:1", "a")

        with pytest.raises(StepFailed) as caught:
            await run.outcome()

    assert ("small.away", Kind.UNAVAILABLE) == (caught.value.failed_code, caught.value.failed_kind)
    assert ["stumble a"] * 3 == ground.done


async def test_a_step_that_takes_too_long_is_ended(
    ground: Ground, tmp_path: Path, sqlite_url: str
) -> None:
    """It is interrupted, tried again, and fails as timed out."""
    async with working(small_settings(tmp_path, sqlite_url), ground.tell) as work:
        run = await work.engine.start_workflow("late", "late:a:1", "a")

        with pytest.raises(StepFailed) as caught:
            await run.outcome()

    assert "job.step_timed_out" == caught.value.failed_code
    assert ["wait a", "interrupted a"] * 3 == ground.done


async def test_what_was_interrupted_goes_on_at_the_next_start(
    ground: Ground, tmp_path: Path, sqlite_url: str
) -> None:
    """The finished step is not taken again, the interrupted one is."""
    settings = small_settings(tmp_path, sqlite_url)
    async with working(settings, ground.tell) as work:
        await work.engine.start_workflow("waiting", "waiting:a:1", "a")
        await until(lambda: "wait a" in ground.done)
    ground.hold.set()

    async with working(settings, ground.tell) as work:
        await until(lambda: work.is_in("waiting:a:1", JobState.SUCCEEDED))

    assert ["a", "wait a", "interrupted a", "wait a", "waited a", "after a"] == ground.done


async def test_a_failure_means_the_same_after_a_restart(
    ground: Ground, tmp_path: Path, database_url: str
) -> None:
    """Who asks a later worker for the outcome gets the same code and kind."""
    settings = small_settings(tmp_path, database_url)
    async with working(settings, ground.tell) as work:
        run = await work.engine.start_workflow("refused", "refused:a:1", "a")
        with pytest.raises(StepFailed):
            await run.outcome()

    async with working(settings, ground.tell) as work:
        run = await work.engine.start_workflow("refused", "refused:a:1", "a")
        with pytest.raises(StepFailed, match="It is no film") as caught:
            await run.outcome()

    assert ("small.unusable", Kind.UNUSABLE) == (
        caught.value.failed_code,
        caught.value.failed_kind,
    )


@pytest.mark.covers("C-PR-03")
async def test_no_more_run_at_once_than_the_limit(
    ground: Ground, tmp_path: Path, database_url: str
) -> None:
    """Of five queued jobs three run; the others wait for their turn."""
    async with working(small_settings(tmp_path, database_url), ground.tell) as work:
        for word in "abcde":
            await submit_waiting(work, word, 30)
        await until(lambda: len(begun(ground)) == 3)

        queued = await asyncio.to_thread(work.remote.find_waiting_queue, "waiting:e:1")

        assert ("media", 3) == (queued, len(begun(ground)))
        ground.hold.set()
        await until(lambda: len(begun(ground)) == 5)


async def test_the_lowest_priority_number_goes_first(
    ground: Ground, tmp_path: Path, sqlite_url: str
) -> None:
    """With one place, the later but more urgent job is taken before the other."""
    settings = small_settings(tmp_path, sqlite_url, background=1)
    async with working(settings, ground.tell) as work:
        await submit_waiting(work, "first", 30)
        await until(lambda: begun(ground) == ["wait first"])
        await submit_waiting(work, "later", 30)
        await submit_waiting(work, "sooner", 20)
        ground.hold.set()
        await until(lambda: work.is_in("waiting:later:1", JobState.SUCCEEDED))

    assert ["wait first", "wait sooner", "wait later"] == begun(ground)


def begun(ground: Ground) -> list[str]:
    """Return what has begun to wait, in order."""
    return [word for word in ground.done if word.startswith("wait ")]


async def submit_waiting(work: SmallWork, word: str, priority: int) -> None:
    """Queue one more job that waits for the test."""
    await work.engine.submit(Queue.MEDIA, "waiting", f"waiting:{word}:1", word, priority=priority)


@pytest.mark.parametrize("priority", [0, -1, 2**31])
async def test_a_priority_that_would_go_before_everything_is_refused(
    priority: int, ground: Ground, tmp_path: Path, sqlite_url: str
) -> None:
    """0 is what unset means to the engine, and nothing is written."""
    async with working(small_settings(tmp_path, sqlite_url), ground.tell) as work:
        with pytest.raises(PriorityRefused):
            await submit_waiting(work, "a", priority)

        assert await work.job("waiting:a:1") is None


async def test_a_cancel_interrupts_a_running_step(
    ground: Ground, tmp_path: Path, database_url: str
) -> None:
    """The step is interrupted and the workflow goes no further."""
    async with working(small_settings(tmp_path, database_url), ground.tell) as work:
        run = await work.engine.start_workflow("waiting", "waiting:a:1", "a")
        await until(lambda: "wait a" in ground.done)

        await asyncio.to_thread(work.remote.cancel, run.id)

        await until(lambda: "interrupted a" in ground.done)
        await until(lambda: work.is_in(run.id, JobState.CANCELLED))
    assert "after a" not in ground.done


async def test_a_cancel_in_the_row_wins_over_a_workflow_that_comes_back(
    ground: Ground, tmp_path: Path, sqlite_url: str
) -> None:
    """Cancelled while no worker was there: the next one takes no step of it any more."""
    settings = small_settings(tmp_path, sqlite_url)
    async with working(settings, ground.tell) as work:
        await work.engine.start_workflow("waiting", "waiting:a:1", "a")
        await until(lambda: "wait a" in ground.done)
    database = open_database(settings.rooms_url)
    await JobRows(database, SYSTEM, "desk").cancelled("waiting:a:1")
    await database.close()
    ground.hold.set()

    async with working(settings, ground.tell) as work:
        await until(lambda: "CANCELLED" == read_status(settings, "waiting:a:1"))

        assert await work.is_in("waiting:a:1", JobState.CANCELLED)
    assert ["a", "wait a", "interrupted a"] == ground.done


def read_status(settings: Settings, job_id: str) -> str:
    """Return what the engine itself thinks of a workflow."""
    query = "SELECT status FROM workflow_status WHERE workflow_uuid = ?"
    with closing(sqlite3.connect(settings.at("engine.db"))) as connection:
        return str(connection.execute(query, [job_id]).fetchone()[0])


async def test_the_workflows_of_one_executor_can_be_told_apart(
    ground: Ground, tmp_path: Path, database_url: str
) -> None:
    """Liveness asks for what a lost worker held, and gets nothing else."""
    async with working(small_settings(tmp_path, database_url), ground.tell) as work:
        await work.engine.start_workflow("waiting", "waiting:a:1", "a")
        await submit_waiting(work, "b", 30)
        await until(lambda: {"wait a", "wait b"} <= set(ground.done))

        held = await asyncio.to_thread(work.remote.list_held, work.engine.executor_id)
        others = await asyncio.to_thread(work.remote.list_held, "somebody:else")

    assert {("waiting:a:1", None), ("waiting:b:1", "media")} == {
        (one.id, one.queue) for one in held
    }
    assert [] == others


async def test_a_resumed_workflow_returns_to_its_queue_with_its_place(
    ground: Ground, tmp_path: Path, database_url: str
) -> None:
    """Handed back, it is taken up again, and finished steps are kept."""
    async with working(small_settings(tmp_path, database_url), ground.tell) as work:
        await submit_waiting(work, "a", 30)
        await until(lambda: "wait a" in ground.done)
        [held] = await asyncio.to_thread(work.remote.list_held)

        await asyncio.to_thread(work.remote.hand_back, held)

        await until(lambda: ground.done.count("wait a") == 2)
        [again] = await asyncio.to_thread(work.remote.list_held)
        ground.hold.set()
        await until(lambda: work.is_in("waiting:a:1", JobState.SUCCEEDED))
    assert held == again
    assert 1 == ground.done.count("a")


async def test_arguments_are_kept_as_plain_json(
    ground: Ground, tmp_path: Path, sqlite_url: str
) -> None:
    """Nothing in the engine's database is code, so whoever writes there runs none."""
    settings = small_settings(tmp_path, sqlite_url)
    async with working(settings, ground.tell) as work:
        run = await work.engine.start_workflow("plain", "plain:a:1", "a")
        await run.outcome()

    kept = settings.at("engine.db").read_bytes()
    assert b'{"namedArgs":{},"positionalArgs":["a"]}' in kept
    assert EMBEDDED.encode() in kept
