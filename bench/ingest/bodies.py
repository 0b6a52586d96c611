"""Bodies in: a large tus PATCH, beside a bare loop, two tus servers, and what a digest costs.

All of it in memory, so that no disk is measured. Of each upload the last byte is never sent, so
that nothing but the way of the body is in the figures.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.ingest import peers
from bench.ingest.figures import Budget, Figure, ratios
from bench.ingest.machine import GIB, MIB, Cost, take_turns, timed, touch_memory
from bench.ingest.peers import Peer, PeerMissing
from bench.ingest.plan import Plan, tell
from bench.ingest.sending import BLOCK, BODY, Line, begin, put
from tests.support.served import Served

ROW = "body"
PLAIN = {"RUSHES_UPLOADS_DURABILITY": "process", "RUSHES_UPLOADS_DIGEST": "intake"}
SERVERS = {"tusd": peers.tusd, "node": peers.node}
NAMES = {"tusd": "tusd 2.8", "node": "@tus/server 2.4"}
THROUGHPUT = {"tusd": Budget(1.0, is_least=True), "node": Budget(3.0, is_least=True)}


def measure(plan: Plan) -> Iterator[Figure]:
    """Yield the figures of bodies."""
    size = plan.body_mib * MIB
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        source = stack.enter_context(plan.source())
        handle = os.open(source, os.O_RDONLY)
        stack.callback(os.close, handle)
        loop = stack.enter_context(peers.bare(plan.memory / "out"))
        ours = {
            "plain": stack.enter_context(peers.rushes(plan.memory, "plain", **PLAIN)),
            "default": stack.enter_context(peers.rushes(plan.memory, "default")),
        }
        servers = {name: as_peer(served) for name, served in ours.items()}
        for name, serve in SERVERS.items():
            try:
                servers[name] = stack.enter_context(serve(plan.memory / name))
            except PeerMissing as reason:
                missing[name] = str(reason)
        out = plan.memory / "out"
        runs = {
            "bare": _bare_run(loop, handle, size, out),
            "openssl": lambda: _digest(source, size),
        }
        runs |= {name: _tus_run(peer, handle, size) for name, peer in servers.items()}
        for peer in servers.values():
            receive(peer, handle, BLOCK)  # warm
        room = plan.memory / "room"
        costs = take_turns(runs, plan.rounds, tell, lambda: touch_memory(room, size))
    yield from _compare(costs, missing)


def as_peer(served: Served) -> Peer:
    """Return our server as what it is here: one that takes uploads by a link."""
    with served.client() as client:
        link = client.make_link(types=["any"])
    place = link["url"].partition("/u/")[2].rstrip("/")
    return Peer(served.pid, served.port, f"/u/{place}/files/")


def receive(peer: Peer, source: int, size: int) -> Cost:
    """Send all of an upload but its last byte; let it go."""
    with Line(peer.port) as line:
        path = begin(line, peer.place, size + 1)
        head = line.tell("PATCH", path, size, {**BODY, "Upload-Offset": "0"})
        cost = timed(peer.pid, size, lambda: put(line, head, source, size))
    with Line(peer.port) as line:
        line.ask("DELETE", path, b"")
    return cost


def _bare_run(loop: Peer, source: int, size: int, out: Path) -> Callable[[], Cost]:
    def run() -> Cost:
        with Line(loop.port) as line:
            head = line.tell("PUT", "/x", size, {})
            cost = timed(loop.pid, size, lambda: put(line, head, source, size))
        out.unlink()
        return cost

    return run


def _tus_run(peer: Peer, source: int, size: int) -> Callable[[], Cost]:
    return lambda: receive(peer, source, size)


def _digest(source: Path, size: int) -> Cost:
    """Digest as many bytes as are received."""
    begun = time.perf_counter()
    for _ in range(size // BLOCK):
        subprocess.run(["openssl", "dgst", "-sha256", source], check=True, capture_output=True)
    wall = (time.perf_counter() - begun) / (size / GIB)
    return Cost(wall, wall)


def _compare(costs: dict[str, list[Cost]], missing: dict[str, str]) -> Iterator[Figure]:
    plain, default, loop = costs["plain"], costs["default"], costs["bare"]
    yield Figure(
        ROW,
        "body in, no sync, no digest: CPU to a bare loop",
        ratios(_cpu(plain), _cpu(loop)),
        budget=Budget(1.15),
        ours=_middle(plain),
        beside=_middle(loop),
    )
    for name in SERVERS:
        yield from _beside(plain, costs.get(name), NAMES[name], missing.get(name, ""), name)
    slower = [max(one.wall, two.wall) for one, two in zip(loop, costs["openssl"], strict=True)]
    yield Figure(
        ROW,
        "body in, durable and digested: speed to the slower of bare loop and `openssl`",
        ratios(slower, _wall(default)),
        budget=Budget(0.8, is_least=True),
        ours=_middle(default),
        beside=f"openssl {1 / _median(_wall(costs['openssl'])):.2f} GiB/s",
    )


def _beside(
    plain: list[Cost], theirs: list[Cost] | None, name: str, missing: str, key: str
) -> Iterator[Figure]:
    """Yield speed, which has a budget, and CPU, which tells what speed is left on busier cores."""
    speed, work = (
        f"body in, no sync, no digest: speed to {name}",
        f"the same: CPU of {name} to ours",
    )
    if theirs is None:
        yield Figure(ROW, speed, budget=THROUGHPUT[key], note=missing)
        return
    ours, beside = _middle(plain), _middle(theirs)
    wall, cpu = ratios(_wall(theirs), _wall(plain)), ratios(_cpu(theirs), _cpu(plain))
    yield Figure(ROW, speed, wall, budget=THROUGHPUT[key], ours=ours, beside=beside)
    yield Figure(ROW, work, cpu, ours=ours, beside=beside)


def _cpu(costs: list[Cost]) -> list[float]:
    return [cost.cpu for cost in costs]


def _wall(costs: list[Cost]) -> list[float]:
    return [cost.wall for cost in costs]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _middle(costs: list[Cost]) -> str:
    return str(Cost(_median(_cpu(costs)), _median(_wall(costs))))
