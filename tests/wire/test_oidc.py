"""Log-in by a provider of identities, against `oidc-provider` as it comes from its registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from rushes.access.factor import code_at, read_secret, step_at
from rushes.access.permit import Role
from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from rushes.db.tables import events
from tests.support.entrance import ADMIN, Hall
from tests.support.vouched import agree, build_vouched_hall, leave, read_asked, real_provider

FACTOR = "/api/v1/session/second-factor"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that runs."""
    with real_provider() as found:
        yield found


@pytest.fixture
async def hall(sqlite_url: str, tmp_path: Path, issuer: str) -> AsyncIterator[Hall]:
    """Access with its first admin; people of example.net get accounts."""
    database = open_database(sqlite_url)
    try:
        built = build_vouched_hall(
            database, SYSTEM, tmp_path / "keys", issuer, domains=("Example.net",), role="editor"
        )
        await built.add(ADMIN, Role.SUPERADMIN)
        yield built
    finally:
        await database.close()


async def come_in(visitor: httpx.AsyncClient, who: str, following: str = "") -> str:
    """Log in by the provider; return the page that one is led to."""
    back = await agree(await leave(visitor, following), who)
    answer = await visitor.get(back)
    assert 303 == answer.status_code, answer.text
    return answer.headers["Location"]


async def who_is(visitor: httpx.AsyncClient) -> tuple[str, str]:
    """Return address and role of whoever is logged in."""
    account = (await visitor.get("/api/v1/session")).json()["account"]
    return account["email"], account["role"]


async def list_told(hall: Hall, *types: str) -> list[tuple[str, dict[str, object]]]:
    """Return what was recorded of these types."""
    async with hall.database.reading() as connection:
        rows = await connection.execute(select(events).order_by(events.c.seq))
        return [(row.type, row.data) for row in rows if row.type in types]


@pytest.mark.covers("C-MG-07", "M-WH-14")
async def test_a_known_address_comes_in_and_is_known_afterwards(hall: Hall, issuer: str) -> None:
    """Code, PKCE, state and nonce are sent; the second time nothing is linked any more."""
    async with hall.visitor() as visitor:
        there = await leave(visitor, "/app/assets/a?t=3")
        back = await agree(there, ADMIN)
        first = await visitor.get(back)
        shown = await who_is(visitor)
        second = await come_in(visitor, ADMIN)

    asked = read_asked(there)
    assert ("code", "S256", "openid email") == (
        asked["response_type"],
        asked["code_challenge_method"],
        asked["scope"],
    )
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert ("/app/assets/a?t=3", "/app/library") == (first.headers["Location"], second)
    assert (ADMIN, "superadmin") == shown
    told = await list_told(hall, "account.vouched_for", "session.created")
    assert [
        ("account.vouched_for", {"issuer": issuer}),
        ("session.created", {"by_provider": True}),
        ("session.created", {"by_provider": True}),
    ] == told


async def test_people_of_our_domains_get_an_account(hall: Hall) -> None:
    """With the role of the settings; nobody else does, and no address that is not verified."""
    places = []
    for who in ("bea@example.net", "bea@sub.example.net", "un@example.net", "un@example.org"):
        async with hall.visitor() as visitor:
            places.append(await come_in(visitor, who))
            if who == "bea@example.net":
                assert ("bea@example.net", "editor") == await who_is(visitor)
            else:
                assert 401 == (await visitor.get("/api/v1/session")).status_code

    assert ["/app/library", *["/login?failed=oidc.no_account"] * 3] == places
    assert 3 == len(await list_told(hall, "session.refused"))
    assert 2 == len(await list_told(hall, "account.created"))


async def test_an_answer_is_good_once_and_in_one_browser(hall: Hall) -> None:
    """Neither a copy of it, nor its cookie again, nor another browser's opens anything."""
    async with hall.visitor() as visitor, hall.visitor() as other:
        there = await leave(visitor)
        kept = visitor.cookies["rushes-oidc"]
        back = await agree(there, ADMIN)
        await leave(other)
        places = [
            (await browser.get(address)).headers["Location"]
            for browser, address in (
                (other, back),
                (visitor, back.replace("state=", "state=x")),
            )
        ]
        visitor.cookies.set("rushes-oidc", kept)
        right = await visitor.get(back)
        visitor.cookies.set("rushes-oidc", kept)
        places.append((await visitor.get(back)).headers["Location"])
        places.append(
            (await other.get("/login/oidc/callback?error=access_denied")).headers["Location"]
        )
        inside = await other.get("/api/v1/session")

    assert ["/login?failed=oidc.refused"] * 4 == places
    assert "/app/library" == right.headers["Location"]
    assert 401 == inside.status_code


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_a_log_in_leads_to_no_other_site(hall: Hall, target: str) -> None:
    """What a stranger's link asks for is not where one ends."""
    async with hall.visitor() as visitor:
        assert "/app/library" == await come_in(visitor, ADMIN, target)


async def test_a_second_factor_is_asked_for_all_the_same(hall: Hall) -> None:
    """The word of the provider alone opens nothing; a wrong code neither; the right one does."""
    admin = await hall.logged_in(ADMIN)
    secret = read_secret((await admin.post(FACTOR)).json()["secret"])
    now = step_at(SYSTEM.now())
    codes = (await admin.post(f"{FACTOR}/confirm", json={"code": code_at(secret, now)})).json()[
        "recovery_codes"
    ]
    await admin.aclose()
    headers = {"X-Rushes-CSRF": "1"}

    async with hall.visitor() as visitor:
        place = await come_in(visitor, ADMIN, "/app/jobs")
        half = await visitor.get("/api/v1/session")
        tricked = await visitor.post("/login/oidc/code", json={"code": codes[0]})
        wrong = await visitor.post("/login/oidc/code", json={"code": "abcd"}, headers=headers)
        right = await visitor.post("/login/oidc/code", json={"code": codes[0]}, headers=headers)
        again = await visitor.post("/login/oidc/code", json={"code": codes[1]}, headers=headers)
        inside = await who_is(visitor)

    assert ("/login?vouched=1", 401) == (place, half.status_code)
    assert (403, "auth.csrf") == (tricked.status_code, tricked.json()["code"])
    assert (401, "session.code_refused") == (wrong.status_code, wrong.json()["code"])
    assert (200, {"next": "/app/jobs"}) == (right.status_code, right.json())
    assert (401, "oidc.refused") == (again.status_code, again.json()["code"])
    assert (ADMIN, "superadmin") == inside


async def test_an_account_that_is_off_stays_out(hall: Hall) -> None:
    """Whatever the provider says; `rushes account reset` lets them in anew."""
    async with hall.visitor() as visitor:
        await come_in(visitor, "bea@example.net")
        admin = await hall.logged_in(ADMIN)
        accounts = (await admin.get("/api/v1/accounts")).json()["items"]
        bea = next(one["id"] for one in accounts if one["email"] == "bea@example.net")
        await admin.post(f"/api/v1/accounts/{bea}/lock-down", json={})
        off = await come_in(visitor, "bea@example.net")
        await hall.entrance.lockdown.reset_at_console("bea@example.net", None)
        on = await come_in(visitor, "bea@example.net")
        await admin.delete(f"/api/v1/accounts/{bea}")
        anew = await come_in(visitor, "bea@example.net")
        await admin.aclose()

    assert "/login?failed=oidc.no_account" == off
    assert ("/app/library", "/app/library") == (on, anew)
    assert 3 == len(await list_told(hall, "account.vouched_for"))


async def test_one_may_leave_the_provider_too(hall: Hall, issuer: str) -> None:
    """It is told who asks, and where to lead back to."""
    async with hall.visitor() as visitor:
        answer = await visitor.get("/login/oidc/out")

    place = answer.headers["Location"]
    assert place.startswith(f"{issuer}/session/end?")
    assert "http://127.0.0.1:8080/login?left=1" == read_asked(place)["post_logout_redirect_uri"]
