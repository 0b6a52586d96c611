"""A cold asset: how soon its first byte comes, and how often it is fetched for a crowd.

A real server whose archive is a radosgw behind a line that answers late, as a far bucket does: a
proxy holds each answer back. The first byte is compared with what the same signed address of the
archive gives directly; each question has a new connection, as a player's first one has.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from bench.ingest.figures import Budget, Figure
from bench.ingest.plan import tell
from bench.lab.house import H264, Film, door_of, make, send
from bench.tiers.plan import MovingPlan
from tests.support.object_stores import ObjectServer
from tests.support.radosgw import serve_radosgw
from tests.support.served import Served

ROW = "recall"
FILM = Film("cold-720p.mp4", 6, H264, 0, 0)
FIRST_BYTE = Budget(1.2)
FILLS = Budget(1)
PIECE_BYTES = 2**16
SETTLE_SECONDS = 300.0
PARTIAL, UNAVAILABLE = 206, 503


@dataclass(frozen=True, slots=True)
class Cold:
    """A quality that lies in the archive alone, and the address of its file."""

    asset_id: str
    rendition_id: str
    url: str


def measure(plan: MovingPlan) -> Iterator[Figure]:
    """Yield the figures of recalls."""
    if shutil.which("radosgw") is None:
        yield Figure(ROW, "recalls", note="no radosgw here")
        return
    with serve_radosgw() as facts:
        server = ObjectServer(**facts, bucket="")
        yield from asyncio.run(_measure(plan, server))


async def _measure(plan: MovingPlan, server: ObjectServer) -> list[Figure]:
    async with _far(server.endpoint, plan.away_seconds) as endpoint:
        settings = {
            "RUSHES_TIERS_ARCHIVE_STORE": "vault",
            "RUSHES_TIERS_EDGE_ON_INGEST": "none",
            "RUSHES_STORES_VAULT_PROVIDER": server.provider,
            "RUSHES_STORES_VAULT_ENDPOINT": endpoint,
            "RUSHES_STORES_VAULT_BUCKET": await asyncio.to_thread(server.make_bucket),
            "RUSHES_STORES_VAULT_ACCESS_KEY": server.access_key,
            "RUSHES_STORES_VAULT_SECRET_KEY": server.secret_key,
            "RUSHES_HTTP_CONNECTIONS_PER_ADDRESS": "0",
        }
        folder = plan.folder / "recall"
        folder.mkdir()
        served = Served(folder / "data", settings)
        served.data.mkdir()
        await asyncio.to_thread(served.start)
        try:
            token = await asyncio.to_thread(served.make_token)
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as http:
                *colds, crowded = await _lay_down(http, plan)
                return [
                    await _measure_first_byte(plan, colds),
                    await _measure_crowd(plan, http, crowded),
                ]
        finally:
            await asyncio.to_thread(served.stop)


async def _lay_down(http: httpx.AsyncClient, plan: MovingPlan) -> list[Cold]:
    """Send films until there are enough qualities that lie in the archive alone."""
    film = await asyncio.to_thread(make, FILM, plan.folder)
    colds: list[Cold] = []
    while len(colds) <= plan.first_bytes:
        name = f"{len(colds)}-{FILM.name}"
        await asyncio.to_thread(_send, str(http.base_url), dict(http.headers), name, film)
        found = await _settled(http, name)
        played = (await http.post(f"/api/v1/assets/{found['id']}/playback")).json()
        urls = {each["quality"]: each["url"] for each in played["qualities"] if each["url"]}
        rows = (await http.get(f"/api/v1/assets/{found['id']}/renditions")).json()["items"]
        colds += [
            Cold(found["id"], each["id"], urls[each["name"]])
            for each in rows
            if each["name"] in urls
        ]
        tell(f"{len(colds)} cold qualities")
    return colds[: plan.first_bytes + 1]


def _send(url: str, headers: dict[str, str], name: str, film: Path) -> None:
    proof = {"Authorization": headers["authorization"]}
    with httpx.Client(base_url=url, headers=proof, timeout=60) as client:
        send(client, door_of(client), name, film)


async def _settled(http: httpx.AsyncClient, name: str) -> dict[str, Any]:
    """Return an asset once all of it is made and archived."""
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            items = (await http.get("/api/v1/assets", params={"q": name})).json()["items"]
            if items and items[0]["state"] == "ready":
                found: dict[str, Any] = items[0]
                return found
            await asyncio.sleep(0.3)


async def _measure_first_byte(plan: MovingPlan, colds: list[Cold]) -> Figure:
    """Wait for the first byte of each once, as a viewer, then at the archive's own address."""
    ours, direct = [], []
    for cold in colds:
        begun = time.perf_counter()
        answer = await _ask(cold.url)
        address = answer.location
        assert address is not None, "it is not cold"
        await _ask(address)
        ours.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        await _ask(address)
        direct.append(time.perf_counter() - begun)
    away = round(plan.away_seconds * 1_000)
    return Figure(
        ROW,
        f"first byte of a cold quality, archive {away} ms away, to a direct GET there",
        tuple(one / other for one, other in zip(ours, direct, strict=True)),
        budget=FIRST_BYTE,
        ours=f"{statistics.median(ours) * 1_000:.1f} ms",
        beside=f"{statistics.median(direct) * 1_000:.1f} ms",
    )


async def _measure_crowd(plan: MovingPlan, http: httpx.AsyncClient, cold: Cold) -> Figure:
    """Let so many ask for a cold quality at once; count what was brought to the edge for them."""
    begun = time.perf_counter()
    await asyncio.gather(*(_view(cold.url) for _ in range(plan.viewers)))
    seconds = time.perf_counter() - begun
    asked = {"workflow": "recall", "subject": cold.rendition_id}
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            jobs = (await http.get("/api/v1/jobs", params=asked)).json()["items"]
            if jobs and all(each["state"] == "succeeded" for each in jobs):
                break
            await asyncio.sleep(0.3)
    again = await _ask(cold.url)
    assert again.location is None, "the edge has it, and does not answer"
    return Figure(
        ROW,
        f"{plan.viewers:,} viewers of one cold quality at once: times it is fetched",
        (float(len(jobs)),),
        "",
        budget=FILLS,
        ours=f"all have their bytes in {seconds:.1f} s",
    )


async def _view(url: str) -> None:
    """Read the beginning of a quality, wherever it is given; a full server is asked again."""
    async with asyncio.timeout(SETTLE_SECONDS):
        answer = await _ask(url)
        while answer.status == UNAVAILABLE:
            await asyncio.sleep(answer.retry_after)
            answer = await _ask(url)
    if answer.location is not None:
        answer = await _ask(answer.location)
    assert answer.body, "a viewer got nothing"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, where else to ask, and after how many seconds."""

    status: int
    location: str | None
    body: bytes
    retry_after: float


async def _ask(url: str) -> Answer:
    """Ask for the first bytes on a connection of its own, and read the first that come.

    Raises:
        AssertionError: the answer is an error.
    """
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        writer.write(
            f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Range: bytes=0-{PIECE_BYTES - 1}\r\nConnection: close\r\n\r\n".encode()
        )
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): told.strip() for name, _, told in (x.partition(":") for x in lines)
        }
        status = int(first.split()[1])
        assert status in {PARTIAL, 302, UNAVAILABLE}, first
        body = await reader.read(PIECE_BYTES) if status == PARTIAL else b""
        pause = float(headers.get("retry-after", 1))
        return Answer(status, headers.get("location"), body, pause)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def _far(endpoint: str, seconds: float) -> AsyncIterator[str]:
    """Put a server so far away: each answer begins so much later."""
    there = urlsplit(endpoint)

    async def pump(
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asked: asyncio.Event,
        *,
        up: bool,
    ) -> None:
        while data := await reader.read(PIECE_BYTES):
            if up:
                asked.set()
            elif asked.is_set():
                asked.clear()
                await asyncio.sleep(seconds)
            writer.write(data)
            await writer.drain()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(there.hostname, there.port)
        asked = asyncio.Event()
        pumps = {
            asyncio.create_task(pump(reader, forth, asked, up=True)),
            asyncio.create_task(pump(back, writer, asked, up=False)),
        }
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for each in pumps:
            each.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        forth.close()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0, backlog=2_048)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
