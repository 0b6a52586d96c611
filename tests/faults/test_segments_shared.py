"""Two API processes and two workers that die: each segment is made once, and all are right."""

from __future__ import annotations

import asyncio
import io
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import av
import httpx
import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.clips import FRAMES, make_clip, send_clip
from tests.support.playlists import parse_index
from tests.support.served import Client, Served, serving

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

MADE = re.compile(r"A viewer's segment was made: (\S+ \S+ \d+)")
SETTINGS = {"RUSHES_LADDER_MODE": "on_demand", "RUSHES_LADDER_COPY_TOP": "false"}
VIEWERS = 50
PATIENCE = 120.0


class Crew:
    """Workers of one installation; each has a log of its own."""

    def __init__(self, served: Served, stack: ExitStack) -> None:
        self._served, self._stack, self.logs = served, stack, list[Path]()

    def hire(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        log = self._served.data.parent / f"worker-{len(self.logs)}.log"
        self.logs.append(log)
        file = self._stack.enter_context(log.open("wb"))
        command, environment = self._served.command("work"), self._served.environment()
        worker = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
        self._stack.callback(worker.wait)
        self._stack.callback(worker.kill)
        return worker

    def count_made(self) -> Counter[str]:
        """Count how often each segment was made for a viewer."""
        return Counter(MADE.findall("".join(log.read_text() for log in self.logs)))


@contextmanager
def house(tmp_path: Path, database_url: str) -> Iterator[tuple[Served, Served, Crew]]:
    """Run two API processes and two workers on one database and one data folder."""
    settings = SETTINGS | {"RUSHES_DATABASE_URL": database_url}
    migrated = Served(tmp_path / "data", settings).run("migrate")
    assert 0 == migrated.returncode, migrated.stderr
    with (
        ExitStack() as stack,
        serving(tmp_path, **settings) as one,
        serving(tmp_path, **settings) as other,
    ):
        yield one, other, Crew(one, stack)


async def watch(served: Served, client: Client, name: str) -> list[str]:
    """Wait until a film can be watched; return the addresses of its first quality's segments."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = client.get("/assets", q=name)["items"]
        if found:
            answer = client.http.post(f"/api/v1/assets/{found[0]['id']}/playback")
            if answer.status_code == httpx.codes.OK:
                folder = answer.json()["hls_url"].rpartition("/")[0].removeprefix(served.url)
                variants, _ = parse_index(client.http.get(answer.json()["hls_url"]).text)
                text = client.http.get(f"{folder}/{variants[0].address}").text
                pieces = [line for line in text.splitlines() if line.endswith(".m4s")]
                return [f"{folder}/{piece}" for piece in pieces]
        await asyncio.sleep(0.1)
    raise AssertionError(f"{name} could not be watched within {PATIENCE:.0f} s")


async def read(http: httpx.AsyncClient, address: str) -> bytes:
    """Read a segment as a player does, which asks again where it is told to."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = await http.get(address)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            answer.raise_for_status()
            return answer.content
        await asyncio.sleep(0.2)
    raise AssertionError(f"{address} did not come within {PATIENCE:.0f} s")


@pytest.mark.covers("M-PR-09")
async def test_segments_are_made_once_by_whoever_lives(
    tmp_path: Path, postgres_url: str, media_files: MediaFiles
) -> None:
    """A hundred viewers of two processes are one encode; workers that die spoil nothing."""
    chance = random.Random(7)  # noqa: S311 - the same order each time
    calm, rough = (make_clip(media_files, chance, number) for number in (1, 2))
    with house(tmp_path, postgres_url) as (one, other, crew), one.client() as client:
        workers = [crew.hire(), crew.hire()]
        for clip in (calm, rough):
            await send_clip(one, client, clip, chance)
        async with (
            httpx.AsyncClient(base_url=one.url, timeout=60, limits=CROWD) as near,
            httpx.AsyncClient(base_url=other.url, timeout=60, limits=CROWD) as far,
        ):
            pieces = await watch(one, client, calm.name)
            asked = [read(http, pieces[-1]) for http in (near, far) for _ in range(VIEWERS)]
            crowd = await asyncio.gather(*asked)
            in_order = [await read(near, piece) for piece in pieces]
            counted = crew.count_made()
            pieces = await watch(one, client, rough.name)
            found: dict[str, bytes] = {}
            for piece in chance.sample(pieces, len(pieces)):
                asking = asyncio.create_task(read(chance.choice((near, far)), piece))
                await asyncio.sleep(chance.uniform(0, 1))
                workers.pop(0).kill()
                workers.append(crew.hire())
                found[piece] = await asking
            init = await read(near, f"{pieces[0].rpartition('/')[0]}/init.mp4")

    assert 1 == len(set(crowd))
    assert {1} == set(counted.values())
    assert in_order == [found[piece] for piece in pieces]
    assert FRAMES == count_frames(init + b"".join(in_order))


def count_frames(content: bytes) -> int:
    with av.open(io.BytesIO(content), "r") as container:
        return len(list(container.decode(container.streams.video[0])))


CROWD = httpx.Limits(max_connections=VIEWERS)
