"""Mux: films go there whole, once, and whatever is in the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from rushes.clock import Clock
from rushes.db.engine import Connection, Database, open_database
from rushes.db.tables import assets
from rushes.events.event import Event, EventType
from rushes.partner_section import MuxSettings, PartnerSettings
from rushes.partners import records
from rushes.partners.call import CallRefused
from rushes.partners.copy import (
    WAITS,
    Partner,
    PartnerUnknown,
    PartnerUnsuited,
    State,
)
from rushes.partners.links import links_of
from rushes.partners.mux import Mux
from rushes.partners.wire import Wire
from tests.support.filed import Filed
from tests.support.moments import NOON, Hands, until
from tests.support.partners.mux import TOKEN, UNIT, SmallMux, make_call, sign_call, small_mux
from tests.support.partners.serving import Asked, Trouble
from tests.support.partners.town import ADMIN, Town, key_text, read_token

SECRET = "a secret of webhooks"
FILM = bytes(range(256)) * 2_048 + b"end"
"""Two pieces of 256 KiB, and a short one."""


@pytest.fixture
async def mux() -> AsyncIterator[SmallMux]:
    """Mux on loopback."""
    async with small_mux() as made:
        yield made


def settings_of(mux: SmallMux, secret: str = TOKEN[1]) -> PartnerSettings:
    told = MuxSettings.model_validate(
        {
            "token_id": TOKEN[0],
            "token_secret": secret,
            "webhook_secret": SECRET,
            "signing_key_id": "key1",
            "signing_key": key_text(),
            "address": mux.served.url,
        }
    )
    return PartnerSettings(mux=told, allow_private=(mux.served.place,))


def make_host(settings: PartnerSettings, wire: Wire) -> Mux:
    return Mux(settings.mux, wire, piece_bytes=UNIT)


@pytest.fixture
async def town(
    mux: SmallMux, sqlite_url: str, clock: Clock, hands: Hands, tmp_path: Path
) -> AsyncIterator[Town]:
    """A town with Mux in reach."""
    database = open_database(sqlite_url)
    yield Town(database, clock, hands, tmp_path, settings_of(mux), Partner.MUX, make_host)
    await database.close()


@pytest.fixture
def any_town(mux: SmallMux, database: Database, clock: Clock, hands: Hands, tmp_path: Path) -> Town:
    """The same over each database."""
    return Town(database, clock, hands, tmp_path, settings_of(mux), Partner.MUX, make_host)


@pytest.mark.covers("M-PR-11", "M-WH-16", "BG-83")
async def test_a_film_goes_there_is_watched_by_signed_addresses_and_is_taken_back(
    town: Town, mux: SmallMux
) -> None:
    """Whole, with our mark on it; the tokens are those that Mux asks for; then nothing is left."""
    filed = await town.file(FILM)
    asked = await town.hand_over(filed)
    async with town.working() as hosting:
        ready = await town.reach(filed, State.READY, hosting)
        links = links_of(town.settings, ready, NOON, timedelta(hours=6))
        again = await town.hand_over(filed)
        await town.arranging.withdraw(ADMIN, filed.asset_id, "mux")
        removed = await town.reach(filed, State.REMOVED, hosting)

    upload = mux.uploads["up1"]
    assert FILM == bytes(upload.received)
    assert asked.id == upload.asked["new_asset_settings"]["passthrough"]
    assert ["signed"] == upload.asked["new_asset_settings"]["playback_policies"]
    assert (State.READY, "as1", None) == (again.state, ready.remote_id, ready.due_at)
    assert ({}, None, {}) == (mux.assets, removed.remote_id, removed.facts)
    assert {"hls": "v", "thumbnail": "t", "storyboard": "s"} == {
        name: read_token(token_of(url))["aud"] for name, url in links.items()
    }
    told = read_token(token_of(links["hls"]))
    assert ("play1", "key1") == (told["sub"], told["kid"])
    assert (NOON + timedelta(hours=6)).timestamp() == told["exp"]
    assert links["hls"].startswith("https://stream.mux.com/play1.m3u8?token=")


def token_of(url: str) -> str:
    """Return the token of an address."""
    return urlsplit(url).query.removeprefix("token=")


async def test_what_a_killed_worker_had_sent_is_not_sent_again(
    any_town: Town, mux: SmallMux
) -> None:
    """The next one asks how much is there, and reads the original from that byte on."""
    town = any_town
    filed = await town.file(FILM)
    await town.hand_over(filed)
    stopped = asyncio.Event()

    async def stop_at_the_second(asked: Asked) -> None:
        if "bytes 262144-524287/" in asked.headers.get("content-range", ""):
            stopped.set()
            await asyncio.Event().wait()

    mux.served.before = stop_at_the_second
    async with town.working() as hosting:
        hosting.wake()
        async with asyncio.timeout(60):
            await stopped.wait()
    mux.served.before = None
    left = await town.find(filed)
    town.hands.advance(timedelta(minutes=2))  # the claim of the dead one is over
    async with town.working() as hosting:
        await town.reach(filed, State.READY, hosting)

    assert (State.SENDING, UNIT) == (left.state, left.sent_bytes)
    assert FILM == bytes(mux.uploads["up1"].received)
    assert [0, UNIT] == town.read
    assert 1 == len(mux.uploads)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("POST /video/v1/uploads", 503),
        Trouble("POST /video/v1/uploads", None),
        Trouble("PUT /gcs/", 500, times=2),
        Trouble("PUT /gcs/", None, times=2),
        Trouble("GET /video/v1/uploads", 502),
        Trouble("GET /video/v1/assets", 408),
        Trouble("POST /video/v1/uploads", 429, headers={"retry-after": "7"}),
        Trouble("PUT /gcs/", 404),
    ],
    ids=lambda trouble: f"{trouble.starts} {trouble.status}",
)
async def test_what_passes_by_itself_is_waited_out(
    town: Town, mux: SmallMux, trouble: Trouble
) -> None:
    """The film is there in the end, once, and whole."""
    mux.served.troubles = [replace(trouble)]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        ready = await town.reach(filed, State.READY, hosting)

    assert FILM == bytes(mux.uploads[list(mux.uploads)[-1]].received)
    assert 1 == len(mux.assets)
    assert (None, None, 0) == (ready.error_code, ready.error_detail, ready.misses)


async def test_mux_says_when_to_come_again(town: Town, mux: SmallMux) -> None:
    """429 with `Retry-After` is no miss; the next try is then, and not before."""
    mux.served.troubles = [Trouble("POST /video/v1/uploads", 429, headers={"retry-after": "900"})]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        await _until_due(town, filed, NOON + timedelta(seconds=900))
        waits = await town.find(filed)
        town.hands.advance(timedelta(seconds=900))
        hosting.wake()
        await town.reach(filed, State.READY, hosting)

    assert (State.WAITING, 0) == (waits.state, waits.misses)


async def _until_due(town: Town, filed: Filed, moment: object) -> None:
    async def is_due() -> bool:
        return (await town.find(filed)).due_at == moment

    await until(is_due, seconds=60)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "refused"), (403, "refused"), (400, "unexpected")]
)
async def test_what_a_person_has_to_mend_fails_at_once(
    town: Town, mux: SmallMux, status: int, code: str
) -> None:
    """A wrong key is said as such, and handing it over again goes on."""
    told = {"error": {"type": "x", "messages": ["Unauthorized request"]}}
    mux.served.troubles = [Trouble("POST /video/v1/uploads", status, body=told)]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        failed = await town.reach(filed, State.FAILED, hosting)
        await town.hand_over(filed)
        ready = await town.reach(filed, State.READY, hosting)

    assert f"partner.{code}" == failed.error_code
    assert "Unauthorized request" in (failed.error_detail or "")
    assert None is ready.error_code


async def test_a_wrong_secret_is_refused_and_never_repeated(town: Town, mux: SmallMux) -> None:
    """The row says what happened, and holds no secret."""
    town.settings = settings_of(mux, "a wrong secret")
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        failed = await town.reach(filed, State.FAILED, hosting)

    assert "partner.refused" == failed.error_code
    assert "a wrong secret" not in (failed.error_detail or "")


async def test_trouble_that_lasts_is_given_up(town: Town, mux: SmallMux) -> None:
    """After the last wait: with what was in the way."""
    mux.served.troubles = [Trouble("POST /video/v1/uploads", 503, times=99)]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        failed = await town.reach(filed, State.FAILED, hosting)

    assert "partner.away" == failed.error_code
    assert len(WAITS) + 1 == mux.served.count("POST /video/v1/uploads")
    assert NOON + timedelta(hours=28) < town.hands.now


async def test_a_place_that_lost_bytes_gets_them_again(town: Town, mux: SmallMux) -> None:
    """What a 308 says of its range is believed, not what was sent."""
    mux.forgets = 1_000
    filed = await town.file(FILM[: 2 * UNIT])
    await town.hand_over(filed)
    async with town.working() as hosting:
        await town.reach(filed, State.READY, hosting)

    assert FILM[: 2 * UNIT] == bytes(mux.uploads["up1"].received)
    assert [0, UNIT - 1_000] == town.read


async def test_what_mux_cannot_read_is_failed_in_its_words(town: Town, mux: SmallMux) -> None:
    """And the asset here is what it was."""
    mux.makes = "errored"
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        failed = await town.reach(filed, State.FAILED, hosting)

    assert "partner.failed" == failed.error_code
    assert "The file is not a video." in (failed.error_detail or "")


@pytest.mark.covers("M-WH-07", "M-WH-08", "BG-74", "BG-80")
async def test_a_call_makes_us_look_and_is_never_believed(any_town: Town, mux: SmallMux) -> None:
    """Signed and fresh: looked at at once. Doubled: one effect. What it says counts for nothing."""
    town = any_town
    mux.makes = "preparing"
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        early = await town.rest(filed, hosting)
        body = make_call(mux.assets["as1"] | {"status": "ready"})
        await call(town, body)
        called = await town.rest(filed, hosting, tries=2)
        await call(town, body)
        doubled = await town.find(filed)
        mux.makes = "ready"
        await call(town, make_call(mux.assets["as1"], number="2"))
        await _until_state(town, filed, State.READY)

    assert (State.PROCESSING, 1) == (early.state, early.looks)
    assert (State.PROCESSING, 2) == (called.state, called.looks)
    assert called == doubled
    assert NOON == town.hands.now


async def _until_state(town: Town, filed: Filed, state: State) -> None:
    async def is_there() -> bool:
        return (await town.find(filed)).state is state

    await until(is_there, seconds=60)


async def call(town: Town, body: bytes, *, late: int = 0, secret: str = SECRET) -> None:
    headers = sign_call(secret, body, int(NOON.timestamp()) - late)
    await town.arranging.receive("mux", headers, body)


async def test_a_forged_or_stale_call_has_no_effect(town: Town) -> None:
    """Refused, whoever sends it; where no secret was told there is no such address."""
    body = make_call({"id": "as1"})

    with pytest.raises(CallRefused):
        await call(town, body, secret="another")
    with pytest.raises(CallRefused):
        await call(town, body, late=301)
    with pytest.raises(CallRefused):
        await town.arranging.receive("mux", {}, body)
    with pytest.raises(PartnerUnknown):
        await town.arranging.receive("vimeo", {}, body)
    silent = town.settings.mux.model_copy(update={"webhook_secret": None})
    town.settings = town.settings.model_copy(update={"mux": silent})
    with pytest.raises(PartnerUnknown):
        await call(town, body)


async def test_a_project_sends_what_becomes_ready_and_takes_back_what_is_deleted(
    any_town: Town, mux: SmallMux
) -> None:
    """Once each, whatever is told twice; a picture does not go to Mux."""
    town = any_town
    film = await town.file(FILM)
    picture = await town.file(b"x", project_id=film.project_id, kind="image")
    await town.arranging.follow(ADMIN, film.project_id, "mux", wanted=True)
    async with town.working() as hosting:
        for each in (film, film, picture):
            await _tell(town, EventType.ASSET_READY, each)
        await town.reach(film, State.READY, hosting)
        await _tell(town, EventType.ASSET_DELETED, film)
        await _tell(town, EventType.ASSET_DELETED, film)
        await town.reach(film, State.REMOVED, hosting)
    after = await town.arranging.follow(ADMIN, film.project_id, "mux", wanted=False)

    assert (1, {}, []) == (len(mux.uploads), mux.assets, after)
    with pytest.raises(PartnerUnsuited):
        await town.hand_over(picture)


async def test_what_was_ready_before_its_scan_goes_after_it(town: Town) -> None:
    """Not before it is ready, nor while the scan goes on."""
    film = await town.file(FILM)
    await town.arranging.follow(ADMIN, film.project_id, "mux", wanted=True)
    mine = assets.c.id == film.asset_id
    known = []
    for values in (
        {"state": "ready", "scan": "pending"},
        {"state": "playable", "scan": "clean"},
        {"state": "ready", "scan": "clean"},
    ):
        async with town.database.transaction() as connection:
            await connection.execute(update(assets).where(mine).values(**values))
        await _tell(town, EventType.SCAN_FINISHED, film)
        async with town.database.reading() as connection:
            known.append(len(await records.list_of_asset(connection, film.asset_id)))

    assert [0, 0, 1] == known


async def _tell(town: Town, what: EventType, filed: Filed) -> None:
    subject = filed.upload_id if what is EventType.SCAN_FINISHED else filed.asset_id
    event = Event("evt_1", what, NOON, "system", subject, filed.project_id, filed.asset_id)

    async def spread(connection: Connection) -> None:
        await town.arranging.spread(connection, event)

    async with town.database.transaction() as connection:
        await spread(connection)


@pytest.mark.parametrize("told", [{"data": []}, {"data": {"id": "up1", "url": "http://10.0.0.1/"}}])
async def test_an_answer_of_another_shape_leads_nowhere(
    town: Town, mux: SmallMux, told: dict[str, object]
) -> None:
    """Nor does an address inside our own network."""
    mux.served.troubles = [Trouble("POST /video/v1/uploads", 201, body=told)]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        failed = await town.reach(filed, State.FAILED, hosting)

    assert "partner.unexpected" == failed.error_code


async def test_what_breaks_us_is_told_once(town: Town, mux: SmallMux) -> None:
    """A list where Mux documents none is no reason to ask for ever."""
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        mux.makes = "preparing"
        await town.rest(filed, hosting)
        mux.assets["as1"]["playback_ids"] = 5
        failed = await town.reach(filed, State.FAILED, hosting)

    assert "partner.unexpected" == failed.error_code


async def test_an_upload_that_was_not_finished_is_ended(town: Town, mux: SmallMux) -> None:
    """Whoever takes an asset back while it is being sent stops that."""
    mux.served.troubles = [Trouble("PUT /gcs/", 503, times=99)]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        await town.rest(filed, hosting)
        await town.arranging.withdraw(ADMIN, filed.asset_id, "mux")
        await town.reach(filed, State.REMOVED, hosting)

    assert "cancelled" == mux.uploads["up1"].status
