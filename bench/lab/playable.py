"""How soon a film can be watched after its last byte, and how soon a place in it.

    python -m bench.lab.playable FOLDER [--rounds 20] [--only NAME] [--ladder]

Each round sends a file that nobody has sent before, and waits, from the acknowledgement of its
last byte, until playlists, inits and the first segments of picture and sound were read over HTTP.
Then it reads segments at random places. Prints one line for each film: p50 and p95 in seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from bench.lab.house import H264, HEVC, Film, await_playback, make, p95, read, send, serve

SEEKS: Final = 5
FILMS: Final = (
    Film("h264-10s.mp4", 10, H264, 1.0, 0.3),
    Film("h264-10min.mp4", 600, H264, 1.0, 0.3),
    Film("h264-2h.mp4", 7_200, H264, 1.0, 0.3),
    Film("hevc-1080p.mp4", 20, HEVC, 2.0, 2.0, "1920x1080"),
)


def main(words: Sequence[str]) -> int:
    """Measure, print, and return 1 where a budget is missed."""
    asked = _parse(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    films = [film for film in FILMS if asked.only in {None, film.name}]
    missed = False
    ladder = "full" if asked.ladder else "on_demand"
    with serve(asked.folder / "data", ladder) as (url, token):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            link = client.post("/api/v1/links", json={"client": "Bench", "project": "Lab"}).json()
            for film in films:
                content = make(film, asked.folder).read_bytes()
                figures = [_round(client, link, film, content) for _ in range(asked.rounds)]
                playable = [figure[0] for figure in figures]
                seeks = [seek for figure in figures for seek in figure[1]]
                missed |= p95(playable) > film.budget or p95(seeks) > film.seek
                print(
                    f"{film.name:16} playable p50 {statistics.median(playable):.3f}"
                    f" p95 {p95(playable):.3f} (budget {film.budget:g})"
                    f"   seek p50 {statistics.median(seeks):.3f}"
                    f" p95 {p95(seeks):.3f} (budget {film.seek:g})",
                    flush=True,
                )
    return int(missed)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How soon a film can be watched.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=[film.name for film in FILMS])
    parser.add_argument("--ladder", action="store_true", help="make ladders meanwhile")
    return parser.parse_args(words)


def _round(
    client: httpx.Client, link: dict[str, Any], film: Film, content: bytes
) -> tuple[float, list[float]]:
    """Send a film once; return the seconds until it plays, and those of some places in it."""
    content += b"\0\0\0\x18free" + os.urandom(16)
    name = f"{os.urandom(4).hex()}-{film.name}"
    address = send(client, link, name, content)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
