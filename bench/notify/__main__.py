"""What listeners cost: memory of the server with a thousand live streams, and how soon all hear.

    python -m bench.notify [COUNT]

Both ends run on this machine: the server in a process of its own, the listeners in this one. An
account has six streams at once by default; here it may have as many as are opened.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from rushes.clock import SYSTEM
from rushes.db.migrate import migrate
from rushes.events import outbox
from rushes.events.event import EventType
from tests.support.listeners import Stage, make_event, staging

COUNT: Final = 1_000
LIMIT_MIB: Final = 100
SERVE: Final = "serve"
HEARD_SECONDS: Final = 300


def read_kib(pid: int) -> int:
    """Return the memory of a process that nobody shares (`Pss`), in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


async def serve(folder: Path) -> None:
    """Serve a live stream; each line on standard input records an event."""
    url = f"sqlite:///{folder}/rushes.db"
    await asyncio.to_thread(migrate, url)
    async with staging(url, folder, connections_per_address=0) as stage:
        stage.live.per_account = COUNT * 10
        token = (await stage.headers())["Authorization"]
        sys.stdout.write(f"{stage.address} {token}\n")
        sys.stdout.flush()
        while line := await asyncio.to_thread(sys.stdin.readline):
            await tell(stage, line.strip())


async def tell(stage: Stage, subject: str) -> None:
    """Record an event."""
    async with stage.database.transaction() as connection:
        event = make_event(EventType.ASSET_READY, subject, at=SYSTEM.now().isoformat())
        await outbox.record(connection, event)
    stage.live.wake()


async def listen(host: str, port: int, token: str) -> asyncio.StreamReader:
    """Open a stream; return where its lines come."""
    reader, writer = await asyncio.open_connection(host, port)
    asked = f"GET /api/v1/live HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n\r\n"
    writer.write(asked.encode())
    await reader.readuntil(b"id: ")
    _KEPT.append(writer)
    return reader


_KEPT: list[asyncio.StreamWriter] = []


async def measure(process: subprocess.Popen[str], count: int) -> bool:
    """Open the streams, tell one event, print what it cost; say whether it is within the limit."""
    if process.stdout is None or process.stdin is None:
        raise RuntimeError("The server has no pipes.")
    address, _, token = (await asyncio.to_thread(process.stdout.readline)).strip().partition(" ")
    host, _, port = address.removeprefix("http://").partition(":")
    first = await listen(host, int(port), token)
    before = read_kib(process.pid)
    readers = [first, *[await listen(host, int(port), token) for _ in range(count - 1)]]
    after = read_kib(process.pid)
    begun = time.monotonic()
    process.stdin.write("ast_heard\n")
    process.stdin.flush()
    async with asyncio.timeout(HEARD_SECONDS):
        await asyncio.gather(*(reader.readuntil(b"ast_heard") for reader in readers))
    took = time.monotonic() - begun
    at_last = read_kib(process.pid)
    grown = (max(after, at_last) - before) / 1024
    print(f"{count} listeners: {grown:.1f} MiB more ({grown * 1024 / count:.1f} KiB each)")
    print(f"one event reached all of them after {took * 1000:.0f} ms")
    return grown < LIMIT_MIB


def main() -> None:
    """Run it; end with 1 where the limit is passed."""
    if SERVE in sys.argv:
        asyncio.run(serve(Path(sys.argv[2])))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.notify", SERVE, folder]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                is_fine = asyncio.run(measure(process, count))
            finally:
                process.kill()
    sys.exit(not is_fine)


if __name__ == "__main__":
    main()
