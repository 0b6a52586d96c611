"""Small durable appends: how many PATCHes a second one server commits, and how long a HEAD takes.

    python -m bench.ingest.small_appends [--bytes 4096] [--appends 400] [--url postgresql://...]

A real `rushes serve` on a folder of its own, default durability: every answered PATCH is synced to
disk and its offset committed. The clients are threads of this process over kept connections, so
they share the cores with the server. Beside the numbers stands what the disk itself takes for the
same two syncs, measured in the same folder before and after.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.served import Served, serving

TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}
SYNCS = 200
WARM_UP = 20
OPEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Wire:
    """A kept connection of one sender."""

    connection: http.client.HTTPConnection
    token: str

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """Send a request and read its answer whole."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(
            method, path, body, {**told, "Authorization": f"Bearer {self.token}"}
        )
        answer = self.connection.getresponse()
        answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return answer


def main(words: Sequence[str]) -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=4_096)
    parser.add_argument("--appends", type=int, default=400)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--url", default=None, help="a PostgreSQL database; SQLite without")
    asked = parser.parse_args(words)
    settings = {"RUSHES_DATABASE": asked.url} if asked.url else {}
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), **settings) as served:
        token = served.make_token()
        print(json.dumps(measure(served, token, asked), indent=2))


def measure(served: Served, token: str, asked: argparse.Namespace) -> dict[str, float]:
    """Return the numbers by name; times in milliseconds."""
    before = sync_ms(served.data)
    body = os.urandom(asked.bytes)

    def send(count: int) -> float:
        wire = dial(served, token)
        path = begin(wire, asked.bytes * (count + WARM_UP))
        append(wire, path, body, range(WARM_UP))
        begun = time.perf_counter()
        append(wire, path, body, range(WARM_UP, WARM_UP + count))
        return time.perf_counter() - begun

    alone = asked.appends / send(asked.appends)
    with ThreadPoolExecutor(asked.senders) as threads:
        begun = time.perf_counter()
        list(threads.map(send, [asked.appends // 2] * asked.senders))
        together = asked.senders * (asked.appends // 2 + WARM_UP) / (time.perf_counter() - begun)
    wire = dial(served, token)
    path = begin(wire, asked.bytes * 2)
    append(wire, path, body, range(1))
    heads = timed(asked.appends, lambda: wire.ask("HEAD", path, **TUS))
    for _ in range(OPEN_AT_ONCE):
        begin(wire, asked.bytes)
    health = timed(asked.appends, lambda: wire.ask("GET", "/healthz"))
    ready = timed(asked.appends, lambda: wire.ask("GET", "/readyz"))
    return {
        "appends_per_second_one_upload": round(alone, 1),
        f"appends_per_second_{asked.senders}_uploads": round(together, 1),
        "head_p50_ms": round(statistics.median(heads), 2),
        "healthz_p95_ms_1000_open": round(statistics.quantiles(health, n=20)[-1], 2),
        "readyz_p95_ms_1000_open": round(statistics.quantiles(ready, n=20)[-1], 2),
        "disk_two_syncs_ms": round(statistics.median([*before, *sync_ms(served.data)]), 2),
    }


def dial(served: Served, token: str) -> Wire:
    """Return a connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    return Wire(connection, token)


def begin(wire: Wire, size_bytes: int) -> str:
    """Begin an upload; return its path."""
    answer = wire.ask("POST", "/files/", Upload_Length=str(size_bytes), **TUS)
    return urlsplit(answer.headers["Location"]).path


def append(wire: Wire, path: str, body: bytes, places: range) -> None:
    """Send so many bodies, each where the last one ended."""
    for place in places:
        wire.ask("PATCH", path, body, Upload_Offset=str(place * len(body)), **BODY)


def timed(count: int, ask: Callable[[], object]) -> list[float]:
    """Return how many milliseconds each call took."""
    took: list[float] = []
    for _ in range(count):
        begun = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begun) * 1_000)
    return took


def sync_ms(folder: Path) -> list[float]:
    """Return how long this disk takes for two files written and synced one after the other."""
    files = [os.open(folder / f"sync-{n}", os.O_CREAT | os.O_WRONLY, 0o600) for n in range(2)]

    def both() -> None:
        for file in files:
            os.write(file, b"x" * 4_096)
            os.fdatasync(file)

    took = timed(SYNCS, both)
    for number, file in enumerate(files):
        os.close(file)
        (folder / f"sync-{number}").unlink()
    return took


if __name__ == "__main__":
    main(sys.argv[1:])
