"""Frame.io: files go into the folder of their project, whole, and are shared where it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rushes.clock import Clock
from rushes.db.engine import open_database
from rushes.partner_section import PartnerSettings
from rushes.partners.copy import Partner, State
from rushes.partners.frameio import Frameio
from rushes.partners.links import links_of
from rushes.partners.wire import Wire
from tests.support.moments import NOON, Hands
from tests.support.partners.frameio import (
    ACCOUNT,
    CLIENT,
    PART,
    ROOT,
    SmallFrameio,
    make_call,
    sign_call,
    small_frameio,
)
from tests.support.partners.serving import Asked, Trouble
from tests.support.partners.town import ADMIN, Town

SECRET = "a secret of calls"
FILM = bytes(range(256)) * 2_048 + b"end"
"""Three parts of Frame.io."""


@pytest.fixture
async def frameio() -> AsyncIterator[SmallFrameio]:
    """Frame.io and Adobe on loopback."""
    async with small_frameio() as made:
        yield made


def make_host(settings: PartnerSettings, wire: Wire) -> Frameio:
    return Frameio(settings.frameio, wire)


@pytest.fixture
async def town(
    frameio: SmallFrameio, sqlite_url: str, clock: Clock, hands: Hands, tmp_path: Path
) -> AsyncIterator[Town]:
    """A town with Frame.io in reach."""
    told = {
        "account_id": ACCOUNT,
        "folder_id": ROOT,
        "client_id": CLIENT[0],
        "client_secret": CLIENT[1],
        "webhook_secret": SECRET,
        "share": True,
        "address": frameio.served.url,
        "login_address": frameio.served.url,
    }
    settings = PartnerSettings.model_validate(
        {"frameio": told, "allow_private": (frameio.served.place,)}
    )
    database = open_database(sqlite_url)
    yield Town(database, clock, hands, tmp_path, settings, Partner.FRAMEIO, make_host)
    await database.close()


@pytest.mark.covers("M-LK-07", "M-UP-22", "M-UP-23", "M-WH-16", "BG-83")
async def test_a_file_goes_into_the_folder_of_its_project_and_is_shared(
    town: Town, frameio: SmallFrameio
) -> None:
    """One folder for a project, whoever made it; pages to look at; nothing left when taken back."""
    frameio.folders = {"folder1": "Another", "folder2": "Acme - Spring"}
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        ready = await town.reach(filed, State.READY, hosting)
        [file] = frameio.files.values()
        await town.arranging.withdraw(ADMIN, filed.asset_id, "frameio")
        await town.reach(filed, State.REMOVED, hosting)

    assert (FILM, "clip.mov", "folder2") == (file.content, file.name, file.folder_id)
    assert ["efficient", "high_quality"] == ready.facts["proxies"]
    assert {
        "view": "https://next.frame.io/project/project1/view/file1",
        "share": "https://f.io/1",
    } == links_of(town.settings, ready, NOON, timedelta(hours=6))
    assert [(["file1"], False)] == [
        (share["asset_ids"], share["downloading_enabled"]) for share in frameio.shares
    ]
    assert (2, 1, {}) == (len(frameio.folders), len(frameio.tokens), frameio.files)


async def test_a_folder_is_made_where_there_is_none(town: Town, frameio: SmallFrameio) -> None:
    """Once for all files of a project."""
    first = await town.file(FILM)
    second = await town.file(b"another", project_id=first.project_id)
    async with town.working() as hosting:
        for each in (first, second):
            await town.hand_over(each)
            await town.reach(each, State.READY, hosting)

    assert ["Acme - Spring"] == list(frameio.folders.values())


async def test_parts_that_are_there_are_not_sent_again(town: Town, frameio: SmallFrameio) -> None:
    """A killed worker's successor begins with the part that was cut off."""
    filed = await town.file(FILM)
    await town.hand_over(filed)
    stopped = asyncio.Event()

    async def stop_at_the_second(asked: Asked) -> None:
        if asked.path.startswith("/s3/file1/1"):
            stopped.set()
            await asyncio.Event().wait()

    frameio.served.before = stop_at_the_second
    async with town.working() as hosting:
        hosting.wake()
        async with asyncio.timeout(60):
            await stopped.wait()
    frameio.served.before = None
    async with town.working() as hosting:
        await town.reach(filed, State.READY, hosting)

    assert FILM == frameio.files["file1"].content
    assert [0, PART] == town.read
    assert 1 == frameio.served.count("PUT /s3/file1/0")


async def test_a_miss_between_two_parts_sends_none_of_them_twice(
    town: Town, frameio: SmallFrameio
) -> None:
    """Nobody can ask Frame.io which parts it has: the row knows, also after a try that failed."""
    filed = await town.file(FILM)
    await town.hand_over(filed)
    frameio.served.troubles = [Trouble("PUT /s3/file1/1", 500)]
    async with town.working() as hosting:
        await town.reach(filed, State.READY, hosting)

    assert FILM == frameio.files["file1"].content
    assert [0, PART] == town.read


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("POST /ims/", 429, headers={"retry-after": "7"}),
        Trouble("GET /v4/", 401),
        Trouble("POST /v4/", 500),
        Trouble("PUT /s3/", None, times=2),
        Trouble("PUT /s3/", 403),
        Trouble("GET /v4/", 429),
    ],
    ids=lambda trouble: f"{trouble.starts.split('/')[0]}{trouble.status}",
)
async def test_what_passes_by_itself_is_waited_out(
    town: Town, frameio: SmallFrameio, trouble: Trouble
) -> None:
    """An hour's token that ended, addresses that expired, and what everybody has."""
    frameio.served.troubles = [replace(trouble)]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        ready = await town.reach(filed, State.READY, hosting)

    assert FILM == frameio.files[ready.remote_id or ""].content
    assert None is ready.error_code


async def test_credentials_that_adobe_does_not_know_fail_at_once(
    town: Town, frameio: SmallFrameio
) -> None:
    """And stand in no sentence."""
    told = town.settings.frameio.model_copy(update={"client_id": "another"})
    town.settings = town.settings.model_copy(update={"frameio": told})
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        failed = await town.reach(filed, State.FAILED, hosting)

    assert "partner.refused" == failed.error_code
    assert CLIENT[1] not in (failed.error_detail or "")
    assert 1 == frameio.served.count("POST /ims/")


@pytest.mark.covers("M-WH-07", "M-WH-08", "BG-74", "BG-82")
async def test_a_call_makes_us_look_and_others_are_let_pass(
    town: Town, frameio: SmallFrameio
) -> None:
    """What is about no file of ours is acknowledged, and does nothing."""
    frameio.makes = "uploaded"
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        early = await town.rest(filed, hosting)
        for body in (make_call("file9"), make_call("file1", "file.ready")):
            headers = sign_call(SECRET, body, int(NOON.timestamp()))
            await town.arranging.receive("frameio", headers, body)
        called = await town.rest(filed, hosting, tries=2)

    assert (State.PROCESSING, 1) == (early.state, early.looks)
    assert (State.PROCESSING, 2) == (called.state, called.looks)
