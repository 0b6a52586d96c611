"""A line between a client and a server that can be cut, held, and counts what goes up."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 16 * 2**10
WAIT_SECONDS = 40


@dataclass
class BadLine:
    """Passes bytes on to `port`; `url` is where clients connect.

    While `cuts` are left, each connection is cut after a random number of bytes up to
    `longest_bytes`. From `hold_at` bytes up in all, nothing goes up until it is let go.
    """

    port: int
    cuts: int = 0
    longest_bytes: int = 2**20
    hold_at: int | None = None
    bytes_up: int = 0
    url: str = ""
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    held: threading.Event = field(default_factory=threading.Event)
    _let_go: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: set[socket.socket] = field(default_factory=set)

    def wait_until_held(self) -> None:
        """Return once so many bytes went up."""
        assert self.held.wait(WAIT_SECONDS), "The line was never held."

    def let_go(self) -> None:
        """Cut what was held; nothing is held from now on, and bytes are counted anew."""
        with self._lock:
            self.hold_at, self.bytes_up = None, 0
        self.cut_all()  # before anybody goes on: a held piece may be the last one of a chunk
        self._let_go.set()

    def cut_all(self) -> None:
        """Cut every connection."""
        with self._lock:
            ends = list(self._open)
        for end in ends:
            _close(end)

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_SECONDS)
        except OSError:
            client.close()
            return
        with self._lock:
            self._open |= {client, server}
            budget = self.chance.randrange(self.longest_bytes) if self.cuts > 0 else None
        down = threading.Thread(target=_pump, args=(server, client), daemon=True)
        down.start()
        self._pump_up(client, server, budget)
        for end in (client, server):
            _close(end)
        down.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _pump_up(self, client: socket.socket, server: socket.socket, budget: int | None) -> None:
        with suppress(OSError):
            while piece := client.recv(PIECE):
                if budget is not None and budget < len(piece) and self._may_cut():
                    return
                budget = None if budget is None else max(0, budget - len(piece))
                self._wait()
                server.sendall(piece)
                with self._lock:
                    self.bytes_up += len(piece)

    def _may_cut(self) -> bool:
        with self._lock:
            self.cuts -= 1
            return self.cuts >= 0

    def _wait(self) -> None:
        if self.hold_at is not None and self.bytes_up >= self.hold_at:
            self.held.set()
            self._let_go.wait(WAIT_SECONDS)


@contextmanager
def bad_line(port: int, **wishes: int) -> Iterator[BadLine]:
    """Give a line to a port of this machine."""
    line = BadLine(port, **wishes)  # type: ignore[arg-type]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=line.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield line
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            line.let_go()
    thread.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    _close(target)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
