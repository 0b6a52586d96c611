"""The worker is killed in mid-transcode, again and again: everything is made, and made once."""

from __future__ import annotations

import asyncio
import io
import random
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

KILLS_EACH = 2
"""How often one clip's worker is killed; a job that loses five workers is given up."""

PIECEWISE = {"RUSHES_MEDIA_RUN_SEGMENTS": "1"}


def make_clip(media_files: MediaFiles, chance: random.Random, name: str) -> Parcel:
    """Return a clip whose bytes nobody has sent before: a `free` box ends it."""
    content = media_files.get(CLIP).read_bytes()
    return Parcel(name, content + b"\0\0\0\x10free" + chance.randbytes(8))


async def send(served: Served, client: Client, parcel: Parcel, chance: random.Random) -> None:
    """Send a file through a link of its own."""
    link = client.make_link()
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
        sender = Sender(http, f"{link['url']}/files/", chance)
        await sender.begin(parcel)
        await sender.send(parcel)
    assert parcel.is_sent


def count_pieces(data: Path) -> int:
    """Return how many segments stand on shelves."""
    return len(list((data / "segments").rglob("*.m4s")))


async def await_pieces(client: Client, data: Path, parcel: Parcel, count: int) -> None:
    """Wait until so much is made of a clip, or all of it."""

    def is_there() -> bool:
        found = client.get("/assets", q=parcel.name)["items"]
        return count_pieces(data) >= count or bool(found and found[0]["state"] == "ready")

    await until(is_there, seconds=50, what=f"{count} segments")


async def check_made(client: Client, parcel: Parcel) -> None:
    """The asset is whole, each rendition was made once, and a player can read it all."""
    asset = await asyncio.to_thread(client.settled, parcel.name)
    assert ("ready", None) == (asset["state"], asset["error"])
    assert [] == list_doubled(client, asset["id"])
    made = client.get(f"/assets/{asset['id']}/renditions")
    listed = made if isinstance(made, list) else made["items"]
    told = count_events(client, asset["id"])
    subjects = [subject for what, subject, _ in told if what == "rendition.ready"]
    assert sorted(each["id"] for each in listed) == sorted(subjects)
    kept = [(subject, tier) for what, subject, tier in told if what == "placement.present"]
    assert 1 + 2 * len(listed) == len(kept)
    played = client.playback(asset["id"])
    assert RUNGS == {each["quality"] for each in played["qualities"]}
    for quality in played["qualities"]:
        check_decodes(client.http.get(quality["url"]).content)


def check_decodes(content: bytes) -> None:
    """Every frame and every sample is there."""
    with av.open(io.BytesIO(content)) as container:
        pictures = sum(1 for _ in container.decode(video=0))
    with av.open(io.BytesIO(content)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert FRAMES == pictures
    assert abs(samples / 48_000 - SECONDS) < 0.05


@pytest.mark.covers("S-UP-12", "BG-79")
async def test_a_worker_that_is_killed_in_mid_transcode_makes_everything_once(
    tmp_path: Path, media_files: MediaFiles, chance: random.Random, rounds: int
) -> None:
    """The API stays, starts a new worker, and that one goes on where the other stopped."""
    for number, first in enumerate(range(0, rounds, KILLS_EACH)):
        parcel = make_clip(media_files, chance, f"clip_{number}.mp4")
        kills = min(KILLS_EACH, rounds - first)
        with serving(tmp_path, **PIECEWISE) as served:
            with served.client() as client:
                await send(served, client, parcel, chance)
                for count in sorted(chance.sample(range(PIECES), kills)):
                    await await_pieces(client, served.data, parcel, count)
                    await asyncio.sleep(chance.uniform(0, 0.4))
                    await kill_worker(served)
                    assert "ok" == client.http.get("/healthz").json()["status"]
                await check_made(client, parcel)
                await come_to_rest(client, served.data)
            assert 0 == served.stop()
            assert [] == list_processes(served.data)


async def kill_worker(served: Served) -> None:
    """Kill the worker beside the API, and wait for the next one; no program outlives it."""
    (pid,) = served.worker_pids()
    before = set(list_processes(served.data)) - {served.pid}
    kill(pid)
    await until(
        lambda: bool(served.worker_pids()) and [pid] != served.worker_pids(),
        seconds=20,
        what="the next worker",
    )
    await until(
        lambda: not before & set(list_processes(served.data)), what="the end of its programs"
    )
