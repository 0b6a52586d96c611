"""How soon a film can be watched after its last byte, and how soon any place in it.

Each round sends a file that nobody has sent before, and waits, from the acknowledgement of its
last byte, until playlists, inits and the first segments of picture and sound were read over HTTP.
Then it reads segments at random places.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from bench.ingest.figures import Budget, Figure
from bench.ingest.plan import tell
from bench.lab.house import (
    H264,
    HDR10,
    HEVC,
    Film,
    LabPlan,
    await_playback,
    await_rest,
    door_of,
    make,
    p95,
    read,
    send,
    serve,
)

ROW: Final = "playable"
SEEKS: Final = 5
FILMS: Final = (
    Film("h264-10s.mp4", 10, H264, 1.0, 0.3, "H.264 of 10 s"),
    Film("h264-10min.mp4", 600, H264, 1.0, 0.3, "H.264 of 10 min"),
    Film("h264-2h.mp4", 7_200, H264, 1.0, 0.3, "H.264 of 2 h"),
    Film("hevc-1080p.mp4", 20, HEVC, 2.0, 2.0, "HEVC, 1080p", "1920x1080"),
    Film("hdr10-2160p.mp4", 10, HDR10, 4.0, 2.0, "4K HDR10", "3840x2160"),
)


def measure(plan: LabPlan) -> Iterator[Figure]:
    """Yield two figures for each film: until it plays, and until a place of it does."""
    with serve(plan.folder / "playable", "on_demand") as (url, token):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            link = door_of(client)
            for film in FILMS:
                path = make(film, plan.folder)
                rounds = [_round(client, link, film, path) for _ in range(plan.uploads)]
                playable = [one[0] for one in rounds]
                seeks = [seek for one in rounds for seek in one[1]]
                tell(f"{film.name}: {playable} {seeks}")
                path.unlink()
                yield _figure(f"{film.told}: until it plays, p95", playable, film.budget)
                yield _figure(f"{film.told}: until any place plays, p95", seeks, film.seek)


def _figure(work: str, seconds: Sequence[float], budget: float) -> Figure:
    middle = f"{statistics.median(seconds):.2f} s at the median of {len(seconds)}"
    return Figure(ROW, work, (p95(seconds),), "s", Budget(budget), ours=middle)


def _round(
    client: httpx.Client, link: dict[str, Any], film: Film, path: Path
) -> tuple[float, list[float]]:
    """Send a film once; return the seconds until it plays, and those of some places in it.

    What is still done about the film before is awaited: the cores do nothing else.
    """
    await_rest(client)
    name = f"{os.urandom(4).hex()}-{film.name}"
    address = send(client, link, name, path)
    begun = time.monotonic()
    asset_id, answer = await_playback(client, address, begun)
    folder = answer["hls_url"].rpartition("/")[0]
    quality = answer["selected_quality"]
    listed = read(client, f"{folder}/{quality}.m3u8").decode()
    pieces = [line for line in listed.splitlines() if line.endswith(".m4s")]
    for track in (quality, "sound"):
        read(client, f"{folder}/{track}.m3u8")
        read(client, f"{folder}/seg/{track}/init.mp4")
        read(client, f"{folder}/seg/{track}/0.m4s")
    playable = time.monotonic() - begun
    seeks = []
    for place in random.sample(range(len(pieces)), min(SEEKS, len(pieces))):
        begun = time.monotonic()
        read(client, f"{folder}/{pieces[place]}")
        seeks.append(time.monotonic() - begun)
    client.delete(f"/api/v1/assets/{asset_id}")
    return playable, seeks
