"""Uploads as JSON: one, mine, and away with one."""

from __future__ import annotations

import httpx
import pytest

from rushes.access.permit import Role
from rushes.uploads import records
from tests.support.receiving import TUS, Receiving, metadata

TEN = b"0123456789"


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


def api(house: Receiving, upload_id: str = "") -> str:
    return f"{house.address}/api/v1/uploads{'/' if upload_id else ''}{upload_id}"


@pytest.mark.covers("X-UP-15", "S-UP-11", "CF-08", "CF-09")
async def test_an_upload_is_told_to_whoever_may_see_it(house: Receiving) -> None:
    """The same object for every protocol; the asset once it is filed."""
    sender = house.by_token(await house.people.token())
    words = metadata(filename="a.mov", filetype="video/quicktime")
    url = (await sender.create(10, Upload_Metadata=words)).headers["Location"]
    await sender.append(url, 0, TEN[:4])

    receiving = (await sender.http.get(api(house, id_of(url)))).json()
    await sender.append(url, 4, TEN[4:])
    async with house.parts.database.transaction() as connection:
        upload = await records.get_upload(connection, id_of(url))
        await records.mark_accepted(connection, upload, house.parts.clock.now())
        await records.record_digest(connection, upload.id, b"\x01" * 32)
    accepted = (await sender.http.get(api(house, id_of(url)))).json()

    names = ("id", "protocol", "state", "offset", "size_bytes", "file_name", "asset_id", "digest")
    assert (id_of(url), "tus", "receiving", 4, 10, "a.mov", None, None) == tuple(
        receiving[name] for name in names
    )
    assert (id_of(url), "tus", "accepted", 10, 10, "a.mov", upload.asset_id) == tuple(
        accepted[name] for name in names[:-1]
    )
    assert f"sha-256:{'01' * 32}" == accepted["digest"]
    assert receiving["expires_at"].endswith("Z")


@pytest.mark.covers("X-UP-18")
async def test_a_list_holds_mine_newest_first_page_by_page(house: Receiving) -> None:
    """Another's are not in it, whoever asks; a state narrows it."""
    sender = house.by_token(await house.people.token())
    other = await house.sender()
    urls = [await sender.begin(size) for size in (0, 10, 10)]
    await other.begin(10)

    first = (await sender.http.get(api(house), params={"limit": 2})).json()
    cursor = first["next_cursor"]
    second = (await sender.http.get(api(house), params={"limit": 2, "cursor": cursor})).json()
    completed = (await sender.http.get(api(house), params={"state": "completed"})).json()
    wrong = await sender.http.get(api(house), params={"state": "completed", "cursor": cursor})

    listed = [item["id"] for page in (first, second) for item in page["items"]]
    assert {id_of(url) for url in urls} == set(listed)
    assert sorted(listed, reverse=True) == listed
    assert second["next_cursor"] is None
    assert [id_of(urls[0])] == [item["id"] for item in completed["items"]]
    assert 400 == wrong.status_code


@pytest.mark.covers("BG-23", "BG-40", "X-UP-08", "M-PB-16")
async def test_a_link_sees_its_own_uploads_and_no_others(house: Receiving) -> None:
    """The token comes as a header; a foreign upload is not there, and nothing is listed."""
    project = await house.people.project()
    tokens = [await house.people.link(project) for _ in range(2)]
    urls = [await house.by_link(token).begin(10) for token in tokens]

    async def ask(number: int, path: str) -> httpx.Response:
        return await house.http.get(path, headers={"Rushes-Link": tokens[number]})

    mine = await ask(0, api(house, id_of(urls[0])))
    foreign = await ask(0, api(house, id_of(urls[1])))
    listed = await ask(1, api(house))

    assert (200, 404, 404) == (mine.status_code, foreign.status_code, listed.status_code)


@pytest.mark.covers("X-UP-19", "BG-23")
async def test_who_may_not_see_an_upload_may_not_end_it(house: Receiving) -> None:
    """Nobody 401, a stranger 404, its sender 204; after that it is told to be cancelled."""
    project = await house.people.project()
    editor = house.by_token(await house.people.token(Role.EDITOR, project=project))
    stranger = house.by_token(await house.people.token(Role.EDITOR))
    words = metadata(project=project.path)
    url = (await editor.create(10, Upload_Metadata=words)).headers["Location"]
    address = api(house, id_of(url))

    answers = [
        await house.http.delete(address),
        await stranger.http.delete(address),
        await stranger.http.get(address),
        await editor.http.delete(address),
        await editor.http.delete(address),
    ]

    assert [401, 404, 404, 204, 410] == [answer.status_code for answer in answers]
    assert "cancelled" == (await editor.http.get(address)).json()["state"]
    assert 410 == (await editor.http.head(url, headers=TUS)).status_code


async def test_an_id_that_is_none_is_not_there(house: Receiving) -> None:
    """However it looks."""
    sender = house.by_token(await house.people.token())

    answers = [
        await sender.http.get(api(house, name)) for name in ("upl_x", "%00", "x" * 5_000, "..%2fx")
    ]

    assert [404] * 4 == [answer.status_code for answer in answers]
