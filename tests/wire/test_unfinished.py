"""What still waits for bytes is told to those who look after it, each file once."""

from __future__ import annotations

from typing import Any

import pytest

from rushes.access.permit import Role
from tests.support.receiving import Receiving, Sender, metadata

BLOCK = 16 * 2**20
GROUP = "ab" * 16


async def list_unfinished(house: Receiving, sender: Sender) -> list[dict[str, Any]]:
    answer = await sender.http.get(f"{house.address}/api/v1/uploads/unfinished")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def begin_partial(sender: Sender, start: int, size: int) -> str:
    told = metadata(
        filename="camera_a.mov",
        rushes_group=GROUP,
        rushes_start=str(start),
        rushes_total=str(BLOCK + 5),
    )
    answer = await sender.create(size, upload_concat="partial", upload_metadata=told)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


@pytest.mark.covers("M-UP-17")
async def test_an_admin_sees_what_came_through_a_link(house: Receiving) -> None:
    """A plain upload, and a file in pieces as one; what is whole is not told."""
    # given
    sender, admin = await house.sender(), house.by_token(await house.people.token())
    plain = await sender.begin(10)
    await sender.append(plain, 0, b"0123")
    first = await begin_partial(sender, 0, BLOCK)
    last = await begin_partial(sender, BLOCK, 5)
    await sender.append(first, 0, b"01")
    await sender.append(last, 0, b"01234")
    done = await sender.begin(3)
    await sender.append(done, 0, b"012")

    # when
    grouped, single = await list_unfinished(house, admin)

    # then
    assert ("camera_a.mov", BLOCK + 5, 7) == tuple(
        grouped[name] for name in ("file_name", "size_bytes", "received_bytes")
    )
    assert {url.rpartition("/")[2] for url in (first, last)} == set(grouped["ids"])
    assert ([plain.rpartition("/")[2]], 10, 4) == (
        single["ids"],
        single["size_bytes"],
        single["received_bytes"],
    )
    assert [False, False] == [grouped["is_mine"], single["is_mine"]]
    assert None is not single["link_id"]
    assert " / " in single["place"]


async def test_others_see_their_own_alone(house: Receiving) -> None:
    """An editor sees nothing of an admin's; a link is told nothing."""
    admin = house.by_token(await house.people.token())
    editor = house.by_token(await house.people.token(Role.EDITOR))
    await admin.begin(10)
    mine = await editor.begin(20)

    seen = await list_unfinished(house, editor)
    stranger = await house.sender()
    token = stranger.files.split("/u/")[1].split("/")[0]
    refused = await stranger.http.get(
        f"{house.address}/api/v1/uploads/unfinished", headers={"Rushes-Link": token}
    )

    assert [([mine.rpartition("/")[2]], True)] == [(one["ids"], one["is_mine"]) for one in seen]
    assert 404 == refused.status_code


async def test_a_file_that_was_put_together_is_finished(house: Receiving) -> None:
    """Its pieces are whole and rest a while; nothing waits for them."""
    sender, admin = await house.sender(), house.by_token(await house.people.token())
    first = await begin_partial(sender, 0, BLOCK)
    last = await begin_partial(sender, BLOCK, 5)
    await sender.append(first, 0, bytes(BLOCK))
    await sender.append(last, 0, b"01234")

    joined = await sender.create(None, upload_concat=f"final;{first} {last}")

    assert 201 == joined.status_code, joined.text
    assert [] == await list_unfinished(house, admin)
