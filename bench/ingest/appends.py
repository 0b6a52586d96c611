"""Small durable appends, and how long it takes to hear where to go on. On a real disk.

Default durability: each answered PATCH of 4 KiB is synced, and its offset committed. The senders
are threads of this process, so they share the cores with the server. Beside the figures stands how
often a second the disk itself can do the same two syncs.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.ingest import peers
from bench.ingest.figures import Budget, Figure
from bench.ingest.machine import cpu_seconds
from bench.ingest.peers import Peer
from bench.ingest.plan import Plan, tell
from bench.ingest.sending import BODY, Line, begin, milliseconds

ROW = "appends"
BYTES = 4_096
SENDERS = 8
SYNCS = 100
RATE = Budget(100, is_least=True)


def measure(plan: Plan) -> Iterator[Figure]:
    """Yield the figures of appends and of HEAD."""
    with peers.rushes(plan.disk, "appends") as served:
        peer = Peer(served.pid, served.port)
        always = {"Authorization": f"Bearer {served.make_token()}"}
        append(peer, always, plan.appends // 4)
        disk: list[float] = []
        found: dict[str, list[float]] = {"alone": [], "together": [], "head": []}
        cpu: dict[str, list[float]] = {"alone": [], "together": [], "head": []}
        for number in range(plan.rounds):
            disk += sync_ms(served.data)
            for name in found if number % 2 == 0 else reversed(found):
                before = cpu_seconds(peer.pid)
                value, count = RUNS[name](peer, always, plan.appends)
                cpu[name].append((cpu_seconds(peer.pid) - before) / count * 1_000)
                found[name].append(value)
                tell(f"{name}: {value:.2f}, {cpu[name][-1]:.2f} ms of CPU each")
    syncs = f"disk: {1_000 / statistics.median(disk):.0f}/s"
    told = {name: f"{statistics.median(of):.2f} ms of CPU each" for name, of in cpu.items()}
    yield _figure("durable PATCHes of 4 KiB, one upload", found, "alone", told, syncs)
    yield _figure(f"durable PATCHes of 4 KiB, {SENDERS} uploads", found, "together", told, syncs)
    yield Figure(ROW, "HEAD, median", tuple(found["head"]), "ms", Budget(2), ours=told["head"])


def _figure(
    work: str, found: dict[str, list[float]], name: str, told: dict[str, str], beside: str
) -> Figure:
    return Figure(ROW, work, tuple(found[name]), "/s", RATE, ours=told[name], beside=beside)


def append(peer: Peer, always: dict[str, str], count: int) -> None:
    """Send so many bodies to an upload of their own, each where the last one ended."""
    body = os.urandom(BYTES)
    with Line(peer.port, always) as line:
        path = begin(line, peer.place, BYTES * (count + 1))
        for place in range(count):
            headers = {**BODY, "Upload-Offset": str(place * BYTES)}
            line.ask("PATCH", path, body, headers)


def _alone(peer: Peer, always: dict[str, str], count: int) -> tuple[float, int]:
    """Return how many a second one sender brings through."""
    begun = time.perf_counter()
    append(peer, always, count)
    return count / (time.perf_counter() - begun), count


def _together(peer: Peer, always: dict[str, str], count: int) -> tuple[float, int]:
    """Return how many a second several senders bring through, each to an upload of its own."""
    each = count // 4
    with ThreadPoolExecutor(SENDERS) as threads:
        begun = time.perf_counter()
        list(threads.map(lambda _: append(peer, always, each), range(SENDERS)))
        return SENDERS * each / (time.perf_counter() - begun), SENDERS * each


def _head(peer: Peer, always: dict[str, str], count: int) -> tuple[float, int]:
    """Return the median of how long a HEAD takes."""
    with Line(peer.port, always) as line:
        path = begin(line, peer.place, BYTES * 2)
        line.ask("PATCH", path, os.urandom(BYTES), {**BODY, "Upload-Offset": "0"})
        return statistics.median(milliseconds(count, lambda: line.ask("HEAD", path))), count


RUNS = {"alone": _alone, "together": _together, "head": _head}


def sync_ms(folder: Path) -> list[float]:
    """Return how long this disk takes for two files written and synced one after the other."""
    files = [os.open(folder / f"sync-{n}", os.O_CREAT | os.O_WRONLY, 0o600) for n in range(2)]

    def both() -> None:
        for file in files:
            os.write(file, b"x" * BYTES)
            os.fdatasync(file)

    took = milliseconds(SYNCS, both)
    for number, file in enumerate(files):
        os.close(file)
        (folder / f"sync-{number}").unlink()
    return took
