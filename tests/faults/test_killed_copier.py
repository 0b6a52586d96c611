"""A copier that is killed leaves nothing that is half there, and the next one ends its work."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from rushes.clock import Clock, utc_now
from rushes.db.engine import Database, open_database
from rushes.db.tables import events
from rushes.events.event import EventType
from tests.support.filed import Files
from tests.support.handing import open_handing

HOUSE = Path(__file__).parents[2]
FILM = random.Random(7).randbytes(2**20) * 64  # noqa: S311 - a picture of noise


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """The film on another filesystem, so that it is copied and not linked."""
    path = Path("/dev/shm") / f"rushes-film-{os.getpid()}"  # noqa: S108
    path.write_bytes(FILM)
    yield path
    path.unlink()


async def kill_in_the_middle(arguments: list[str], seconds: float) -> None:
    """Start a copier and kill it that long after it began."""
    copier = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.small_copier", *arguments),
        cwd=HOUSE,
        env=os.environ | {"PYTHONPATH": str(HOUSE / "src")},
        stdout=asyncio.subprocess.PIPE,
    )
    if copier.stdout is None:
        raise AssertionError
    assert b"begun\n" == await asyncio.wait_for(copier.stdout.readline(), 30)
    await asyncio.sleep(seconds)
    if copier.returncode is None:
        copier.send_signal(signal.SIGKILL)
    await copier.wait()


def lay(path: Path, film: bytes) -> None:
    path.write_bytes(film)


async def count_arrivals(database: Database) -> int:
    async with database.reading() as connection:
        query = select(events.c.id).where(events.c.type == EventType.PLACEMENT_PRESENT.value)
        return len((await connection.execute(query)).all())


@pytest.mark.covers("T-OR-03")
async def test_a_killed_copy_is_whole_in_the_end(
    sqlite_url: str, tmp_path: Path, elsewhere: Path
) -> None:
    """Killed at five random moments, whoever comes next finds nothing half done."""
    database, moments = open_database(sqlite_url), random.Random()  # noqa: S311
    later = Clock(now=lambda: utc_now() + timedelta(minutes=1))  # claims have run out by then
    files = Files(database, Clock())
    project_id = await files.project()

    for number in range(5):
        film = FILM[number:] + bytes(number)
        lay(elsewhere, film)
        filed = await files.asset(film, project_id=project_id)
        seconds = moments.uniform(0, 0.4)
        arguments = [sqlite_url, str(tmp_path), filed.content_id, str(elsewhere)]
        await kill_in_the_middle(arguments, seconds)

        async with open_handing(tmp_path, database, later) as handing:
            assert [] == os.listdir(handing.archive.root / ".rushes" / "part")  # noqa: PTH208

            async def spooled(_upload_id: str) -> Path:
                return elsewhere

            keeper = replace(handing.keeper, spool_path=spooled)
            await keeper.keep_original(filed.content_id)
            kept = await handing.locator.local_path(filed.content_id)
            assert film == kept.read_bytes(), f"killed after {seconds} s"
            assert number + 1 == await count_arrivals(database)
            assert number + 1 == len(await handing.archive.list_keys())
    await database.close()
