"""Everybody at every route: nobody sees or changes what is not theirs, and nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from tests.security.people import WHO, Town

OPEN = frozenset(
    {
        *(("GET", path) for path in ("/healthz", "/readyz", "/metrics")),
        *(("POST", path) for path in ("/api/v1/session", "/api/v1/setup")),
        ("POST", "/api/v1/partners/{partner}/webhook"),
    }
)
"""What nobody in particular may call; `/metrics` is open to this machine, and
partners sign what they send."""

LASTING = {"/api/v1/live": "?for_seconds=0"}
"""What is asked of an address whose answer goes on until it is broken off."""

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def list_routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Yield each method and path of the OpenAPI document."""
    for path, verbs in app.openapi()["paths"].items():
        for verb in verbs:
            if verb in {"get", "head", "post", "put", "patch", "delete"}:
                yield verb.upper(), path


def fill(path: str, values: dict[str, str]) -> str:
    """Put values into a path's parameters, and end at once what would last."""
    filled = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: values.get(name[1], "unknown"), path)
    return filled + LASTING.get(path, "")


def told(answer: httpx.Response) -> tuple[int, str]:
    """Return what an answer tells, without its request's id."""
    body = re.sub(r'"request_id": ?"[^"]*"', "", answer.text)
    return answer.status_code, body


async def ask(
    visitor: httpx.AsyncClient, method: str, path: str, body: bytes = b"{}"
) -> httpx.Response:
    """Send a request as its address takes it: with a body of JSON, or as tus."""
    is_tus = "/files/" in path
    headers = {"Tus-Resumable": "1.0.0"} if is_tus else {}
    if method in CHANGING:
        is_append = is_tus and method == "PATCH"
        kind = "application/offset+octet-stream" if is_append else "application/json"
        headers["Content-Type"] = kind
    return await visitor.request(
        method, path, content=body if method in CHANGING else None, headers=headers
    )


@pytest.mark.covers("X-SEC-01", "BG-72", "BG-73")
async def test_nobody_is_turned_away_before_their_body_is_read(town: Town) -> None:
    """401 at every route of the API, whatever is sent; the page of a link is 404.

    Protocols of uploads may judge headers first: they are the same for everybody.
    """
    answers = {}
    for method, path in list_routes(town.app):
        if (method, path) not in OPEN and not path.startswith("/p/"):
            answer = await ask(town.people["nobody"], method, fill(path, town.ours), b"{broken")
            answers[method, path] = answer.status_code

    api = {route: status for route, status in answers.items() if "/api/v1/" in route[1]}
    rest = {route: status for route, status in answers.items() if route not in api}
    assert {} == {route: status for route, status in api.items() if status != 401}
    assert {} == {
        route: status for route, status in rest.items() if status not in {400, 401, 404, 415, 429}
    }


@pytest.mark.parametrize("who", WHO)
async def test_nothing_breaks_whoever_asks_for_whatever(town: Town, who: str) -> None:
    """No 5xx at any route, for ids that are there and ids that are not."""
    visitor = town.people[who]
    broken = {}

    for method, path in list_routes(town.app):
        if (method, path) == ("DELETE", "/api/v1/session"):
            continue
        for values in (town.unknown, town.ours):
            answer = await ask(visitor, method, fill(path, values))
            if answer.status_code >= 500:
                broken[method, path] = (answer.status_code, answer.text)

    assert {} == broken


@pytest.mark.covers("X-SEC-02", "T-SEC-03", "BG-23")
async def test_foreign_is_unknown_byte_for_byte(town: Town) -> None:
    """An editor of another project cannot tell what is there from what never was."""
    foreigner = town.people["foreigner"]
    differing = {}

    for method, path in list_routes(town.app):
        if not re.search(r"\{(project|link|share|account|token|upload|asset|job)_id\}", path):
            continue
        foreign = told(await ask(foreigner, method, fill(path, town.ours)))
        unknown = told(await ask(foreigner, method, fill(path, town.unknown)))
        body = unknown[1]
        for name, value in town.unknown.items():
            body = body.replace(value, town.ours[name])
        if foreign != (unknown[0], body) or foreign[0] < 400:
            differing[method, path] = (foreign, unknown)

    assert {} == differing


@pytest.mark.covers("T-SEC-03")
@pytest.mark.parametrize("who", ["viewer", "reader", "link", "expired_link"])
async def test_who_only_looks_changes_nothing(town: Town, who: str) -> None:
    """No changing request of theirs succeeds, but those about themselves and about playing."""
    own = re.compile(
        r"(POST|DELETE) /api/v1/session(/second-factor)?|POST /api/v1/tokens|"
        r"POST .*/(playback|render-manifest)|"
        r"POST /api/v1/(network-test|uploads/slots)|"
        r"DELETE .*/uploads/\{upload_id\}|POST /u/.*|.* /(u/.*/)?(files|uploads)/.*"
    )
    changed = {}

    for method, path in list_routes(town.app):
        if method in CHANGING and own.fullmatch(f"{method} {path}") is None:
            answer = await ask(town.people[who], method, fill(path, town.ours))
            if answer.status_code < 400:
                changed[method, path] = answer.status_code

    assert {} == changed


@pytest.mark.covers("BG-40")
async def test_an_expired_link_is_unknown_everywhere(town: Town) -> None:
    """Each route of the API gives its holder the one 404 (or, when guessed too often, 429)."""
    statuses = set()
    for method, path in list_routes(town.app):
        if path.startswith("/api/v1/") and (method, path) not in OPEN:
            answer = await ask(town.people["expired_link"], method, fill(path, town.ours))
            told_code = "" if method == "HEAD" else answer.json()["code"]
            statuses.add((answer.status_code, told_code))

    assert {(404, "link.not_found"), (429, "rate.limited"), (404, ""), (429, "")} >= statuses


@pytest.mark.covers("X-SEC-06", "BG-97")
async def test_every_refusal_is_a_problem_that_says_what_to_do(town: Town) -> None:
    """With a code, a sentence and a request's id; of any kind of person, at any route."""
    for who in ("nobody", "viewer", "foreigner"):
        for method, path in list_routes(town.app):
            answer = await ask(town.people[who], method, fill(path, town.unknown))
            if answer.status_code >= 400 and method != "HEAD" and path.startswith("/api/"):
                problem = answer.json()
                assert "application/problem+json" == answer.headers["Content-Type"]
                assert answer.status_code == problem["status"]
                assert f"/docs/errors#{problem['code']}" == problem["type"]
                assert problem["detail"]
                assert answer.headers["X-Request-Id"] == problem["request_id"]


@pytest.mark.covers("M-SEC-01")
async def test_no_secret_stands_in_the_database(town: Town) -> None:
    """Passwords, tokens, cookies: only digests, hashes and sealed texts are kept."""
    kept = b"".join(path.read_bytes() for path in town.house.settings.data.glob("rushes.db*"))

    assert [] == [secret for secret in town.secrets if secret.encode() in kept]
