"""`/accounts`: who may log in, and as what."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from rushes.access.permit import Role
from tests.support.entrance import ADMIN, PASSWORD, Hall
from tests.support.moments import Hands

EVE = {"email": "Eve@Example.org ", "password": "nine herons on a roof", "role": "editor"}


@pytest.mark.covers("C-MG-07", "M-AD-02")
async def test_an_account_is_made_read_listed_and_removed(admin: httpx.AsyncClient) -> None:
    """Its mail address is kept in lower case; its password is never answered."""
    made = await admin.post("/api/v1/accounts", json=EVE)
    place = f"/api/v1/accounts/{made.json()['id']}"
    read = await admin.get(place)
    listed = await admin.get("/api/v1/accounts")
    gone = await admin.delete(place)
    missing = await admin.get(place)

    assert 201 == made.status_code
    assert "eve@example.org" == read.json()["email"]
    assert "password" not in read.text
    assert {"eve@example.org", ADMIN} == {one["email"] for one in listed.json()["items"]}
    assert 204 == gone.status_code
    assert (404, "account.not_found") == (missing.status_code, missing.json()["code"])


async def test_a_mail_address_belongs_to_one_account(admin: httpx.AsyncClient) -> None:
    """Without regard to case."""
    await admin.post("/api/v1/accounts", json=EVE)

    second = await admin.post("/api/v1/accounts", json=EVE | {"email": "EVE@example.org"})

    assert (409, "account.exists") == (second.status_code, second.json()["code"])


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("password", "short", "account.bad_password"),
        ("password", "password1234", "account.bad_password"),
        ("email", "nobody", "account.bad_email"),
        ("email", "a@b.c\r\nBcc: x@y.z", "account.bad_email"),
        ("role", "emperor", "request.invalid"),
    ],
)
async def test_what_does_not_fit_is_422(
    admin: httpx.AsyncClient, field: str, value: str, code: str
) -> None:
    """And no account is there afterwards."""
    answer = await admin.post("/api/v1/accounts", json=EVE | {field: value})
    listed = await admin.get("/api/v1/accounts")

    assert (422, code) == (answer.status_code, answer.json()["code"])
    assert 1 == len(listed.json()["items"])


async def test_the_last_superadmin_stays(admin: httpx.AsyncClient) -> None:
    """Not demoted, not switched off, not removed; a second one makes it possible."""
    me = (await admin.get("/api/v1/session")).json()["account"]["id"]
    place = f"/api/v1/accounts/{me}"

    refusals = [
        await admin.patch(place, json={"role": "admin"}),
        await admin.patch(place, json={"is_active": False}),
        await admin.delete(place),
    ]
    await admin.post("/api/v1/accounts", json=EVE | {"role": "superadmin"})
    removed = await admin.delete(place)

    assert {(409, "account.last_superadmin")} == {
        (answer.status_code, answer.json()["code"]) for answer in refusals
    }
    assert 204 == removed.status_code


@pytest.mark.covers("CF-25")
async def test_an_admin_manages_no_admins(hall: Hall, admin: httpx.AsyncClient) -> None:
    """Editors and viewers, yes; nobody of their own rank or above."""
    me = (await admin.get("/api/v1/session")).json()["account"]["id"]
    await hall.add("bob@example.org", Role.ADMIN)
    bob = await hall.logged_in("bob@example.org")

    editor = await bob.post("/api/v1/accounts", json=EVE)
    second = await bob.post("/api/v1/accounts", json=EVE | {"email": "x@y.z", "role": "admin"})
    promoted = await bob.patch(
        f"/api/v1/accounts/{editor.json()['id']}", json={"role": "superadmin"}
    )
    demoted = await bob.patch(f"/api/v1/accounts/{me}", json={"role": "viewer"})

    assert 201 == editor.status_code
    assert [403, 403, 403] == [one.status_code for one in (second, promoted, demoted)]


async def test_an_old_session_gives_no_rights_away(admin: httpx.AsyncClient, hands: Hands) -> None:
    """Accounts and tokens need a log-in of the last 15 minutes; reading goes on."""
    hands.advance(timedelta(minutes=15, seconds=1))

    account = await admin.post("/api/v1/accounts", json=EVE)
    token = await admin.post("/api/v1/tokens", json={"name": "ci", "scopes": ["read"]})
    read = await admin.get("/api/v1/accounts")

    assert (403, "access.login_again") == (account.status_code, account.json()["code"])
    assert 403 == token.status_code
    assert 200 == read.status_code


async def test_a_list_of_accounts_is_paged(hall: Hall, admin: httpx.AsyncClient) -> None:
    """Each account once; a cursor that was changed, or is of another list, is refused."""
    for name in ("b", "c", "d"):
        await hall.add(f"{name}@example.org", Role.VIEWER)

    seen, cursor = [], ""
    while True:
        page = (await admin.get(f"/api/v1/accounts?limit=2&cursor={cursor}")).json()
        seen += [one["email"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    wrong = [
        await admin.get(f"/api/v1/accounts?cursor={cursor[:-2]}"),
        await admin.get("/api/v1/accounts?cursor=%00"),
        await admin.get(f"/api/v1/projects?cursor={cursor}"),
    ]
    beyond = await admin.get("/api/v1/accounts?limit=501")

    assert 4 == len(seen) == len(set(seen))
    assert {(400, "page.bad_cursor")} == {(one.status_code, one.json()["code"]) for one in wrong}
    assert (400, "request.invalid") == (beyond.status_code, beyond.json()["code"])


async def test_an_editor_sees_no_account_but_their_own(
    hall: Hall, admin: httpx.AsyncClient
) -> None:
    """Another's id and one that never was are one answer."""
    me = (await admin.get("/api/v1/session")).json()["account"]["id"]
    own = await hall.add("eve@example.org", Role.EDITOR)
    eve = await hall.logged_in("eve@example.org")

    foreign = await eve.get(f"/api/v1/accounts/{me}")
    unknown = await eve.get(f"/api/v1/accounts/{me[:-1]}z")

    assert 200 == (await eve.get(f"/api/v1/accounts/{own}")).status_code
    assert 403 == (await eve.get("/api/v1/accounts")).status_code
    assert 404 == foreign.status_code
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert PASSWORD not in foreign.text


@pytest.mark.covers("X-UP-21", "X-UP-22")
async def test_an_admin_says_what_an_account_may_send(admin: httpx.AsyncClient) -> None:
    """All of it at once: what is left out goes back to what the settings say."""
    place = f"/api/v1/accounts/{(await admin.post('/api/v1/accounts', json=EVE)).json()['id']}"
    wish = {"max_total_bytes": 10, "max_uploads_per_day": 2, "time_zone": "Europe/Berlin"}

    limited = await admin.put(f"{place}/limits", json=wish)
    read = (await admin.get(place)).json()
    free = (await admin.put(f"{place}/limits", json={})).json()
    refused = await admin.put(f"{place}/limits", json={"time_zone": "Mars/Olympus"})

    assert 200 == limited.status_code
    assert wish | {"used_bytes": 0} == {name: read[name] for name in (*wish, "used_bytes")}
    assert (None, None, "UTC") == tuple(free[name] for name in wish)
    assert (422, "account.bad_time_zone") == (refused.status_code, refused.json()["code"])
