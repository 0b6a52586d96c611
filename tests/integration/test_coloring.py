"""A film is shown otherwise when people choose so, and only what looks otherwise is made again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.db.migrate import migrate
from rushes.library.asset import Asset, State
from rushes.renditions import records as rendition_records
from rushes.renditions.coloring import COLORED, NotColored
from rushes.renditions.luts import LutInUse, LutNameInvalid, LutNameTaken, LutNotFound
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import State as Made
from rushes.settings import Settings
from tests.fixtures.media_files import MediaFiles
from tests.support.moments import until
from tests.support.stage import Stage, set_stage

pytestmark = pytest.mark.timeout(600)

NEGATIVE = b"LUT_1D_SIZE 2\n1 1 1\n0 0 0\n"
WARM = b"LUT_1D_SIZE 2\n0 0 0\n1 0.9 0.8\n"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A house with a worker."""
    url = Settings.load(data=tmp_path).rooms_url
    await asyncio.to_thread(migrate, url)
    async with set_stage(tmp_path, url) as made:
        yield made


async def send(stage: Stage, content: bytes) -> Asset:
    """Send a film, and return it when it is ready."""
    upload = await stage.send("film.mp4", content)

    async def is_ready() -> bool:
        asset = await stage.find(upload)
        return asset is not None and asset.state is State.READY

    await until(is_ready, seconds=240, what="an asset that is ready")
    asset = await stage.find(upload)
    assert asset is not None
    return asset


async def rows(stage: Stage, asset: Asset) -> list[Rendition]:
    """Return what looks otherwise with other colours, in the order it counts."""
    async with stage.house.database.reading() as connection:
        found = await rendition_records.list_of_content(connection, asset.content_id)
    return [row for row in found if row.kind in COLORED]


async def choose(stage: Stage, asset: Asset, color: str, word: str) -> dict[str, Rendition]:
    """Choose colours, and return what was made with them when all of it is ready."""
    await stage.house.coloring.choose("acc_1", asset, color)

    async def is_made() -> bool:
        colors = await stage.house.coloring.describe(asset)
        made = [row for row in await rows(stage, asset) if word in row.recipe.split("-")]
        return colors.applied == color and bool(made) and {Made.READY} == {m.state for m in made}

    await until(is_made, seconds=240, what=f"everything in {color}")
    return {row.name: row for row in await rows(stage, asset) if word in row.recipe.split("-")}


@pytest.mark.covers("CF-12")
async def test_a_film_is_shown_through_a_table_and_as_it_was_again(
    stage: Stage, media_files: MediaFiles
) -> None:
    """What was there stays; nothing is made twice; a table in use is not deleted."""
    asset = await send(stage, media_files.get("h264.mp4").read_bytes())
    plain = {row.name: row for row in await rows(stage, asset)}
    luts = stage.house.coloring.luts
    sent = await luts.put("acc_1", "negative", NEGATIVE)

    made = await choose(stage, asset, "log:negative", f"log_negative_{sent.version}")

    assert set(plain) == set(made)
    seen = [name for name, row in plain.items() if row.media_type != "text/vtt"]
    assert all(made[name].digest != plain[name].digest for name in seen)
    assert [row.digest for row in plain.values()] == [
        row.digest for row in await rows(stage, asset) if row.id in {p.id for p in plain.values()}
    ]
    with pytest.raises(LutInUse):
        await luts.delete("negative")
    before = {row.id for row in await rows(stage, asset)}
    await stage.house.coloring.choose("acc_1", asset, "auto")

    async def is_as_it_was() -> bool:
        newest = {row.name: row.id for row in await rows(stage, asset)}
        return newest == {name: row.id for name, row in plain.items()}

    await until(is_as_it_was, seconds=120, what="the film as it was")
    assert before == {row.id for row in await rows(stage, asset)}
    await luts.delete("negative")
    assert [] == await luts.list_all()


@pytest.mark.covers("CF-12")
async def test_a_film_that_says_nothing_has_the_colour_of_its_project(
    stage: Stage, media_files: MediaFiles
) -> None:
    """One that says what it is stays so; and a LUT that is gone is nobody's colour."""
    project = await stage.house.access.resolve_project(stage.admin, "Acme Corp/Spring")
    names = ("h264.mp4", "hdr.mp4", "h264.mov")
    colors = ("log:slog3", "log:slog3", "log:gone")

    async def look(name: str, color: str) -> tuple[str, str]:
        await stage.house.projects.change(stage.admin, project.id, color=color)
        upload = await stage.send(name, media_files.get(name).read_bytes())
        found: list[tuple[str, str]] = []

        async def is_seen() -> bool:
            asset = await stage.find(upload)
            if asset is not None and asset.duration is not None:
                told = await stage.house.coloring.describe(asset)
                found.append((told.choice, told.applied))
            return bool(found)

        await until(is_seen, seconds=240, what="a film that was looked at")
        return found[0]

    seen = [await look(name, color) for name, color in zip(names, colors, strict=True)]

    assert [("log:slog3", "log:slog3"), ("auto", "pq"), ("auto", "rec709")] == seen


async def test_a_name_keeps_its_table(stage: Stage) -> None:
    """The same file once more is no trouble; another one is."""
    luts = stage.house.coloring.luts
    first = await luts.put("acc_1", "warm", WARM)

    again = await luts.put("acc_2", "warm", WARM)

    assert (first.version, "acc_1", 36) == (again.version, again.created_by, again.steps)
    with pytest.raises(LutNameTaken):
        await luts.put("acc_1", "warm", NEGATIVE)
    for name in ("slog3", "A", "", "x" * 41):
        with pytest.raises(LutNameInvalid):
            await luts.put("acc_1", name, WARM)


async def test_what_cannot_be_chosen_is_said(stage: Stage, media_files: MediaFiles) -> None:
    """A table that is not there; a sound, which has no colours."""
    asset = await send(stage, media_files.get("audio_only.m4a").read_bytes())

    with pytest.raises(NotColored):
        await stage.house.coloring.choose("acc_1", asset, "log:slog3")
    with pytest.raises(LutNotFound):
        await stage.house.coloring.luts.delete("gone")
