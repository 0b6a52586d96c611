"""A crowd before a cold quality, over sockets: all have its bytes, and it is fetched once."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta

import pytest
import uvicorn
from sqlalchemy import func, select

from rushes.db.tables import events
from rushes.delivery.sign import Grant, Scope
from rushes.events.event import EventType
from tests.support.handing import Handing, layout_of

PROXY = b"proxy" * 300
VIEWERS = 100


async def view(port: int, path: str) -> bytes:
    """Ask on a connection of one's own, and return all that comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: rushes.test\r\nConnection: close\r\n\r\n".encode())
    got = await reader.read()
    writer.close()
    return got


@pytest.mark.covers("BG-64")
async def test_a_crowd_before_a_cold_quality_causes_one_fill(handing: Handing) -> None:
    """Each viewer has the archive's bytes at once; one wish stands in the rows, and one event."""
    handing.on_ingest = frozenset()
    filed = await handing.files.asset(b"original")
    made = await handing.files.rendition(
        filed, "1080p", content=PROXY, layout=layout_of("1080p", PROXY)
    )
    await handing.keep(made, PROXY)
    ends = handing.clock.now() + timedelta(hours=1)
    signed = handing.signer.sign(Grant(filed.asset_id, Scope.PLAY, None, "acc_1", ends))
    with socket.create_server(("127.0.0.1", 0), backlog=VIEWERS) as door:
        server = uvicorn.Server(uvicorn.Config(handing.app(), log_level="warning"))
        serving = asyncio.create_task(server.serve(sockets=[door]))
        port = door.getsockname()[1]

        answers = await asyncio.gather(
            *(view(port, f"/p/{signed}/1080p.mp4") for _ in range(VIEWERS))
        )
        await handing.reads.flush()
        server.should_exit = True
        await serving

    assert [(b"HTTP/1.1 200 OK", PROXY)] * VIEWERS == [
        (each.split(b"\r\n", 1)[0], each.split(b"\r\n\r\n", 1)[1]) for each in answers
    ]
    async with handing.database.reading() as connection:
        query = select(func.count()).where(events.c.type == EventType.PLACEMENT_WISHED.value)
        assert 1 == (await connection.execute(query)).scalar_one()
