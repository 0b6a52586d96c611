"""`/session`: log in, who am I, log out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from rushes.access.permit import Role
from rushes.clock import Clock
from rushes.db.engine import open_database
from rushes.settings import Settings
from tests.support.entrance import ADMIN, PASSWORD, Hall, build_hall
from tests.support.moments import Hands


@pytest.mark.covers("M-AD-01", "X-SEC-01")
async def test_log_in_sets_a_cookie_that_no_script_reads(stranger: httpx.AsyncClient) -> None:
    """The cookie is HttpOnly, Lax and for the whole site; the answer says who one is."""
    answer = await stranger.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})

    assert 200 == answer.status_code
    assert ADMIN == answer.json()["account"]["email"]
    assert "superadmin" == answer.json()["account"]["role"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("rushes=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert 200 == (await stranger.get("/api/v1/session")).status_code


async def test_who_am_i_needs_a_session(stranger: httpx.AsyncClient) -> None:
    """Nobody is 401, with a problem that says what to do."""
    answer = await stranger.get("/api/v1/session")

    assert 401 == answer.status_code
    assert "Bearer" == answer.headers["WWW-Authenticate"]
    assert "application/problem+json" == answer.headers["Content-Type"]
    assert "access.unauthenticated" == answer.json()["code"]


@pytest.mark.parametrize("email", [ADMIN, "nobody@example.org"])
async def test_a_wrong_password_and_an_unknown_account_are_one_answer(
    stranger: httpx.AsyncClient, email: str
) -> None:
    """What is said does not tell who has an account."""
    answer = await stranger.post("/api/v1/session", json={"email": email, "password": "wrong"})

    assert 401 == answer.status_code
    assert ("session.refused", "Mail address or password is wrong.") == (
        answer.json()["code"],
        answer.json()["detail"],
    )
    assert "Set-Cookie" not in answer.headers


async def test_an_account_that_is_off_cannot_log_in(hall: Hall, admin: httpx.AsyncClient) -> None:
    """Its sessions end at once, too."""
    account_id = await hall.add("eve@example.org", Role.EDITOR)
    eve = await hall.logged_in("eve@example.org")

    off = await admin.patch(f"/api/v1/accounts/{account_id}", json={"is_active": False})

    assert 200 == off.status_code
    assert 401 == (await eve.get("/api/v1/session")).status_code
    again = await eve.post(
        "/api/v1/session", json={"email": "eve@example.org", "password": PASSWORD}
    )
    assert 401 == again.status_code


async def test_log_out_ends_the_session_on_the_server(admin: httpx.AsyncClient) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    cookie = admin.cookies["rushes"]

    gone = await admin.delete("/api/v1/session")
    admin.cookies.set("rushes", cookie, domain="127.0.0.1")

    assert 204 == gone.status_code
    assert 401 == (await admin.get("/api/v1/session")).status_code


@pytest.mark.parametrize(
    ("step", "times"), [(timedelta(hours=12), 1), (timedelta(hours=11), 16)], ids=["idle", "old"]
)
async def test_a_session_ends_by_itself(
    admin: httpx.AsyncClient, hands: Hands, step: timedelta, times: int
) -> None:
    """After 12 h without a request, and after 7 days in any case."""
    statuses = []
    for _ in range(times):
        hands.advance(step)
        statuses.append((await admin.get("/api/v1/session")).status_code)

    assert [200] * (times - 1) + [401] == statuses


@pytest.mark.covers("X-SEC-05", "BG-19")
async def test_the_sixth_attempt_in_a_minute_is_refused(
    stranger: httpx.AsyncClient, hands: Hands
) -> None:
    """429 says when to come again; then it is let in."""
    wrong = {"email": ADMIN, "password": "wrong"}
    right = {"email": ADMIN, "password": PASSWORD}

    statuses = [(await stranger.post("/api/v1/session", json=wrong)).status_code for _ in range(5)]
    refused = await stranger.post("/api/v1/session", json=right)
    hands.advance(timedelta(seconds=int(refused.headers["Retry-After"])))
    admitted = await stranger.post("/api/v1/session", json=right)

    assert [401] * 5 == statuses
    assert 429 == refused.status_code
    assert "rate.limited" == refused.json()["code"]
    assert '"login";q=5;w=60' == refused.headers["RateLimit-Policy"]
    assert f'"login";r=0;t={refused.headers["Retry-After"]}' == refused.headers["RateLimit"]
    assert ["5", "0"] == [refused.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining")]
    assert 200 == admitted.status_code


async def test_a_changed_password_ends_every_session(hall: Hall, admin: httpx.AsyncClient) -> None:
    """One's own one too: whoever had a copy is out."""
    other = await hall.logged_in(ADMIN)
    account = (await admin.get("/api/v1/session")).json()["account"]["id"]

    refused = await admin.patch(
        f"/api/v1/accounts/{account}",
        json={"password": "nine herons on a roof", "current_password": "wrong"},
    )
    changed = await admin.patch(
        f"/api/v1/accounts/{account}",
        json={"password": "nine herons on a roof", "current_password": PASSWORD},
    )

    assert (403, "account.password_wrong") == (refused.status_code, refused.json()["code"])
    assert 200 == changed.status_code
    assert 401 == (await other.get("/api/v1/session")).status_code
    assert 401 == (await admin.get("/api/v1/session")).status_code


async def test_the_cookie_has_its_prefix_under_tls(
    sqlite_url: str, clock: Clock, tmp_path: Path
) -> None:
    """`__Host-` and Secure where people come by https, and browsers keep to https."""
    database = open_database(sqlite_url)
    settings = Settings(base_url="https://media.example.org")
    hall = build_hall(database, clock, settings, tmp_path)
    await hall.add(ADMIN, Role.SUPERADMIN)

    async with hall.visitor(base="https://media.example.org") as visitor:
        answer = await visitor.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
    await database.close()

    assert answer.headers["Set-Cookie"].startswith("__Host-rushes=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=63072000" == answer.headers["Strict-Transport-Security"]
