"""An engine with small workflows, and workers as processes of their own that tests may kill."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rushes import ids
from rushes.clock import SYSTEM
from rushes.db.engine import Database, open_database
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.jobs import engine as seam
from rushes.jobs import records
from rushes.jobs.engine import Engine
from rushes.jobs.job import Job, JobState
from rushes.jobs.remote import Remote
from rushes.sections import JobSettings
from rushes.settings import Settings

ROOT = Path(__file__).parents[2]


def small_settings(
    folder: Path, url: str, *, dead_after: float = 4, background: int = 3
) -> Settings:
    """Return settings whose own tables are at `url`, migrated, and the engine's beside them."""
    database_url = None if url.startswith("sqlite") else url
    jobs = JobSettings.model_validate({"dead_after": dead_after, "background": background})
    settings = Settings.model_validate(
        {"data": folder, "database_url": database_url, "jobs": jobs.model_dump()}
    )
    seam.migrate(settings)
    return settings


@dataclass(frozen=True, slots=True)
class SmallWork:
    """A running engine, and what is needed to look at it."""

    settings: Settings
    database: Database
    engine: Engine
    remote: Remote

    async def job(self, job_id: str) -> Job | None:
        """Return the row of a job."""
        async with self.database.reading() as connection:
            return await records.find_job(connection, job_id)

    async def is_in(self, job_id: str, state: JobState) -> bool:
        """Say whether the row of a job is in this state."""
        job = await self.job(job_id)
        return job is not None and job.state is state


@asynccontextmanager
async def working(settings: Settings, tell: Callable[[Engine], None]) -> AsyncIterator[SmallWork]:
    """Run an engine that was told some workflows."""
    database = open_database(settings.rooms_url)
    engine = Engine(settings, database, SYSTEM)
    tell(engine)
    remote = Remote(settings)
    await engine.start()
    try:
        yield SmallWork(settings, database, engine, remote)
    finally:
        await engine.stop(0)
        await asyncio.to_thread(remote.close)
        await database.close()


def fact(subject: str) -> Event:
    """Return an event of an upload that arrived."""
    return Event(
        id=ids.new(ids.Prefix.EVENT, SYSTEM.now(), SYSTEM.entropy(16)),
        type=EventType.UPLOAD_COMPLETED,
        created_at=SYSTEM.now(),
        actor="system",
        subject=subject,
        project_id="prj_1",
    )


async def record(database: Database, *subjects: str) -> None:
    """Record one event for each subject, each in a transaction of its own."""
    for subject in subjects:
        async with database.transaction() as connection:
            await outbox.record(connection, fact(subject))


@contextmanager
def worker_process(settings: Settings, marks: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `small_worker.py` on these settings; whatever became of it, it is gone in the end."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "SMALL_SETTINGS": settings.model_dump_json(include={"data", "database_url", "jobs"}),
        "SMALL_MARKS": str(marks),
    }
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("small_worker.py"))], env=environment
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def read_marks(marks: Path) -> list[str]:
    """Return what workers have written down so far."""
    return marks.read_text().splitlines() if marks.exists() else []


def await_mark(marks: Path, mark: str, *, times: int = 1, seconds: float = 30) -> None:
    """Wait until workers have written this mark so often.

    Raises:
        AssertionError: they did not in time.
    """
    deadline = time.monotonic() + seconds
    while read_marks(marks).count(mark) < times:
        if time.monotonic() > deadline:
            raise AssertionError(f"{mark!r} did not come {times} times: {read_marks(marks)}")
        time.sleep(0.02)
