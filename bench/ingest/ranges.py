"""Ranges out: a file in the cache, handed out by ranges of 256 MiB, beside nginx.

What a server takes while nobody asks is no part of a range: our worker looks for work meanwhile,
nginx has none. It is measured before, and taken off.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bench.ingest import peers
from bench.ingest.bodies import as_peer
from bench.ingest.figures import Budget, Figure, ratios
from bench.ingest.machine import MIB, Cost, idle_share, take_turns, timed
from bench.ingest.peers import Peer, PeerMissing
from bench.ingest.plan import Plan, tell
from bench.ingest.sending import BLOCK, BODY, Line, begin, get, put
from tests.support.served import Served

ROW = "range"
WORK = "range out: CPU to nginx with sendfile"
BUDGET = Budget(1.1)


def measure(plan: Plan) -> Iterator[Figure]:
    """Yield the figure of ranges."""
    size = max(plan.range_mib * MIB, BLOCK)
    try:
        with (
            plan.source() as source,
            peers.nginx(plan.memory) as theirs,
            peers.rushes(plan.memory, "ranges") as served,
        ):
            ours = as_peer(served)
            path = lay_down(served, ours, source)
            ways = {"nginx": (theirs, f"/{source.name}"), "rushes": (ours, path)}
            runs = {}
            for name, (peer, way) in ways.items():
                get(peer.port, way, size)
                idle = idle_share(peer.pid)
                tell(f"{name}: {idle:.1%} of a core while nobody asks")
                runs[name] = _run(peer, way, size, idle)
            costs = take_turns(runs, plan.rounds, tell)
    except PeerMissing as reason:
        yield Figure(ROW, WORK, budget=BUDGET, note=str(reason))
        return
    cpu = {name: [cost.cpu for cost in found] for name, found in costs.items()}
    yield Figure(
        ROW,
        WORK,
        ratios(cpu["rushes"], cpu["nginx"]),
        budget=BUDGET,
        ours=f"{statistics.median(cpu['rushes']):.2f} CPU s/GiB",
        beside=f"{statistics.median(cpu['nginx']):.2f} CPU s/GiB",
    )


def _run(peer: Peer, path: str, size: int, idle: float) -> Callable[[], Cost]:
    def run() -> Cost:
        cost = timed(peer.pid, size, lambda: get(peer.port, path, size))
        return replace(cost, cpu=cost.cpu - idle * cost.wall)

    return run


def lay_down(served: Served, peer: Peer, source: Path) -> str:
    """Upload a file; return the path of its download address once it is accepted."""
    file = os.open(source, os.O_RDONLY)
    with Line(peer.port) as line:
        path = begin(line, peer.place, BLOCK)
        head = line.tell("PATCH", path, BLOCK, {**BODY, "Upload-Offset": "0"})
        put(line, head, file, BLOCK)
    os.close(file)
    with served.client() as client:
        asset = client.settled("clip.bin")
        found = client.http.get(f"/api/v1/assets/{asset['id']}/original", follow_redirects=False)
        address: str = found.headers["location"]
    return urlsplit(address).path
