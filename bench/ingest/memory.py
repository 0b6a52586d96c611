"""Memory: what a stream takes over idle, by the peak of the server's process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from bench.ingest import peers
from bench.ingest.bodies import as_peer, receive
from bench.ingest.figures import Budget, Figure
from bench.ingest.machine import GIB, MIB, forget_peak, memory_mib
from bench.ingest.peers import Peer
from bench.ingest.plan import Plan, tell
from bench.ingest.sending import BLOCK

ROW = "memory"
STREAMS = 4
BUDGET = Budget(16)


def measure(plan: Plan) -> Iterator[Figure]:
    """Yield the figures of memory."""
    size = plan.stream_mib * MIB
    with plan.source() as source, peers.rushes(plan.memory, "memory") as served:
        peer, file = as_peer(served), os.open(source, os.O_RDONLY)
        receive(peer, file, BLOCK)
        idle = memory_mib(peer.pid, "VmRSS")
        alone = tuple(_over(peer, file, size, 1, idle) for _ in range(plan.rounds))
        together = tuple(
            _over(peer, file, size // STREAMS, STREAMS, idle) for _ in range(plan.rounds)
        )
        os.close(file)
    beside = f"{idle:.0f} MiB idle"
    work = f"memory of a stream over idle, body of {size / GIB:g} GiB"
    yield Figure(ROW, work, alone, "MiB", BUDGET, beside=beside)
    work = f"memory of each of {STREAMS} streams over idle"
    yield Figure(ROW, work, together, "MiB", BUDGET, beside=beside)


def _over(peer: Peer, file: int, size: int, count: int, idle: float) -> float:
    """Return the peak over idle for each of so many streams."""
    forget_peak(peer.pid)
    senders = [threading.Thread(target=receive, args=(peer, file, size)) for _ in range(count)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    over = (memory_mib(peer.pid, "VmHWM") - idle) / count
    tell(f"{count} streams: {over:.1f} MiB each")
    return over
