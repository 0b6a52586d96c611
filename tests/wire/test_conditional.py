"""`ETag`, `If-Match`, `If-None-Match`: what was read is not sent again, nor written over."""

from __future__ import annotations

import httpx
import pytest

from tests.support.entrance import Hall

EVE = {"email": "eve@example.org", "password": "nine herons on a roof", "role": "editor"}
TOKEN = {"name": "ci", "scopes": ["read"]}
PROJECT = {"client": "Acme", "project": "Spring"}

RESOURCES = {
    "accounts": (EVE, {"role": "viewer"}),
    "tokens": (TOKEN, {"name": "other"}),
    "projects": (PROJECT, {"name": "Summer"}),
    "links": (PROJECT, {"title": "Send it here"}),
}
"""For each kind: what makes one, and what changes it."""

kinds = pytest.mark.parametrize("kind", RESOURCES)


async def make(admin: httpx.AsyncClient, kind: str) -> str:
    """Make a thing; return its address."""
    made = await admin.post(f"/api/v1/{kind}", json=RESOURCES[kind][0])
    assert 201 == made.status_code, made.text
    return f"/api/v1/{kind}/{made.json()['id']}"


@kinds
async def test_what_was_read_is_not_sent_again(admin: httpx.AsyncClient, kind: str) -> None:
    """304 without a body, until it is changed."""
    place = await make(admin, kind)
    etag = (await admin.get(place)).headers["ETag"]

    same = await admin.get(place, headers={"If-None-Match": f'"x", W/{etag}'})
    await admin.patch(place, json=RESOURCES[kind][1])
    changed = await admin.get(place, headers={"If-None-Match": etag})

    assert (304, b"", etag) == (same.status_code, same.content, same.headers["ETag"])
    assert "Content-Type" not in same.headers
    assert (200, False) == (changed.status_code, etag == changed.headers["ETag"])


@kinds
async def test_who_comes_second_does_not_write_over_the_first(
    admin: httpx.AsyncClient, kind: str
) -> None:
    """412 where somebody was faster; with the new tag it is done."""
    place = await make(admin, kind)
    etag = (await admin.get(place)).headers["ETag"]

    first = await admin.patch(place, json=RESOURCES[kind][1], headers={"If-Match": etag})
    second = await admin.patch(place, json=RESOURCES[kind][1], headers={"If-Match": etag})
    odd = await admin.patch(place, json=RESOURCES[kind][1], headers={"If-Match": '"x"'})
    huge = {"If-Match": f'"{10**99}"'}
    beyond = await admin.patch(place, json=RESOURCES[kind][1], headers=huge)
    again = {"If-Match": first.headers["ETag"]}
    third = await admin.patch(place, json=RESOURCES[kind][1], headers=again)

    answers = (first, second, odd, beyond, third)
    assert [200, 412, 412, 412, 200] == [answer.status_code for answer in answers]
    assert second.json()["code"] == f"{kind[:-1]}.stale"


@pytest.mark.parametrize("kind", ["accounts", "tokens"])
async def test_what_changed_is_not_removed_unseen(admin: httpx.AsyncClient, kind: str) -> None:
    """The tag of an older state removes nothing."""
    place = await make(admin, kind)
    etag = (await admin.get(place)).headers["ETag"]
    await admin.patch(place, json=RESOURCES[kind][1])

    stale = await admin.delete(place, headers={"If-Match": etag})
    etag = (await admin.get(place)).headers["ETag"]
    gone = await admin.delete(place, headers={"If-Match": etag})

    assert [412, 204] == [stale.status_code, gone.status_code]


async def test_a_count_is_no_change_but_is_told(hall: Hall, admin: httpx.AsyncClient) -> None:
    """That a token was used ends no `If-Match`, and an `If-None-Match` shows the new time."""
    made = (await admin.post("/api/v1/tokens", json=TOKEN)).json()
    place = f"/api/v1/tokens/{made['id']}"
    etag = (await admin.get(place)).headers["ETag"]

    async with hall.visitor({"Authorization": f"Bearer {made['token']}"}) as program:
        await program.get("/api/v1/session")
    told = await admin.get(place, headers={"If-None-Match": etag})
    renamed = await admin.patch(place, json={"name": "other"}, headers={"If-Match": etag})

    assert (200, 200) == (told.status_code, renamed.status_code)
    assert told.json()["last_used_at"] is not None


async def test_a_list_has_no_tag(admin: httpx.AsyncClient) -> None:
    """It is read as it comes."""
    answer = await admin.get("/api/v1/accounts", headers={"If-None-Match": "*"})

    assert (200, False) == (answer.status_code, "ETag" in answer.headers)
