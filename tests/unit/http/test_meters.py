"""Requests are counted by the route that answered, whatever people send."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import cast

import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from rushes.cli.logs import JsonLines
from rushes.http.auth import Callers
from rushes.http.guard import protect
from rushes.http.meters import CUT, OTHER, Measured, Meters, find_route
from rushes.settings import Settings

TEMPLATE = "/api/v1/assets/{asset_id}"


async def nothing() -> Message:
    return {"type": "http.disconnect"}


async def forget(_message: Message) -> None: ...


async def ask(meters: Meters, method: str, status: int | None, *, is_route: bool = True) -> None:
    """Let a request pass whose route answers with this status, or not at all."""

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        if is_route:
            scope["route"] = SimpleNamespace(path=TEMPLATE)
        if status is None:
            raise ConnectionResetError
        await send({"type": "http.response.start", "status": status, "headers": []})

    scope: Scope = {"type": "http", "method": method, "path": "/api/v1/assets/ast_1"}
    await Measured(answer, meters)(scope, nothing, forget)


def count(meters: Meters, method: str, route: str, status: str) -> float | None:
    labels = {"method": method, "route": route, "status": status}
    return meters.registry.get_sample_value("rushes_http_requests_total", labels)


@pytest.mark.covers("C-OPS-01")
async def test_a_request_is_counted_by_its_route() -> None:
    """Not by its address, of which there are any number."""
    meters = Meters()

    await ask(meters, "GET", 200)
    await ask(meters, "GET", 200)
    await ask(meters, "GET", 404)

    assert (2.0, 1.0) == (
        count(meters, "GET", TEMPLATE, "200"),
        count(meters, "GET", TEMPLATE, "404"),
    )
    seconds = {"method": "GET", "route": TEMPLATE}
    assert 3.0 == meters.registry.get_sample_value("rushes_http_request_seconds_count", seconds)
    assert 0.0 == meters.registry.get_sample_value("rushes_http_requests_open")


async def test_senders_name_no_series_of_their_own() -> None:
    """Methods and addresses that nobody knows are one and the same."""
    meters = Meters()

    await ask(meters, "BREW", 405, is_route=False)
    await ask(meters, "STIR", 405, is_route=False)

    assert 2.0 == count(meters, OTHER, OTHER, "405")
    assert OTHER == find_route({"type": "http", "route": SimpleNamespace(path=None)})


async def test_a_request_that_ends_without_an_answer_is_counted() -> None:
    """And is not open for ever."""
    meters = Meters()

    with pytest.raises(ConnectionResetError):
        await ask(meters, "PUT", None)

    assert 1.0 == count(meters, "PUT", TEMPLATE, CUT)
    assert 0.0 == meters.registry.get_sample_value("rushes_http_requests_open")


@pytest.mark.parametrize(("is_set_up", "status"), [(True, 500), (False, 503)])
async def test_what_breaks_or_is_refused_is_counted_as_it_was_answered(
    status: int, *, is_set_up: bool
) -> None:
    """An alarm for 5xx hears of both; a 500 is no request that was cut off."""
    app, meters = FastAPI(), Meters()
    sent: list[int | None] = []

    @app.get("/break")
    async def break_down() -> None:
        raise ArithmeticError

    async def say() -> bool:
        return is_set_up

    async def keep(message: Message) -> None:
        sent.append(message.get("status"))

    protect(app, Settings(), cast("Callers", None), say, meters)
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/break",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
    }
    await app(scope, nothing, keep)

    samples = [one for family in meters.registry.collect() for one in family.samples]
    told = [one.labels["status"] for one in samples if one.name == "rushes_http_requests_total"]
    assert ([status], str(status)) == (sent[:1], *told)


async def test_what_is_no_request_passes() -> None:
    """The life of the server, for one."""
    passed: list[str] = []

    async def answer(scope: Scope, _receive: Receive, _send: Send) -> None:
        passed.append(scope["type"])

    await Measured(answer, Meters())({"type": "lifespan"}, nothing, forget)

    assert ["lifespan"] == passed


async def test_each_request_has_a_line_where_the_log_is_to_tell_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It names the route, never the address, which may be a secret."""
    with caplog.at_level(logging.DEBUG, logger="rushes.http"):
        await ask(Meters(), "GET", 200)

    (record,) = caplog.records
    line = json.loads(JsonLines().format(record))
    assert ("GET", TEMPLATE, "200") == (line["method"], line["route"], line["status"])
