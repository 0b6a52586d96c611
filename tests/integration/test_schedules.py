"""Schedules run in `rushes work` alone: no web process has ever been there."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.moments import until

QUIET = {
    f"RUSHES_SCHEDULES_{name}": "off" for name in ("RETAIN", "WARM", "CHECK", "REPORT", "IMPORTS")
}
EVERY_MINUTE = {f"RUSHES_SCHEDULES_{name}": "* * * * *" for name in ("ACCOUNTS", "ALARMS")}


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Path]:
    """A data folder on which `rushes work` runs, and never anything else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUSHES_")}
    environment = kept | {"RUSHES_DATA": str(tmp_path)} | QUIET | EVERY_MINUTE
    rushes = [sys.executable, "-m", "rushes"]
    migrated = subprocess.run(
        [*rushes, "migrate"], env=environment, timeout=150, check=False, capture_output=True
    )
    assert 0 == migrated.returncode, migrated.stderr
    with (
        (tmp_path / "worker.log").open("w") as log,
        subprocess.Popen([*rushes, "work"], env=environment, stdout=log, stderr=log) as worker,
    ):
        yield tmp_path
        worker.terminate()


@pytest.mark.covers("M-JOB-07", "X-JOB-01", "W-11")
@pytest.mark.timeout(400)
async def test_a_worker_alone_does_by_itself_what_the_settings_say(alone: Path) -> None:
    """At the next minute it has accounted and looked; what is off has no schedule."""
    await until(lambda: done(alone) >= {"keep_accounts", "watch_tiers"}, seconds=300)

    assert {"expire_uploads", "purge", "keep_accounts", "watch_tiers"} == scheduled(alone)
    with closing(sqlite3.connect(alone / "rushes.db")) as connection:
        [(marks,)] = connection.execute("SELECT count(*) FROM ledger_marks")
    assert 1 == marks


def done(data: Path) -> set[str]:
    """Return the workflows that have ended well."""
    with closing(sqlite3.connect(data / "rushes.db")) as connection:
        rows = connection.execute("SELECT workflow FROM jobs WHERE state = 'succeeded'")
        return {str(workflow) for (workflow,) in rows}


def scheduled(data: Path) -> set[str]:
    """Return what the engine runs by itself."""
    with closing(sqlite3.connect(data / "engine.db")) as connection:
        rows = connection.execute("SELECT schedule_name FROM workflow_schedules")
        return {str(name) for (name,) in rows}
