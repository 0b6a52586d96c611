"""Many files as one ZIP: it has a length, any range of it can be had, and it opens everywhere."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import update

from rushes.access.permit import Actor
from rushes.db.tables import assets
from rushes.delivery.bundle import Bundling
from rushes.http.bundles import routes
from rushes.http.problem import Edge as Outermost
from rushes.http.problem import add_problems
from rushes.renditions.rendition import Kind
from rushes.sections import DeliverySettings
from tests.support.filed import Filed
from tests.support.handing import Handing

FIRST, SECOND = b"first original", b"second original" * 100_000
PROXY = b"proxy" * 1_000


@pytest.fixture
async def client(handing: Handing) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may ask for everything."""
    bundling = Bundling(
        handing.database, handing.clock, handing.signer, DeliverySettings(), handing.locator
    )

    async def identify(_request: Request) -> Actor:
        return handing.actor

    app = FastAPI()
    add_problems(app)
    app.include_router(routes(bundling, identify, None))
    transport = httpx.ASGITransport(app=Outermost(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


@pytest.fixture
async def two(handing: Handing) -> list[Filed]:
    """Two originals of one name, the first with a proxy."""
    first = await handing.files.asset(FIRST, file_name="clip.mov")
    second = await handing.files.asset(SECOND, project_id=first.project_id, file_name="CLIP.mov")
    for filed, content in ((first, FIRST), (second, SECOND)):
        handing.spool(filed, content)
    rendition_id = await handing.files.rendition(first, "720p", content=PROXY, height=720)
    await handing.keep(rendition_id, PROXY)
    return [first, second]


async def ask(client: httpx.AsyncClient, filed: list[Filed], **more: str) -> httpx.Response:
    """Ask for a ZIP of assets."""
    asset_ids = [each.asset_id for each in filed]
    return await client.post("/api/v1/downloads", json={"asset_ids": asset_ids} | more)


@pytest.mark.covers("C-PV-07")
async def test_a_zip_opens_with_other_programs(
    client: httpx.AsyncClient, two: list[Filed], tmp_path: Path
) -> None:
    """Names that differ by case alone get numbers; the length is told before, and is true."""
    told = (await ask(client, two)).json()

    got = await client.get(told["url"])

    assert (200, str(told["size_bytes"])) == (got.status_code, got.headers["content-length"])
    with zipfile.ZipFile(io.BytesIO(got.content)) as opened:
        assert opened.testzip() is None
        assert ["clip.mov", "CLIP (2).mov"] == opened.namelist()
        assert [FIRST, SECOND] == [opened.read(name) for name in opened.namelist()]
    path = tmp_path / "got.zip"
    path.write_bytes(got.content)
    tester = await asyncio.create_subprocess_exec(
        "python3", "-m", "zipfile", "-t", str(path), stdout=asyncio.subprocess.PIPE
    )
    assert (0, b"Done testing\n") == (await tester.wait(), (await tester.communicate())[0])


async def test_any_range_gives_the_same_bytes(client: httpx.AsyncClient, two: list[Filed]) -> None:
    """Also first of all, when no checksum is known, and across every border."""
    address = (await ask(client, two)).json()["url"]
    size_bytes = int((await client.head(address)).headers["content-length"])
    cuts = [0, 1, 29, 30, 45, 70, 100, 900_000, size_bytes - 200, size_bytes - 1, size_bytes]
    spans = list(pairwise(cuts))

    parts = {}
    for start, end in reversed(spans):
        got = await client.get(address, headers={"Range": f"bytes={start}-{end - 1}"})
        assert 206 == got.status_code
        parts[start] = got.content

    whole = (await client.get(address)).content
    assert whole == b"".join(parts[start] for start, _ in spans)
    past = await client.get(address, headers={"Range": f"bytes={size_bytes}-"})
    assert (416, f"bytes */{size_bytes}") == (past.status_code, past.headers["content-range"])
    etag = (await client.head(address)).headers["etag"]
    assert 304 == (await client.get(address, headers={"If-None-Match": etag})).status_code


async def test_a_quality_is_taken_or_the_file_without_it_named(
    client: httpx.AsyncClient, two: list[Filed]
) -> None:
    """Nothing else is given instead of what was asked for."""
    refused = await ask(client, two, quality="720p")
    assert (404, "download.quality_not_found") == (refused.status_code, refused.json()["code"])
    assert "CLIP.mov" in refused.json()["detail"]

    for quality in ("720p", "best"):
        address = (await ask(client, two[:1], quality=quality)).json()["url"]
        with zipfile.ZipFile(io.BytesIO((await client.get(address)).content)) as opened:
            assert ["clip_720p.mp4"] == opened.namelist()
            assert PROXY == opened.read("clip_720p.mp4")


async def test_a_deleted_asset_ends_the_address(
    client: httpx.AsyncClient, handing: Handing, two: list[Filed]
) -> None:
    """Who deletes a file has it deleted."""
    address = (await ask(client, two)).json()["url"]
    async with handing.database.transaction() as connection:
        where = assets.c.id == two[0].asset_id
        await connection.execute(update(assets).where(where).values(state="deleting"))

    gone = await client.get(address)

    assert (404, "delivery.not_found") == (gone.status_code, gone.json()["code"])


async def test_foreign_addresses_and_foreign_assets_are_refused(
    client: httpx.AsyncClient, two: list[Filed]
) -> None:
    """Neither a guess nor an unknown id gives anything."""
    address = (await ask(client, two)).json()["url"]
    head, _, name = address.rpartition("/")

    assert 403 == (await client.get(f"{head}x/{name}")).status_code
    unknown = await client.post("/api/v1/downloads", json={"asset_ids": ["ast_unknown"]})
    assert (404, "asset.not_found") == (unknown.status_code, unknown.json()["code"])


async def test_a_zip_of_a_quality_holds_no_stills(
    client: httpx.AsyncClient, handing: Handing, two: list[Filed]
) -> None:
    """A poster is none, though it has a name as qualities do."""
    poster = await handing.files.rendition(two[0], "poster", content=b"webp", kind=Kind.STILL)
    await handing.keep(poster, b"webp")

    refused = await ask(client, two[:1], quality="poster")

    assert (404, "download.quality_not_found") == (refused.status_code, refused.json()["code"])
