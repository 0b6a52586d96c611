"""Do all processes see one folder of segments? Workers sign it, and doctor looks for them."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import psycopg
import pytest

from rushes.cli.doctor import CHECKS
from rushes.compose import SEGMENTS
from rushes.renditions.sharing import OLD_SECONDS, PREFIX, Sharing, list_signed
from rushes.settings import Settings
from tests.support.moments import until

WORKERS = (
    "INSERT INTO executors (id, host, pid, version, started_at, seen) VALUES "
    "('exe_near', 'near', 1, '1', 0, extract(epoch FROM clock_timestamp())), "
    "('exe_dead', 'dead', 1, '1', 0, 0)"
)


async def test_a_worker_signs_as_long_as_it_works(tmp_path: Path) -> None:
    """Names of those who were killed go after a day."""
    old = tmp_path / f"{PREFIX}exe_killed"
    old.touch()
    long_ago = time.time() - OLD_SECONDS - 1
    os.utime(old, (long_ago, long_ago))
    working = asyncio.create_task(Sharing(tmp_path, "exe_1").run())

    await until(lambda: {"exe_1"} == list_signed(tmp_path), seconds=60, what="a name alone")
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    assert set() == list_signed(tmp_path)


@pytest.mark.covers("M-PR-09")
def test_doctor_says_whose_segments_are_elsewhere(tmp_path: Path, postgres_url: str) -> None:
    """A worker that lives and has not signed looks into another folder."""
    settings = Settings.load(data=tmp_path, database_url=postgres_url)
    folder = settings.at(SEGMENTS)
    folder.mkdir()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(WORKERS.encode())

    apart = CHECKS["segments"](settings)
    (folder / f"{PREFIX}exe_near").touch()
    shared = CHECKS["segments"](settings)

    assert (False, True) == (apart.is_well, "workers on near" in apart.found)
    assert (True, True) == (shared.is_well, "shared with 1 worker" in shared.found)
