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
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import imageio_ffmpeg

PATIENCE: Final = 120.0
OPEN: Final = ("waiting", "running")
"""States of a job that is not over."""

LOOK_SECONDS: Final = 0.03
"""Between two looks of who waits for a film."""

PIECE_BYTES: Final = 256 * 1024
PICTURE_SECONDS, SOUND_SECONDS = 60, 64
"""What is encoded, and repeated: 64 s of 48 kHz are 3,000 AAC frames."""

PASSWORD: Final = "a long pass phrase"  # noqa: S105 - of a server that lives for a minute


@dataclass(frozen=True, slots=True)
class Film:
    """A film that is sent; `budget` in seconds until it plays, `seek` until a place of it does."""

    name: str
    seconds: int
    encode: tuple[str, ...]
    budget: float
    seek: float
    told: str = ""
    size: str = "1280x720"


@dataclass(frozen=True, slots=True)
class LabPlan:
    """How much of it: seconds of film in a ladder, rounds, films sent, and places gone to."""

    folder: Path
    seconds: int = 44
    rounds: int = 3
    uploads: int = 20
    seeks: int = 30
    minutes: int = 60
    """Of the film of which a storyboard is made."""


PLAIN: Final = ("-pix_fmt", "yuv420p")
H264: Final = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "42", "-g", "60", "-flags", "+cgop"),
    *PLAIN,
)
HEVC: Final = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", *PLAIN)
HDR10: Final = (
    *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:repeat-headers=1"),
    *("-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"),
    *("-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"),
)


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
    """Return the film: a minute of picture is encoded, longer ones repeat it.

    Sound is repeated in pieces of whole AAC frames, so that no gap stands where two pieces meet:
    a film with gaps would be one of a varying rate.
    """
    target = folder / film.name
    if target.exists():
        return target
    seconds = min(PICTURE_SECONDS, film.seconds)
    with TemporaryDirectory(dir=folder) as name:
        picture, sound = Path(name, f"picture{target.suffix}"), Path(name, "sound.aac")
        drawn = f"testsrc2=size={film.size}:rate=30:duration={seconds}"
        _ffmpeg("-f", "lavfi", "-i", drawn, *film.encode, str(picture))
        tone = f"sine=frequency=440:sample_rate=48000:duration={SOUND_SECONDS}"
        _ffmpeg("-f", "lavfi", "-i", tone, "-c:a", "aac", "-ac", "2", str(sound))
        _ffmpeg(
            *("-stream_loop", "-1", "-i", str(picture), "-stream_loop", "-1", "-i", str(sound)),
            *("-map", "0:v", "-map", "1:a", "-c", "copy", "-t", str(film.seconds), str(target)),
        )
    return target


def _ffmpeg(*words: str) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-v", "error", "-nostdin", "-y", *words], check=True)


def door_of(client: httpx.Client) -> dict[str, Any]:
    """Return an upload link."""
    made = client.post("/api/v1/links", json={"client": "Bench", "project": "Lab"})
    made.raise_for_status()
    return dict(made.json())


def send(client: httpx.Client, link: dict[str, Any], name: str, film: Path) -> str:
    """Send a film that nobody has sent before with tus in one go; return its name."""
    tail = b"\0\0\0\x18free" + os.urandom(16)
    size = film.stat().st_size + len(tail)
    answer = client.post(
        f"{link['url']}/files/",
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(size),
            "Upload-Metadata": f"filename {_base64(name)}",
        },
    )
    answer.raise_for_status()
    client.patch(
        answer.headers["location"],
        content=_read_pieces(film, tail),
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(size),
        },
    ).raise_for_status()
    return name


def _read_pieces(film: Path, tail: bytes) -> Iterator[bytes]:
    """Yield the bytes of a film: of one long body a client copies the rest after each write."""
    with film.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
    yield tail


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
        time.sleep(LOOK_SECONDS)
    raise SystemExit(f"{name} could not be watched within {PATIENCE:.0f} s.")


def await_rest(client: httpx.Client) -> None:
    """Return when no job is open any more."""
    begun = time.monotonic()
    while client.get("/api/v1/jobs", params={"state": OPEN, "limit": 1}).json()["items"]:
        if time.monotonic() - begun > PATIENCE:
            raise SystemExit(f"Jobs were still open after {PATIENCE:.0f} s.")
        time.sleep(LOOK_SECONDS * 10)


def read(client: httpx.Client, address: str) -> bytes:
    """Read an address as a player does, which asks again where it is told to."""
    while True:
        answer = client.get(address)
        if answer.status_code != 503:
            answer.raise_for_status()
            return answer.content
        time.sleep(1)
