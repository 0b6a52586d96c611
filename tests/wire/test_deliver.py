"""`/deliver`: one address for other programs, which leads to the right thing."""

from __future__ import annotations

import pytest

from rushes.access.permit import Actor, ActorKind
from tests.support.handing import Handing, layout_of

CLIP = bytes(range(250)) * 10


@pytest.mark.covers("M-WH-13", "W-12")
async def test_a_film_leads_to_what_plays(handing: Handing) -> None:
    """Where nothing plays yet, it says when to ask again."""
    filed = await handing.files.asset(b"original")
    at = f"/api/v1/assets/{filed.asset_id}/deliver"
    async with handing.client() as client:
        early = await client.get(at)
        made = await handing.files.rendition(
            filed, "720p", content=CLIP, layout=layout_of("720p", CLIP)
        )
        await handing.keep(made, CLIP)

        found = await client.get(at)
        listed = await client.get(found.headers["location"])

    assert (202, True) == (early.status_code, "retry-after" in early.headers)
    assert 307 == found.status_code
    assert listed.text.startswith("#EXTM3U")


async def test_what_is_no_film_and_no_picture_leads_to_its_file(handing: Handing) -> None:
    """As it was sent."""
    filed = await handing.files.asset(CLIP, kind="pdf", media_type="application/pdf")
    handing.spool(filed, CLIP)

    async with handing.client() as client:
        found = await client.get(f"/api/v1/assets/{filed.asset_id}/deliver")
        file = await client.get(found.headers["location"])

    assert (307, CLIP) == (found.status_code, file.content)


async def test_a_stranger_learns_nothing(handing: Handing) -> None:
    """What is not theirs does not exist."""
    filed = await handing.files.asset(CLIP)
    handing.actor = Actor(ActorKind.ACCOUNT, "acc_1")

    async with handing.client() as client:
        answer = await client.get(f"/api/v1/assets/{filed.asset_id}/deliver")

    assert (404, "asset.not_found") == (answer.status_code, answer.json()["code"])
