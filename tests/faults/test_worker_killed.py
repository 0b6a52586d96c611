"""Workers are killed in mid-transcode, again and again: everything is made, and made once."""

from __future__ import annotations

import asyncio
import io
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av
import httpx
import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.aftermath import (
    come_to_rest,
    count_events,
    kill,
    list_doubled,
    list_jobs,
    list_processes,
)
from tests.support.moments import until
from tests.support.parcels import Parcel, Sender
from tests.support.served import Client, Served, serving

CLIP = "ladder.mp4"
RUNGS = {"360p", "540p"}
FRAMES, SECONDS = 360, 12
PIECES = 9
"""Three segments of two rungs and of the sound: a ladder has this many middles."""

KILLS_EACH = 3
"""How often workers of one clip are killed; a job that loses more than five is given up."""

PIECEWISE = {"RUSHES_MEDIA_RUN_SEGMENTS": "1"}


def make_clip(media_files: MediaFiles, chance: random.Random, number: int) -> Parcel:
    """Return a clip whose bytes nobody has sent before: a `free` box ends it."""
    content = media_files.get(CLIP).read_bytes()
    return Parcel(f"clip_{number}.mp4", content + b"\0\0\0\x10free" + chance.randbytes(8))


async def send(served: Served, client: Client, parcel: Parcel, chance: random.Random) -> None:
    """Send a file through a link of its own."""
    link = client.make_link()
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
        sender = Sender(http, f"{link['url']}/files/", chance)
        await sender.begin(parcel)
        await sender.send(parcel)
    assert parcel.is_sent


async def await_middle(data: Path, number: int, chance: random.Random, pieces: int) -> None:
    """Wait until so many segments of clip `number` are made, or all of it, and a little longer."""

    def is_there() -> bool:
        made = len(list((data / "edge").rglob("540p.mp4")))
        return made > number or len(list((data / "segments").rglob("*.m4s"))) >= pieces

    await until(is_there, seconds=50, what=f"{pieces} segments", pause=0.05)
    await asyncio.sleep(chance.uniform(0, 0.4))


async def check_made(client: Client, parcel: Parcel) -> None:
    """The asset is whole, each rendition was made once, and a player can read it all."""
    asset = await asyncio.to_thread(client.settled, parcel.name)
    assert ("ready", None) == (asset["state"], asset["error"])
    assert [] == list_doubled(client, asset["id"])
    made = sorted(each["id"] for each in client.get(f"/assets/{asset['id']}/renditions")["items"])
    told = count_events(client, asset["id"])
    assert made == sorted(subject for what, subject, _ in told if what == "rendition.ready")
    kept = [(subject, tier) for what, subject, tier in told if what == "placement.present"]
    assert 1 + 2 * len(made) == len(kept)
    played = client.playback(asset["id"])
    assert RUNGS == {each["quality"] for each in played["qualities"]}
    for quality in played["qualities"]:
        check_decodes(client.http.get(quality["url"]).content)


def check_decodes(content: bytes) -> None:
    """Every frame and every sample is there."""
    with av.open(io.BytesIO(content), "r") as container:
        assert FRAMES == len(list(container.decode(video=0)))
    with av.open(io.BytesIO(content), "r") as container:
        samples = sum(frame.samples for frame in container.decode(container.streams.audio[0]))
    assert abs(samples / 48_000 - SECONDS) < 0.05


def share(rounds: int) -> list[int]:
    """Return how many kills each clip gets."""
    return [min(KILLS_EACH, rounds - first) for first in range(0, rounds, KILLS_EACH)]


async def kill_embedded(served: Served) -> None:
    """Kill the worker beside the API, and wait for the next one; its programs go with it."""
    (pid,) = served.worker_pids()
    before = set(list_processes(served.data)) - {served.pid}
    kill(pid)
    await until(lambda: served.worker_pids() not in ([], [pid]), seconds=20, what="the next worker")
    await until(
        lambda: not before & set(list_processes(served.data)),
        what="the end of its programs",
        pause=0.1,
    )


@pytest.mark.covers("S-UP-12", "BG-79")
async def test_a_worker_that_is_killed_in_mid_transcode_makes_everything_once(
    tmp_path: Path, media_files: MediaFiles, chance: random.Random, rounds: int
) -> None:
    """The API stays, starts a new worker, and that one goes on where the other stopped."""
    for number, kills in enumerate(share(rounds)):
        parcel = make_clip(media_files, chance, number)
        with serving(tmp_path, **PIECEWISE) as served:
            with served.client() as client:
                await send(served, client, parcel, chance)
                for pieces in sorted(chance.sample(range(PIECES), kills)):
                    await await_middle(served.data, number, chance, pieces)
                    await kill_embedded(served)
                    assert {"status": "ok"} == client.http.get("/healthz").json()
                await check_made(client, parcel)
                await come_to_rest(client, served.data)
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
                await send(served, client, parcel, chance)
                for pieces in sorted(chance.sample(range(PIECES), kills)):
                    await await_middle(served.data, number, chance, pieces)
                    crew.lose(find_busy(client, crew, chance))
                    await asyncio.to_thread(crew.hire)
                await check_made(client, parcel)
            await come_to_rest(client, served.data)
            assert [0, 0] == crew.end()
        assert [served.pid] == list_processes(served.data)
