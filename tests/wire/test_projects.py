"""`/projects`: where things belong, and who is a member."""

from __future__ import annotations

import httpx
import pytest

from rushes.access.permit import Role
from tests.support.entrance import Hall

SPRING = {"client": "Acme Corp", "project": "Spring"}


async def make(admin: httpx.AsyncClient, **names: str) -> dict[str, str]:
    answer = await admin.post("/api/v1/projects", json=SPRING | names)
    assert 201 == answer.status_code, answer.text
    made: dict[str, str] = answer.json()
    return made


@pytest.mark.covers("CF-24")
async def test_slugs_are_fixed_at_birth(admin: httpx.AsyncClient) -> None:
    """A new name changes what people read, not where things lie."""
    made = await make(admin)

    renamed = await admin.patch(f"/api/v1/projects/{made['id']}", json={"name": "Autumn \u2013 2"})

    assert ("acme-corp", "spring", "Acme Corp", "Spring") == (
        made["client"],
        made["project"],
        made["client_name"],
        made["name"],
    )
    assert ("spring", "Autumn \u2013 2") == (renamed.json()["project"], renamed.json()["name"])


@pytest.mark.covers("M-ST-21")
async def test_a_project_is_finished_and_taken_up_again(admin: httpx.AsyncClient) -> None:
    """What is finished says since when; asked twice, that stays."""
    made = await make(admin)
    address = f"/api/v1/projects/{made['id']}"

    finished = (await admin.patch(address, json={"is_finished": True})).json()
    again = (await admin.patch(address, json={"is_finished": True, "name": "Autumn"})).json()
    back = (await admin.patch(address, json={"is_finished": False})).json()

    assert finished["finished_at"] is not None
    assert (finished["finished_at"], "Autumn") == (again["finished_at"], again["name"])
    assert (None, "Autumn") == (back["finished_at"], back["name"])
    assert back == (await admin.patch(address, json={})).json()


@pytest.mark.covers("CF-12")
async def test_a_project_has_a_colour_of_its_films(admin: httpx.AsyncClient) -> None:
    """It is one of those that a film may have; `auto` is none."""
    address = f"/api/v1/projects/{(await make(admin))['id']}"

    chosen = (await admin.patch(address, json={"color": " LOG:slog3"})).json()
    refused = await admin.patch(address, json={"color": "sepia"})
    kept = (await admin.get(address)).json()
    taken_back = (await admin.patch(address, json={"color": "auto"})).json()

    assert ("log:slog3", "log:slog3", None) == (
        chosen["color"],
        kept["color"],
        taken_back["color"],
    )
    assert (400, "color.unknown") == (refused.status_code, refused.json()["code"])


@pytest.mark.parametrize("client", ["acme corp", "ACME-Corp", "acme-corp", "Acme  Corp"])
async def test_a_name_is_the_same_however_it_is_written(
    admin: httpx.AsyncClient, client: str
) -> None:
    """Case, spaces and dashes make no second project."""
    await make(admin)

    again = await admin.post("/api/v1/projects", json=SPRING | {"client": client})

    assert (409, "project.exists") == (again.status_code, again.json()["code"])


async def test_different_names_never_share_a_slug(admin: httpx.AsyncClient) -> None:
    """`C++` and `C` are two clients; what has no Latin letter has a slug as well."""
    names = ["C", "C++", "C#", "\u65e5\u672c", "\u6771\u4eac", "CON"]

    slugs = [(await make(admin, client=name))["client"] for name in names]

    assert ["c", "c-2", "c-3"] == slugs[:3]
    assert len(names) == len(set(slugs))
    assert all(slug.isascii() for slug in slugs)
    assert "con" not in slugs


async def test_an_editor_sees_the_projects_they_are_a_member_of(
    hall: Hall, admin: httpx.AsyncClient
) -> None:
    """Others do not exist for them, by list or by id."""
    own, other = await make(admin), await make(admin, project="Winter")
    account = await hall.add("eve@example.org", Role.EDITOR)
    eve = await hall.logged_in("eve@example.org")
    members = f"/api/v1/projects/{own['id']}/members"

    before = (await eve.get("/api/v1/projects")).json()["items"]
    added = await admin.post(members, json={"account_id": account, "role": "editor"})
    listed = (await eve.get("/api/v1/projects")).json()["items"]
    foreign = await eve.get(f"/api/v1/projects/{other['id']}")
    unknown = await eve.get("/api/v1/projects/prj_none")
    people = (await admin.get(members)).json()["items"]
    removed = await admin.delete(f"{members}/{account}")

    assert [] == before
    assert 204 == added.status_code
    assert [own["id"]] == [one["id"] for one in listed]
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert [("eve@example.org", "editor")] == [(one["email"], one["role"]) for one in people]
    assert 204 == removed.status_code
    assert [] == (await eve.get("/api/v1/projects")).json()["items"]


async def test_only_admins_choose_members_and_make_projects(
    hall: Hall, admin: httpx.AsyncClient
) -> None:
    """An editor changes their project's name, and a viewer only looks."""
    made = await make(admin)
    place = f"/api/v1/projects/{made['id']}"
    account = await hall.add("eve@example.org", Role.EDITOR)
    eve = await hall.logged_in("eve@example.org")
    await admin.put(f"{place}/members/{account}", json={"role": "editor"})

    renamed = await eve.patch(place, json={"name": "Autumn"})
    member = await eve.put(f"{place}/members/{account}", json={"role": "editor"})
    project = await eve.post("/api/v1/projects", json=SPRING | {"project": "Winter"})
    await admin.put(f"{place}/members/{account}", json={"role": "viewer"})
    looking = await eve.patch(place, json={"name": "Winter"})

    assert 200 == renamed.status_code
    assert [403, 403, 403] == [one.status_code for one in (member, project, looking)]


@pytest.mark.parametrize("role", ["admin", "superadmin"])
async def test_a_member_is_an_editor_or_a_viewer(
    hall: Hall, admin: httpx.AsyncClient, role: str
) -> None:
    """Admins are none: they see every project."""
    made = await make(admin)
    account = await hall.add("eve@example.org", Role.EDITOR)

    answer = await admin.put(
        f"/api/v1/projects/{made['id']}/members/{account}", json={"role": role}
    )

    assert (422, "project.bad_member") == (answer.status_code, answer.json()["code"])


async def test_uploads_that_name_no_project_go_to_ones_own_inbox(hall: Hall) -> None:
    """Made once for each account, of a client that is nobody else's."""
    actors = []
    for email in ("eve@example.org", "eve@example.com"):
        await hall.add(email, Role.EDITOR)
        visitor = await hall.logged_in(email)
        actors.append(await hall.access.identify_session(visitor.cookies["rushes"]))

    first = [await hall.access.resolve_project(actor, None) for actor in actors]
    again = [await hall.access.resolve_project(actor, "") for actor in actors]

    assert ["eve/inbox", "eve-2/inbox"] == [project.path for project in first]
    assert [one.id for one in first] == [one.id for one in again]


@pytest.mark.parametrize("text", ["no-slash", "/x", "x/", "a/b\x00", "a/\u202eb", "a/" + "b" * 201])
async def test_a_place_that_is_no_name_is_refused(hall: Hall, text: str) -> None:
    """With a sentence, and no project is made."""
    admin = await hall.logged_in("ada@example.org")

    answer = await admin.post(
        "/api/v1/projects",
        json=dict(zip(("client", "project"), text.partition("/")[::2], strict=True)),
    )

    assert (422, "project.bad_name") == (answer.status_code, answer.json()["code"])
