"""Tiers over the routes: who may, and what an end of a pin may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI, Request

from rushes.access.permit import Actor, ActorKind, Role
from rushes.http.problem import Edge as Outermost
from rushes.http.problem import add_problems
from rushes.http.tiers import routes
from rushes.sections import RetentionSettings
from rushes.tiers.books import Books
from rushes.tiers.budget import Budget
from rushes.tiers.check import open_checking
from rushes.tiers.doubts import Doubts
from rushes.tiers.overview import Overview, Place
from rushes.tiers.placement import Tier
from rushes.tiers.prices import LISTS
from rushes.tiers.rules import PRESETS, Preset
from rushes.tiers.upkeep import open_upkeep
from rushes.tiers.vaults import Vaults
from tests.support.filed import Filed
from tests.support.handing import Handing

ADMIN = Actor(ActorKind.ACCOUNT, "acc_admin", Role.ADMIN, project_ids=None)
PLACES = {
    Tier.EDGE: Place("r2_eu", "s3", None, LISTS["r2"]),
    Tier.ARCHIVE: Place("archive", "folder", None),
}
HOUSE_WIDE = (
    ("GET", "", None),
    ("GET", "/edge/plan", None),
    ("GET", "/edge/runs", None),
    ("GET", "/edge/movements", None),
    ("GET", "/checks", None),
    ("GET", "/ledger", None),
    ("GET", "/alarms", None),
    ("GET", "/edge/warm", None),
    ("POST", "/edge/evict", {"objects": 5}),
)


@pytest.fixture
async def filed(handing: Handing) -> Filed:
    """An asset with one quality, on both tiers."""
    filed = await handing.files.asset(b"original")
    await handing.keep(await handing.files.rendition(filed, "720p", content=b"proxy"), b"proxy")
    return filed


@asynccontextmanager
async def calling(handing: Handing, actor: Actor) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the routes that calls as somebody."""

    async def identify(_request: Request) -> Actor:
        return actor

    vaults = Vaults(
        reads=handing.reads,
        doubts=Doubts(handing.database, handing.clock, handing.edge, handing.recalling),
        recalling=handing.recalling,
        evicting=handing.evicting(),
        retaining=handing.retaining(PRESETS[Preset.DEFAULT]),
        by_hand=handing.by_hand,
        overview=Overview(handing.database, handing.clock, {}),
        checking=open_checking(handing.keeper, handing.locator, 2**30),
        upkeep=open_upkeep(
            handing.recalling,
            handing.evicting(),
            PLACES,
            Budget(handing.database, handing.clock),
            RetentionSettings(),
        ),
    )
    app = FastAPI()
    add_problems(app)
    app.include_router(routes(vaults, identify))
    transport = httpx.ASGITransport(app=Outermost(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://rushes.test") as client:
        yield client


async def test_a_token_of_certain_projects_has_no_say_over_whole_tiers(
    handing: Handing, filed: Filed
) -> None:
    """Not over what all projects have there; over the copies of its own assets it has."""
    own = Actor(ActorKind.TOKEN, "acc_admin", Role.ADMIN, project_ids=frozenset({filed.project_id}))
    foreign = Actor(ActorKind.TOKEN, "acc_admin", Role.ADMIN, project_ids=frozenset({"prj_other"}))
    pin = f"/api/v1/assets/{filed.asset_id}/pin"

    async with calling(handing, ADMIN) as client:
        as_admin = [
            (await client.request(method, f"/api/v1/tiers{path}", json=body)).status_code
            for method, path, body in HOUSE_WIDE
        ]
    async with calling(handing, own) as client:
        refused = [
            await client.request(method, f"/api/v1/tiers{path}", json=body)
            for method, path, body in HOUSE_WIDE
        ]
        pinned = await client.post(pin)
    async with calling(handing, foreign) as client:
        hidden = await client.post(pin)

    assert [200, 200, 200, 200, 200, 200, 200, 200, 202] == as_admin
    assert {(403, "access.forbidden")} == {
        (given.status_code, given.json()["code"]) for given in refused
    }
    assert (200, {"objects": 1}, 404) == (
        pinned.status_code,
        pinned.json(),
        hidden.status_code,
    )


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2030-01-01T00:00:00Z", 200),
        ("2000-01-01T00:00:00+00:00", 200),
        ("9998-12-31T23:59:59Z", 200),
        ("1999-12-31T23:59:59Z", 422),
        ("9998-12-31T23:59:59-01:00", 422),
        ("9999-12-31T23:59:59-14:00", 422),
        ("0001-01-01T00:00:00+14:00", 422),
        ("2030-01-01T00:00:00", 422),
    ],
)
async def test_the_end_of_a_pin_has_a_zone_and_a_sane_year(
    handing: Handing, filed: Filed, until: str, expected: int
) -> None:
    """What no database could hold, or what says no moment, is refused before it gets there."""
    async with calling(handing, ADMIN) as client:
        given = await client.post(f"/api/v1/assets/{filed.asset_id}/pin", json={"until": until})

    assert expected == given.status_code


@pytest.mark.usefixtures("filed")
async def test_a_check_is_asked_for_and_tells_what_it_found(handing: Handing) -> None:
    """202 with its id; a worker carries it out; its address has the report."""
    async with calling(handing, ADMIN) as client:
        asked = await client.post("/api/v1/tiers/checks", json={"all": True, "repair": True})
        check_id = asked.json()["id"]
        await open_checking(handing.keeper, handing.locator, 0).run(check_id)
        told = (await client.get(f"/api/v1/tiers/checks/{check_id}")).json()
        unknown = await client.get("/api/v1/tiers/checks/chk_unknown")

    assert (202, "asked") == (asked.status_code, asked.json()["state"])
    assert ("done", True, True) == (told["state"], told["is_full"], told["repairs"])
    assert (1, 1) == (
        told["report"]["tiers"]["edge"]["rows"],
        told["report"]["tiers"]["edge"]["blocks"],
    )
    assert 404 == unknown.status_code


@pytest.mark.covers("M-OB-01", "M-OB-03", "CF-23")
@pytest.mark.usefixtures("filed")
async def test_the_ledger_tells_costs_and_whence_its_prices_are(handing: Handing) -> None:
    """A batch has looked once: what is there is known, and what has no price costs nothing."""
    books = Books(handing.database, handing.clock, PLACES)
    await books.account()

    async with calling(handing, ADMIN) as client:
        told = (await client.get("/api/v1/tiers/ledger")).json()
        past = (await client.get("/api/v1/tiers/ledger?month=2020-02")).json()
        wrong = await client.get("/api/v1/tiers/ledger?month=2020-13")

    assert [("edge", 1, 5), ("archive", 1, 5)] == [
        (each["tier"], each["objects"], each["size_bytes"]) for each in told["tiers"]
    ]
    assert [("acme/spring", {"archive": 5, "edge": 5})] == [
        (each["name"], each["size_bytes"]) for each in told["projects"]
    ]
    r2, folder = told["prices"]
    assert (0.015, 4.5, "2026-08-03") == (r2["storage"], r2["writes"], r2["as_of"])
    assert (0, None, None) == (folder["storage"], folder["provider"], folder["source"])
    assert ("2020-02", [0, 0]) == (past["month"], [each["objects"] for each in past["tiers"]])
    assert 400 == wrong.status_code
