"""Shares over HTTP: made by people, visited by strangers, counted right, and ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rushes.clock import Clock
from rushes.events import outbox
from rushes.settings import Settings
from tests.support.moments import NOON, Hands
from tests.support.shared import ORIGINAL, SHARES, Shared, open_shared

SECRET = "open sesame, please"


@pytest.fixture
async def shared(sqlite_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Shared]:
    """A house on SQLite."""
    assert sqlite_url.endswith(str(tmp_path / "rushes.db"))
    async with open_shared(Settings(data=tmp_path), clock) as opened:
        yield opened


async def use_of(shared: Shared, share: dict[str, Any]) -> tuple[int, int]:
    """Return how many views and downloads are counted."""
    use = (await shared.editor.get(f"{SHARES}/{share['id']}/use")).json()
    return use["view_count"], use["download_count"]


@pytest.mark.covers("M-PB-20", "CF-19")
async def test_a_share_lives_seven_days_and_shows_what_it_lists(shared: Shared) -> None:
    """One of two films: the other one is not there, by list or by id."""
    film, other = await shared.film(), await shared.film("secret.mov", b"another film")
    share = await shared.share(film, title="First cut", message="Please look")

    visitor, path = await shared.visit(share)
    listed = (await visitor.get(f"{path}/assets")).json()
    unlisted = await visitor.get(f"{path}/assets/{other.asset_id}")

    assert (NOON + timedelta(days=7)).isoformat() == share["expires_at"].replace("Z", "+00:00")
    assert [film.asset_id] == [one["id"] for one in listed["items"]]
    assert listed["items"][0]["poster_url"].startswith("http://127.0.0.1:8080/p/")
    assert (404, "asset.not_found") == (unlisted.status_code, unlisted.json()["code"])


async def test_a_share_of_a_project_shows_what_comes_later(shared: Shared) -> None:
    """Newest first, page by page, and nothing of another project."""
    await shared.film("one.mov", b"1")
    share = await shared.share()
    later = await shared.film("two.mov", b"2")

    visitor, path = await shared.visit(share)
    first = (await visitor.get(f"{path}/assets", params={"limit": 1})).json()
    second = await visitor.get(
        f"{path}/assets", params={"limit": 1, "cursor": first["next_cursor"]}
    )

    names = [one["name"] for one in (*first["items"], *second.json()["items"])]
    assert {"one.mov", "two.mov"} == set(names)
    assert (True, None) == (share["is_whole_project"], share["asset_count"])
    assert 200 == (await visitor.get(f"{path}/assets/{later.asset_id}")).status_code


@pytest.mark.covers("M-PB-01")
async def test_a_visitor_plays_what_is_shared_and_takes_what_is_given(shared: Shared) -> None:
    """Up to 360p and no original: the rest is refused, and the addresses give the bytes."""
    film = await shared.film()
    share = await shared.share(film, download="360p")
    visitor, path = await shared.visit(share)
    asset = f"{path}/assets/{film.asset_id}"

    playback = (await visitor.post(f"{asset}/playback", json={})).json()
    index = await visitor.get(playback["hls_url"])
    details = (await visitor.get(asset)).json()
    small = await visitor.post(f"{asset}/download", params={"quality": "360p"})
    large = await visitor.post(f"{asset}/download", params={"quality": "720p"})
    original = await visitor.post(f"{asset}/download")
    taken = await visitor.get(small.json()["url"])
    picture = await visitor.get(f"{asset}/image", params={"w": 1280})

    assert (True, "#EXTM3U" in index.text) == (playback["ready"], True)
    assert ["360p"] == [one["quality"] for one in details["downloads"]]
    assert (200, b"360p" + ORIGINAL) == (taken.status_code, taken.content[2560:])
    assert "attachment" in taken.headers["Content-Disposition"]
    assert [(403, "share.not_given")] * 2 == [
        (answer.status_code, answer.json()["code"]) for answer in (large, original)
    ]
    assert 307 == picture.status_code
    assert 200 == (await visitor.get(picture.headers["Location"])).status_code


async def test_a_share_may_show_names_alone(shared: Shared) -> None:
    """No picture and no playback; what may be downloaded still may."""
    film = await shared.film()
    share = await shared.share(film, may_play=False, download="all")
    visitor, path = await shared.visit(share)
    asset = f"{path}/assets/{film.asset_id}"

    refused = await visitor.post(f"{asset}/playback", json={})
    poster = await visitor.post(f"{asset}/download", params={"quality": "poster"})
    details = (await visitor.get(asset)).json()

    assert (403, "share.not_given") == (refused.status_code, refused.json()["code"])
    assert (403, "share.not_given") == (poster.status_code, poster.json()["code"])
    assert (None, None) == (details["poster_url"], details["thumbnail_url"])
    assert ["720p", "360p"] == sorted(
        (one["quality"] for one in details["downloads"]), reverse=True
    )


@pytest.mark.covers("X-SEC-05")
async def test_a_password_is_asked_for_and_guessing_is_slowed(shared: Shared) -> None:
    """Nothing is told before it; six guesses a minute are too many, from one address."""
    share = await shared.share(await shared.film(), password=SECRET)
    visitor, other = await shared.visitor(), await shared.visitor("198.51.100.9")
    door = f"/s/{share['token']}/visit"

    bare = await visitor.post(door)
    unseen = await visitor.get(f"/s/{share['token']}/assets")
    guesses = [await visitor.post(door, json={"password": "a guess"}) for _ in range(6)]
    late = await visitor.post(door, json={"password": SECRET})
    elsewhere = await other.post(door, json={"password": SECRET})

    assert [(401, "share.locked")] * 2 == [
        (answer.status_code, answer.json()["code"]) for answer in (bare, unseen)
    ]
    assert [401] * 5 + [429] == [answer.status_code for answer in guesses]
    assert (429, 200) == (late.status_code, elsewhere.status_code)
    assert int(late.headers["Retry-After"]) >= 1


@pytest.mark.covers("M-PB-20")
async def test_what_is_over_is_410_and_says_why(shared: Shared, hands: Hands) -> None:
    """Expired, switched off, used up: to whoever holds the token; an unknown one is 404."""
    film = await shared.film()
    soon = await shared.share(film, expires_at=(NOON + timedelta(hours=1)).isoformat())
    off = await shared.share(film)
    once = await shared.share(film, max_views=1)
    inside, path = await shared.visit(once)
    await shared.editor.patch(f"{SHARES}/{off['id']}", json={"is_active": False})
    visitor = await shared.visitor()
    hands.advance(timedelta(hours=1))

    answers = [await visitor.post(f"/s/{one['token']}/visit") for one in (soon, off, once)]
    unknown = await visitor.post("/s/unknown/visit")

    assert [(410, "share.expired"), (410, "share.revoked"), (410, "share.used_up")] == [
        (answer.status_code, answer.json()["code"]) for answer in answers
    ]
    assert (404, "share.not_found") == (unknown.status_code, unknown.json()["code"])
    assert 200 == (await inside.get(f"{path}/assets")).status_code  # who is inside stays


@pytest.mark.covers("BG-16")
async def test_views_and_downloads_are_right_under_races(shared: Shared) -> None:
    """Of 30 visits at once 10 may begin; a visitor who takes a file 10 times counts once."""
    film = await shared.film()
    share = await shared.share(film, max_views=10, download="all")
    visitor = await shared.visitor()

    answers = await asyncio.gather(*(visitor.post(f"/s/{share['token']}/visit") for _ in range(30)))
    passes = [answer.json()["token"] for answer in answers if answer.status_code == 200]
    again = await asyncio.gather(*(visitor.post(f"/s/{one}/visit") for one in passes))
    files = [f"/s/{one}/assets/{film.asset_id}/download?quality=360p" for one in passes]
    taken = await asyncio.gather(*(visitor.post(file) for file in files * 5))

    assert (10, 20) == (len(passes), [answer.status_code for answer in answers].count(410))
    assert {200} == {answer.status_code for answer in (*again, *taken)}
    assert (10, 10) == await use_of(shared, share)


@pytest.mark.covers("CF-19")
async def test_addresses_of_a_share_that_changed_are_dead(shared: Shared) -> None:
    """Switched off, narrowed or removed: what was signed before gives nothing any more."""
    film = await shared.film()
    statuses = []

    for change in ({"is_active": False}, {"download": "none"}, {"password": SECRET}, None):
        share = await shared.share(film, download="all")
        visitor, path = await shared.visit(share)
        asset = f"{path}/assets/{film.asset_id}"
        playing = (await visitor.post(f"{asset}/playback", json={})).json()["hls_url"]
        if change is None:
            await shared.editor.delete(f"{SHARES}/{share['id']}")
        else:
            await shared.editor.patch(f"{SHARES}/{share['id']}", json=change)
        statuses.append((await visitor.get(playing)).status_code)

    assert [410] * 4 == statuses


async def test_a_pass_that_was_changed_opens_nothing(shared: Shared, hands: Hands) -> None:
    """Nor does one of another share, nor one after its twelve hours."""
    film = await shared.film()
    share, other = await shared.share(film), await shared.share(film)
    visitor, path = await shared.visit(share)
    token, _, proof = path.removeprefix("/s/").partition("~")
    forged = f"{token}~{proof[:-1]}{'A' if proof[-1] != 'A' else 'B'}"

    wrong = [forged, f"{other['token']}~{proof}", token]
    refused = [(await visitor.get(f"/s/{one}/assets")).status_code for one in wrong]
    hands.advance(timedelta(hours=12))
    late = await visitor.get(f"{path}/assets")

    assert [401, 401, 401, 401] == [*refused, late.status_code]


async def test_what_cannot_be_shared_is_refused_in_words(shared: Shared) -> None:
    """Nothing is made of it."""
    film = await shared.film()
    ours: dict[str, object] = {"asset_ids": [film.asset_id]}
    wishes: list[tuple[dict[str, object], int, str]] = [
        ({}, 422, "share.bad_wish"),
        (ours | {"project": shared.project_id}, 422, "share.bad_wish"),
        ({"asset_ids": []}, 422, "share.bad_wish"),
        ({"asset_ids": ["ast_unknown"]}, 404, "asset.not_found"),
        ({"project": "Nobody/Nowhere"}, 404, "project.not_found"),
        (ours | {"origins": ["https://example.com/path"]}, 422, "share.bad_wish"),
        (ours | {"origins": ["*"]}, 422, "share.bad_wish"),
        (ours | {"color": "red"}, 422, "share.bad_wish"),
        (ours | {"password": "abc"}, 422, "share.bad_wish"),
        (ours | {"logo_id": "not one"}, 404, "logo.not_found"),
    ]

    answers = [await shared.editor.post(SHARES, json=wish) for wish, _, _ in wishes]

    assert [(status, code) for _, status, code in wishes] == [
        (answer.status_code, answer.json()["code"]) for answer in answers
    ]
    assert [] == (await shared.editor.get(SHARES)).json()["items"]


async def test_changes_are_guarded_by_what_was_read(shared: Shared) -> None:
    """An ETag that is old is refused; the list of assets can be another one."""
    film, other = await shared.film(), await shared.film("other.mov", b"other")
    share = await shared.share(film)
    place = f"{SHARES}/{share['id']}"

    change = {"asset_ids": [other.asset_id], "title": "Second cut"}
    changed = await shared.editor.patch(place, json=change, headers={"If-Match": '"1"'})
    stale = await shared.editor.patch(place, json={"title": "?"}, headers={"If-Match": '"1"'})
    visitor, path = await shared.visit(share)
    listed = (await visitor.get(f"{path}/assets")).json()["items"]
    named = [
        (await shared.editor.get(SHARES, params={"asset": one.asset_id})).json()["items"]
        for one in (film, other)
    ]

    assert (200, '"2"') == (changed.status_code, changed.headers["ETag"])
    assert (412, "share.stale") == (stale.status_code, stale.json()["code"])
    assert [other.asset_id] == [one["id"] for one in listed]
    assert [0, 1] == [len(items) for items in named]


@pytest.mark.covers("S-RT-02")
async def test_each_deed_of_a_share_is_told(shared: Shared) -> None:
    """Made, changed, viewed once, downloaded once, removed: in the order of the deeds."""
    film = await shared.film()
    share = await shared.share(film, download="all")
    visitor, path = await shared.visit(share)
    await visitor.post(f"{path}/visit")
    for _ in range(2):
        await visitor.post(f"{path}/assets/{film.asset_id}/download?quality=360p")
    await shared.editor.patch(f"{SHARES}/{share['id']}", json={"title": "?"})
    await shared.editor.delete(f"{SHARES}/{share['id']}")

    async with shared.house.database.reading() as connection:
        events = await outbox.list_events(connection)
    told = [event.type.value for _, event in events if event.subject == share["id"]]

    verbs = ("created", "viewed", "downloaded", "updated", "deleted")
    assert sorted(f"share.{verb}" for verb in verbs) == sorted(told)


async def test_an_address_is_drawn_as_a_code(shared: Shared) -> None:
    """An SVG with the address in its title, for those alone who manage the share."""
    share = await shared.share(await shared.film())

    code = await shared.editor.get(f"{SHARES}/{share['id']}/qr")
    stranger = await (await shared.visitor()).get(f"{SHARES}/{share['id']}/qr")

    assert (200, "image/svg+xml") == (code.status_code, code.headers["Content-Type"])
    assert f"<title>{share['url']}</title>" in code.text
    assert 401 == stranger.status_code
