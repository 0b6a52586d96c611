"""`/tokens`: what programs log in with."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from rushes.access.permit import Role, Scope
from rushes.access.token import TokenKind, is_token
from rushes.access.tokens import TokenWish
from tests.support.entrance import ADMIN, Hall
from tests.support.moments import NOON, Hands

WISH = {"name": "ci", "scopes": ["read", "write"]}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.covers("C-MG-07", "M-SEC-01")
async def test_a_token_is_shown_once_and_works_until_it_is_revoked(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Lists show its first characters only; revoked, it is nobody at once."""
    made = (await admin.post("/api/v1/tokens", json=WISH)).json()
    headers = bearer(made["token"])

    me = await stranger.get("/api/v1/session", headers=headers)
    listed = (await admin.get("/api/v1/tokens")).json()["items"]
    gone = await admin.delete(f"/api/v1/tokens/{made['id']}")
    after = await stranger.get("/api/v1/session", headers=headers)

    assert is_token(TokenKind.API, made["token"])
    assert ADMIN == me.json()["account"]["email"]
    assert [made["id"]] == [one["id"] for one in listed]
    assert made["token"].startswith(listed[0]["shown"])
    assert "token" not in listed[0]
    assert listed[0]["last_used_at"] is not None
    assert 204 == gone.status_code
    assert 401 == after.status_code
    assert [] == (await admin.get("/api/v1/tokens")).json()["items"]
    assert 404 == (await admin.get(f"/api/v1/tokens/{made['id']}")).status_code


@pytest.mark.covers("M-SEC-01")
async def test_a_token_ends_by_itself(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, hands: Hands
) -> None:
    """After 90 days, if its maker names no other end."""
    made = (await admin.post("/api/v1/tokens", json=WISH)).json()
    hands.advance(timedelta(days=90) - timedelta(seconds=1))
    before = await stranger.get("/api/v1/session", headers=bearer(made["token"]))
    hands.advance(timedelta(seconds=1))
    after = await stranger.get("/api/v1/session", headers=bearer(made["token"]))

    assert [200, 401] == [before.status_code, after.status_code]


@pytest.mark.parametrize(("days", "status"), [(366, 201), (367, 422), (-1, 422)])
async def test_a_token_lives_a_year_at_most(
    admin: httpx.AsyncClient, days: int, status: int
) -> None:
    """A leap year, to the second."""
    ends_at = (NOON + timedelta(days=days)).isoformat()

    answer = await admin.post("/api/v1/tokens", json=WISH | {"expires_at": ends_at})

    assert status == answer.status_code


async def test_a_token_does_only_what_its_scopes_say(
    hall: Hall, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Read is not write, write is not links, and none of them manages accounts."""
    made = (await admin.post("/api/v1/tokens", json=WISH | {"scopes": ["read"]})).json()
    headers = bearer(made["token"])

    seen = await stranger.get("/api/v1/projects", headers=headers)
    project = await stranger.post(
        "/api/v1/projects", headers=headers, json={"client": "Acme", "project": "Spring"}
    )
    links = await stranger.get("/api/v1/links", headers=headers)
    wider = await stranger.post("/api/v1/tokens", headers=headers, json=WISH)

    assert 200 == seen.status_code
    assert {(403, "access.scope_missing")} == {
        (one.status_code, one.json()["code"]) for one in (project, links, wider)
    }
    assert hall.app is not None


async def test_a_token_makes_none_that_reaches_further(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Neither more scopes nor more projects than its own."""
    place = (
        await admin.post("/api/v1/projects", json={"client": "Acme", "project": "Spring"})
    ).json()["id"]
    wish = {"name": "ci", "scopes": ["read", "admin"], "project_ids": [place]}
    headers = bearer((await admin.post("/api/v1/tokens", json=wish)).json()["token"])

    scopes = await stranger.post("/api/v1/tokens", headers=headers, json=WISH)
    other = await stranger.post(
        "/api/v1/tokens", headers=headers, json=wish | {"project_ids": ["prj_other"]}
    )
    narrow = await stranger.post(
        "/api/v1/tokens", headers=headers, json={"name": "x", "scopes": ["read"]}
    )

    assert (422, "token.bad_wish") == (scopes.status_code, scopes.json()["code"])
    assert 422 == other.status_code
    assert [place] == narrow.json()["project_ids"]


@pytest.mark.parametrize(
    "text",
    ["", "x", "rsh_pat_" + "0" * 38, "rsh_lnk_" + "0" * 38, "a" * 5_000, "rsh_pat_\u00e9"],
)
async def test_what_is_no_token_is_nobody(stranger: httpx.AsyncClient, text: str) -> None:
    """One 401 for all of it."""
    answer = await stranger.get(
        "/api/v1/session", headers=[(b"Authorization", f"Bearer {text}".encode())]
    )

    assert 401 == answer.status_code


async def test_others_tokens_are_unknown(hall: Hall, admin: httpx.AsyncClient) -> None:
    """Admins see whose they are, and may revoke them."""
    own = (await admin.post("/api/v1/tokens", json=WISH)).json()["id"]
    eve_id = await hall.add("eve@example.org", Role.EDITOR)
    eve = await hall.logged_in("eve@example.org")
    theirs = (await eve.post("/api/v1/tokens", json=WISH)).json()["id"]

    foreign = [
        await eve.get(f"/api/v1/tokens/{own}"),
        await eve.delete(f"/api/v1/tokens/{own}"),
        await eve.patch(f"/api/v1/tokens/{own}", json={"name": "mine"}),
    ]
    listed = await admin.get(f"/api/v1/tokens?account_id={eve_id}")
    renamed = await eve.patch(f"/api/v1/tokens/{theirs}", json={"name": "mine"})
    revoked = await admin.delete(f"/api/v1/tokens/{theirs}")

    assert {(404, "token.not_found")} == {(one.status_code, one.json()["code"]) for one in foreign}
    assert [theirs] == [one["id"] for one in listed.json()["items"]]
    assert "mine" == renamed.json()["name"]
    assert 204 == revoked.status_code


@pytest.mark.covers("M-AD-06")
async def test_the_console_makes_a_token_for_the_first_admin(hall: Hall) -> None:
    """Or for the account that is named."""
    wish = TokenWish("cli", frozenset({Scope.READ}))
    await hall.add("eve@example.org", Role.EDITOR)

    first, text = await hall.entrance.tokens.create_at_console(None, wish)
    second, _ = await hall.entrance.tokens.create_at_console(" Eve@example.org", wish)
    actor = await hall.access.identify_token(text)

    assert first.account_id == actor.id
    assert Role.SUPERADMIN is actor.role
    assert second.account_id != first.account_id
