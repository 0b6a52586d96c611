"""A GET that makes something is no way around the guard of the session's cookie."""

from __future__ import annotations

import re

import httpx
import pytest

from rushes.access.permit import RIGHTS, Scope
from rushes.http.auth import MAKING
from rushes.http.openapi import find_verbs, list_operations
from tests.security.people import Town
from tests.support.entrance import HOST

UPLOAD = "/s3/multipart/upl_" + "1" * 36
PATHS = ("/s3/params", f"{UPLOAD}/1", f"{UPLOAD}/batch")
FOREIGN: tuple[dict[str, str], ...] = (
    {},  # a browser that tells nothing, or no browser
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},  # an address that was typed, or clicked in a mail
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": f"{HOST}.evil.example"},
    {"Origin": HOST, "Sec-Fetch-Site": "cross-site"},
    {"X-Rushes-CSRF": "1", "Sec-Fetch-Site": "cross-site"},
    {"X-Rushes-CSRF": "0"},
)
OURS: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "same-origin"},
    {"Origin": HOST},
    {"X-Rushes-CSRF": "1"},
)


async def ask(visitor: httpx.AsyncClient, path: str, headers: dict[str, str]) -> httpx.Response:
    """GET with the visitor's cookie and these headers, and no others."""
    visitor.headers.pop("X-Rushes-CSRF", None)
    return await visitor.get(path, headers=headers)


@pytest.mark.parametrize("path", PATHS)
async def test_another_sites_page_makes_nothing_with_the_cookie(town: Town, path: str) -> None:
    """Not by an image, a frame, a link or a form: 403 before anything is looked up."""
    for headers in FOREIGN:
        answer = await ask(town.people["admin"], path, headers)

        assert (403, "auth.csrf") == (answer.status_code, answer.json()["code"]), headers


@pytest.mark.parametrize("path", PATHS)
async def test_our_own_pages_may_ask(town: Town, path: str) -> None:
    """The answer is then that of the route: here, that no bucket is the archive."""
    for headers in OURS:
        answer = await ask(town.people["admin"], path, headers)

        assert 403 != answer.status_code, (headers, answer.text)


async def test_a_link_and_a_token_need_no_proof(town: Town) -> None:
    """No browser sends them by itself: Uppy runs unchanged on any page."""
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for who in ("link", "reader"):
        answer = await ask(town.people[who], "/s3/params", headers)

        assert "auth.csrf" != answer.json()["code"]


async def test_every_read_that_makes_something_is_known(town: Town) -> None:
    """Of a new one, the table of rights tells; those of links have no cookie."""
    making = {
        path
        for path, method, told in list_operations(town.app.openapi())
        if method in {"get", "head"}
        and not path.startswith("/u/")
        and any(RIGHTS[verb][1] is Scope.WRITE for verb in find_verbs(told["operationId"]))
    }
    guarded = {path for path in making if MAKING.fullmatch(re.sub(r"{\w+}", "x", path))}

    assert making - guarded == {
        "/api/v1/network-test",  # sends bytes and keeps none
        "/api/v1/assets/{asset_id}/removal",  # these two tell what a deletion would do
        "/api/v1/projects/{project_id}/removal",
    }
    assert 3 == len(guarded)
