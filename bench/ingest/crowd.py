"""A crowd: many uploads open at once and many idle connections, and how soon others are answered.

Each open upload is in the middle of a PATCH; a thread keeps all of them flowing, a piece for each
in every cycle. Each question after the health is asked over a new connection.
"""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

from bench.ingest import peers
from bench.ingest.figures import Budget, Figure
from bench.ingest.peers import Peer
from bench.ingest.plan import Plan, tell
from bench.ingest.sending import BODY, Line, begin, milliseconds

ROW = "crowd"
PATIENT = {"RUSHES_HTTP_KEEP_ALIVE_SECONDS": "3600"}
FIRST_BYTES = 64 * 2**10
PIECE = b"x" * 16 * 2**10
CYCLE_SECONDS = 5.0
LENGTH = 2**30
ASKED = 200
PAUSE_SECONDS = 0.01


def measure(plan: Plan) -> Iterator[Figure]:
    """Yield the figure of a crowd."""
    with peers.rushes(plan.disk, "crowd", **PATIENT) as served, ExitStack() as stack:
        peer = Peer(served.pid, served.port)
        always = {"Authorization": f"Bearer {served.make_token()}"}
        alone = _p95(peer)
        for number in range(plan.idle):
            stack.enter_context(Line(peer.port)).ask("GET", "/healthz", headers={})
            if number % 2_000 == 0:
                tell(f"{number} idle connections")
        senders = [_open(stack, peer, always) for _ in range(plan.open_at_once)]
        tell(f"{len(senders)} uploads are open")
        is_over = threading.Event()
        flow = threading.Thread(target=_flow, args=(senders, is_over))
        flow.start()
        time.sleep(CYCLE_SECONDS)
        try:
            rounds = tuple(_p95(peer) for _ in range(plan.rounds))
        finally:
            is_over.set()
            flow.join()
    work = f"`/healthz`, p95, with {plan.open_at_once:,} uploads open and {plan.idle:,} idle"
    yield Figure(
        ROW, work, rounds, "ms", Budget(100), beside=f"{alone:.1f} ms with nobody else there"
    )


def _open(stack: ExitStack, peer: Peer, always: dict[str, str]) -> socket.socket:
    """Begin an upload, and a body that goes on."""
    line = stack.enter_context(Line(peer.port, always))
    path = begin(line, peer.place, LENGTH)
    line.peer.sendall(line.tell("PATCH", path, LENGTH, {**BODY, "Upload-Offset": "0"}))
    line.peer.sendall(b"x" * FIRST_BYTES)
    return line.peer


def _flow(senders: list[socket.socket], is_over: threading.Event) -> None:
    """Send a piece to each in every cycle, evenly; a server that reads no more gets less."""
    pause = CYCLE_SECONDS / len(senders)
    while not is_over.is_set():
        for peer in senders:
            try:
                peer.send(PIECE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            if is_over.wait(pause):
                return


def _p95(peer: Peer) -> float:
    """Return the 95th percentile of how many milliseconds an answer takes."""

    def ask() -> None:
        with Line(peer.port) as line:
            line.ask("GET", "/healthz", headers={})

    took: list[float] = []
    for _ in range(ASKED):
        took += milliseconds(1, ask)
        time.sleep(PAUSE_SECONDS)
    found = statistics.quantiles(took, n=20)[-1]
    tell(f"/healthz: p95 {found:.1f} ms")
    return found
