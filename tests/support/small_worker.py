"""A worker process with one workflow: `small` takes three steps and writes a mark for each.

The second step waits while the file `hold` lies beside the marks.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from rushes.events.event import EventType
from rushes.events.relay import Relay, Start
from rushes.jobs.engine import Engine
from rushes.jobs.liveness import Liveness
from rushes.jobs.remote import Remote
from rushes.jobs.worker import Worker
from rushes.settings import Settings

MARKS = Path(os.environ["SMALL_MARKS"])
HOLD = MARKS.with_name("hold")
STORY = {EventType.UPLOAD_COMPLETED: (Start("small"),)}


def mark(text: str) -> None:
    """Write a line that survives whatever happens next."""
    with MARKS.open("a") as out:
        out.write(f"{text}\n")


async def first(subject: str) -> None:
    """Do something."""
    mark(f"first {subject}")


async def second(subject: str) -> str:
    """Take as long as the test wants."""
    mark(f"begin {subject}")
    while HOLD.exists():  # noqa: ASYNC110 - another process takes the file away
        await asyncio.sleep(0.02)
    mark(f"second {subject}")
    return subject


async def third(subject: str) -> None:
    """Do something else."""
    mark(f"third {subject}")


async def main() -> None:
    """Work until TERM."""
    settings = Settings.model_validate_json(os.environ["SMALL_SETTINGS"])
    database = open_database(settings.rooms_url)
    engine = Engine(settings, database, SYSTEM)

    @engine.workflow("small")
    async def small(subject: str) -> None:
        await engine.step("first")(first)(subject)
        await engine.step("second", preemptible=True)(second)(subject)
        await engine.step("third")(third)(subject)

    relay = Relay(database, STORY, engine.follow)
    remote = Remote(settings)
    liveness = None
    if not settings.is_embedded:
        dead_after = settings.jobs.dead_after
        liveness = Liveness(settings.engine_url, engine.executor_id, "0", dead_after, remote)
    worker = Worker(database, SYSTEM, settings.rooms_url, engine, relay, remote, liveness)
    begun, ended = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    working = asyncio.create_task(worker.run(ended, begun, 0))
    beginning = asyncio.create_task(begun.wait())
    await asyncio.wait({working, beginning}, return_when=asyncio.FIRST_COMPLETED)
    if begun.is_set():
        mark("ready")
    beginning.cancel()
    try:
        await working
    finally:
        remote.close()
        await database.close()
    mark("ended")


if __name__ == "__main__":
    asyncio.run(main())
