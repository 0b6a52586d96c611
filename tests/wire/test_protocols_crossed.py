"""An upload begun with one protocol is looked at and continued with another: the same id."""

from __future__ import annotations

import itertools
import os

import pytest

from rushes.uploads.upload import State
from tests.support.receiving import TUS, Receiving, Sender
from tests.support.resuming import Resumer, id_of, resumers

BODY = os.urandom(100_000)
HALF = 50_000


@pytest.fixture
async def resumer(house: Receiving) -> Resumer:
    """A sender by the newest version of the draft."""
    return (await resumers(house))[8]


@pytest.fixture
def tus(house: Receiving, resumer: Resumer) -> Sender:
    """A sender by tus with the same link."""
    return Sender(house.http, resumer.uploads.replace("/uploads/", "/files/"))


async def begin(by: Resumer | Sender, size_bytes: int | None) -> str:
    """Begin an upload; return its id."""
    if isinstance(by, Resumer):
        return id_of(await by.begin(size_bytes))
    if size_bytes is not None:
        return id_of(await by.begin(size_bytes))
    return id_of(await by.create(Upload_Defer_Length="1"))


async def look(by: Resumer | Sender, upload_id: str) -> tuple[int, int | None]:
    """Return the offset and the length that HEAD tells."""
    address = by.uploads if isinstance(by, Resumer) else by.files
    answer = await by.head(f"{address}{upload_id}")
    assert answer.is_success
    length = answer.headers.get("Upload-Length")
    return int(answer.headers["Upload-Offset"]), None if length is None else int(length)


async def add(by: Resumer | Sender, upload_id: str, start: int, end: int) -> int:
    """Append a piece; return the offset that is acknowledged. The last piece tells the length."""
    is_last = end == len(BODY)
    if isinstance(by, Resumer):
        answer = await by.append(
            f"{by.uploads}{upload_id}", start, BODY[start:end], is_last=is_last
        )
    else:
        length = {"Upload_Length": str(end)} if is_last else {}
        answer = await by.append(f"{by.files}{upload_id}", start, BODY[start:end], **length)
    assert answer.is_success, answer.text
    return int(answer.headers["Upload-Offset"])


WAYS = {
    "begin": "abbbb",
    "middle": "aaabb",
    "end": "aaaab",
    "to and fro": "ababa",
}
"""Who begins (a), and who sends each quarter: one or the other (b)."""


@pytest.mark.parametrize("first", ["tus", "resumable"])
async def test_an_upload_goes_on_by_the_other_protocol(
    house: Receiving, resumer: Resumer, tus: Sender, first: str
) -> None:
    """Changed after the creation, in the middle, for the end, at every piece; length or none."""
    senders: dict[str, Resumer | Sender] = {"a": tus, "b": resumer}
    if first == "resumable":
        senders = {"a": resumer, "b": tus}
    for way, size_bytes in itertools.product(WAYS.values(), (len(BODY), None)):
        upload_id = await begin(senders["a"], size_bytes)

        for number, letter in enumerate(way[1:]):
            start, end = number * 25_000, (number + 1) * 25_000
            for sender in senders.values():
                assert (start, size_bytes) == await look(sender, upload_id)
            assert end == await add(senders[letter], upload_id, start, end)

        for sender in senders.values():
            assert (len(BODY), len(BODY)) == await look(sender, upload_id)
        upload = await house.parts.upload(upload_id)
        assert State.COMPLETED is upload.state
        assert upload.root is not None
        assert BODY == await house.parts.content(upload_id)


async def test_a_length_that_was_deferred_is_told_by_the_other(
    resumer: Resumer, tus: Sender
) -> None:
    """tus defers, the draft tells; and the reverse."""
    by_tus, by_draft = await begin(tus, None), await begin(resumer, None)

    deferred = await tus.head(f"{tus.files}{by_draft}")
    await resumer.append(f"{resumer.uploads}{by_tus}", 0, b"", is_last=False, Upload_Length="9")
    await tus.append(f"{tus.files}{by_draft}", 0, b"", Upload_Length="9")

    assert "1" == deferred.headers["Upload-Defer-Length"]
    assert (0, 9) == await look(tus, by_tus) == await look(resumer, by_tus)
    assert (0, 9) == await look(tus, by_draft) == await look(resumer, by_draft)


async def test_an_end_without_a_length_is_seen_by_tus(resumer: Resumer, tus: Sender) -> None:
    """Complete is complete."""
    upload_id = await begin(tus, None)
    await add(tus, upload_id, 0, HALF)

    await resumer.append(f"{resumer.uploads}{upload_id}", HALF, b"", is_last=True)

    assert (HALF, HALF) == await look(tus, upload_id)
    empty = await tus.append(f"{tus.files}{upload_id}", HALF, b"")
    assert 204 == empty.status_code


async def test_an_end_by_the_other_protocol_is_an_end(resumer: Resumer, tus: Sender) -> None:
    """DELETE by one is 410 for both."""
    by_tus, by_draft = await begin(tus, 10), await begin(resumer, 10)

    await resumer.http.delete(f"{resumer.uploads}{by_tus}", headers=resumer.told)
    await tus.http.delete(f"{tus.files}{by_draft}", headers=TUS)

    for upload_id in (by_tus, by_draft):
        heard = [
            (await tus.head(f"{tus.files}{upload_id}")).status_code,
            (await resumer.head(f"{resumer.uploads}{upload_id}")).status_code,
        ]
        assert [410, 410] == heard


async def test_the_json_of_an_upload_knows_both(house: Receiving, resumer: Resumer) -> None:
    """Whatever brought it, it is one upload."""
    url = await resumer.begin(10)
    token = resumer.uploads.split("/")[-3]

    answer = await house.http.get(
        f"{house.address}/api/v1/uploads/{id_of(url)}", headers={"Rushes-Link": token}
    )

    assert ("resumable", 0, 10) == (
        answer.json()["protocol"],
        answer.json()["offset"],
        answer.json()["size_bytes"],
    )


async def test_what_does_not_come_in_order_takes_no_appends(
    house: Receiving, resumer: Resumer
) -> None:
    """An upload in chunks goes on in chunks, a final one of tus by its partials."""
    token = resumer.uploads.split("/")[-3]
    proof = {"Rushes-Link": token}
    asked = {"file_name": "a.mov", "size_bytes": 100}
    begun = await house.http.post(f"{house.address}/api/v1/uploads", json=asked, headers=proof)
    assert begun.status_code == 201, begun.text

    url = f"{resumer.uploads}{begun.json()['id']}"
    answer = await resumer.append(url, 0, BODY[:50], is_last=False)

    assert 409 == answer.status_code
    assert "application/problem+json" == answer.headers["Content-Type"]
    assert b"" == await house.parts.content(id_of(url))


async def test_a_link_may_be_told_by_a_header(house: Receiving, resumer: Resumer) -> None:
    """At the address of accounts, with `Rushes-Link`."""
    token = resumer.uploads.split("/")[-3]
    headers = {"Rushes-Link": token, "Upload-Complete": "?1"}

    answer = await house.http.post(f"{house.address}/uploads/", content=BODY, headers=headers)

    assert 201 == answer.status_code, answer.text
    assert answer.headers["Location"].startswith(f"{house.address}/uploads/upl_")
    assert BODY == await house.parts.content(id_of(answer))
