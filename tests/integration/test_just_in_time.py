"""Watching before the ladder is made: every segment on demand, none made twice."""

from __future__ import annotations

import asyncio
import io
import random
from collections import Counter
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from rushes import workshop
from rushes.db.migrate import migrate
from rushes.delivery.playback import Playback
from rushes.delivery.quality import Hints
from rushes.delivery.serve import Part, PathNotFound, Playlist
from rushes.events.event import EventType
from rushes.jobs.job import JobState
from rushes.jobs.records import JobFilter
from rushes.library.asset import Asset, State
from rushes.media.ffmpeg import SegmentRun
from rushes.media.studio import OnSegment, Outcome, Studio
from rushes.renditions import records as rendition_records
from rushes.renditions.rendition import Kind
from rushes.renditions.rendition import State as RenditionState
from rushes.settings import Settings
from tests.fixtures.media_files import MediaFiles
from tests.support.moments import until
from tests.support.playlists import parse_index
from tests.support.stage import Stage, set_stage

pytestmark = pytest.mark.timeout(300)

WATCHABLE = frozenset({State.PLAYABLE, State.READY})


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """A house whose worker makes segments, and no ladder."""
    async with set_stage(tmp_path, database_url, ladder={"mode": "on_demand"}) as made:
        yield made


@pytest.fixture
async def eager(tmp_path: Path) -> AsyncIterator[Stage]:
    """A house on SQLite whose worker makes ladders as well, a segment at a time."""
    url = Settings.load(data=tmp_path).rooms_url
    await asyncio.to_thread(migrate, url)
    async with set_stage(tmp_path, url, media={"run_segments": 1}) as made:
        yield made


async def film(stage: Stage, content: bytes) -> Asset:
    """Send a film and wait until it can be watched."""
    upload = await stage.send("film.mp4", content)

    async def is_watchable() -> bool:
        asset = await stage.find(upload)
        return asset is not None and asset.state in WATCHABLE

    await until(is_watchable, seconds=120, what="an asset that can be watched")
    asset = await stage.find(upload)
    assert asset is not None
    return asset


async def ask(stage: Stage, asset: Asset, quality: str = "auto") -> tuple[Playback, str]:
    """Return the answer to a player, and the signed part of its addresses."""
    found = await stage.house.playing.ask(
        stage.admin, asset.id, "http://here", quality=quality, hints=Hints()
    )
    assert isinstance(found, Playback)
    return found, found.hls_url.split("/")[4]


async def text(stage: Stage, signed: str, name: str) -> str:
    """Return a playlist."""
    found = await stage.house.server.resolve(signed, f"{name}.m3u8")
    assert isinstance(found, Playlist)
    return found.text


async def piece(stage: Stage, signed: str, path: str) -> bytes:
    """Return a segment or an init, wherever it lies."""
    found = await stage.house.server.resolve(signed, f"seg/{path}")
    assert isinstance(found, Part)
    if found.path is not None:
        return found.shape(await asyncio.to_thread(found.path.read_bytes))
    whole = await stage.house.locator.local_path(found.object_id)
    content = await asyncio.to_thread(whole.read_bytes)
    return found.shape(content[found.offset : found.offset + (found.size_bytes or 0)])


async def whole(stage: Stage, signed: str, name: str) -> bytes:
    """Return all of a quality, its segments asked for in any order."""
    listed = [
        line for line in (await text(stage, signed, name)).splitlines() if line.endswith(".m4s")
    ]
    found: dict[str, bytes] = {}
    for address in random.sample(listed, len(listed)):
        found[address] = await piece(stage, signed, address.removeprefix("seg/"))
    init = await piece(stage, signed, f"{name}/init.mp4")
    return init + b"".join(found[address] for address in listed)


def decode(content: bytes) -> list[tuple[Fraction, bytes]]:
    """Return the pictures: when each is shown, and what it shows, small and grey."""
    with av.open(io.BytesIO(content), "r") as container:
        return [
            (
                Fraction(frame.pts or 0) * (frame.time_base or 1),
                bytes(frame.reformat(width=32, height=18, format="gray").planes[0]),
            )
            for frame in container.decode(container.streams.video[0])
        ]


@pytest.mark.covers("M-PR-05", "W-01", "M-PR-09")
async def test_an_original_is_watched_as_it_is(stage: Stage, media_files: MediaFiles) -> None:
    """Its segments, in any order, are its pictures: none missing, none changed, each in time."""
    content = media_files.get("long.mp4").read_bytes()
    asset = await film(stage, content)
    answer, signed = await ask(stage, asset)

    variants, sound = parse_index(await text(stage, signed, "index"))
    copied = await whole(stage, signed, answer.selected_quality)
    heard = await whole(stage, signed, "sound")

    assert "copy" == answer.path
    assert answer.reason.startswith("H.264")
    assert ["360p.m3u8"] == [variant.address for variant in variants]
    assert "sound.m3u8" == sound
    assert decode(content) == decode(copied)
    with av.open(io.BytesIO(heard), "r") as container:
        samples = sum(frame.samples for frame in container.decode(container.streams.audio[0]))
    assert abs(samples / 48_000 - 14) < 0.04
    assert "failed" not in await made_files(stage, asset)


async def made_files(stage: Stage, asset: Asset) -> list[str]:
    """Return the states of what plays."""
    found = (await stage.renditions(asset)).values()
    return [each.state.value for each in found if each.kind is Kind.PROXY]


@pytest.mark.covers("M-PR-09")
async def test_a_hundred_viewers_of_one_segment_are_one_encode(
    stage: Stage, media_files: MediaFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They all wait for the same wish; what was made is not made again."""
    runs = count_runs(monkeypatch)
    asset = await film(stage, media_files.get("mpeg4.mp4").read_bytes())
    answer, signed = await ask(stage, asset)
    again, _ = await ask(stage, asset)
    runs.clear()

    pieces = await asyncio.gather(*(piece(stage, signed, "360p/1.m4s") for _ in range(100)))

    assert ("jit", "360p") == (answer.path, answer.selected_quality)
    assert answer.qualities == again.qualities
    assert 1 == len(set(pieces))
    assert runs[1] <= 1
    assert 60 == len(decode(await whole(stage, signed, "360p")))
    assert max(runs.values(), default=0) <= 1


def count_runs(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Count how often each segment of a picture is encoded from now on."""
    runs: Counter[int] = Counter()
    encode = Studio.encode_run

    async def counted(
        studio: Studio, original: Path, wanted: SegmentRun, on_segment: OnSegment
    ) -> Outcome:
        runs.update(range(wanted.first, wanted.first + wanted.count))
        return await encode(studio, original, wanted, on_segment)

    monkeypatch.setattr(Studio, "encode_run", counted)
    return runs


@pytest.mark.covers("M-PR-09")
async def test_a_viewer_who_left_gives_the_place_back(
    tmp_path: Path, media_files: MediaFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment that takes for ever keeps nobody waiting when nobody waits for it."""
    stuck, encode = asyncio.Event(), Studio.encode_run

    async def stopping(
        studio: Studio, original: Path, wanted: SegmentRun, on_segment: OnSegment
    ) -> Outcome:
        if wanted.first == 3:
            stuck.set()
            await asyncio.Event().wait()
        return await encode(studio, original, wanted, on_segment)

    monkeypatch.setattr(Studio, "encode_run", stopping)
    pieces = {"ladder": {"mode": "on_demand", "copy_top": False}}
    url = Settings.load(data=tmp_path).rooms_url
    await asyncio.to_thread(migrate, url)
    async with set_stage(tmp_path, url, **pieces) as stage:
        asset = await film(stage, media_files.get("long.mp4").read_bytes())
        _, signed = await ask(stage, asset)
        leaver = asyncio.create_task(piece(stage, signed, "360p/3.m4s"))
        async with asyncio.timeout(120):
            await stuck.wait()
        leaver.cancel()

        content = await piece(stage, signed, "360p/2.m4s")

    assert b"moof" in content[:200]


async def test_what_is_not_there_is_refused(stage: Stage, media_files: MediaFiles) -> None:
    """Numbers beyond the end, names of nothing, and words that are no numbers."""
    asset = await film(stage, media_files.get("no_audio.mp4").read_bytes())
    _, signed = await ask(stage, asset)

    for path in ("360p/99.m4s", "sound/0.m4s", "360p/x.m4s", "360p/0.mp4", "360p/-1.m4s"):
        with pytest.raises(PathNotFound):
            await piece(stage, signed, path)


@pytest.mark.covers("BG-80", "S-PR-01")
async def test_a_segment_address_outlives_its_segment(
    eager: Stage, media_files: MediaFiles
) -> None:
    """When the file of a quality is there, its old addresses are places in it: the same bytes."""
    asset = await film(eager, media_files.get("long.mp4").read_bytes())
    answer, signed = await ask(eager, asset)
    name = answer.selected_quality
    asked = [f"{each}/{at}" for each in (name, "sound") for at in ("init.mp4", "0.m4s", "1.m4s")]
    before = [await piece(eager, signed, each) for each in asked]

    async def is_made() -> bool:
        return {"ready"} == set(await made_files(eager, asset)) and not eager.files("segments")

    await until(is_made, seconds=180, what="a ladder, and no segments")
    after = [await piece(eager, signed, each) for each in asked]

    assert before == after
    assert "ladder" == (await ask(eager, asset))[0].path
    told = [event.type for event in await eager.events(asset.id)]
    assert told.index(EventType.ASSET_PLAYABLE) < told.index(EventType.RENDITION_READY)


@pytest.mark.covers("M-JOB-05")
async def test_a_cancelled_ladder_leaves_nothing_half_made(
    eager: Stage, media_files: MediaFiles
) -> None:
    """No rendition stays in the making, no segment stays behind, and the asset can be watched."""
    asset = await film(eager, media_files.get("ladder.mp4").read_bytes())
    desk = eager.house.desk

    async def is_running() -> bool:
        found = await desk.list_page(JobFilter(states=(JobState.RUNNING,)), 10)
        return "ladder" in {job.workflow for job in found}

    await until(is_running, seconds=120, what="a running ladder", pause=0.01)
    for job in await desk.list_page(JobFilter(states=(JobState.RUNNING,)), 10):
        if job.workflow == "ladder":
            await desk.cancel(job.id)

    async def is_tidy() -> bool:
        states = set(await made_files(eager, asset))
        return RenditionState.MAKING.value not in states and not {
            name for name in eager.files("segments") if name.startswith("cnt_")
        }

    await until(is_tidy, seconds=120, what="nothing half made")
    answer, _ = await ask(eager, asset)
    assert answer.path in {"copy", "ladder"}


async def test_a_ladder_goes_on_where_its_worker_ended(
    tmp_path: Path, media_files: MediaFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next worker asks for no segment that is there: the first one's and the viewer's count."""
    asked_again: list[str] = []
    encode = Studio.encode_run

    async def watched(
        studio: Studio, original: Path, wanted: SegmentRun, on_segment: OnSegment
    ) -> Outcome:
        for rung in wanted.rungs:
            shelf = studio.shelf(wanted, rung)
            there = [shelf.segment(wanted.first + at) for at in range(wanted.count)]
            asked_again.extend(path.name for path in there if shelf.init.exists() and path.exists())
        return await encode(studio, original, wanted, on_segment)

    monkeypatch.setattr(Studio, "encode_run", watched)
    pieces = {"media": {"run_segments": 1}, "ladder": {"copy_top": False}}
    settings = Settings.load(data=tmp_path, **pieces)
    await asyncio.to_thread(migrate, settings.rooms_url)
    async with set_stage(tmp_path, settings.rooms_url, **pieces) as first:
        asset = await film(first, media_files.get("ladder.mp4").read_bytes())

        async def is_begun() -> bool:
            return sum(name.endswith(".m4s") for name in first.files("segments")) >= 4

        await until(is_begun, seconds=120, what="some segments", pause=0.01)
    ended = asyncio.Event()
    async with workshop.open_worker(settings) as worker:
        working = asyncio.create_task(worker.run(ended, grace=0))

        async def is_made() -> bool:
            async with worker.database.reading() as connection:
                rows = await rendition_records.list_of_content(connection, asset.content_id)
            return {RenditionState.READY} == {row.state for row in rows if row.kind is Kind.PROXY}

        await until(is_made, seconds=200, what="the ladder")
        ended.set()
        await working

    assert [] == asked_again
