"""`/links`: the addresses by which people send files without logging in."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from rushes.access import records
from rushes.access.identify import LinkFacts
from rushes.access.link import LinkState
from rushes.access.logos import Logos
from rushes.access.permit import SYSTEM, Role
from tests.support.entrance import HOST, Hall
from tests.support.moments import NOON, Hands

PNG = b"\x89PNG\r\n\x1a\n and a picture"
PLACE = {"client": "Acme Corp", "project": "Spring"}


async def make(admin: httpx.AsyncClient, **wish: object) -> dict[str, object]:
    answer = await admin.post("/api/v1/links", json=PLACE | wish)
    assert 201 == answer.status_code, answer.text
    made: dict[str, object] = answer.json()
    return made


async def send(visitor: httpx.AsyncClient, token: object) -> httpx.Response:
    return await visitor.post(f"/u/{token}/files/")


@pytest.mark.covers("M-LK-01", "M-LK-02", "M-LK-04", "CF-24")
async def test_a_link_is_made_with_its_client_and_project(
    hall: Hall, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Its address works at once, lives 14 days, and can be shown again."""
    made = await make(admin)
    again = (await admin.get(f"/api/v1/links/{made['id']}")).json()
    project = (await admin.get(f"/api/v1/projects/{made['project_id']}")).json()

    assert f"{HOST}/u/{made['token']}" == made["url"] == again["url"]
    assert ("Acme Corp", "acme-corp") == (made["client"], made["client_slug"])
    assert ("acme-corp", "spring") == (project["client"], project["project"])
    assert (NOON + timedelta(days=14)).isoformat().replace("+00:00", "Z") == made["expires_at"]
    assert (True, 0, False) == (made["is_active"], made["upload_count"], made["has_password"])
    assert made["id"] == (await send(stranger, made["token"])).json()
    async with hall.database.reading() as connection:
        kept = await records.find_link(connection, str(made["id"]))
    assert kept is not None
    assert str(made["token"]).encode() not in kept.token_sealed


@pytest.mark.covers("M-LK-03", "BG-40")
async def test_unknown_off_and_expired_are_one_404(
    hall: Hall, admin: httpx.AsyncClient, stranger: httpx.AsyncClient, hands: Hands
) -> None:
    """Byte for byte, but for the request's id; on again, it goes on."""
    made = await make(admin)
    place = f"/api/v1/links/{made['id']}"
    unknown = await send(stranger, "rsh_lnk_unknown")

    toggled = await admin.post(f"{place}/toggle")
    off = await send(stranger, made["token"])
    await admin.post(f"{place}/toggle")
    on = await send(stranger, made["token"])
    hands.advance(timedelta(days=14))
    expired = await send(stranger, made["token"])

    assert toggled.json()["is_active"] is False
    assert 200 == on.status_code
    bodies = [one.json() | {"request_id": ""} for one in (unknown, off, expired)]
    assert "link.not_found" == bodies[0]["code"]
    assert bodies[0] == bodies[1] == bodies[2]
    assert {404} == {one.status_code for one in (unknown, off, expired)}
    assert hall.settings.base_url is None


@pytest.mark.covers("M-LK-03")
async def test_the_page_is_told_why_a_link_does_not_work(
    hall: Hall, admin: httpx.AsyncClient, hands: Hands
) -> None:
    """Live, off, expired, each to a holder of the token."""
    made = await make(admin, title="Rushes of Monday", max_files=1)

    async def look() -> LinkFacts:
        return await hall.access.find_link_facts(str(made["token"]))

    live = await look()
    await admin.post(f"/api/v1/links/{made['id']}/toggle")
    off = await look()
    await admin.post(f"/api/v1/links/{made['id']}/toggle")
    hands.advance(timedelta(days=15))
    expired = await look()

    assert LinkState.LIVE is live.state
    assert ("Rushes of Monday", "Acme Corp") == (live.link.title, live.project.client_name)
    assert [LinkState.OFF, LinkState.EXPIRED] == [off.state, expired.state]


async def test_guessing_tokens_is_limited(stranger: httpx.AsyncClient) -> None:
    """The eleventh unknown token in a minute is 429."""
    statuses = [(await send(stranger, f"rsh_lnk_{n}")).status_code for n in range(11)]

    assert [404] * 10 + [429] == statuses


async def test_a_password_is_given_once_and_carried_on(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, hands: Hands
) -> None:
    """The grant behind the token opens it; another password, or 7 days, end that."""
    made = await make(admin, password="open sesame", expires_at=None)
    unlock = f"/u/{made['token']}/unlock"

    locked = await send(stranger, made["token"])
    wrong = await stranger.post(unlock, json={"password": "open barley"})
    opened = (await stranger.post(unlock, json={"password": "open sesame"})).json()
    inside = await send(stranger, opened["token"])
    forged = await send(stranger, f"{made['token']}~{'A' * 28}")
    await admin.patch(f"/api/v1/links/{made['id']}", json={"password": "another one"})
    changed = await send(stranger, opened["token"])
    anew = (await stranger.post(unlock, json={"password": "another one"})).json()
    hands.advance(timedelta(days=7))
    late = await send(stranger, anew["token"])

    assert made["has_password"] is True
    assert (401, "link.locked") == (locked.status_code, locked.json()["code"])
    assert 401 == wrong.status_code
    assert f"{HOST}/u/{opened['token']}" == opened["url"]
    assert 200 == inside.status_code
    assert [401, 401, 401] == [one.status_code for one in (forged, changed, late)]


async def test_link_passwords_cannot_be_guessed_without_end(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """The sixth try in a minute is 429."""
    made = await make(admin, password="open sesame")

    statuses = [
        (await stranger.post(f"/u/{made['token']}/unlock", json={"password": "wrong"})).status_code
        for _ in range(6)
    ]

    assert [401] * 5 + [429] == statuses


@pytest.mark.covers("M-LK-04")
async def test_what_is_not_sent_stays_and_a_stale_change_is_refused(
    admin: httpx.AsyncClient,
) -> None:
    """`If-Match` holds the ETag that was read; null means none, and never."""
    made = await make(admin, title="One", max_files=3, types=[".MOV", "mov", "video/*"])
    place = f"/api/v1/links/{made['id']}"
    etag = (await admin.get(place)).headers["ETag"]

    changed = await admin.patch(
        place, json={"title": "Two", "expires_at": None}, headers={"If-Match": etag}
    )
    stale = await admin.patch(place, json={"title": "Three"}, headers={"If-Match": etag})

    assert ("Two", 3, None) == (
        changed.json()["title"],
        changed.json()["max_files"],
        changed.json()["expires_at"],
    )
    assert ["mov", "video/*"] == changed.json()["types"]
    assert etag != changed.headers["ETag"]
    assert (412, "link.stale") == (stale.status_code, stale.json()["code"])


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"max_files": 0}, "/max_files"),
        ({"max_file_bytes": 2**63}, "/max_file_bytes"),
        ({"expires_at": "2026-12-01T00:00:00"}, "/expires_at"),
        ({"fields": [{"label": ""}]}, "/fields/0/label"),
        ({"surprise": 1}, "/surprise"),
    ],
)
async def test_a_schema_names_the_value_that_it_refuses(
    admin: httpx.AsyncClient, wish: dict[str, object], pointer: str
) -> None:
    """By a JSON pointer, with 422; no link is made."""
    answer = await admin.post("/api/v1/links", json=PLACE | wish)

    assert 422 == answer.status_code
    assert [pointer] == [fault["pointer"] for fault in answer.json()["errors"]]
    assert [] == (await admin.get("/api/v1/links")).json()["items"]


@pytest.mark.parametrize(
    "wish",
    [
        {"types": ["a b"]},
        {"title": "x" * 2_001},
        {"password": "abc"},
        {"client_email": "nobody"},
        {"color": "red"},
        {"fields": [{"label": "Unit", "kind": "choice"}]},
    ],
)
async def test_a_wish_that_does_not_fit_is_422(
    admin: httpx.AsyncClient, wish: dict[str, object]
) -> None:
    """The sentence says why."""
    answer = await admin.post("/api/v1/links", json=PLACE | wish)

    assert 422 == answer.status_code
    assert answer.json()["detail"]


@pytest.mark.covers("M-LK-02")
async def test_a_link_bears_a_logo_a_colour_and_questions(
    hall: Hall, admin: httpx.AsyncClient
) -> None:
    """Each can be changed and taken off; keys of questions are made of what they ask."""
    logo = await Logos(hall.database, hall.clock).keep(SYSTEM, PNG)
    asked = [{"label": "Shooting day", "required": True, "kind": "date"}, {"label": "Unit"}]
    made = await make(admin, color="#FFB020", logo_id=logo, fields=asked)
    place = f"/api/v1/links/{made['id']}"

    bare = (await admin.patch(place, json={"color": None, "logo_id": None, "fields": []})).json()
    unknown = await admin.patch(place, json={"logo_id": "0" * 40})
    twice = await admin.patch(place, json={"fields": [{"label": "Unit"}, {"label": "unit"}]})

    assert ("#ffb020", logo, f"{HOST}/logos/{logo}") == (
        made["color"],
        made["logo_id"],
        made["logo_url"],
    )
    questions = made["fields"]
    assert isinstance(questions, list)
    assert [("shooting_day", "date"), ("unit", "text")] == [
        (one["key"], one["kind"]) for one in questions
    ]
    assert (None, None, []) == (bare["color"], bare["logo_url"], bare["fields"])
    assert (404, "logo.not_found") == (unknown.status_code, unknown.json()["code"])
    assert (422, "link.bad_question") == (twice.status_code, twice.json()["code"])


async def test_a_links_address_is_drawn(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """As SVG, for those who may see the link; it bears no script."""
    made = await make(admin)
    place = f"/api/v1/links/{made['id']}/qr"

    drawn = await admin.get(place)

    assert (200, "image/svg+xml") == (drawn.status_code, drawn.headers["Content-Type"])
    assert str(made["url"]) in drawn.text
    assert "default-src 'none'" == drawn.headers["Content-Security-Policy"]
    assert 401 == (await stranger.get(place)).status_code


@pytest.mark.covers("M-LK-04")
async def test_a_deleted_link_is_gone_and_its_project_stays(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """What came through it belongs to the project."""
    made = await make(admin)
    place = f"/api/v1/links/{made['id']}"

    gone = await admin.delete(place)

    assert 204 == gone.status_code
    assert 404 == (await admin.get(place)).status_code
    assert 404 == (await send(stranger, made["token"])).status_code
    assert 200 == (await admin.get(f"/api/v1/projects/{made['project_id']}")).status_code


@pytest.mark.covers("M-LK-06")
async def test_a_links_project_is_its_own_whatever_is_asked(
    hall: Hall, admin: httpx.AsyncClient
) -> None:
    """The name that a sender writes is not looked at."""
    made = await make(admin)
    await admin.post("/api/v1/projects", json={"client": "Other", "project": "Secret"})

    actor, _ = await hall.access.identify_link(str(made["token"]))
    project = await hall.access.resolve_project(actor, "other/secret")

    assert made["project_id"] == project.id


@pytest.mark.covers("M-LK-05", "BG-91")
async def test_uploads_of_a_link_are_counted_in_one_statement(
    hall: Hall, admin: httpx.AsyncClient
) -> None:
    """Each that was received in full, with the time of the last."""
    made = await make(admin)
    for _ in range(3):
        async with hall.database.transaction() as connection:
            await records.count_link_use(connection, str(made["id"]), NOON)

    read = (await admin.get(f"/api/v1/links/{made['id']}")).json()

    assert 3 == read["upload_count"]
    assert read["last_used_at"] is not None


async def test_an_editor_makes_links_only_into_their_own_projects(
    hall: Hall, admin: httpx.AsyncClient
) -> None:
    """A foreign project and one that never was are one 404; theirs works."""
    made = await make(admin)
    account = await hall.add("eve@example.org", Role.EDITOR)
    eve = await hall.logged_in("eve@example.org")

    foreign = await eve.post("/api/v1/links", json=PLACE)
    unknown = await eve.post("/api/v1/links", json={"client": "No", "project": "Such"})
    await admin.put(
        f"/api/v1/projects/{made['project_id']}/members/{account}", json={"role": "editor"}
    )
    own = await eve.post("/api/v1/links", json=PLACE)
    await admin.put(
        f"/api/v1/projects/{made['project_id']}/members/{account}", json={"role": "viewer"}
    )
    looking = await eve.post("/api/v1/links", json=PLACE)

    assert 404 == foreign.status_code
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert 201 == own.status_code
    assert 403 == looking.status_code
    assert [] == (await eve.get("/api/v1/links")).json()["items"]
