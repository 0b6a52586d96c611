"""Connections that fall silent: how long a newcomer waits before it may go on.

On PostgreSQL the newcomer comes to another API process than the one that holds the upload.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from urllib.parse import urlsplit

from tests.faults.long.house import House
from tests.faults.long.journal import KIB, Lost
from tests.faults.long.line import Line
from tests.faults.long.ways import BYTES, TUS, path_of, require
from tests.support.served import Served

SIZE, HALF = 256 * KIB, 100 * KIB


async def measure_stalls(house: House, rounds: int) -> list[float]:
    """Return the seconds that each newcomer waited for the offset of a stalled upload, sorted.

    Raises:
        Lost: the offset that was told was not accepted next, or not all that had arrived.
    """
    await house.start()
    _, link = house.make_senders()
    first = Line(house.served.url)
    with contextlib.ExitStack() as stack:
        other = first
        if house.has_worker_of_its_own:
            beside = Served(house.data, house.served.settings)
            await asyncio.to_thread(beside.start)
            stack.callback(beside.stop)
            other = Line(beside.url)
        files = f"/u/{link}/files/"
        waits = [await _take_over(first, other, files) for _ in range(rounds)]
    await house.stop()
    return sorted(waits)


async def _take_over(line: Line, other: Line, files: str) -> float:
    """Stall one append, and go on from another connection, to wherever the newcomer comes."""
    told = {**TUS, "Upload-Length": str(SIZE)}
    path = path_of(require(await line.ask("POST", files, headers=told), 201))
    reader, writer = await asyncio.open_connection(
        urlsplit(line.url).hostname, urlsplit(line.url).port
    )
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n"
        f"Upload-Offset: 0\r\nContent-Type: {BYTES}\r\nContent-Length: {SIZE}\r\n\r\n"
    )
    writer.write(head.encode() + bytes(HALF))
    await writer.drain()
    await asyncio.sleep(1)  # the line is silent for so long already when somebody comes
    begun = time.monotonic()
    offset = require(await other.ask("HEAD", path, headers=TUS), 200).offset or 0
    waited = time.monotonic() - begun
    append = {**TUS, "Upload-Offset": str(offset), "Content-Type": BYTES}
    answer = await other.ask("PATCH", path, bytes(SIZE - offset), append)
    with contextlib.suppress(OSError):
        writer.close()
        await reader.read()
    if (offset, answer.status) != (HALF, 204):
        raise Lost(f"After a stall {offset} of {HALF} bytes were told, and then {answer.status}")
    return waited
