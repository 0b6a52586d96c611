"""Hostile files: each is refused or fails with a code, and nothing of ours is worse for it."""

from __future__ import annotations

import base64
import http.server
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.hostile_files import HOSTILE, Prey
from tests.support.served import Client, Served, serving

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
MEMORY_AT_MOST = 700 * 2**10
"""KiB that API and worker may ever have held."""

PATIENCE = 6
"""All of them wait in one line; on a busy machine the last one for minutes."""

SHOWN = frozenset(
    {"jpeg-and-zip.jpg", "rotten.mp4", "endless-packets.ts", "endless-sound.wav"}
    | {"samples-elsewhere.mp4", "comment.png", "samples-without-end.mp4"}
)
"""Those that may be shown, as far as they are pictures or sounds; the others must not."""


class Singing(http.server.BaseHTTPRequestHandler):
    """Notes each call."""

    def handle(self) -> None:
        """Note that somebody called, whatever he says."""
        self.server.calls.append(str(self.client_address))  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Siege:
    """A server under attack: everything was sent to it at once."""

    served: Served
    client: Client
    canary: list[str]
    token: bytes
    pids: tuple[int, ...]
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    def asset(self, name: str) -> dict[str, Any]:
        """Return the asset of a file when it is settled."""
        for _ in range(PATIENCE):
            if name in self.seen:
                break
            with suppress(AssertionError):
                self.seen[name] = self.client.settled(name)
        return self.seen[name]


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory, media_files: MediaFiles) -> Iterator[Siege]:
    """One server; all files are sent side by side."""
    calls: list[str] = []
    canary = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Singing)
    canary.calls = calls  # type: ignore[attr-defined]
    threading.Thread(target=canary.serve_forever, daemon=True).start()
    token = secrets.token_hex(24).encode()
    with (
        tempfile.TemporaryDirectory() as open_folder,
        serving(tmp_path_factory.mktemp("siege")) as served,
        served.client() as client,
    ):
        Path(open_folder).chmod(0o755)
        secret = Path(open_folder) / "secret.ts"
        secret.write_bytes(media_files.get("h264.ts").read_bytes() + token)
        secret.chmod(0o644)
        prey = Prey(
            secret,
            f"http://127.0.0.1:{canary.server_address[1]}",
            media_files.get("h264.mp4").read_bytes(),
            media_files.get("h264.ts").read_bytes(),
        )
        pids = (served.pid, *served.worker_pids())
        door = f"{client.make_link(types=['any'])['url']}/files/"
        with ThreadPoolExecutor(8) as crew:
            list(crew.map(lambda name: send(door, name, HOSTILE[name](prey)), HOSTILE))
        yield Siege(served, client, calls, token, pids)
    canary.shutdown()
    canary.server_close()


def send(door: str, name: str, content: bytes) -> None:
    """Send a file in one request, as anybody can who has the link."""
    told = f"filename {base64.b64encode(name.encode()).decode()}"
    headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": told}
    answer = httpx.post(door, content=content, headers=headers, timeout=60)
    assert 201 == answer.status_code, answer.text


@pytest.mark.covers("S-VA-08", "BG-31")
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_file_is_refused_or_fails_with_a_code(siege: Siege, name: str) -> None:
    """It is kept for who wants it back; what cannot be shown says why, or is no medium at all."""
    asset = siege.asset(name)

    refusal = siege.client.http.post(f"/api/v1/assets/{asset['id']}/playback", json={})

    if asset["state"] == "failed":
        code = asset["error"]["code"]
        assert code.partition(".")[0] in {"media", "image", "tool", "sequence", "job"}
        assert "rushes.broken" != code
        assert 409 == refusal.status_code
    elif name not in SHOWN:
        assert ("other", 409) == (
            asset["kind"] if asset["kind"] != "sequence" else "other",
            refusal.status_code,
        )


@pytest.mark.timeout(400)
def test_nothing_foreign_was_read_nobody_was_called_and_nothing_ended(siege: Siege) -> None:
    """After all of them: no byte of the secret, no packet, the same processes, little memory."""
    for name in HOSTILE:
        siege.asset(name)

    found = [path for path in list_files(siege.served.data) if siege.token in path.read_bytes()]

    assert [] == found
    assert [] == siege.canary
    assert siege.pids == (siege.served.pid, *siege.served.worker_pids())
    assert all(peak_of(pid) < MEMORY_AT_MOST for pid in siege.pids)
    assert 200 == siege.client.http.get("/readyz").status_code


def list_files(folder: Path) -> list[Path]:
    """Return every file below a folder."""
    return [Path(place) / name for place, _, names in os.walk(folder) for name in names]


def peak_of(pid: int) -> int:
    """Return how many KiB a process has held at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])
