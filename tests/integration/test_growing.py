"""Files are looked at while they come: what they are, and whether they may come in at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.access.limits import TypeRefused
from rushes.access.linking import LinkWish
from rushes.events.event import EventType
from rushes.intake import records as intake_records
from rushes.intake.records import Seen
from rushes.library import records as library_records
from rushes.library.asset import State as AssetState
from rushes.media.facts import MediaKind
from rushes.uploads import records
from rushes.uploads.admission import Wanted
from rushes.uploads.growing import Growing
from rushes.uploads.upload import TYPE_REFUSED, Append, Owner, Protocol, State, Upload
from tests.fixtures.media_files import MediaFiles
from tests.support.moments import until
from tests.support.stage import Stage, set_stage


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """A house whose worker runs."""
    async with set_stage(tmp_path, database_url) as made:
        yield made


TAIL = (8 + 6 * 2**20).to_bytes(4, "big") + b"free" + bytes(6 * 2**20)
"""A box that holds nothing: it makes a small film a large file."""

ENOUGH = 4 * 2**20


async def begin(stage: Stage, name: str, size_bytes: int, types: tuple[str, ...] = ("any",)) -> str:
    """Begin an upload by a link that takes these types; return its id."""
    wish = LinkWish(types=types)
    link, project, _ = await stage.house.linking.create(stage.admin, "Acme Corp", "Spring", wish)
    wanted = Wanted(
        protocol=Protocol.TUS,
        project_id=project.id,
        owner=Owner(link_id=link.id),
        file_name=name,
        media_type="",
        metadata="",
        size_bytes=size_bytes,
    )
    return (await stage.house.admission.create(wanted, link)).id


async def append(stage: Stage, upload_id: str, offset: int, content: bytes) -> Upload:
    """Send bytes at an offset."""

    async def body() -> AsyncIterator[bytes]:
        yield content

    told = Append(offset=offset, length=len(content))
    return await stage.house.receiver.append(upload_id, told, body(), lambda _: None)


async def find_seen(stage: Stage, upload_id: str) -> Seen | None:
    """Return what was seen of an upload."""
    async with stage.house.database.reading() as connection:
        return await intake_records.find_seen(connection, upload_id)


async def find_upload(stage: Stage, upload_id: str) -> Upload:
    """Return an upload as it is now."""
    async with stage.house.database.reading() as connection:
        return await records.get_upload(connection, upload_id)


async def test_a_film_tells_its_facts_while_its_end_is_missing(
    stage: Stage, media_files: MediaFiles
) -> None:
    """Those of the header are those of the whole; nothing of the early look is left behind."""
    content = media_files.get("long.mp4").read_bytes() + TAIL
    upload_id = await begin(stage, "long.mp4", len(content))

    await append(stage, upload_id, 0, content[:ENOUGH])

    async def has_facts() -> bool:
        seen = await find_seen(stage, upload_id)
        return seen is not None and seen.facts is not None

    await until(has_facts, seconds=60, what="early facts")
    seen = await find_seen(stage, upload_id)
    assert seen is not None
    assert ("mov", MediaKind.VIDEO) == (seen.sniffed.format, seen.sniffed.kind)
    await until(
        lambda: not [name for name in stage.files("spool") if ".head" in name],
        seconds=60,
        what="a spool without the early copy",
    )
    upload = await append(stage, upload_id, ENOUGH, content[ENOUGH:])
    asset = await stage.settled(upload)
    assert (AssetState.READY, None) == (asset.state, asset.error_code)
    async with stage.house.database.reading() as connection:
        whole = await library_records.find_content(connection, asset.content_id)
    assert whole is not None
    assert whole.facts is not None
    assert whole.facts["media"] == seen.facts
    assert EventType.UPLOAD_READABLE not in [
        event.type for event in await stage.events(upload.asset_id)
    ]


async def test_bytes_of_another_type_are_refused_while_they_come(stage: Stage) -> None:
    """An archive that calls itself a film: the next append hears it, nothing is left."""
    content = b"PK\x03\x04" + bytes(200_000)
    upload_id = await begin(stage, "film.mp4", 10_000_000, ("web-video",))

    await append(stage, upload_id, 0, content)

    async def is_ended() -> bool:
        return not (await find_upload(stage, upload_id)).is_open

    await until(is_ended, seconds=60, what="the refusal")
    with pytest.raises(TypeRefused, match="not taken here"):
        await append(stage, upload_id, len(content), bytes(100))
    refused = await find_upload(stage, upload_id)
    assert (State.CANCELLED, TYPE_REFUSED) == (refused.state, refused.reason)
    assert await find_seen(stage, upload_id) is None


async def test_a_whole_file_of_another_type_is_set_aside(stage: Stage) -> None:
    """A small one is complete before anybody looks; it never becomes an asset."""
    content = b"PK\x03\x04" + bytes(2_000)
    upload_id = await begin(stage, "film.mp4", len(content), ("web-video",))

    upload = await append(stage, upload_id, 0, content)

    async def is_judged() -> bool:
        return (await find_upload(stage, upload_id)).state is not State.COMPLETED

    await until(is_judged, seconds=60, what="the verdict")
    aside = await find_upload(stage, upload_id)
    assert (State.QUARANTINED, TYPE_REFUSED) == (aside.state, aside.reason)
    told = [event.type for event in await stage.events(upload.asset_id)]
    assert EventType.UPLOAD_QUARANTINED in told
    assert EventType.ASSET_CREATED not in told


async def test_who_lets_go_leaves_nothing_that_was_seen(
    stage: Stage, media_files: MediaFiles
) -> None:
    """Cancelled while its header is waited for: facts, copies and bytes go."""
    content = media_files.get("long.mp4").read_bytes()
    upload_id = await begin(stage, "long.mp4", 50_000_000)
    await append(stage, upload_id, 0, content[:100_000])

    async def is_seen() -> bool:
        return await find_seen(stage, upload_id) is not None

    await until(is_seen, seconds=60, what="the early look")
    await stage.house.receiver.let_go(upload_id, lambda _: None)

    assert await find_seen(stage, upload_id) is None
    await until(lambda: not stage.files("spool"), seconds=60, what="an empty spool")


async def test_readers_wait_for_committed_bytes(stage: Stage) -> None:
    """A reader wakes as more is committed, reads just that, and hears that no more comes."""
    growing = Growing(stage.house.database, stage.house.intake.spool)
    content = bytes(range(256)) * 4_000
    upload_id = await begin(stage, "notes.bin", len(content) + 10)
    waiting = asyncio.create_task(growing.wait(upload_id, 0, 60))

    await append(stage, upload_id, 0, content)

    prefix = await waiting
    assert len(content) == prefix.length
    assert content[70_000:90_000] == await growing.read_all(prefix, 70_000, 90_000)
    with pytest.raises(EOFError):
        await growing.read_all(prefix, 0, len(content) + 1)
    first = await growing.path(prefix, 1_000)
    assert content[:1_000] == first.read_bytes()
    path = await growing.path(prefix)
    assert (first, content) == (path, path.read_bytes())
    later = asyncio.create_task(growing.wait(upload_id, prefix.length, 60))
    await stage.house.receiver.let_go(upload_id, lambda _: None)
    assert (await later).is_over
    await until(lambda: not path.exists(), seconds=60, what="no copy")
