"""Proves a box from outside: a program inside tries to get out, and nothing may have come through.

A secret lies where anyone may read it, a folder is open for anyone to write, and two sockets of
this machine listen. Afterwards the output, the folder and the sockets tell whether the box holds;
what the program says about itself counts for nothing.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.media.box import LIMITS, Tool, Walls, Work
from rushes.media.tool import Run, run

FOR_ANYONE: Final = 0o777
BACKLOG: Final = 8


@dataclass(slots=True)
class Bait:
    """What is laid out for the program to find."""

    folder: Path
    streams: socket.socket
    datagrams: socket.socket
    secret: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def file(self) -> Path:
        """Return the file with the secret."""
        return self.folder / "secret"

    @property
    def target(self) -> Path:
        """Return the file that must not be made."""
        return self.folder / "open" / "target"

    @property
    def stream_port(self) -> int:
        """Return the port on which connections are awaited."""
        return int(self.streams.getsockname()[1])

    @property
    def datagram_port(self) -> int:
        """Return the port on which datagrams are awaited."""
        return int(self.datagrams.getsockname()[1])

    def is_touched(self) -> bool:
        """Say whether anything was written or sent."""
        return self.target.exists() or any(
            _has_heard(one) for one in (self.streams, self.datagrams)
        )


@contextmanager
def lay_bait() -> Iterator[Bait]:
    """Lay everything out, and clear it away."""
    with (
        tempfile.TemporaryDirectory(prefix="rushes-box-") as name,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as streams,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        for line in (streams, datagrams):
            line.bind(("127.0.0.1", 0))
            line.setblocking(False)  # noqa: FBT003 - it takes no name
        streams.listen(BACKLOG)
        bait = Bait(Path(name), streams, datagrams)
        bait.folder.chmod(0o755)
        bait.target.parent.mkdir()
        bait.target.parent.chmod(FOR_ANYONE)
        bait.file.write_text(bait.secret)
        bait.file.chmod(0o644)
        yield bait


@dataclass(frozen=True, slots=True)
class Escape:
    """A tool that tries to get out, how it is called for that, and what it says in the end."""

    tool: Tool
    calls: Callable[[Bait], Sequence[Sequence[str]]]
    last: bytes = b""


async def holds(escape: Escape, walls: Walls) -> bool:
    """Say whether the box holds; the calls may fail as they like."""
    with lay_bait() as bait:
        return await _holds(escape, walls, bait)


async def _holds(escape: Escape, walls: Walls, bait: Bait) -> bool:
    said = bytearray()

    async def keep(arrived: bytes) -> None:
        """Collect what comes out."""
        said.extend(arrived)

    async def attempt(call: Sequence[str]) -> None:
        """Let the tool try; that it fails is what the box is for."""
        with suppress(RushesError):
            await run(Run(escape.tool, walls, tuple(call), LIMITS[Work.PROBE]), keep)

    await asyncio.gather(*(attempt(call) for call in escape.calls(bait)))
    return said == escape.last and not await asyncio.to_thread(bait.is_touched)


def _has_heard(line: socket.socket) -> bool:
    try:
        if line.type is socket.SOCK_DGRAM:
            line.recv(1)
        else:
            line.accept()[0].close()
    except BlockingIOError:
        return False
    return True
