"""`/webhooks`, and the REST hooks of Zapier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from rushes.access.keys import SECRET, load_ring
from rushes.access.permit import Actor, ActorKind, Role
from rushes.access.seal import Sealer
from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from rushes.http import webhooks as routes
from rushes.http.paging import Pager
from rushes.http.problem import add_problems
from rushes.notify.signature import SECRET_PREFIX
from rushes.notify.webhooks import Webhooks
from rushes.sections import WebhookSettings

ADMIN = Actor(ActorKind.ACCOUNT, "acc_1", Role.ADMIN, None)
WISH = {"url": "https://example.com/rushes", "events": ["asset.ready", "upload.*"]}


@pytest.fixture
async def http(sqlite_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """An admin before the routes of webhooks."""
    database = open_database(sqlite_url)
    sealer = Sealer(load_ring(tmp_path, SECRET, SYSTEM), SYSTEM)
    deed = Webhooks(database, SYSTEM, WebhookSettings(), sealer)

    async def identify(_request: Request) -> Actor:
        return ADMIN

    app = FastAPI()
    app.include_router(routes.routes(deed, identify, Pager(b"k" * 32)))
    app.include_router(routes.zapier_routes(deed, database, identify))
    add_problems(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here/api/v1") as client:
        yield client
    await database.close()


async def make(http: httpx.AsyncClient, **more: object) -> dict[str, Any]:
    answer = await http.post("/webhooks", json=WISH | more)
    assert 201 == answer.status_code, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.covers("M-WH-02", "M-WH-03", "BG-77")
async def test_a_webhook_is_made_changed_and_removed(http: httpx.AsyncClient) -> None:
    """Its secret is shown when it is made and when it is renewed, and never else."""
    made = await make(http, description="the DAM")
    place = f"/webhooks/{made['id']}"

    read = (await http.get(place)).json()
    changed = (await http.patch(place, json={"events": ["*"], "is_active": False})).json()
    renewed = (await http.post(f"{place}/rotate")).json()
    listed = (await http.get("/webhooks")).json()["items"]
    gone = await http.delete(place)

    assert made["secret"].startswith(SECRET_PREFIX)
    assert made["secret"] != renewed["secret"]
    assert {key: value for key, value in made.items() if key != "secret"} == read
    assert (["*"], False) == (changed["events"], changed["is_active"])
    assert changed["paused_because"] is None
    assert [(made["id"], False)] == [(each["id"], "secret" in each) for each in listed]
    assert 204 == gone.status_code
    assert [] == (await http.get("/webhooks")).json()["items"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"url": "https://10.0.0.1/"}, "webhook.url_blocked"),
        ({"url": "http://example.com/"}, "webhook.url_blocked"),
        ({"events": ["asset.reddy"]}, "webhook.bad_wish"),
        ({"description": "x" * 501}, "webhook.bad_wish"),
        ({"events": []}, "request.invalid"),
    ],
)
async def test_a_wish_that_does_not_fit_is_refused(
    http: httpx.AsyncClient, wish: dict[str, object], code: str
) -> None:
    """With what to do; as a change of one that is there, too."""
    answer = await http.post("/webhooks", json=WISH | wish)

    assert (422, code) == (answer.status_code, answer.json()["code"])


@pytest.mark.covers("M-WH-15")
async def test_zapier_subscribes_sees_examples_and_leaves(http: httpx.AsyncClient) -> None:
    """As its REST hooks do: an address and an event, an id back, a list of examples."""
    asked = {"hookUrl": "https://hooks.zapier.com/1", "event": "asset.ready"}
    subscribed = (await http.post("/hooks/zapier", json=asked)).json()
    listed = (await http.get("/webhooks")).json()["items"]

    examples = await http.get("/hooks/zapier/sample", params={"event": "asset.ready"})
    unknown = await http.get("/hooks/zapier/sample", params={"event": "asset.reddy"})
    await http.delete(f"/hooks/zapier/{subscribed['id']}")

    assert [("Zapier", ["asset.ready"])] == [
        (each["description"], each["events"]) for each in listed
    ]
    assert ["asset.ready"] == [each["type"] for each in examples.json()]
    assert 422 == unknown.status_code
    assert [] == (await http.get("/webhooks")).json()["items"]


async def test_a_ping_stands_in_the_log_and_goes_out_once_more(http: httpx.AsyncClient) -> None:
    """Pages and states as everywhere; what is unknown is 404."""
    place = f"/webhooks/{(await make(http))['id']}"
    ping = await http.post(f"{place}/ping")
    await http.post(f"{place}/ping")

    first = (await http.get(f"{place}/deliveries", params={"limit": 1})).json()
    rest = (await http.get(f"{place}/deliveries", params={"cursor": first["next_cursor"]})).json()
    failed = (await http.get(f"{place}/deliveries", params={"state": "failed"})).json()
    replayed = await http.post(f"{place}/deliveries/{ping.json()['id']}/replay")
    since = await http.post(f"{place}/replay", json={"since": "2026-01-01T00:00:00Z"})
    unknown = await http.post(f"{place}/deliveries/dlv_1/replay")
    stranger = await http.post("/webhooks/whk_1/ping")

    assert (202, "webhook.pinged") == (ping.status_code, ping.json()["event_type"])
    assert [ping.json()["id"]] == [each["id"] for each in rest["items"]]
    assert (1, []) == (len(first["items"]), failed["items"])
    assert (202, 1) == (replayed.status_code, replayed.json()["count"])
    assert (202, 0) == (since.status_code, since.json()["count"])
    assert [404, 404] == [unknown.status_code, stranger.status_code]
