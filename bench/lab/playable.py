"""How soon a film can be watched after its last byte, and how soon a place in it.

    python -m bench.lab.playable FOLDER [--rounds 20] [--only NAME] [--ladder]

Each round sends a file that nobody has sent before, and waits, from the acknowledgement of its
last byte, until playlists, inits and the first segments of picture and sound were read over HTTP.
Then it reads segments at random places. Prints one line for each film: p50 and p95 in seconds.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import imageio_ffmpeg

SEEKS: Final = 5
PATIENCE: Final = 120.0
PASSWORD: Final = "a long pass phrase"  # noqa: S105 - of a server that lives for a minute


@dataclass(frozen=True, slots=True)
class Film:
    """A film that is sent; `budget` in seconds until it plays, `seek` until a place of it does."""

    name: str
    seconds: int
    encode: tuple[str, ...]
    budget: float
    seek: float
    size: str = "1280x720"


H264: Final = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-g", "60")
HEVC: Final = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
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
    with _serve(asked.folder / "data", ladder) as (url, token):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            link = client.post("/api/v1/links", json={"client": "Bench", "project": "Lab"}).json()
            for film in films:
                content = _make(film, asked.folder).read_bytes()
                figures = [_round(client, link, film, content) for _ in range(asked.rounds)]
                playable = [figure[0] for figure in figures]
                seeks = [seek for figure in figures for seek in figure[1]]
                missed |= _p95(playable) > film.budget or _p95(seeks) > film.seek
                print(
                    f"{film.name:16} playable p50 {statistics.median(playable):.3f}"
                    f" p95 {_p95(playable):.3f} (budget {film.budget:g})"
                    f"   seek p50 {statistics.median(seeks):.3f}"
                    f" p95 {_p95(seeks):.3f} (budget {film.seek:g})",
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


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


@contextmanager
def _serve(data: Path, ladder: str) -> Iterator[tuple[str, str]]:
    """Run a server with its worker; give its address and a token."""
    data.mkdir(exist_ok=True)
    environment = os.environ | {
        "RUSHES_DATA": str(data),
        "RUSHES_ADMIN_EMAIL": "admin@example.com",
        "RUSHES_ADMIN_PASSWORD": PASSWORD,
        "RUSHES_LADDER_MODE": ladder,
    }
    command = [sys.executable, "-m", "rushes"]
    with subprocess.Popen(
        [*command, "serve", "--port", "0", "--json"], env=environment, stdout=subprocess.PIPE
    ) as server:
        try:
            told: dict[str, Any] = json.loads(server.stdout.readline() if server.stdout else b"{}")
            made = subprocess.run(
                [*command, "token", "create", "bench", "--scope", "read,write,links", "--json"],
                env=environment,
                capture_output=True,
                check=True,
            )
            yield str(told["url"]), str(json.loads(made.stdout)["token"])
        finally:
            server.terminate()


def _make(film: Film, folder: Path) -> Path:
    """Return the film: a minute is encoded, longer ones repeat it."""
    target = folder / film.name
    if target.exists():
        return target
    program, once = imageio_ffmpeg.get_ffmpeg_exe(), folder / f"once-{film.name}"
    seconds = min(60, film.seconds)
    quiet = [program, "-v", "error", "-y"]
    picture = f"testsrc2=size={film.size}:rate=30:duration={seconds}"
    sound = f"sine=frequency=440:sample_rate=48000:duration={seconds}"
    subprocess.run(
        [
            *(*quiet, "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound),
            *(*film.encode, "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", str(once)),
        ],
        check=True,
    )
    times = film.seconds // seconds - 1
    subprocess.run(
        [*quiet, "-stream_loop", str(times), "-i", str(once), "-c", "copy", str(target)],
        check=True,
    )
    once.unlink()
    return target


def _round(
    client: httpx.Client, link: dict[str, Any], film: Film, content: bytes
) -> tuple[float, list[float]]:
    """Send a film once; return the seconds until it plays, and those of some places in it."""
    content += b"\0\0\0\x18free" + os.urandom(16)
    name = f"{os.urandom(4).hex()}-{film.name}"
    address = _send(client, link, name, content)
    begun = time.monotonic()
    asset_id, answer = _await_playback(client, address, begun)
    folder = answer["hls_url"].rpartition("/")[0]
    quality = answer["selected_quality"]
    listed = _read(client, f"{folder}/{quality}.m3u8").decode()
    pieces = [line for line in listed.splitlines() if line.endswith(".m4s")]
    for track in (quality, "sound"):
        _read(client, f"{folder}/{track}.m3u8")
        _read(client, f"{folder}/seg/{track}/init.mp4")
        _read(client, f"{folder}/seg/{track}/0.m4s")
    playable = time.monotonic() - begun
    seeks = []
    for place in random.sample(range(len(pieces)), min(SEEKS, len(pieces))):
        begun = time.monotonic()
        _read(client, f"{folder}/{pieces[place]}")
        seeks.append(time.monotonic() - begun)
    client.delete(f"/api/v1/assets/{asset_id}")
    return playable, seeks


def _send(client: httpx.Client, link: dict[str, Any], name: str, content: bytes) -> str:
    """Send a file with tus in one go; return the address of the upload."""
    metadata = f"filename {_base64(name)}"
    answer = client.post(
        f"{link['url']}/files/",
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": metadata,
        },
    )
    answer.raise_for_status()
    address = answer.headers["location"]
    client.patch(
        address,
        content=content,
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        },
    ).raise_for_status()
    return name


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _await_playback(client: httpx.Client, name: str, begun: float) -> tuple[str, dict[str, Any]]:
    """Ask as a page does until the asset plays."""
    while time.monotonic() - begun < PATIENCE:
        found = client.get("/api/v1/assets", params={"q": name}).json()["items"]
        if found:
            answer = client.post(f"/api/v1/assets/{found[0]['id']}/playback")
            if answer.status_code == 200:
                return found[0]["id"], answer.json()
        time.sleep(0.01)
    raise SystemExit(f"{name} could not be watched within {PATIENCE:.0f} s.")


def _read(client: httpx.Client, address: str) -> bytes:
    while True:
        answer = client.get(address)
        if answer.status_code != 503:
            answer.raise_for_status()
            return answer.content
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
