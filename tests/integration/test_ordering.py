"""Qualities that rest until somebody asks, and ladders that a new recipe makes anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from rushes.db.migrate import migrate
from rushes.db.tables import renditions
from rushes.delivery.download import Download
from rushes.delivery.playback import Playback, Waiting
from rushes.delivery.quality import Hints
from rushes.delivery.serve import Part
from rushes.events.event import EventType
from rushes.library import records as library_records
from rushes.library.asset import Asset, State
from rushes.renditions import records as rendition_records
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import Kind
from rushes.settings import Settings
from rushes.tiers.remove import Remover
from tests.fixtures.media_files import MediaFiles
from tests.support.moments import until
from tests.support.stage import Stage, set_stage

pytestmark = pytest.mark.timeout(600)

LADDER = {"mode": "on_demand", "copy_top": False}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A house that makes qualities when they are asked for."""
    url = Settings.load(data=tmp_path).rooms_url
    await asyncio.to_thread(migrate, url)
    async with set_stage(tmp_path, url, ladder=LADDER) as made:
        yield made


async def proxies(stage: Stage, asset: Asset) -> list[Rendition]:
    """Return all versions of what plays, in the order they were wanted."""
    async with stage.house.database.reading() as connection:
        rows = await rendition_records.list_of_content(connection, asset.content_id)
    return [row for row in rows if row.kind is Kind.PROXY]


async def states(stage: Stage, asset: Asset) -> dict[str, str]:
    """Return how each quality stands, by name and recipe."""
    return {f"{row.name} {row.recipe}": row.state.value for row in await proxies(stage, asset)}


async def come_to(stage: Stage, asset: Asset, wanted: dict[str, str]) -> None:
    """Wait until qualities stand so, and nothing else is made."""

    async def is_so() -> bool:
        return wanted == await states(stage, asset)

    await until(is_so, seconds=240, what=f"{wanted}")


async def ready(stage: Stage, content: bytes) -> Asset:
    """Send a film, and return it when nothing more is made unasked."""
    upload = await stage.send("film.mp4", content)

    async def is_ready() -> bool:
        asset = await stage.find(upload)
        return asset is not None and asset.state is State.READY

    await until(is_ready, seconds=240, what="an asset that is ready")
    asset = await stage.find(upload)
    assert asset is not None
    return asset


async def play(stage: Stage, asset: Asset, quality: str = "auto") -> Playback:
    """Return the answer to a player."""
    found = await stage.house.playing.ask(
        stage.admin, asset.id, "http://here", quality=quality, hints=Hints()
    )
    assert isinstance(found, Playback)
    return found


@pytest.mark.covers("M-PR-09", "W-14")
async def test_a_quality_is_made_when_it_is_first_asked_for(
    stage: Stage, media_files: MediaFiles
) -> None:
    """By a download at once, by watching when its last segment is there; made anew by a recipe."""
    asset = await ready(stage, media_files.get("ladder.mp4").read_bytes())
    resting = {f"{row.name} r1": "resting" for row in await proxies(stage, asset)}
    lowest, *_, highest = [name.split()[0] for name in resting]
    assert resting == await states(stage, asset)
    before = {event.type for event in await stage.events(asset.id)}

    asked = await asyncio.gather(
        *(
            stage.house.downloading.ask(stage.admin, asset.id, "http://here", quality=highest)
            for _ in range(5)
        )
    )
    await come_to(stage, asset, resting | {f"{highest} r1": "ready"})

    assert {Waiting} == {type(each) for each in asked}
    told = await stage.events(asset.id)
    ordered = [event for event in told if event.type is EventType.RENDITION_WANTED]
    assert EventType.RENDITION_WANTED not in before
    assert [[highest]] == [event.data["qualities"] for event in ordered]
    given = await stage.house.downloading.ask(stage.admin, asset.id, "http://here", quality=highest)
    assert isinstance(given, Download)

    answer = await play(stage, asset, lowest)
    signed = answer.hls_url.split("/")[4]
    row = next(each for each in await proxies(stage, asset) if each.name == lowest)
    for index in range(row.all_segments):
        found = await stage.house.server.resolve(signed, f"seg/{lowest}/{index}.m4s")
        assert isinstance(found, Part)
    await come_to(stage, asset, resting | {f"{highest} r1": "ready", f"{lowest} r1": "ready"})

    await pretend_old(stage, asset)
    survey = await stage.house.remaking.survey()
    await stage.house.remaking.roll_out(stage.admin.id)
    await come_to(
        stage,
        asset,
        {
            name.replace("r1", "r0"): "ready"
            for name in resting
            if name.split()[0] in {lowest, highest}
        }
        | resting
        | {f"{highest} r1": "ready", f"{lowest} r1": "ready"},
    )

    assert (1, 2, 0) == (survey.contents, survey.renditions, survey.busy)
    assert survey.core_seconds > 0
    again = await stage.house.remaking.survey()
    assert (0, 0) == (again.contents, again.renditions)
    await compare_files(stage, asset)


async def compare_files(stage: Stage, asset: Asset) -> None:
    """See that older files go with their rows once nobody can be watching, and no others."""
    house = stage.house
    rows = await proxies(stage, asset)
    kept = {row.id: await house.locator.local_path(row.id) for row in rows if row.digest}
    remover = Remover(house.database, house.archive, house.edge, house.scratch)
    assert 0 == await remover.remove_superseded(house.clock.now())

    gone = await remover.remove_superseded(house.clock.now() + timedelta(days=2))

    older = {row.id for row in rows if row.recipe == "r0"}
    assert (2, 2) == (gone, len(older))
    assert {row.id for row in rows} - older == {row.id for row in await proxies(stage, asset)}
    assert [path.exists() for path in kept.values()] == [each not in older for each in kept]


async def pretend_old(stage: Stage, asset: Asset) -> None:
    """Let all that was made be of an older recipe."""
    async with stage.house.database.transaction() as connection:
        for row in await rendition_records.list_of_content(connection, asset.content_id):
            if row.kind is Kind.PROXY:
                older = update(renditions).where(renditions.c.id == row.id)
                await connection.execute(older.values(recipe="r0"))
        await library_records.record_recipe(connection, asset.content_id, "r0")
