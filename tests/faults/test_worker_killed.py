"""Workers are killed in mid-transcode, again and again: everything is made, and made once."""

from __future__ import annotations

import asyncio
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.aftermath import come_to_rest, kill, list_jobs, list_processes
from tests.support.begun import Death, list_committed, list_made_again, log_of
from tests.support.clips import (
    PATIENCE_SECONDS,
    PIECES,
    PIECEWISE,
    await_middle,
    check_made,
    make_clip,
    send_clip,
)
from tests.support.moments import until
from tests.support.served import Client, Served, serving

KILLS_EACH = 3
"""How often workers of one clip are killed; a job that loses more than five is given up."""


def share(rounds: int) -> list[int]:
    """Return how many kills each clip gets."""
    return [min(KILLS_EACH, rounds - first) for first in range(0, rounds, KILLS_EACH)]


def _is_alive(pid: int) -> bool:
    """Say whether a process still runs: one that is dead may wait for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def kill_embedded(served: Served) -> Death:
    """Kill the worker beside the API, and wait for the next one; its programs go with it."""
    (pid,) = served.worker_pids()
    before = set(list_processes(served.data)) - {served.pid}
    committed = list_committed(served.data)
    kill(pid)
    await until(lambda: not _is_alive(pid), what="the end of the worker")
    death = Death(committed, log_of(served).stat().st_size)
    await until(lambda: served.worker_pids() not in ([], [pid]), seconds=60, what="the next worker")
    await until(
        lambda: not before & set(list_processes(served.data)),
        what="the end of its programs",
        pause=0.1,
    )
    return death


@pytest.mark.covers("S-UP-12", "BG-79")
async def test_a_worker_that_is_killed_in_mid_transcode_makes_everything_once(
    tmp_path: Path, media_files: MediaFiles, chance: random.Random, rounds: int
) -> None:
    """The API stays, starts a new worker, and that one encodes nothing that stands already."""
    token = ""
    for number, kills in enumerate(share(rounds)):
        parcel = make_clip(media_files, chance, number)
        with serving(tmp_path, **PIECEWISE) as served:
            token = token or served.make_token()
            with served.client(token) as client:
                await send_clip(served, client, parcel, chance)
                deaths = []
                for pieces in sorted(chance.sample(range(PIECES), kills)):
                    await await_middle(served.data, chance, pieces, number)
                    deaths.append(await kill_embedded(served))
                    assert {"status": "ok"} == client.http.get("/healthz").json()
                await check_made(client, parcel)
                assert [] == list_made_again(log_of(served), deaths)
                await come_to_rest(client, served.data, PATIENCE_SECONDS)
            assert 0 == served.stop()
            assert [] == list_processes(served.data)


@dataclass(slots=True)
class Crew:
    """Workers of their own, as `rushes work` runs them."""

    served: Served
    members: dict[int, subprocess.Popen[str]] = field(default_factory=dict)

    def hire(self) -> None:
        """Start a worker and wait until it works."""
        with (self.served.data.parent / "worker.log").open("a") as log:
            worker = subprocess.Popen(
                self.served.command("work", "--json"),
                env=self.served.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.members[worker.pid] = worker
        assert worker.stdout is not None
        assert worker.stdout.readline(), "A worker ended before it was ready. See worker.log."

    def lose(self, pid: int) -> None:
        """Kill a worker."""
        with self.members.pop(pid) as worker:
            worker.kill()

    def end(self) -> list[int]:
        """Ask every worker to end; return their exit codes."""
        for worker in self.members.values():
            worker.terminate()
        codes = []
        for worker in self.members.values():
            with worker:
                codes.append(worker.wait(30))
        self.members.clear()
        return codes


@contextmanager
def crew_of(served: Served, count: int) -> Iterator[Crew]:
    """Give workers, and end them in any case."""
    crew = Crew(served)
    try:
        for _ in range(count):
            crew.hire()
        yield crew
    finally:
        for pid in tuple(crew.members):
            crew.lose(pid)


def find_busy(client: Client, crew: Crew, chance: random.Random) -> int:
    """Return the process that makes a ladder now, or any."""
    makers = [
        int(job["worker"].split(":")[1])
        for job in list_jobs(client)
        if (job["workflow"], job["state"]) == ("ladder", "running") and job["worker"]
    ]
    known = [pid for pid in makers if pid in crew.members]
    return chance.choice(known or sorted(crew.members))


@pytest.mark.covers("M-JOB-07", "CF-22")
async def test_another_worker_ends_what_a_killed_one_began(
    tmp_path: Path, postgres_url: str, media_files: MediaFiles, chance: random.Random, rounds: int
) -> None:
    """Two workers on PostgreSQL: whoever makes the ladder is killed, the other makes it once."""
    settings = {"RUSHES_DATABASE_URL": postgres_url, "RUSHES_JOBS_DEAD_AFTER": "PT4S", **PIECEWISE}
    assert 0 == Served(tmp_path / "data", settings).run("migrate").returncode
    with serving(tmp_path, **settings) as served, served.client() as client:
        with crew_of(served, 2) as crew:
            for number, kills in enumerate(share(max(1, rounds // 2))):
                parcel = make_clip(media_files, chance, number)
                await send_clip(served, client, parcel, chance)
                for pieces in sorted(chance.sample(range(PIECES), kills)):
                    await await_middle(served.data, chance, pieces, number)
                    crew.lose(find_busy(client, crew, chance))
                    await asyncio.to_thread(crew.hire)
                await check_made(client, parcel)
            await come_to_rest(client, served.data, PATIENCE_SECONDS)
            assert [0, 0] == crew.end()
        assert [served.pid] == list_processes(served.data)
