"""`rushes serve` as people start it: a process of its own, with an admin from the environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

EMAIL = "admin@example.com"
PASSWORD = "a long pass phrase"
READY_SECONDS = 150
SETTLE_SECONDS = 55
END_SECONDS = 30
SETTLED = frozenset({"ready", "failed"})


@dataclass(slots=True)
class Served:
    """A server, and a client that is logged in."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    _process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process of the API."""
        if self._process is None:
            raise AssertionError("The server does not run.")
        return self._process.pid

    def start(self) -> None:
        """Start it, on the port of before if it ran before."""
        with (self.data.parent / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                self.command("serve", "--port", str(self.port), "--json"),
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        told = _read_ready(self._process)["url"]
        self.port = self.port or int(told.rpartition(":")[2])

    def kill(self) -> None:
        """End it as a power cut ends a process: no warning, and its worker goes with it."""
        os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def stop(self, seconds: float = END_SECONDS) -> int:
        """Ask it to end within so many seconds; return its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self._reap(seconds)

    def is_running(self) -> bool:
        """Say whether it runs."""
        return self._process is not None and self._process.poll() is None

    def worker_pids(self) -> list[int]:
        """Return the processes of its worker: the children of the API."""
        pids: list[int] = []
        for children in Path(f"/proc/{self.pid}/task").glob("*/children"):
            with suppress(OSError):  # a thread that has just ended
                pids += [int(pid) for pid in children.read_text().split()]
        return pids

    def command(self, *words: str) -> list[str]:
        """Return the command line of a `rushes` command."""
        return [sys.executable, "-m", "rushes", *words]

    def environment(self) -> dict[str, str]:
        """Return the environment of every command of this installation."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RUSHES_")}
        return kept | {
            "RUSHES_DATA": str(self.data),
            "RUSHES_ADMIN_EMAIL": EMAIL,
            "RUSHES_ADMIN_PASSWORD": PASSWORD,
            **self.settings,
        }

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run another `rushes` command to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment() | more,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Run `rushes work` beside the server, as PostgreSQL needs it."""
        with (self.data.parent / "worker.log").open("a") as log:
            process = subprocess.Popen(
                self.command("work"), env=self.environment(), stdout=log, stderr=log
            )
        with process:
            try:
                yield
            finally:
                process.terminate()

    def make_token(self, *scopes: str) -> str:
        """Return a new API token of the admin, made on the console."""
        wanted = ",".join(scopes or ("read", "write", "links", "admin"))
        made = self.run("token", "create", "test", "--scope", wanted, "--json")
        secret: str = json.loads(made.stdout)["token"]
        return secret

    @contextmanager
    def client(self, token: str | None = None) -> Iterator[Client]:
        """Give a client with a token of its own."""
        secret = token or self.make_token()
        with httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {secret}"}, timeout=20
        ) as http:
            yield Client(http)

    def _reap(self, seconds: float = END_SECONDS) -> int:
        if self._process is None:
            return 0
        with self._process:
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(seconds)
            self._process.kill()
        raise AssertionError(f"The server did not end within {seconds} s of being asked.")


@dataclass(frozen=True, slots=True)
class Client:
    """What a program asks a server."""

    http: httpx.Client

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read something."""
        answer = self.http.get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make something."""
        answer = self.http.post(f"/api/v1{path}", json=body or {})
        assert answer.status_code < 300, answer.text
        document: dict[str, Any] = answer.json() if answer.content else {}
        return document

    def make_link(self, **wishes: Any) -> dict[str, Any]:
        """Make an upload link into Acme Corp's project Spring."""
        return self.post("/links", {"client": "Acme Corp", "project": "Spring", **wishes})

    def settled(self, file_name: str, seconds: float = SETTLE_SECONDS) -> dict[str, Any]:
        """Return the newest asset of this name when it is ready or failed.

        What is found by the words of a name may have more of them.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                items = self.get("/assets", q=file_name)["items"]
                found = [item for item in items if item["file_name"] == file_name]
                if found and found[0]["state"] in SETTLED:
                    asset: dict[str, Any] = found[0]
                    return asset
            time.sleep(0.2)
        raise AssertionError(f"{file_name} was not settled within {seconds} s")

    def settled_upload(self, upload_id: str, seconds: float = SETTLE_SECONDS) -> dict[str, Any]:
        """Return the asset that an upload became, and no other, when it is ready or failed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                asset_id = self.get(f"/uploads/{upload_id}").get("asset_id")
                asset = self.get(f"/assets/{asset_id}") if asset_id else {}
                if asset.get("state") in SETTLED:
                    return asset
            time.sleep(0.2)
        raise AssertionError(f"{upload_id} was not settled within {seconds} s")

    def playback(self, asset_id: str) -> dict[str, Any]:
        """Return how to play an asset."""
        return self.post(f"/assets/{asset_id}/playback")


@contextmanager
def serving(folder: Path, port: int = 0, /, **settings: str) -> Iterator[Served]:
    """Run a server on a data folder below `folder`, and end it in any case.

    One that is told another address than its own (`base_url`) has to be told its port too.
    """
    served = Served(folder / "data", settings, port)
    served.data.mkdir(exist_ok=True)
    served.start()
    try:
        yield served
    finally:
        if served.is_running():
            served.stop()


def _read_ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what the server prints when it is ready; a silent one is killed."""
    timer = threading.Timer(READY_SECONDS, process.kill)
    timer.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        timer.cancel()
    if not line:
        raise AssertionError("The server ended before it was ready. See server.log.")
    facts: dict[str, Any] = json.loads(line)
    return facts
