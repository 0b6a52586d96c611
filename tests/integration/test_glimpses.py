"""A film in a bucket is watched by members while nobody has read it, and it is theirs alone."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from rushes.access.permit import Actor, ActorKind
from rushes.db.migrate import migrate
from rushes.delivery.playback import Waiting
from rushes.delivery.quality import Hints
from rushes.events.event import EventType
from rushes.intake import glimpse
from rushes.intake.elsewhere import Elsewhere
from rushes.intake.reading import Keep
from rushes.library import records as library_records
from rushes.library.asset import Asset, AssetArriving, AssetNotFound, State
from rushes.renditions import glimpsing
from rushes.settings import Settings
from rushes.stores.blocks import Fingerprint
from rushes.stores.store import Broken
from rushes.uploads import records as upload_records
from rushes.uploads.admission import Wanted
from rushes.uploads.direct import Direct
from rushes.uploads.upload import Owner, Protocol, Upload
from rushes.uploads.upload import State as UploadState
from tests.fixtures.media_files import MediaFiles
from tests.integration.test_just_in_time import ask, decode, whole
from tests.support.moments import until
from tests.support.object_stores import ObjectServer
from tests.support.stage import Stage, set_stage

pytestmark = pytest.mark.timeout(600)

PATIENCE = 180.0


@dataclass(slots=True)
class Gate:
    """Holds the reading of blocks back until somebody opens it."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    broken: set[str] = field(default_factory=set)
    """Uploads of which other bytes than before are read."""


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Every film is glimpsed, and none is read before the gate opens."""
    gate, read = Gate(), Elsewhere.read

    async def read_late(
        self: Elsewhere, direct: Direct, size_bytes: int, known: Mapping[int, bytes], keep: Keep
    ) -> Fingerprint:
        await gate.opened.wait()
        if direct.upload_id in gate.broken:
            raise Broken("The object has other bytes than when it was read before.")
        return await read(self, direct, size_bytes, known, keep)

    monkeypatch.setattr(Elsewhere, "read", read_late)
    monkeypatch.setattr(glimpsing, "SOON_READ_BYTES", 0)
    monkeypatch.setattr(glimpse, "GRAIN", 2**14)  # so small that a short film has holes
    monkeypatch.setattr(glimpse, "FIRST_BYTES", 2**15)
    return gate


@pytest.fixture
async def stage(tmp_path: Path, radosgw: ObjectServer, gate: Gate) -> AsyncIterator[Stage]:
    """A house whose archive is a bucket, and which makes no ladder unasked."""
    url = Settings.load(data=tmp_path).rooms_url
    await asyncio.to_thread(migrate, url)
    stores = {"main": radosgw.settings().model_dump(exclude_unset=True)}
    more = {"stores": stores, "tiers": {"archive": {"store": "main"}}}
    async with set_stage(tmp_path, url, ladder={"mode": "on_demand"}, **more) as made:
        yield made
        gate.opened.set()


async def put(stage: Stage, name: str, content: bytes) -> Upload:
    """Put a film into the bucket, past the server, and say that it is there."""
    directing = stage.house.directing
    assert directing is not None
    project = await stage.house.access.resolve_project(stage.admin, "Acme Corp/Spring")
    wanted = Wanted(
        protocol=Protocol.DIRECT,
        project_id=project.id,
        owner=Owner(account_id=stage.admin.id),
        file_name=name,
        media_type="video/mp4",
        metadata="",
        size_bytes=len(content),
    )
    upload = await directing.begin(wanted, None, is_single=True)
    (address,) = await directing.sign(upload.id, anybody, [1])
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.put(address.url, content=content)).is_success
    return await directing.complete(upload.id, anybody, lambda _: 2**40)


def anybody(_: Upload) -> None:
    """Let everybody."""


async def arrived(stage: Stage, upload: Upload) -> Asset:
    """Return an asset that members can watch, of which nothing was read."""
    found: list[Asset] = []

    async def is_watched() -> bool:
        asset = await stage.find(upload)
        if asset is None:
            return False
        found[:] = [asset]
        answer = await stage.house.playing.ask(stage.admin, asset.id, "http://here", hints=Hints())
        return not isinstance(answer, Waiting)

    await until(is_watched, seconds=PATIENCE, what="an arriving asset that can be watched")
    return found[0]


async def gone(stage: Stage, asset: Asset, upload: Upload) -> None:
    """Wait until nothing of an asset is left."""

    async def is_gone() -> bool:
        async with stage.house.database.reading() as connection:
            content = await library_records.find_content(connection, asset.content_id)
        made = stage.files(f"segments/{asset.content_id}")
        return content is None and await stage.find(upload) is None and not made

    await until(is_gone, seconds=PATIENCE, what="an asset that was taken away")


async def state_of(stage: Stage, upload: Upload) -> UploadState:
    """Return the state of an upload."""
    async with stage.house.database.reading() as connection:
        return (await upload_records.get_upload(connection, upload.id)).state


@pytest.mark.covers("M-UP-01", "W-01")
async def test_a_film_is_watched_before_it_is_read(
    stage: Stage, gate: Gate, media_files: MediaFiles
) -> None:
    """All of it, copied; members alone see it, and it is an asset like others once it was read."""
    content = media_files.get("long.mp4").read_bytes()
    upload = await put(stage, "film.mp4", content)

    asset = await arrived(stage, upload)
    answer, signed = await ask(stage, asset)
    seen = await whole(stage, signed, answer.selected_quality)

    assert (State.ARRIVING, UploadState.COMPLETED) == (asset.state, await state_of(stage, upload))
    assert ("copy", 14) == (answer.path, round(answer.duration or 0))
    assert decode(content) == decode(seen)
    assert [] == [each for each in await stage.events(asset.id) if each.type.startswith("asset.")]
    with pytest.raises(AssetArriving):
        await stage.house.downloading.ask(stage.admin, asset.id, "")
    guest = Actor(ActorKind.SHARE, "shr_1", project_ids=frozenset({asset.project_id}))
    with pytest.raises(AssetNotFound):
        await stage.house.playing.ask(guest, asset.id, "http://here", hints=Hints())
    with pytest.raises(AssetArriving):
        await stage.house.editing.delete(stage.admin.id, asset.id, project_ids=None)

    gate.opened.set()
    filed = await stage.settled(upload)

    assert (State.READY, asset.content_id) == (filed.state, filed.content_id)
    async with stage.house.database.reading() as connection:
        read = await library_records.find_content(connection, filed.content_id)
    assert read is not None
    assert (hashlib.sha256(content).digest(), False) == (read.digest, read.is_unread)
    told = [event.type for event in await stage.events(asset.id)]
    assert 1 == told.count(EventType.ASSET_CREATED)


async def test_bytes_that_are_here_already_are_watched_and_kept_once(
    stage: Stage, gate: Gate, media_files: MediaFiles
) -> None:
    """What was made of the glimpse goes; the asset has the content that was here."""
    content = media_files.get("long.mp4").read_bytes()
    uploads = [await put(stage, f"{number}.mp4", content) for number in range(2)]
    glimpsed = [await arrived(stage, upload) for upload in uploads]
    assert glimpsed[0].content_id != glimpsed[1].content_id

    gate.opened.set()
    filed = [await stage.settled(upload) for upload in uploads]

    assert filed[0].content_id == filed[1].content_id
    async with stage.house.database.reading() as connection:
        left = await library_records.list_known_contents(
            connection, {each.content_id for each in glimpsed}
        )
    assert {filed[0].content_id} == left


async def test_what_does_not_come_in_is_taken_away(
    stage: Stage, gate: Gate, media_files: MediaFiles
) -> None:
    """Its sender let go of it; or its bytes are not those that were there, whoever watched it."""
    content = media_files.get("mpeg4.mov").read_bytes()
    cancelled, spoiled = [await put(stage, f"{number}.mov", content) for number in range(2)]
    first, second = await arrived(stage, cancelled), await arrived(stage, spoiled)
    answer, signed = await ask(stage, second)
    seen = await whole(stage, signed, answer.selected_quality)
    assert ("jit", len(decode(content))) == (answer.path, len(decode(seen)))

    await stage.house.ending.let_go(cancelled)
    await gone(stage, first, cancelled)
    gate.broken.add(spoiled.id)
    gate.opened.set()
    await gone(stage, second, spoiled)

    assert UploadState.COMPLETED is await state_of(stage, spoiled)
