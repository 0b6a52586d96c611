"""A worker works, or it ends and says why; there is no third way."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from rushes.events.relay import Relay
from rushes.jobs.engine import Engine
from rushes.jobs.lock import WorkerLock
from rushes.jobs.remote import Remote
from rushes.jobs.worker import Worker
from tests.support.working import record, small_settings


async def test_a_relay_that_breaks_ends_its_worker_in_order(
    sqlite_url: str, tmp_path: Path
) -> None:
    """An event that cannot be read raises out of `run`, after the engine was stopped."""
    settings = small_settings(tmp_path, sqlite_url)
    database, remote = open_database(settings.rooms_url), Remote(settings)
    await record(database, "upl_1")
    async with database.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO events (id, type, created_at, actor, subject, data)"
                " SELECT 'evt_torn', type, created_at, actor, subject, '{torn' FROM events"
            )
        )
        await connection.execute(text("INSERT INTO outbox (event_id) VALUES ('evt_torn')"))
    engine = Engine(settings, database, SYSTEM)
    relay = Relay(database, {}, engine.follow)
    worker = Worker(database, SYSTEM, settings.rooms_url, engine, relay, remote, None)

    async with asyncio.timeout(30):
        with pytest.raises(json.JSONDecodeError):
            await worker.run(asyncio.Event(), grace=0)

    lock = await WorkerLock.take(settings.at("engine.db.lock"))  # the engine has let go of it
    lock.release()
    remote.close()
    await database.close()
