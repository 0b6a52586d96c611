"""`/session/second-factor`: codes of an app, recovery codes, and who has to have them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from rushes.access.factor import code_at, read_secret, step_at
from rushes.access.permit import Role
from rushes.access_section import AccessSettings
from rushes.clock import Clock
from rushes.db.door_tables import factors, recovery_codes
from rushes.db.engine import open_database
from rushes.settings import Settings
from tests.support.entrance import ADMIN, CSRF, PASSWORD, Hall, build_hall
from tests.support.moments import Hands

PLACE = "/api/v1/session/second-factor"
STEP = timedelta(seconds=30)


def code_of(secret: str, hands: Hands) -> str:
    """Return what an app with this secret shows now."""
    return code_at(read_secret(secret), step_at(hands.now))


async def add_factor(person: httpx.AsyncClient, hands: Hands) -> tuple[str, list[str]]:
    """Add a second factor as a person does; return its secret and the recovery codes."""
    begun = await person.post(PLACE)
    assert 201 == begun.status_code, begun.text
    secret = begun.json()["secret"]
    done = await person.post(f"{PLACE}/confirm", json={"code": code_of(secret, hands)})
    assert 200 == done.status_code, done.text
    hands.advance(STEP)  # the code that was just used is good no more
    return secret, done.json()["recovery_codes"]


async def knock(visitor: httpx.AsyncClient, code: str | None = None) -> tuple[int, str]:
    """Log in; return the status and the code of the problem."""
    asked = {"email": ADMIN, "password": PASSWORD} | ({} if code is None else {"code": code})
    answer = await visitor.post("/api/v1/session", json=asked)
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.covers("C-MG-07")
async def test_a_second_factor_is_asked_for_once_it_is_confirmed(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, hands: Hands
) -> None:
    """The password alone opens nothing then, and says what is missing."""
    begun = await admin.post(PLACE)
    drawn = await admin.get(f"{PLACE}/code")
    before = await knock(stranger)
    secret, codes = await add_factor(admin, hands)
    state = (await admin.get(PLACE)).json()
    asked = await knock(stranger)
    wrong = await knock(stranger, "000000")
    right = await knock(stranger, code_of(secret, hands))

    assert begun.json()["address"].startswith("otpauth://totp/Rushes%20127.0.0.1%3A8080:ada@exa")
    assert (200, "image/svg+xml") == (drawn.status_code, drawn.headers["Content-Type"])
    assert (200, "") == before
    assert (True, False, 10) == (
        state["is_on"],
        state["is_required"],
        state["recovery_codes_left"],
    )
    assert 10 == len({*codes})
    assert (401, "session.code_needed") == asked
    assert (401, "session.code_refused") == wrong
    assert (200, "") == right
    assert 404 == (await admin.get(f"{PLACE}/code")).status_code
    assert (409, "factor.present") == (
        (await admin.post(PLACE)).status_code,
        (await admin.post(PLACE)).json()["code"],
    )


async def test_a_key_that_was_shown_long_ago_is_none(
    admin: httpx.AsyncClient, hands: Hands
) -> None:
    """Whoever photographed it yesterday cannot add it; one begins anew."""
    secret = (await admin.post(PLACE)).json()["secret"]
    hands.advance(timedelta(minutes=15))

    late = await admin.post(f"{PLACE}/confirm", json={"code": code_of(secret, hands)})
    drawn = await admin.get(f"{PLACE}/code")

    assert (404, "factor.missing") == (late.status_code, late.json()["code"])
    assert 404 == drawn.status_code


async def test_a_code_is_taken_once(hall: Hall, admin: httpx.AsyncClient, hands: Hands) -> None:
    """Of four who send it at the same moment one comes in, and nobody after them."""
    secret, _ = await add_factor(admin, hands)
    hands.advance(timedelta(minutes=2))
    code = code_of(secret, hands)
    visitors = [hall.visitor() for _ in range(4)]

    answers = await asyncio.gather(*(knock(visitor, code) for visitor in visitors))
    again = await knock(visitors[0], code)

    assert 1 == answers.count((200, ""))
    assert 3 == answers.count((401, "session.code_refused"))
    assert (401, "session.code_refused") == again


async def test_a_recovery_code_is_good_once(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, hands: Hands
) -> None:
    """However it is typed; new ones end the old."""
    secret, codes = await add_factor(admin, hands)

    first = await knock(stranger, codes[0].upper().replace("-", " "))
    second = await knock(stranger, codes[0])
    left = (await admin.get(PLACE)).json()["recovery_codes_left"]
    hands.advance(timedelta(minutes=2))
    renewed = await admin.post(f"{PLACE}/recovery-codes", json={"code": code_of(secret, hands)})
    old = await knock(stranger, codes[1])
    new = await knock(stranger, renewed.json()["recovery_codes"][0])

    assert ((200, ""), (401, "session.code_refused"), 9) == (first, second, left)
    assert ((401, "session.code_refused"), (200, "")) == (old, new)


async def test_codes_cannot_be_guessed(admin: httpx.AsyncClient, hands: Hands) -> None:
    """They are counted by account, from whatever address they come."""
    await add_factor(admin, hands)
    hands.advance(timedelta(minutes=2))

    refused = []
    for _ in range(6):
        answer = await admin.post(f"{PLACE}/remove", json={"code": "111111"})
        refused.append((answer.status_code, answer.json()["code"]))

    assert [(422, "factor.code_wrong")] * 5 + [(429, "rate.limited")] == refused


async def test_it_is_kept_sealed(hall: Hall, admin: httpx.AsyncClient, hands: Hands) -> None:
    """Neither the secret nor a recovery code can be read in the database."""
    secret, codes = await add_factor(admin, hands)

    async with hall.database.reading() as connection:
        row = (await connection.execute(select(factors))).one()
        kept = (await connection.execute(select(recovery_codes.c.digest))).scalars().all()

    assert row.secret_sealed.startswith(b"v1:")
    assert secret.encode() not in row.secret_sealed
    assert not any(code.encode() in digest for code in codes for digest in kept)
    assert {32} == {len(digest) for digest in kept}


async def test_adding_it_ends_other_sessions_and_removing_it_needs_a_code(
    hall: Hall, admin: httpx.AsyncClient, stranger: httpx.AsyncClient, hands: Hands
) -> None:
    """Whoever had a copy of the cookie is out; without a code nothing is taken away."""
    other = await hall.logged_in(ADMIN)

    secret, _ = await add_factor(admin, hands)
    hands.advance(timedelta(minutes=2))
    wrong = await admin.post(f"{PLACE}/remove", json={"code": "nothing"})
    gone = await admin.post(f"{PLACE}/remove", json={"code": code_of(secret, hands)})

    assert 401 == (await other.get("/api/v1/session")).status_code
    assert (422, 204) == (wrong.status_code, gone.status_code)
    assert (200, "") == await knock(stranger)


async def test_a_token_changes_no_second_factor(hall: Hall, admin: httpx.AsyncClient) -> None:
    """It is a person's: even a token of all scopes is refused."""
    token = (
        await admin.post("/api/v1/tokens", json={"name": "all", "scopes": ["admin", "read"]})
    ).json()["token"]

    me = (await admin.get("/api/v1/session")).json()["account"]["id"]
    async with hall.visitor({"Authorization": f"Bearer {token}"}) as program:
        tries = [
            await program.post(f"{PLACE}/remove", json={"code": "111111"})
            for _ in range(7)  # nor are they counted against the person
        ]
        begun = await program.post(PLACE)
        reset = await program.delete(f"/api/v1/accounts/{me}/second-factor")

    assert {(403, "access.forbidden")} == {
        (answer.status_code, answer.json()["code"]) for answer in (*tries, begun, reset)
    }


@pytest.fixture
async def strict(sqlite_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Hall]:
    """A hall whose admins have to have a second factor."""
    database = open_database(sqlite_url)
    settings = Settings(access=AccessSettings(second_factor="admins"))
    hall = build_hall(database, clock, settings, tmp_path / "keys")
    await hall.add(ADMIN, Role.SUPERADMIN)
    await hall.add("eve@example.org", Role.EDITOR)
    yield hall
    await database.close()


async def test_who_has_to_have_one_does_nothing_before(strict: Hall, hands: Hands) -> None:
    """The session opens the way to add it, and nothing else; others are not asked."""
    admin = await strict.logged_in(ADMIN)
    editor = await strict.logged_in("eve@example.org")

    told = (await admin.get("/api/v1/session")).json()["needs_factor"]
    came = await strict.visitor(CSRF).post(
        "/api/v1/session", json={"email": ADMIN, "password": PASSWORD}
    )
    shut = await admin.get("/api/v1/accounts")
    await add_factor(admin, hands)
    opened = await admin.get("/api/v1/accounts")

    assert told
    assert came.json()["needs_factor"]
    assert (403, "session.factor_required") == (shut.status_code, shut.json()["code"])
    assert 200 == opened.status_code
    assert not (await admin.get("/api/v1/session")).json()["needs_factor"]
    assert 200 == (await editor.get("/api/v1/projects")).status_code


async def test_an_admin_takes_away_what_somebody_lost(
    hall: Hall, admin: httpx.AsyncClient, hands: Hands
) -> None:
    """Their sessions end; they log in with the password and add another."""
    account = await hall.add("eve@example.org", Role.EDITOR)
    eve = await hall.logged_in("eve@example.org")
    await add_factor(eve, hands)

    listed = (await admin.get(f"/api/v1/accounts/{account}")).json()["has_factor"]
    gone = await admin.delete(f"/api/v1/accounts/{account}/second-factor")
    again = await admin.delete(f"/api/v1/accounts/{account}/second-factor")

    assert listed
    assert (204, 404, "factor.missing") == (
        gone.status_code,
        again.status_code,
        again.json()["code"],
    )
    assert 401 == (await eve.get("/api/v1/session")).status_code
    await hall.logged_in("eve@example.org")


async def test_a_lock_down_ends_everything_at_once(hall: Hall, admin: httpx.AsyncClient) -> None:
    """Sessions, tokens and links are refused at the next call; the account is off."""
    account = await hall.add("eve@example.org", Role.ADMIN)
    eve = await hall.logged_in("eve@example.org")
    made = await eve.post("/api/v1/tokens", json={"name": "all", "scopes": ["read"]})
    program = hall.visitor({"Authorization": f"Bearer {made.json()['token']}"})
    link = (await eve.post("/api/v1/links", json={"client": "Acme", "project": "Spring"})).json()
    sent = await hall.visitor().post(f"/u/{link['token']}/files/")

    locked = await admin.post(f"/api/v1/accounts/{account}/lock-down", json={})
    after = [
        (await eve.get("/api/v1/session")).status_code,
        (await program.get("/api/v1/session")).status_code,
        (await hall.visitor().post(f"/u/{link['token']}/files/")).status_code,
        (
            await hall.visitor(CSRF).post(
                "/api/v1/session", json={"email": "eve@example.org", "password": PASSWORD}
            )
        ).status_code,
    ]

    assert 200 == sent.status_code
    assert (200, 1, [made.json()["id"]], [link["id"]], []) == (
        locked.status_code,
        *(locked.json()[name] for name in ("sessions", "tokens", "links", "shares")),
    )
    assert [401, 401, 404, 401] == after


async def test_the_last_superadmin_is_not_locked_out(hall: Hall, admin: httpx.AsyncClient) -> None:
    """But may end all sessions and stay on; at the console a lost account is let in again."""
    account = (await admin.get("/api/v1/session")).json()["account"]["id"]
    lockdown = hall.entrance.lockdown

    refused = await admin.post(f"/api/v1/accounts/{account}/lock-down", json={})
    ended = await admin.post(f"/api/v1/accounts/{account}/lock-down", json={"stays_on": True})
    gone = await admin.get("/api/v1/session")
    await lockdown.reset_at_console(ADMIN, "nine herons on a roof")

    assert (409, "account.last_superadmin") == (refused.status_code, refused.json()["code"])
    assert (200, 1, 401) == (ended.status_code, ended.json()["sessions"], gone.status_code)
    again = await hall.visitor(CSRF).post(
        "/api/v1/session", json={"email": ADMIN, "password": "nine herons on a roof"}
    )
    assert 200 == again.status_code


async def test_the_console_lets_in_who_lost_the_second_factor(
    hall: Hall, admin: httpx.AsyncClient, stranger: httpx.AsyncClient, hands: Hands
) -> None:
    """The password stays where none is given."""
    await add_factor(admin, hands)

    await hall.entrance.lockdown.reset_at_console(ADMIN, None)

    assert (200, "") == await knock(stranger)
    assert 401 == (await admin.get("/api/v1/session")).status_code
