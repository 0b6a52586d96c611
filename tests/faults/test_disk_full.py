"""The disk of the whole installation fills up: it says so, stays up, and goes on with room."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.aftermath import come_to_rest, list_doubled
from tests.support.parcels import MIB, Parcel, Sender
from tests.support.served import Client, serving

DISK = "56m"
SIZE = 20 * MIB
LEFT = 11 * MIB
"""What the upload finds: half of what it needs."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder whose `data` is a file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    place = tmp_path / "data"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "rushes-test", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill(data: Path) -> Path:
    """Leave `LEFT` bytes on the disk; return what takes the room."""
    ballast = data / "ballast"
    with ballast.open("wb") as file:
        for _ in range((shutil.disk_usage(data).free - LEFT) // MIB):
            file.write(bytes(MIB))
    return ballast


def make_long_clip(media_files: MediaFiles, chance: random.Random) -> Parcel:
    """Return a clip that ends with a large `free` box."""
    content = media_files.get("no_audio.mp4").read_bytes()
    free = SIZE - len(content)
    return Parcel("clip.mp4", content + free.to_bytes(4) + b"free" + chance.randbytes(free - 8))


async def check_up(client: Client) -> None:
    """The API answers, and keeps its word about what is stored."""
    assert {"status": "ok"} == client.http.get("/healthz").json()
    assert [] == client.get("/assets")["items"]


@pytest.mark.root
@pytest.mark.covers("S-UP-12")
@pytest.mark.timeout(120)
async def test_an_upload_that_fills_the_disk_goes_on_and_plays_once_there_is_room(
    small_disk: Path, media_files: MediaFiles, chance: random.Random
) -> None:
    """507 with the offset that is durable; everything stays up; the same upload becomes ready."""
    parcel = make_long_clip(media_files, chance)
    with serving(small_disk, RUSHES_UPLOADS_KEEP_FREE_BYTES="0") as served:
        with served.client() as client:
            link = client.make_link()
            async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
                sender = Sender(http, f"{link['url']}/files/", chance)
                await sender.begin(parcel)
                ballast = fill(served.data)

                full = await sender.append(parcel, 0, SIZE)
                kept = await sender.ask(parcel)
                again = await sender.append(parcel, kept, SIZE)
                await check_up(client)
                late = await sender.ask(parcel)
                ballast.unlink()
                await sender.send(parcel)

            assert 507 == full.status_code
            codes = {"upload.no_space", "spool.full", "database.full"}  # one disk for all
            assert full.json()["code"] in codes
            assert "application/problem+json" == full.headers["content-type"]
            assert str(kept) == full.headers["Upload-Offset"]
            assert 507 == again.status_code
            assert kept <= late < SIZE
            asset = await asyncio.to_thread(client.settled, parcel.name)
            original = client.get(f"/assets/{asset['id']}/download", quality="original")["url"]
            assert ("ready", None) == (asset["state"], asset["error"])
            assert parcel.content == client.http.get(original).content
            assert client.playback(asset["id"])["ready"]
            assert [] == list_doubled(client, asset["id"])
            await come_to_rest(client, served.data)
            assert "ok" == client.http.get("/readyz").json()["status"]
        assert 0 == served.stop()
