"""`/assets/{id}/partners`, `/projects/{id}/partners`, and where partners call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from rushes.access.permit import Actor, ActorKind, Role
from rushes.clock import Clock
from rushes.db.engine import open_database
from rushes.http import partners as routes
from rushes.http.problem import add_problems
from rushes.partner_section import PartnerSettings
from rushes.partners.call import MAX_BYTES
from rushes.partners.copy import Partner, State
from rushes.partners.mux import Mux
from tests.support.filed import Filed
from tests.support.moments import NOON, Hands
from tests.support.partners.mux import (
    TOKEN,
    SmallMux,
    make_call,
    sign_call,
    small_mux,
)
from tests.support.partners.town import ADMIN, Town, key_text, read_token

SECRET = "a secret of webhooks"
VIEWER = Actor(ActorKind.ACCOUNT, "acc_2", Role.VIEWER, None)
CALLED = "/partners/mux/webhook"


@pytest.fixture
async def mux() -> AsyncIterator[SmallMux]:
    """Mux on loopback."""
    async with small_mux() as made:
        yield made


@pytest.fixture
async def town(
    mux: SmallMux, sqlite_url: str, clock: Clock, hands: Hands, tmp_path: Path
) -> AsyncIterator[Town]:
    """A town with Mux in reach."""
    told = {
        "token_id": TOKEN[0],
        "token_secret": TOKEN[1],
        "webhook_secret": SECRET,
        "signing_key_id": "key1",
        "signing_key": key_text(),
        "address": mux.served.url,
    }
    settings = PartnerSettings.model_validate({"mux": told, "allow_private": [mux.served.place]})
    database = open_database(sqlite_url)
    yield Town(
        database,
        clock,
        hands,
        tmp_path,
        settings,
        Partner.MUX,
        lambda known, wire: Mux(known.mux, wire),
    )
    await database.close()


@pytest.fixture
async def http(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """People before the routes: an admin, or a viewer where the header says so."""

    async def identify(request: Request) -> Actor:
        return VIEWER if "viewer" in request.headers else ADMIN

    app = FastAPI()
    app.include_router(routes.routes(town.arranging, identify, timedelta(hours=6)))
    add_problems(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here/api/v1") as client:
        yield client


@pytest.fixture
async def film(town: Town) -> Filed:
    """A film."""
    return await town.file(b"a film, for those who believe it")


@pytest.mark.covers("M-WH-16", "M-PR-11")
async def test_an_asset_is_handed_over_shown_and_taken_back(
    http: httpx.AsyncClient, town: Town, film: Filed
) -> None:
    """Asked twice it goes there once; links are signed; viewers see them and change nothing."""
    place = f"/assets/{film.asset_id}/partners"
    before = (await http.get(place)).json()
    asked = await http.post(f"{place}/mux")
    again = await http.post(f"{place}/mux")
    async with town.working() as hosting:
        await town.reach(film, State.READY, hosting)
    [shown] = (await http.get(place, headers={"viewer": "1"})).json()["items"]
    refused = await http.post(f"{place}/mux", headers={"viewer": "1"})
    back = await http.delete(f"{place}/mux")

    assert {"items": [], "available": ["mux"]} == before
    assert (202, "waiting", {}) == (asked.status_code, asked.json()["state"], asked.json()["links"])
    assert asked.json() == again.json()
    assert ("ready", "as1", None) == (shown["state"], shown["remote_id"], shown["error"])
    assert "play1" == read_token(shown["links"]["hls"].partition("token=")[2])["sub"]
    assert (403, 202, "withdrawing") == (
        refused.status_code,
        back.status_code,
        back.json()["state"],
    )


async def test_what_is_not_there_is_said_as_such(http: httpx.AsyncClient, film: Filed) -> None:
    """A partner that is off is unknown; what was never handed over cannot be taken back."""
    place = f"/assets/{film.asset_id}/partners"
    answers = [
        await http.post(f"{place}/stream"),
        await http.post("/assets/ast_unknown/partners/mux"),
        await http.delete(f"{place}/mux"),
        await http.put(f"/projects/{film.project_id}/partners/vimeo"),
    ]

    assert [
        (404, "partner.unknown"),
        (404, "asset.not_found"),
        (404, "partner.no_copy"),
        (404, "partner.unknown"),
    ] == [(each.status_code, each.json()["code"]) for each in answers]


async def test_a_project_names_its_partners(http: httpx.AsyncClient, film: Filed) -> None:
    """Once each; only admins say so."""
    place = f"/projects/{film.project_id}/partners"
    refused = await http.put(f"{place}/mux", headers={"viewer": "1"})
    answers = [
        await http.put(f"{place}/mux"),
        await http.put(f"{place}/mux"),
        await http.get(place, headers={"viewer": "1"}),
        await http.delete(f"{place}/mux"),
        await http.delete(f"{place}/mux"),
    ]

    assert 403 == refused.status_code
    assert [["mux"], ["mux"], ["mux"], [], []] == [each.json()["partners"] for each in answers]


@pytest.mark.covers("M-WH-07", "M-WH-08", "BG-74")
async def test_only_the_partner_is_heard(http: httpx.AsyncClient) -> None:
    """202 for what it signs, of any type; 401, 404, 400, 413 for all else."""
    seconds = int(NOON.timestamp())
    body = make_call({"id": "as1"}, "video.asset.of_tomorrow")
    known = sign_call(SECRET, body, seconds)
    long = b"x" * (MAX_BYTES + 1)
    answers = [
        await http.post(CALLED, content=body, headers=known),
        await http.post(CALLED, content=body, headers=known),
        await http.post(CALLED, content=body, headers=sign_call("another", body, seconds)),
        await http.post(CALLED, content=body, headers=sign_call(SECRET, body, seconds - 301)),
        await http.post(CALLED, content=body),
        await http.post("/partners/stream/webhook", content=body, headers=known),
        await http.post(CALLED, content=b"{", headers=sign_call(SECRET, b"{", seconds)),
        await http.post(CALLED, content=long, headers=sign_call(SECRET, long, seconds)),
    ]

    assert [202, 202, 401, 401, 401, 404, 400, 413] == [each.status_code for each in answers]
