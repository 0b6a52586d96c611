"""A house that is measured: a server of its own, films that nobody has sent before, a player."""

from __future__ import annotations

import base64
import json
import os
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


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


@contextmanager
def serve(data: Path, ladder: str) -> Iterator[tuple[str, str]]:
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


def make(film: Film, folder: Path) -> Path:
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


def send(client: httpx.Client, link: dict[str, Any], name: str, content: bytes) -> str:
    """Send a file with tus in one go; return its name."""
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


def await_playback(client: httpx.Client, name: str, begun: float) -> tuple[str, dict[str, Any]]:
    """Ask as a page does until the asset plays."""
    while time.monotonic() - begun < PATIENCE:
        found = client.get("/api/v1/assets", params={"q": name}).json()["items"]
        if found:
            answer = client.post(f"/api/v1/assets/{found[0]['id']}/playback")
            if answer.status_code == 200:
                return found[0]["id"], answer.json()
        time.sleep(0.01)
    raise SystemExit(f"{name} could not be watched within {PATIENCE:.0f} s.")


def read(client: httpx.Client, address: str) -> bytes:
    """Read an address as a player does, which asks again where it is told to."""
    while True:
        answer = client.get(address)
        if answer.status_code != 503:
            answer.raise_for_status()
            return answer.content
        time.sleep(1)
