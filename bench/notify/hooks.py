"""How many webhooks one worker posts in a second, beside a receiver that never answers.

    python -m bench.notify.hooks [COUNT]

The receiver is a process of its own on this machine. COUNT events are told by the relay as a worker
does, and posted to it; the dead endpoint has as many, and must slow it by nothing.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from rushes.access.keys import SECRET, load_ring
from rushes.access.permit import SYSTEM as THE_PROGRAM
from rushes.access.seal import Sealer
from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from rushes.db.migrate import migrate
from rushes.events import outbox
from rushes.events.event import EventType
from rushes.events.relay import Relay
from rushes.notify.courier import Courier
from rushes.notify.posting import Posting
from rushes.notify.webhooks import Webhooks, WebhookWish
from rushes.sections import WebhookSettings
from tests.support.listeners import make_event
from tests.support.receivers import receiving

COUNT: Final = 5_000
GOAL: Final = 500
RECEIVE: Final = "receive"
LOT: Final = 500
ANSWERED_SECONDS: Final = 300


async def receive() -> None:
    """Answer everything at once, but for `/dead`, and say how much came when asked."""
    async with receiving() as receiver:
        receiver.statuses["/dead"] = None
        sys.stdout.write(f"{receiver.port}\n")
        sys.stdout.flush()
        while await asyncio.to_thread(sys.stdin.readline):
            ids = {got.headers["webhook-id"] for got in receiver.at("/fast")}
            sys.stdout.write(f"{len(ids)} {len(receiver.at('/fast'))}\n")
            sys.stdout.flush()


class Told:
    """The receiver, in its own process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = int(self._read())

    async def count(self) -> tuple[int, int]:
        """Return how many events came, and how many requests."""
        if self._process.stdin is None:
            raise RuntimeError("The receiver has no pipes.")
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        first, second = (await asyncio.to_thread(self._read)).split()
        return int(first), int(second)

    def _read(self) -> str:
        if self._process.stdout is None:
            raise RuntimeError("The receiver has no pipes.")
        return self._process.stdout.readline()


@asynccontextmanager
async def posting(url: str, folder: Path, port: int) -> AsyncIterator[tuple[Webhooks, Posting]]:
    """Give a worker's half of webhooks over a migrated database."""
    database = open_database(url)
    sealer = Sealer(load_ring(folder / "keys", SECRET, SYSTEM), SYSTEM)
    settings = WebhookSettings(allow_private=(f"127.0.0.1:{port}",))
    webhooks = Webhooks(database, SYSTEM, settings, sealer)
    try:
        async with Courier(settings.allow_private) as courier:
            yield webhooks, Posting(database, SYSTEM, webhooks, courier)
    finally:
        await database.close()


async def tell(webhooks: Webhooks, count: int) -> None:
    """Let so many events happen, and be told of."""
    for first in range(0, count, LOT):
        async with webhooks.database.transaction() as connection:
            for number in range(first, min(first + LOT, count)):
                event = make_event(EventType.ASSET_READY, f"ast_{number}", client="acme")
                await outbox.record(connection, event)

    async def start(_call: object) -> None: ...

    await Relay(webhooks.database, {}, start, webhooks.spread).relay_all()


async def measure(url: str, folder: Path, told: Told, count: int) -> float:
    """Return deliveries in a second."""
    async with posting(url, folder, told.port) as (webhooks, running):
        for path in ("/fast", "/dead"):
            wish = WebhookWish(url=f"http://127.0.0.1:{told.port}{path}", events=("asset.ready",))
            await webhooks.create(THE_PROGRAM, wish)
        await tell(webhooks, count)
        before, _ = await told.count()
        begun, cpu = time.monotonic(), time.process_time()
        task = asyncio.create_task(running.run())
        async with asyncio.timeout(ANSWERED_SECONDS):
            while (await told.count())[0] - before < count:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.02)
        took, cpu = time.monotonic() - begun, time.process_time() - cpu
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    words = f"{count / took:.0f} deliveries/s ({count / cpu:.0f} in a second of one core)"
    print(f"{url.partition(':')[0]}: {words}, beside an endpoint that never answers")
    return count / took


def main() -> None:
    """Run it; end with 1 below the goal."""
    if RECEIVE in sys.argv:
        asyncio.run(receive())
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/rushes.db"
        migrate(url)
        command = [sys.executable, "-m", "bench.notify.hooks", RECEIVE]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                rate = asyncio.run(measure(url, Path(name), Told(process), count))
            finally:
                process.kill()
    sys.exit(rate < GOAL)


if __name__ == "__main__":
    main()
