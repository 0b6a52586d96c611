"""A render manifest: ranges in parallel are the file, and each block of it can be proved."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from rushes.access.permit import Actor, ActorKind, Role
from rushes.delivery.download import Downloading
from rushes.delivery.render import Rendering
from rushes.http.problem import add_problems
from rushes.http.rendering import routes
from rushes.renditions.rendition import State
from rushes.sections import DeliverySettings
from rushes.stores.blocks import BLOCK_BYTES
from tests.support.filed import Filed
from tests.support.handing import Handing

ORIGINAL = bytes(range(251)) * (BLOCK_BYTES // 251 + 9)  # a second block, of few bytes
PROXY = b"proxy" * 1_000


@pytest.fixture
async def client(handing: Handing) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may ask for everything."""
    downloading = Downloading(handing.database, handing.clock, handing.signer, DeliverySettings())

    async def identify(_request: Request) -> Actor:
        return handing.actor

    app = FastAPI()
    add_problems(app)
    app.include_router(
        routes(Rendering(handing.database, handing.clock, downloading), identify, None)
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


@pytest.fixture
async def filed(handing: Handing) -> Filed:
    """A film, and a quality of it that is kept."""
    film = await handing.files.asset(b"original")
    made = await handing.files.rendition(film, "720p", content=PROXY, height=720)
    await handing.keep(made, PROXY)
    return film


async def ask(client: httpx.AsyncClient, filed: Filed, **asked: object) -> httpx.Response:
    return await client.post(f"/api/v1/assets/{filed.asset_id}/render-manifest", json=asked)


@pytest.mark.covers("T-TI-07")
async def test_ranges_in_parallel_are_the_original(
    client: httpx.AsyncClient, handing: Handing
) -> None:
    """Each range is whole blocks, each block has the digest that was told."""
    filed = await handing.files.asset(ORIGINAL)
    handing.spool(filed, ORIGINAL)
    await handing.keeper.keep_original(filed.content_id)
    told: dict[str, Any] = (await ask(client, filed, streams=2)).json()

    async with handing.client() as reader:

        async def fetch(span: dict[str, int]) -> bytes:
            asked = {"Range": f"bytes={span['first']}-{span['last']}"}
            got = await reader.get(httpx.URL(told["url"]).raw_path.decode(), headers=asked)
            assert 206 == got.status_code
            return got.content

        read = b"".join(await asyncio.gather(*map(fetch, told["ranges"])))

    assert ORIGINAL == read
    assert (len(ORIGINAL), 2) == (told["size_bytes"], len(told["ranges"]))
    step = told["block_bytes"]
    cuts = [read[at : at + step] for at in range(0, len(read), step)]
    assert [hashlib.sha256(cut).hexdigest() for cut in cuts] == told["block_digests"]


@pytest.mark.covers("T-TI-07")
async def test_a_quality_is_read_in_the_same_way(
    client: httpx.AsyncClient, handing: Handing, filed: Filed
) -> None:
    """It has one block, whose digest is that of the whole; the address lives as long as asked."""
    asked_at = handing.clock.now()

    told = (await ask(client, filed, quality="720p", hours=24)).json()

    digest = hashlib.sha256(PROXY).hexdigest()
    assert ("720p", "video/mp4", len(PROXY)) == (
        told["quality"],
        told["media_type"],
        told["size_bytes"],
    )
    assert (f"sha-256:{digest}", [digest]) == (told["digest"], told["block_digests"])
    assert [{"first": 0, "last": len(PROXY) - 1}] == told["ranges"]
    life = datetime.fromisoformat(told["expires_at"]) - asked_at
    assert timedelta(hours=23) < life < timedelta(hours=25)


async def test_what_is_not_there_has_no_manifest(
    client: httpx.AsyncClient, handing: Handing, filed: Filed
) -> None:
    """A quality that nobody makes is missing, one that is being made is asked for again."""
    await handing.files.rendition(filed, "1080p", state=State.MAKING)

    missing = await ask(client, filed, quality="2160p")
    waiting = await ask(client, filed, quality="1080p")
    wrong = await ask(client, filed, streams=65)

    assert (404, "download.quality_not_found") == (missing.status_code, missing.json()["code"])
    assert 202 == waiting.status_code
    assert 422 == wrong.status_code


async def test_whoever_may_only_watch_gets_no_original(
    client: httpx.AsyncClient, handing: Handing, filed: Filed
) -> None:
    """Qualities are for viewers, originals are not."""
    handing.actor = Actor(ActorKind.ACCOUNT, "acc_3", Role.VIEWER, frozenset({filed.project_id}))

    original = await ask(client, filed)
    quality = await ask(client, filed, quality="720p")

    assert (403, 200) == (original.status_code, quality.status_code)
