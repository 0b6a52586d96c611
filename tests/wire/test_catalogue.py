"""`/fields`, `/assets?...`, notes, kept searches, many assets at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from rushes.clock import SYSTEM
from tests.security.people import Town, settle


@pytest.fixture
def data(sqlite_url: str) -> Path:
    """A data folder whose database holds the schema alone."""
    return Path(sqlite_url.removeprefix("sqlite:///")).parent


@pytest.fixture
async def town(data: Path) -> AsyncIterator[Town]:
    """A house with people at its door, and one asset."""
    async with AsyncExitStack() as stack:
        yield await settle(stack, data, SYSTEM)


async def ok(answer: httpx.Response, status: int = 200) -> httpx.Response:
    assert status == answer.status_code, answer.text
    return answer


async def test_fields_say_what_values_are(town: Town) -> None:
    """A value that does not fit is refused and changes nothing; one that fits is found."""
    admin, editor = town.people["admin"], town.people["editor"]
    asset = f"/api/v1/assets/{town.ours['asset_id']}"
    wish = {"key": "take", "label": "Take", "kind": "number"}
    made = await ok(await admin.post("/api/v1/fields", json=wish), 201)
    again = await admin.post("/api/v1/fields", json=wish)
    mine = {**wish, "key": "mood", "kind": "choice", "choices": ["calm"]}
    own = mine | {"project_id": town.ours["project_id"]}
    of_project = await editor.post("/api/v1/fields", json=own)
    for_all = await editor.post("/api/v1/fields", json=mine)

    refused = await editor.patch(asset, json={"metadata": {"take": "three"}})
    taken = await editor.patch(asset, json={"metadata": {"take": 3, "mood": "calm", "free": [1]}})
    found = [
        (await ok(await editor.get("/api/v1/assets", params=params))).json()["items"]
        for params in (
            {"where": "take>=3"},
            {"metadata.mood": "Calm"},
            {"metadata.take": "3.0", "q": "calm"},
            {"where": "take>=4"},
        )
    ]
    listed = (await editor.get("/api/v1/fields")).json()["items"]

    assert (409, "field.exists") == (again.status_code, again.json()["code"])
    assert (201, 403) == (of_project.status_code, for_all.status_code)
    assert (422, "field.bad_value") == (refused.status_code, refused.json()["code"])
    assert {"take": 3, "mood": "calm", "free": [1]} == taken.json()["metadata"]
    assert [1, 1, 1, 0] == [len(each) for each in found]
    assert ["mood", "take"] == [each["key"] for each in listed]
    assert '"1"' == made.headers["ETag"]


async def test_a_field_is_changed_by_who_read_it_last(town: Town) -> None:
    """`If-Match` with an old tag is 412; without one the last writer wins."""
    admin = town.people["admin"]
    wish = {"key": "take", "label": "Take", "kind": "number"}
    made = (await admin.post("/api/v1/fields", json=wish)).json()
    place = f"/api/v1/fields/{made['id']}"

    first = await admin.patch(place, json={"label": "No."}, headers={"If-Match": '"1"'})
    second = await admin.patch(place, json={"label": "Nr."}, headers={"If-Match": '"1"'})
    gone = await admin.delete(place, headers={"If-Match": '"2"'})

    assert (200, '"2"') == (first.status_code, first.headers["ETag"])
    assert (412, "field.stale") == (second.status_code, second.json()["code"])
    assert 204 == gone.status_code
    assert 404 == (await admin.get(place)).status_code


async def test_people_write_notes_and_find_by_them(town: Town) -> None:
    """Members write and change their own; admins remove any; strangers see nothing."""
    viewer, editor = town.people["viewer"], town.people["editor"]
    notes = f"/api/v1/assets/{town.ours['asset_id']}/notes"

    note = (await ok(await viewer.post(notes, json={"text": "The sky flickers"}), 201)).json()
    found = (await editor.get("/api/v1/assets", params={"q": "flicker"})).json()["items"]
    by_another = await editor.put(f"{notes}/{note['id']}", json={"text": "No"})
    changed = await viewer.put(f"{notes}/{note['id']}", json={"text": "All fine"})
    lost = (await editor.get("/api/v1/assets", params={"q": "flicker"})).json()["items"]
    listed = (await editor.get(notes)).json()["items"]
    foreign = await town.people["foreigner"].get(notes)
    removed = await town.people["admin"].delete(f"{notes}/{note['id']}")

    assert "viewer@example.org" == note["author"]
    assert [town.ours["asset_id"]] == [each["id"] for each in found]
    assert (403, "note.of_another") == (by_another.status_code, by_another.json()["code"])
    assert ("All fine", []) == (changed.json()["text"], lost)
    assert ["All fine"] == [each["text"] for each in listed]
    assert (404, 204) == (foreign.status_code, removed.status_code)


async def test_searches_are_kept_and_shared(town: Town) -> None:
    """One's own and the shared ones; only their keeper changes them."""
    editor, viewer = town.people["editor"], town.people["viewer"]
    wish = {"name": "Dailies", "filter": {"q": "a001", "where": ["take>=3"]}}
    kept = (await ok(await editor.post("/api/v1/searches", json=wish), 201)).json()
    place = f"/api/v1/searches/{kept['id']}"

    hidden = await viewer.get(place)
    await ok(await editor.patch(place, json={"is_shared": True}))
    shown = (await ok(await viewer.get(place))).json()
    refused = await viewer.delete(place)
    wrong = await editor.post("/api/v1/searches", json={"name": "x", "filter": {"where": ["?"]}})

    assert 404 == hidden.status_code
    assert (False, "a001", ["take>=3"]) == (
        shown["is_own"],
        shown["filter"]["q"],
        shown["filter"]["where"],
    )
    assert (403, "search.of_another") == (refused.status_code, refused.json()["code"])
    assert (400, "search.bad_question") == (wrong.status_code, wrong.json()["code"])
    assert 204 == (await editor.delete(place)).status_code


async def test_many_assets_are_changed_alike(town: Town) -> None:
    """By ids or by a filter; what is refused is named, another count changes nothing."""
    editor, asset_id = town.people["editor"], town.ours["asset_id"]
    bulk = "/api/v1/assets/bulk"
    await ok(await editor.patch(f"/api/v1/assets/{asset_id}", json={"tags": ["old"]}))
    wish = {"add_tags": ["dawn"], "remove_tags": ["old"], "metadata": {"take": 3}}

    other = await editor.post(bulk, json=wish | {"filter": {"tag": ["old"]}, "expect_count": 2})
    dry = await editor.post(bulk, json=wish | {"filter": {"tag": ["old"]}, "dry_run": True})
    done = await editor.post(bulk, json=wish | {"filter": {"tag": ["old"]}, "expect_count": 1})
    by_ids = await editor.post(bulk, json={"ids": [asset_id, "ast_x"], "add_tags": ["dawn"]})
    neither = await editor.post(bulk, json={"add_tags": ["dawn"]})
    read = (await editor.get(f"/api/v1/assets/{asset_id}")).json()

    assert (409, "bulk.other_count", 1) == (
        other.status_code,
        other.json()["code"],
        other.json()["count"],
    )
    assert {"found": 1, "changed": 0, "refused": []} == dry.json()
    assert {"found": 1, "changed": 1, "refused": []} == done.json()
    assert ["ast_x"] == [each["id"] for each in by_ids.json()["refused"]]
    assert 422 == neither.status_code
    assert (["dawn"], {"take": 3}) == (read["tags"], read["metadata"])
