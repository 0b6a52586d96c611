"""A clip whose ladder takes a while: sent, watched while it is made, and looked at in the end."""

from __future__ import annotations

import asyncio
import io
import random
from pathlib import Path

import av
import httpx

from tests.fixtures.media_files import MediaFiles
from tests.support.aftermath import count_events, list_doubled
from tests.support.moments import until
from tests.support.parcels import Parcel, Sender
from tests.support.served import Client, Served

CLIP = "ladder.mp4"
TOP = "540p.mp4"
RUNGS = {"360p", "540p"}
FRAMES, SECONDS = 360, 12
PIECES = 9
"""Three segments of two rungs and of the sound: a ladder has this many middles."""

PATIENCE_SECONDS = 300.0
"""For how long a ladder is waited for: a busy machine takes many times what a quiet one does."""

PIECEWISE = {"RUSHES_MEDIA_RUN_SEGMENTS": "1"}


def make_clip(media_files: MediaFiles, chance: random.Random, number: int = 0) -> Parcel:
    """Return a clip whose bytes nobody has sent before: a `free` box ends it."""
    content = media_files.get(CLIP).read_bytes()
    return Parcel(f"clip_{number}.mp4", content + b"\0\0\0\x10free" + chance.randbytes(8))


async def send_clip(served: Served, client: Client, parcel: Parcel, chance: random.Random) -> None:
    """Send a file through a link of its own."""
    link = client.make_link()
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
        sender = Sender(http, f"{link['url']}/files/", chance)
        await sender.begin(parcel)
        await sender.send(parcel)
    assert parcel.is_sent


async def await_middle(data: Path, chance: random.Random, pieces: int, number: int = 0) -> None:
    """Wait until so many segments of clip `number` are made, or all of it, and a little longer."""

    def is_there() -> bool:
        made = len(list((data / "edge").rglob(TOP)))
        return made > number or len(list((data / "segments").rglob("*.m4s"))) >= pieces

    await until(is_there, seconds=PATIENCE_SECONDS, what=f"{pieces} segments", pause=0.05)
    await asyncio.sleep(chance.uniform(0, 0.4))


async def check_made(client: Client, parcel: Parcel) -> None:
    """The asset is whole, each rendition was made once, and a player can read it all."""
    asset = await asyncio.to_thread(client.settled, parcel.name, PATIENCE_SECONDS)
    assert ("ready", None) == (asset["state"], asset["error"])
    assert [] == list_doubled(client, asset["id"])
    listed = client.get(f"/assets/{asset['id']}/renditions")["items"]
    made = sorted(each["id"] for each in listed)
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
        assert FRAMES == len(list(container.decode(container.streams.video[0])))
    with av.open(io.BytesIO(content), "r") as container:
        samples = sum(frame.samples for frame in container.decode(container.streams.audio[0]))
    assert abs(samples / 48_000 - SECONDS) < 0.05
