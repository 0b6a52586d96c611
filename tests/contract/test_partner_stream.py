"""Cloudflare Stream: films go there by tus, whole, once, and whatever is in the way."""

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
from rushes.partners.call import CallRefused
from rushes.partners.copy import Partner, State
from rushes.partners.links import links_of
from rushes.partners.stream import Stream
from rushes.partners.wire import Wire
from tests.support.moments import NOON, Hands
from tests.support.partners.serving import Asked, Trouble
from tests.support.partners.stream import (
    ACCOUNT,
    TOKEN,
    UNIT,
    SmallStream,
    make_call,
    sign_call,
    small_stream,
)
from tests.support.partners.town import ADMIN, Town, key_text, read_token

SECRET = "a secret of calls"
FILM = bytes(range(256)) * 2_048 + b"end"
"""Two pieces of 256 KiB, and a short one."""


@pytest.fixture
async def stream() -> AsyncIterator[SmallStream]:
    """Cloudflare Stream on loopback."""
    async with small_stream() as made:
        yield made


def make_host(settings: PartnerSettings, wire: Wire) -> Stream:
    return Stream(settings.stream, wire, piece_bytes=UNIT)


@pytest.fixture
async def town(
    stream: SmallStream, sqlite_url: str, clock: Clock, hands: Hands, tmp_path: Path
) -> AsyncIterator[Town]:
    """A town with Stream in reach."""
    told = {
        "account_id": ACCOUNT,
        "token": TOKEN,
        "webhook_secret": SECRET,
        "signing_key_id": "key1",
        "signing_key": key_text(),
        "address": stream.served.url,
    }
    settings = PartnerSettings.model_validate(
        {"stream": told, "allow_private": (stream.served.place,)}
    )
    database = open_database(sqlite_url)
    yield Town(database, clock, hands, tmp_path, settings, Partner.STREAM, make_host)
    await database.close()


@pytest.mark.covers("M-UP-27", "M-WH-11", "BG-66")
async def test_a_film_goes_there_is_watched_by_signed_addresses_and_is_taken_back(
    town: Town, stream: SmallStream
) -> None:
    """With our mark, our longest duration, and a token in the place of its id."""
    filed = await town.file(FILM)
    asked = await town.hand_over(filed)
    async with town.working() as hosting:
        ready = await town.reach(filed, State.READY, hosting)
        [film] = stream.films.values()
        links = links_of(town.settings, ready, NOON, timedelta(hours=6))
        await town.arranging.withdraw(ADMIN, filed.asset_id, "stream")
        await town.reach(filed, State.REMOVED, hosting)

    assert FILM == bytes(film.received)
    assert (asked.id, "10800", "") == (
        film.creator,
        film.words["maxDurationSeconds"],
        film.words["requiresignedurls"],
    )
    assert {"hls", "dash", "thumbnail", "preview"} == set(links)
    told = read_token(links["hls"].split("/")[3])
    assert (film.uid, "key1") == (told["sub"], told["kid"])
    assert (NOON + timedelta(hours=6)).timestamp() == told["exp"]
    assert film.uid not in links["hls"]
    assert {} == stream.films


async def test_what_a_killed_worker_had_sent_is_not_sent_again(
    town: Town, stream: SmallStream
) -> None:
    """The next one asks for the offset, and goes on there."""
    filed = await town.file(FILM)
    await town.hand_over(filed)
    stopped = asyncio.Event()

    async def stop_at_the_second(asked: Asked) -> None:
        if asked.method == "PATCH" and asked.headers["upload-offset"] == str(UNIT):
            stopped.set()
            await asyncio.Event().wait()

    stream.served.before = stop_at_the_second
    async with town.working() as hosting:
        hosting.wake()
        async with asyncio.timeout(60):
            await stopped.wait()
    stream.served.before = None
    async with town.working() as hosting:
        await town.reach(filed, State.READY, hosting)

    [film] = stream.films.values()
    assert FILM == bytes(film.received)
    assert [0, UNIT] == town.read


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(f"POST /accounts/{ACCOUNT}", 503),
        Trouble(f"POST /accounts/{ACCOUNT}", 429, headers={"retry-after": "7"}),
        Trouble("HEAD /tus/", 500),
        Trouble("PATCH /tus/", None, times=2),
        Trouble("PATCH /tus/", 409),
        Trouble("PATCH /tus/", 404),
        Trouble(f"GET /accounts/{ACCOUNT}", 502),
    ],
    ids=lambda trouble: f"{trouble.starts.split('/')[0]}{trouble.status}",
)
async def test_what_passes_by_itself_is_waited_out(
    town: Town, stream: SmallStream, trouble: Trouble
) -> None:
    """The film is there in the end, and whole."""
    stream.served.troubles = [replace(trouble)]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        ready = await town.reach(filed, State.READY, hosting)

    assert FILM == bytes(stream.films[ready.remote_id or ""].received)
    assert None is ready.error_code


async def test_a_right_that_is_missing_fails_at_once(town: Town, stream: SmallStream) -> None:
    """403 is said as what it is, with the words of Cloudflare."""
    told = {"success": False, "errors": [{"code": 10_000, "message": "Authentication error"}]}
    stream.served.troubles = [Trouble(f"POST /accounts/{ACCOUNT}", 403, body=told)]
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        failed = await town.reach(filed, State.FAILED, hosting)

    assert "partner.refused" == failed.error_code
    assert "Authentication error" in (failed.error_detail or "")


async def test_what_stream_cannot_read_is_failed_in_its_words(
    town: Town, stream: SmallStream
) -> None:
    """And the asset here is what it was."""
    stream.makes = "error"
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        failed = await town.reach(filed, State.FAILED, hosting)

    assert "partner.failed" == failed.error_code
    assert "not recognized as a valid video" in (failed.error_detail or "")


@pytest.mark.covers("M-WH-11", "BG-74")
async def test_a_call_makes_us_look_once(town: Town, stream: SmallStream) -> None:
    """The same call again has no effect; a forged one is refused."""
    stream.makes = "inprogress"
    filed = await town.file(FILM)
    await town.hand_over(filed)
    async with town.working() as hosting:
        await town.rest(filed, hosting)
        [film] = stream.films.values()
        body = make_call(stream.describe(film) | {"readyToStream": True})
        headers = sign_call(SECRET, body, int(NOON.timestamp()))
        await town.arranging.receive("stream", headers, body)
        called = await town.rest(filed, hosting, tries=2)
        await town.arranging.receive("stream", headers, body)
        doubled = await town.find(filed)
    with pytest.raises(CallRefused):
        await town.arranging.receive("stream", headers, body + b" ")

    assert (State.PROCESSING, 2) == (called.state, called.looks)
    assert called == doubled
