"""Pictures at a width: made once from a preview, kept, and given to everybody who asks."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from rushes.media.toolbox import Toolbox
from rushes.renditions import records
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import Kind, State
from tests.support.filed import Filed
from tests.support.handing import Handing
from tests.support.negatives import write_dng

FORMATS = {"webp": "WEBP", "jpeg": "JPEG", "avif": "AVIF"}


async def file_picture(handing: Handing, *widths: int, moving: bool = False) -> Filed:
    """Return an image with previews of these widths, twice as wide as high."""
    filed = await handing.files.asset(b"image", kind="image", media_type="image/png")
    for width in widths:
        await keep(handing, filed, f"preview-{width}", width)
    if moving:
        await keep(handing, filed, "motion", 100)
    return filed


async def keep(handing: Handing, filed: Filed, name: str, width: int) -> None:
    held = io.BytesIO()
    Image.new("RGB", (width, width // 2), "teal").save(held, "WEBP")
    still = await handing.files.rendition(
        filed,
        name,
        content=held.getvalue(),
        kind=Kind.STILL,
        file_name=f"{name}.webp",
        media_type="image/webp",
        width=width,
    )
    await handing.keep(still, held.getvalue())


async def list_made(handing: Handing, filed: Filed) -> list[Rendition]:
    async with handing.database.reading() as connection:
        rows = await records.list_of_content(connection, filed.content_id)
    return [row for row in rows if row.kind is Kind.IMAGE]


@pytest.mark.covers("M-PB-24")
@pytest.mark.parametrize("image_format", ["webp", "jpeg", "avif"])
async def test_a_picture_is_made_at_the_width_that_is_asked_for(
    handing: Handing, toolbox: Toolbox, image_format: str
) -> None:
    """From the next wider preview; the second time it is there."""
    handing.tools = toolbox
    filed = await file_picture(handing, 320, 640)
    query = f"/api/v1/assets/{filed.asset_id}/image?w=480&format={image_format}"

    async with handing.client() as client:
        leads = [await client.get(query) for _ in range(2)]
        image = await client.get(leads[0].headers["location"])

    picture = Image.open(io.BytesIO(image.content))
    assert (FORMATS[image_format], (480, 240)) == (picture.format, picture.size)
    assert f"image/{image_format}" == image.headers["content-type"]
    (made,) = await list_made(handing, filed)
    assert (State.READY, 480, 240) == (made.state, made.width, made.height)
    assert (
        leads[0].headers["location"].split("/")[-1] == leads[1].headers["location"].split("/")[-1]
    )


async def test_a_crowd_has_it_made_once(handing: Handing, toolbox: Toolbox) -> None:
    """All get the same bytes, and there is one row."""
    handing.tools = toolbox
    filed = await file_picture(handing, 640)
    query = f"/api/v1/assets/{filed.asset_id}/image?w=160"

    async with handing.client() as client:
        leads = await asyncio.gather(*(client.get(query) for _ in range(12)))

    assert {"image-160.webp"} == {lead.headers["location"].split("/")[-1] for lead in leads}
    assert 1 == len(await list_made(handing, filed))


async def test_nothing_grows(handing: Handing, toolbox: Toolbox) -> None:
    """Wider than all there is, the widest is the answer; in another format, as wide as it is."""
    handing.tools = toolbox
    filed = await file_picture(handing, 320)
    query = f"/api/v1/assets/{filed.asset_id}/image?w=2560"

    async with handing.client() as client:
        plain = await client.get(query)
        other = await client.get(f"{query}&format=jpeg")

    assert "preview-320.webp" == plain.headers["location"].split("/")[-1]
    assert "image-320.jpg" == other.headers["location"].split("/")[-1]


async def test_without_tools_the_nearest_wider_is_the_answer(handing: Handing) -> None:
    """But not in a format that is not there."""
    filed = await file_picture(handing, 320, 640)
    query = f"/api/v1/assets/{filed.asset_id}/image?w=480"

    async with handing.client() as client:
        plain = await client.get(query)
        other = await client.get(f"{query}&format=avif")

    assert "preview-640.webp" == plain.headers["location"].split("/")[-1]
    assert (409, "image.not_ready") == (other.status_code, other.json()["code"])


@pytest.mark.parametrize("moves", [True, False])
async def test_what_moves_is_given_moving(handing: Handing, *, moves: bool) -> None:
    """Where there is such a preview; else the one that stands still."""
    filed = await file_picture(handing, 320, moving=moves)

    async with handing.client() as client:
        lead = await client.get(f"/api/v1/assets/{filed.asset_id}/image?w=320&moving=true")
        image = await client.get(lead.headers["location"])

    assert (200, "image/webp") == (image.status_code, image.headers["content-type"])
    expected = "motion.webp" if moves else "preview-320.webp"
    assert expected == lead.headers["location"].split("/")[-1]


@pytest.mark.covers("C-PR-06")
async def test_camera_raw_is_developed_when_somebody_asks(
    handing: Handing, toolbox: Toolbox, tmp_path: Path
) -> None:
    """From all that its sensor saw, once; a preview is given to everybody else."""
    handing.tools = toolbox
    negative = write_dng(tmp_path / "a.dng", (1200, 800), orientation=1, preview=True).read_bytes()
    filed = await handing.files.asset(negative, kind="raw", media_type="image/x-adobe-dng")
    handing.spool(filed, negative)
    await keep(handing, filed, "preview-640", 640)
    query = f"/api/v1/assets/{filed.asset_id}/image?w=1280"

    async with handing.client() as client:
        leads = [await client.get(f"{query}&developed=true") for _ in range(2)]
        image = await client.get(leads[0].headers["location"])
        plain = await client.get(query)

    assert (1200, 800) == Image.open(io.BytesIO(image.content)).size
    names = [lead.headers["location"].split("/")[-1] for lead in (*leads, plain)]
    assert ["developed-1280.webp", "developed-1280.webp", "preview-640.webp"] == names
    assert 1 == len(await list_made(handing, filed))


@pytest.mark.parametrize(("kind", "word"), [("image", "Only camera RAW"), ("raw", "cannot be")])
async def test_what_cannot_be_developed_is_said(
    handing: Handing, toolbox: Toolbox, kind: str, word: str
) -> None:
    """A picture that is none, and RAW that is broken; neither leaves a row."""
    handing.tools = toolbox
    filed = await handing.files.asset(b"no sensor", kind=kind, media_type="image/x-adobe-dng")
    handing.spool(filed, b"no sensor")

    async with handing.client() as client:
        answer = await client.get(f"/api/v1/assets/{filed.asset_id}/image?w=320&developed=true")

    assert (422, "image.not_developed") == (answer.status_code, answer.json()["code"])
    assert word in answer.json()["detail"]
    assert [] == await list_made(handing, filed)
