"""What browsers send without their user's will changes nothing; planted sessions are worthless."""

from __future__ import annotations

import httpx
import pytest

from tests.support.entrance import ADMIN, CSRF, HOST, PASSWORD, Hall

LINK = {"client": "Acme", "project": "Spring"}
LOGIN = {"email": ADMIN, "password": PASSWORD}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Rushes-CSRF": ""},
        {"X-Rushes-CSRF": "0"},
        {**CSRF, "Origin": "https://evil.example"},
        {**CSRF, "Origin": "null"},
        {**CSRF, "Origin": f"{HOST}.evil.example"},
        {**CSRF, "Sec-Fetch-Site": "cross-site"},
        {**CSRF, "Sec-Fetch-Site": "same-site"},
        {**CSRF, "Sec-Fetch-Site": "none"},
    ],
)
async def test_the_cookie_alone_changes_nothing(
    admin: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """Without our header, or from another site's page: 403, and nothing is made."""
    refused = await admin.post("/api/v1/links", json=LINK, headers=headers)

    assert (403, "auth.csrf") == (refused.status_code, refused.json()["code"])
    assert [] == (await admin.get("/api/v1/links")).json()["items"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_every_changing_method_needs_the_header(
    admin: httpx.AsyncClient, method: str
) -> None:
    """Whatever the address."""
    answer = await admin.request(method, "/api/v1/links", headers={"X-Rushes-CSRF": ""})

    assert (403, "auth.csrf") == (answer.status_code, answer.json()["code"])


async def test_our_own_pages_pass(admin: httpx.AsyncClient) -> None:
    """With the header, our origin and a fetch of the same site."""
    headers = {**CSRF, "Origin": HOST, "Sec-Fetch-Site": "same-origin"}

    assert 201 == (await admin.post("/api/v1/links", json=LINK, headers=headers)).status_code


async def test_tokens_need_no_header(admin: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    """No browser sends them by itself."""
    wish = {"name": "ci", "scopes": ["links", "write"]}
    token = (await admin.post("/api/v1/tokens", json=wish)).json()["token"]
    headers = {"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "cross-site"}

    assert 201 == (await stranger.post("/api/v1/links", json=LINK, headers=headers)).status_code


async def test_a_links_address_never_reads_the_cookie(admin: httpx.AsyncClient) -> None:
    """An admin's browser is nobody there, by path and by header."""
    by_path = await admin.post("/u/rsh_lnk_unknown/files/")
    by_header = await admin.get("/api/v1/session", headers={"Rushes-Link": "rsh_lnk_unknown"})

    assert [404, 404] == [by_path.status_code, by_header.status_code]


async def test_a_broken_proof_is_not_made_up_for_by_a_cookie(admin: httpx.AsyncClient) -> None:
    """The first proof that is there decides."""
    for scheme in ("Bearer rsh_pat_x", "Basic YTpi"):
        answer = await admin.get("/api/v1/session", headers={"Authorization": scheme})
        assert 401 == answer.status_code


async def test_a_planted_session_is_not_adopted(hall: Hall) -> None:
    """Log-in makes a new one, whatever cookie was brought, and ends the one that was brought."""
    visitor = hall.visitor(CSRF)
    visitor.cookies.set("rushes", "planted", domain="127.0.0.1")
    await visitor.post("/api/v1/session", json=LOGIN)
    first = next(c.value for c in visitor.cookies.jar if c.value != "planted")
    visitor.cookies.clear()
    visitor.cookies.set("rushes", str(first), domain="127.0.0.1")

    again = await visitor.post("/api/v1/session", json=LOGIN)
    second = again.cookies["rushes"]
    statuses = []
    for cookie in ("planted", first, second):
        visitor.cookies.clear()
        visitor.cookies.set("rushes", str(cookie), domain="127.0.0.1")
        statuses.append((await visitor.get("/api/v1/session")).status_code)

    assert first != second
    assert [401, 401, 200] == statuses


async def test_another_site_cannot_log_a_browser_in(stranger: httpx.AsyncClient) -> None:
    """Else a victim would work in an attacker's account."""
    crossed = await stranger.post(
        "/api/v1/session", json=LOGIN, headers={"Origin": "https://evil.example"}
    )
    form = await stranger.post("/api/v1/session", data=LOGIN)

    assert (403, "auth.csrf") == (crossed.status_code, crossed.json()["code"])
    assert form.status_code in {400, 422}
