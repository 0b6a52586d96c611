"""Tries to get out of the box, from inside: what it gets hold of, it prints.

    python -I escape.py SECRET STREAM_PORT DATAGRAM_PORT TARGET

SECRET is a file outside that anyone may read, the ports are listened to on this machine, TARGET is
a file that it would make. Whoever starts it looks from outside whether anything came through. It
imports nothing of ours.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

TRIED: Final = b"all tried"
"""What it says when it has come to its end."""


def main(arguments: list[str]) -> int:
    """Try everything, and print what was read."""
    secret, target = Path(arguments[0]), Path(arguments[3])
    stream, datagram = int(arguments[1]), int(arguments[2])
    tries: tuple[Callable[[], object], ...] = (
        lambda: _show(secret),
        lambda: _show(Path("/etc/passwd")),
        lambda: _show(Path(f"/proc/{os.getppid()}/environ")),
        lambda: socket.create_connection(("127.0.0.1", stream), 1).close(),
        lambda: _send(datagram),
        lambda: target.write_bytes(b"out"),
        _multiply,
    )
    for attempt in tries:
        with suppress(OSError):
            attempt()
    sys.stdout.buffer.write(TRIED)
    return 0


def _show(path: Path) -> None:
    sys.stdout.buffer.write(path.read_bytes())


def _multiply() -> None:
    if os.fork() == 0:
        sys.stdout.buffer.write(b"forked")
        sys.stdout.buffer.flush()
        os._exit(0)
    os.wait()


def _send(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(b"out", ("127.0.0.1", port))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
