"""How long two viewers wait who seek at random, while ladders are made on the same cores.

A long film is sent, whose ladder is made all the while, and then the one that is watched. Each
viewer goes to a random place, waits for picture and sound of it, and watches for a second. Now and
then a viewer goes on before the place is there, as people do.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from bench.ingest.figures import Budget, Figure
from bench.lab.house import (
    H264,
    HEVC,
    Film,
    LabPlan,
    await_playback,
    door_of,
    make,
    p95,
    read,
    send,
    serve,
)

ROW: Final = "viewers"
BUSY: Final = Film("busy-1080p.mp4", 600, H264, 0, 0, size="1920x1080")
WATCHED: Final = Film("watched-1080p.mp4", 600, HEVC, 0, 2.0, size="1920x1080")
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


def measure(plan: LabPlan) -> Iterator[Figure]:
    """Yield the longest wait of all viewers."""
    with serve(plan.folder / "viewers", "full") as (url, token):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            link = door_of(client)
            _film(client, link, BUSY, plan.folder)
            answer = _film(client, link, WATCHED, plan.folder)
            show = _open(client, url, answer)
            waits = asyncio.run(_watch(show, plan.seeks))
            running = client.get("/api/v1/jobs", params={"state": "running"}).json()["items"]
    beside = ", ".join(sorted(job["workflow"] for job in running)) or "nothing"
    yield Figure(
        ROW,
        f"{VIEWERS} viewers who seek at random while ladders are made: the longest wait",
        (max(waits),),
        "s",
        Budget(WATCHED.seek),
        ours=f"{statistics.median(waits):.2f} s at the median, {p95(waits):.2f} s at p95",
        beside=f"still running at the end: {beside}",
    )


def _film(client: httpx.Client, link: dict[str, Any], film: Film, folder: Path) -> dict[str, Any]:
    name = send(client, link, f"{os.urandom(4).hex()}-{film.name}", make(film, folder))
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
