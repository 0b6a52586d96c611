"""The whole journey: from the last byte to what people can watch, and away again."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.access.permit import SYSTEM
from rushes.events.event import EventType
from rushes.jobs.job import Job, JobState
from rushes.jobs.records import JobFilter
from rushes.library import records as library_records
from rushes.library.asset import State
from rushes.renditions.rendition import State as RenditionState
from tests.fixtures.media_files import MediaFiles
from tests.support.moments import until
from tests.support.negatives import write_dng
from tests.support.shows import Show
from tests.support.stage import Stage, set_stage

SEEN = ("poster.webp", "poster.jpg", "storyboard-1.jpg", "storyboard.vtt")
HEARD = ("waveform", "audio-mp3", "poster", "thumbnail-320", "thumbnail-640")
TEXT = b"Scene 1, take 3: good.\n"


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """A house whose worker runs."""
    async with set_stage(tmp_path, database_url) as made:
        yield made


@pytest.mark.covers("C-UP-04", "BG-63", "T-TI-04", "T-TI-03")
async def test_a_video_becomes_ready_and_lies_where_it_should(
    stage: Stage, media_files: MediaFiles
) -> None:
    """The ladder and the stills stand in both tiers, the original in the archive alone."""
    content = media_files.get("h264.mp4").read_bytes()

    upload = await stage.send("clip.mp4", content)
    asset = await stage.settled(upload)

    made = await stage.renditions(asset)
    assert (State.READY, "video", 320, 180) == (asset.state, asset.kind, asset.width, asset.height)
    assert {"360p", "poster", "poster-jpg", "storyboard", "storyboard-1"} == set(made)
    assert {RenditionState.READY} == {each.state for each in made.values()}
    place = f"acme-corp/spring/{asset.id}"
    assert {f"originals/{place}/clip.mp4"} | {
        f"proxies/{place}/{name}" for name in ("360p.mp4", *SEEN)
    } == stage.files("archive")
    assert {
        f"proxies/{asset.id}/360p.mp4",
        *(f"stills/{asset.id}/{name}" for name in SEEN),
    } == stage.files("edge")


async def test_nothing_is_left_behind_when_it_is_done(
    stage: Stage, media_files: MediaFiles
) -> None:
    """The spool is free again, segments are in their files, and the digest is that of the file."""
    content = media_files.get("h264.mp4").read_bytes()

    asset = await stage.settled(await stage.send("clip.mp4", content))

    await until(lambda: not stage.files("spool"), what="an empty spool")
    await until(lambda: not stage.files("segments"), what="no segments")

    async def has_digest() -> bool:
        async with stage.house.database.reading() as connection:
            kept = await library_records.find_content(connection, asset.content_id)
        return kept is not None and kept.digest == hashlib.sha256(content).digest()

    await until(has_digest, what="the digest")


@pytest.mark.covers("BG-76")
async def test_the_events_tell_the_story_in_order(stage: Stage, media_files: MediaFiles) -> None:
    """Each fact once, none before what it follows from."""
    upload = await stage.send("clip.mp4", media_files.get("no_audio.mp4").read_bytes())
    asset = await stage.settled(upload)

    told = [event.type for event in await stage.events(asset.id)]

    assert [
        EventType.UPLOAD_CREATED,
        EventType.UPLOAD_COMPLETED,
        EventType.UPLOAD_ACCEPTED,
        EventType.ASSET_CREATED,
    ] == told[:4]
    assert EventType.ASSET_READY == told[-1]
    assert 5 == told.count(EventType.RENDITION_READY)
    assert 11 == told.count(EventType.PLACEMENT_PRESENT)


@pytest.mark.covers("BG-24", "BG-25")
async def test_the_same_bytes_of_one_client_are_kept_once(
    stage: Stage, media_files: MediaFiles
) -> None:
    """The second asset is ready at once, and another client's copy stands apart."""
    content = media_files.get("no_audio.mp4").read_bytes()
    first = await stage.settled(await stage.send("a.mp4", content))

    again = await stage.settled(await stage.send("b.mp4", content, "Acme Corp/Autumn"))
    other = await stage.settled(await stage.send("c.mp4", content, "Zenith/Spring"))

    assert first.content_id == again.content_id
    assert (again.width, again.duration) == (first.width, first.duration)
    assert first.content_id != other.content_id
    originals = {name for name in stage.files("archive") if name.startswith("originals/")}
    assert 2 == len(originals)


@pytest.mark.parametrize(
    ("name", "code"),
    [("no_index.mp4", "media.truncated"), ("playlist.mp4", None)],
)
async def test_what_cannot_be_shown_keeps_its_original(
    stage: Stage, media_files: MediaFiles, name: str, code: str | None
) -> None:
    """The reason stands with the asset, the bytes can be had."""
    content = media_files.get(name).read_bytes()

    asset = await stage.settled(await stage.send(name, content))

    await until(lambda: len(stage.files("archive")) == 1, what="a kept original")
    path = await stage.house.locator.local_path(asset.content_id)
    assert content == path.read_bytes()
    assert (code, State.FAILED if code else State.READY) == (asset.error_code, asset.state)


@pytest.mark.parametrize(
    ("name", "kind", "renditions"),
    [
        ("picture.png", "image", {"preview-320", "preview-640", "preview-1280"}),
        ("audio_only.m4a", "audio", {"audio", *HEARD}),
    ],
)
async def test_pictures_and_sounds_get_their_own(
    stage: Stage, media_files: MediaFiles, name: str, kind: str, renditions: set[str]
) -> None:
    """Previews of an image, one playable file of a sound with what is seen and heard of it."""
    content = media_files.get(name).read_bytes()

    asset = await stage.settled(await stage.send(name, content))

    made = {each for each in await stage.renditions(asset) if not each.endswith("-jpg")}
    assert (State.READY, kind, renditions) == (asset.state, asset.kind, made)


async def test_a_raw_gets_what_its_camera_shows(stage: Stage, tmp_path: Path) -> None:
    """It is a picture like any other, and known by its size."""
    path = write_dng(tmp_path / "negative.dng", (1200, 800), orientation=6, preview=True)

    asset = await stage.settled(await stage.send(path.name, path.read_bytes()))

    made = {each for each in await stage.renditions(asset) if not each.endswith("-jpg")}
    assert (State.READY, "raw", 800, 1200) == (asset.state, asset.kind, asset.width, asset.height)
    assert {"preview-320", "preview-640", "preview-1280"} == made


@pytest.mark.covers("S-MD-04", "BG-33")
async def test_a_light_show_gets_its_pictures_and_a_broken_one_a_reason(stage: Stage) -> None:
    """The heat map stands for it; what cannot be read keeps its original all the same."""
    whole = Show(frames=60, channels=90).write()

    shown = await stage.settled(await stage.send("show.fseq", whole))
    broken = await stage.settled(await stage.send("broken.fseq", whole[:40]))

    made = await stage.renditions(shown)
    assert (State.READY, "sequence", 1.5) == (shown.state, shown.kind, shown.duration)
    assert {"poster", "thumbnail-320", "thumbnail-640", "heatmap-png", "motion"} <= set(made)
    assert {RenditionState.READY} == {each.state for each in made.values()}
    assert (State.FAILED, "media.truncated") == (broken.state, broken.error_code)
    await until(
        lambda: any(name.endswith("broken.fseq") for name in stage.files("archive")),
        what="a kept original",
    )


@pytest.mark.parametrize(("name", "content"), [("notes.txt", TEXT), ("empty.mov", b"")])
async def test_other_files_are_ready_when_they_are_kept(
    stage: Stage, name: str, content: bytes
) -> None:
    """A document and a file without bytes have nothing to be made."""
    asset = await stage.settled(await stage.send(name, content))

    assert (State.READY, "other", {}) == (asset.state, asset.kind, await stage.renditions(asset))


async def test_a_deleted_asset_takes_its_bytes_with_it(stage: Stage) -> None:
    """Out of sight at once, gone from every tier soon."""
    asset = await stage.settled(await stage.send("notes.txt", TEXT))

    await stage.house.editing.delete(SYSTEM.id, asset.id, project_ids=None)

    async with stage.house.database.reading() as connection:
        assert await library_records.find_asset(connection, asset.id) is None
    await until(lambda: not stage.files("archive"), what="an empty archive")


async def test_deleting_stops_what_is_being_made(stage: Stage, media_files: MediaFiles) -> None:
    """Its jobs end, and neither a segment nor an object is left."""
    upload = await stage.send("clip.mp4", media_files.get("long.mp4").read_bytes())

    async def is_being_made() -> bool:
        jobs = await stage.house.desk.list_page(JobFilter(workflow="ladder"), 1)
        return bool(jobs) and jobs[0].state is JobState.RUNNING

    await until(is_being_made, seconds=30, what="a running ladder")
    asset = await stage.find(upload)
    assert asset is not None
    await stage.house.editing.delete(SYSTEM.id, asset.id, project_ids=None)

    def is_gone() -> bool:
        places = ("archive", "edge", "segments", "spool")
        return not any(stage.files(place) for place in places)

    await until(is_gone, seconds=30, what="every file gone")
    (ladder,) = await stage.house.desk.list_page(JobFilter(workflow="ladder"), 2)
    assert JobState.CANCELLED is ladder.state


async def test_content_that_another_asset_has_stays(stage: Stage) -> None:
    """Only the asset goes."""
    first = await stage.settled(await stage.send("a.txt", TEXT))
    second = await stage.settled(await stage.send("b.txt", TEXT))

    await stage.house.editing.delete(SYSTEM.id, first.id, project_ids=None)

    async def is_gone() -> bool:
        async with stage.house.database.reading() as connection:
            found = await library_records.find_asset(connection, first.id, with_deleting=True)
        return found is None

    await until(is_gone, what="the first asset gone")
    await asyncio.sleep(0)
    path = await stage.house.locator.local_path(second.content_id)
    assert TEXT == path.read_bytes()


async def test_a_failed_ladder_can_be_tried_again(stage: Stage, media_files: MediaFiles) -> None:
    """What hindered it is gone, the job is tried again, and the asset is ready after all."""
    content = media_files.get("no_audio.mp4").read_bytes()
    hindrance = stage.house.settings.at("segments")
    shutil.rmtree(hindrance)
    hindrance.write_bytes(b"in the way")
    asset = await stage.settled(await stage.send("clip.mp4", content))
    assert State.FAILED is asset.state

    async def list_failed() -> list[Job]:
        return await stage.house.desk.list_page(JobFilter(states=(JobState.FAILED,)), 10)

    async def has_given_up() -> bool:
        failed = {job.workflow for job in await list_failed()}
        return {"ladder", "stills", "storyboard"} == failed

    await until(has_given_up, seconds=30, what="the last try of all jobs")
    hindrance.unlink()
    hindrance.mkdir()
    for job in await list_failed():
        await stage.house.desk.retry(job.id)

    async def is_ready() -> bool:
        async with stage.house.database.reading() as connection:
            now = await library_records.find_asset(connection, asset.id)
        made = await stage.renditions(asset)
        return (
            now is not None
            and now.state is State.READY
            and {RenditionState.READY} == {each.state for each in made.values()}
        )

    await until(is_ready, seconds=30, what="a ready asset with all its renditions")
