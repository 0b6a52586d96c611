"""How long two viewers wait who seek at random, while ladders are made on the same cores.

    python -m bench.lab.viewers FOLDER [--seeks 30]

A long film is sent, whose ladder is made all the while, and then the one that is watched. Each
viewer goes to a random place, waits for picture and sound of it, and watches for a second. Now and
then a viewer goes on before the place is there, as people do. Prints p50, p95 and the worst.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from bench.lab.house import H264, HEVC, Film, await_playback, make, p95, read, send, serve

BUSY: Final = Film("busy-1080p.mp4", 600, H264, 0, 0, "1920x1080")
WATCHED: Final = Film("watched-1080p.mp4", 600, HEVC, 0, 2.0, "1920x1080")
VIEWERS: Final = 2
WATCH_SECONDS: Final = 1.0
RESTLESS: Final = 0.2
"""The share of places that a viewer leaves before they are there."""

RESTLESS_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Show:
    """What is watched: addresses of the segments of the picture and of the sound."""

    url: str
    picture: list[str]
    sound: list[str]


def main(words: Sequence[str]) -> int:
    """Measure, print, and return 1 where somebody waited too long."""
    parser = argparse.ArgumentParser(description="How long viewers wait while ladders are made.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeks", type=int, default=30)
    asked = parser.parse_args(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    with serve(asked.folder / "data", "full") as (url, token):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            link = client.post("/api/v1/links", json={"client": "Bench", "project": "Lab"}).json()
            _film(client, link, BUSY, asked.folder)
            answer = _film(client, link, WATCHED, asked.folder)
            show = _open(client, url, answer)
            waits = asyncio.run(_watch(show, asked.seeks))
            running = client.get("/api/v1/jobs", params={"state": "running"}).json()["items"]
    print(
        f"viewers          wait p50 {statistics.median(waits):.3f} p95 {p95(waits):.3f}"
        f" worst {max(waits):.3f} (budget {WATCHED.seek:g})"
        f"   still running: {', '.join(sorted(job['workflow'] for job in running)) or 'nothing'}"
    )
    return int(max(waits) > WATCHED.seek)


def _film(client: httpx.Client, link: dict[str, Any], film: Film, folder: Path) -> dict[str, Any]:
    content = make(film, folder).read_bytes() + b"\0\0\0\x18free" + os.urandom(16)
    name = send(client, link, f"{os.urandom(4).hex()}-{film.name}", content)
    return await_playback(client, name, time.monotonic())[1]


def _open(client: httpx.Client, url: str, answer: dict[str, Any]) -> Show:
    folder = answer["hls_url"].rpartition("/")[0]
    lists = [
        [
            f"{folder}/{line}"
            for line in read(client, f"{folder}/{name}.m3u8").decode().splitlines()
            if line.endswith(".m4s")
        ]
        for name in (answer["selected_quality"], "sound")
    ]
    return Show(url, *lists)


async def _watch(show: Show, seeks: int) -> list[float]:
    async with asyncio.TaskGroup() as group:
        viewers = [group.create_task(_view(show, seeks)) for _ in range(VIEWERS)]
    return [wait for viewer in viewers for wait in viewer.result()]


async def _view(show: Show, seeks: int) -> list[float]:
    waits, chance = [], random.SystemRandom()
    async with httpx.AsyncClient(base_url=show.url, timeout=60) as http:
        for _ in range(seeks):
            place = chance.random()
            pieces = [each[int(place * len(each))] for each in (show.picture, show.sound)]
            begun = time.monotonic()
            reading = asyncio.gather(*(_read(http, piece) for piece in pieces))
            if chance.random() < RESTLESS:
                await asyncio.wait({reading}, timeout=RESTLESS_SECONDS)
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
                continue
            await reading
            waits.append(time.monotonic() - begun)
            await asyncio.sleep(WATCH_SECONDS)
    return waits


async def _read(http: httpx.AsyncClient, address: str) -> None:
    answer = await http.get(address)
    while answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
        answer = await http.get(address)
    answer.raise_for_status()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
