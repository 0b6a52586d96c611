"""The sounds of a film: each language and 5.1, before its file is there and after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.db.migrate import migrate
from rushes.renditions.rendition import PLAYED, Kind
from rushes.settings import Settings
from tests.fixtures.media_files import COMMENTARY_PITCH, PITCHES, MediaFiles
from tests.integration.test_just_in_time import ask, film, text, whole
from tests.support.moments import until
from tests.support.pitches import listen
from tests.support.stage import Stage, set_stage

pytestmark = pytest.mark.timeout(300)

GROUP = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME='
SOUNDS = [
    f'{GROUP}"{name}",LANGUAGE="{tag}",DEFAULT={default},AUTOSELECT={auto},CHANNELS="{many}",'
    f'URI="{address}.m3u8"'
    for name, tag, default, auto, many, address in (
        ("English", "en", "YES", "YES", 2, "sound"),
        ("English 5.1", "en", "NO", "NO", 6, "sound-surround"),
        ("Commentary (German)", "de", "NO", "YES", 2, "sound-2"),
    )
]
CANDIDATES = (*PITCHES, COMMENTARY_PITCH)
AROUND = dict(zip(("FL", "FR", "FC", "LFE", "BL", "BR"), PITCHES, strict=True))
COMMENTARY = {"FL": COMMENTARY_PITCH, "FR": COMMENTARY_PITCH}
STEREO = {"FL": PITCHES[0], "FR": PITCHES[1]}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A house on SQLite that makes segments for viewers, and ladders."""
    await asyncio.to_thread(migrate, Settings.load(data=tmp_path).rooms_url)
    async with set_stage(tmp_path, Settings.load(data=tmp_path).rooms_url) as made:
        yield made


async def sound_lines(stage: Stage, signed: str) -> list[str]:
    """Return what the list of qualities says of sounds."""
    lines = (await text(stage, signed, "index")).splitlines()
    return [line for line in lines if line.startswith("#EXT-X-MEDIA")]


@pytest.mark.covers("M-PR-07", "CF-10")
async def test_every_sound_of_a_film_can_be_chosen(stage: Stage, media_files: MediaFiles) -> None:
    """Each language by its name, and 5.1 with each loudspeaker its own; files follow."""
    asset = await film(stage, media_files.get("sounds.mkv").read_bytes())
    _, signed = await ask(stage, asset)

    assert await sound_lines(stage, signed) == SOUNDS
    for name, expected in (("", STEREO), ("-surround", AROUND), ("-2", COMMENTARY)):
        played = listen(await whole(stage, signed, f"sound{name}"), CANDIDATES)
        assert expected == played.pitches
        assert abs(played.seconds - 6) < 0.04

    async def is_made() -> bool:
        rows = (await stage.renditions(asset)).values()
        return {"ready"} == {row.state.value for row in rows if row.kind in PLAYED}

    await until(is_made, seconds=180, what="a ladder and its sounds")
    made = await stage.renditions(asset)
    assert {"sound-2", "sound-surround"} == {
        row.name for row in made.values() if row.kind is Kind.TRACK
    }
    assert await sound_lines(stage, signed) == SOUNDS
    listed = await text(stage, signed, "sound-2")
    assert f'#EXT-X-MAP:URI="sound-2.m4a?v={made["sound-2"].id}"' in listed
    file = await stage.house.locator.local_path(made["sound-surround"].id)
    assert AROUND == listen(await asyncio.to_thread(file.read_bytes), CANDIDATES).pitches
