"""PATCH: bytes go in at the offset, and nowhere else."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator

import pytest

from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.blocks import find_root
from rushes.uploads.upload import State
from tests.support.moments import until
from tests.support.receiving import BODY, TUS, Receiving, Sender, checksum

TEN = b"0123456789"


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """Give a body whose length is not told."""
    for part in parts:
        yield part


@pytest.mark.covers("X-UP-15", "S-UP-11", "BG-03", "C-UP-03")
async def test_bytes_arrive_in_several_appends(house: Receiving, sender: Sender) -> None:
    """Each answer tells the offset; the last one completes the upload."""
    body = os.urandom(300_000)
    url = await sender.begin(len(body))

    first = await sender.append(url, 0, body[:100_000])
    second = await sender.append(url, 100_000, body[100_000:])

    assert (204, "100000") == (first.status_code, first.headers["Upload-Offset"])
    assert (204, "300000") == (second.status_code, second.headers["Upload-Offset"])
    assert "Upload-Expires" in first.headers
    upload = await house.parts.upload(id_of(url))
    assert State.COMPLETED is upload.state
    assert find_root([hashlib.sha256(body).digest()]) == upload.root
    assert body == await house.parts.content(upload.id)


REFUSED: dict[str, tuple[dict[str, str | None], int, str]] = {
    "no version": ({"Tus-Resumable": None}, 412, "tus.version_unknown"),
    "old version": ({"Tus-Resumable": "0.2.2"}, 412, "tus.version_unknown"),
    "wrong type": ({"Content-Type": "application/json"}, 415, "tus.wrong_body_type"),
    "no type": ({"Content-Type": None}, 415, "tus.wrong_body_type"),
    "no offset": ({"Upload-Offset": None}, 400, "tus.bad_header"),
    "negative offset": ({"Upload-Offset": "-1"}, 400, "tus.bad_header"),
    "word for an offset": ({"Upload-Offset": "five"}, 400, "tus.bad_header"),
    "offset in other digits": ({"Upload-Offset": "1_0"}, 400, "tus.bad_header"),
    "endless offset": ({"Upload-Offset": "9" * 40}, 400, "tus.bad_header"),
    "offset behind": ({"Upload-Offset": "3"}, 409, "upload.offset_mismatch"),
    "offset ahead": ({"Upload-Offset": "7"}, 409, "upload.offset_mismatch"),
    "other length": ({"Upload-Length": "21"}, 400, "upload.length_changed"),
    "word for a length": ({"Upload-Length": "x"}, 400, "tus.bad_header"),
    "unknown algorithm": ({"Upload-Checksum": "sha3 AAAA"}, 400, "upload.bad_checksum"),
    "broken checksum": ({"Upload-Checksum": "sha1 !"}, 400, "upload.bad_checksum"),
    "short checksum": ({"Upload-Checksum": "sha1 AAAA"}, 400, "upload.bad_checksum"),
    "wrong checksum": (
        {"Upload-Checksum": checksum(b"another")},
        460,
        "upload.checksum_mismatch",
    ),
    "too much": ({"body": "x" * 16}, 413, "upload.too_large"),
}


@pytest.mark.covers("BG-01", "BG-14", "S-UP-06", "CF-14")
async def test_what_breaks_a_rule_leaves_the_upload_untouched(
    house: Receiving, sender: Sender
) -> None:
    """Each refusal is a problem with its own code, and the offset stays."""
    url = await sender.begin(20)
    await sender.append(url, 0, TEN[:5])

    answers = {}
    for name, (changes, _, _) in REFUSED.items():
        told = {**BODY, "Upload-Offset": "5", **changes}
        body = str(told.pop("body", None) or "abcde").encode()
        headers = {key: value for key, value in told.items() if value is not None}
        answer = await sender.http.patch(url, content=body, headers=headers)
        assert "application/problem+json" == answer.headers["Content-Type"], name
        assert "1.0.0" == answer.headers["Tus-Resumable"], name
        answers[name] = (answer.status_code, answer.json()["code"])

    assert {name: (status, code) for name, (_, status, code) in REFUSED.items()} == answers
    assert 5 == await sender.offset(url)
    assert TEN[:5] == await house.parts.content(id_of(url))


async def test_a_refused_version_is_told_the_right_one(sender: Sender) -> None:
    """412 comes with Tus-Version."""
    url = await sender.begin(5)

    answer = await sender.http.patch(url, content=b"abcde", headers={"Upload-Offset": "0"})

    assert (412, "1.0.0") == (answer.status_code, answer.headers["Tus-Version"])


async def test_a_mismatch_tells_the_offset(sender: Sender) -> None:
    """A sender can go on without asking again."""
    url = await sender.begin(10)

    answer = await sender.append(url, 4, b"abc")

    assert (409, "0", 0) == (
        answer.status_code,
        answer.headers["Upload-Offset"],
        answer.json()["offset"],
    )


@pytest.mark.covers("S-UP-06", "CF-14")
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
async def test_a_right_checksum_is_taken(house: Receiving, sender: Sender, algorithm: str) -> None:
    """The hash algorithms that OPTIONS names."""
    url = await sender.begin(10)

    answer = await sender.append(url, 0, TEN, Upload_Checksum=checksum(TEN, algorithm))

    assert 204 == answer.status_code, answer.text
    assert State.COMPLETED is (await house.parts.upload(id_of(url))).state


@pytest.mark.covers("S-UP-06", "CF-14")
@pytest.mark.parametrize(
    ("algorithm", "digest"),
    # "123456789": CBF43926 and E3069283 are the check values of the catalogue of CRCs
    [("crc32", "y/Q5Jg=="), ("crc32c", "4waSgw==")],
)
async def test_a_crc_is_taken(sender: Sender, algorithm: str, digest: str) -> None:
    """Four bytes, big-endian."""
    url = await sender.begin(9)

    wrong = await sender.append(url, 0, b"123456780", Upload_Checksum=f"{algorithm} {digest}")
    right = await sender.append(url, 0, b"123456789", Upload_Checksum=f"{algorithm} {digest}")

    assert (460, 204) == (wrong.status_code, right.status_code)


async def test_after_a_wrong_checksum_the_right_body_still_gives_the_right_root(
    house: Receiving, sender: Sender
) -> None:
    """The running digest goes back with the offset."""
    url = await sender.begin(20)
    await sender.append(url, 0, TEN)

    wrong = await sender.append(url, 10, b"abcdefghij", Upload_Checksum=checksum(b"other"))
    assert 10 == await sender.offset(url)
    right = await sender.append(url, 10, TEN, Upload_Checksum=checksum(TEN))

    assert (460, 204) == (wrong.status_code, right.status_code)
    upload = await house.parts.upload(id_of(url))
    assert find_root([hashlib.sha256(TEN + TEN).digest()]) == upload.root


@pytest.mark.covers("X-UP-14", "BG-04")
async def test_blocks_are_hashed_across_appends_and_syncs(house: Receiving, sender: Sender) -> None:
    """A body larger than a block and the buffers, in two appends that end inside blocks."""
    body = os.urandom(BLOCK_BYTES * 2 + 12_345)
    cut = BLOCK_BYTES + 999
    url = await sender.begin(len(body))

    await sender.append(url, 0, body[:cut])
    answer = await sender.append(url, cut, body[cut:])

    digests = [
        hashlib.sha256(body[at : at + BLOCK_BYTES]).digest()
        for at in range(0, len(body), BLOCK_BYTES)
    ]
    assert 204 == answer.status_code
    upload = await house.parts.upload(id_of(url))
    assert find_root(digests) == upload.root
    assert (
        hashlib.sha256(body).digest()
        == hashlib.sha256(await house.parts.content(upload.id)).digest()
    )


async def test_a_body_of_untold_length_is_taken(house: Receiving, sender: Sender) -> None:
    """Transfer-Encoding: chunked."""
    url = await sender.begin(10)

    answer = await sender.append(url, 0, pieces(TEN[:3], TEN[3:]))

    assert (204, "10") == (answer.status_code, answer.headers["Upload-Offset"])
    assert State.COMPLETED is (await house.parts.upload(id_of(url))).state


async def test_a_body_of_untold_length_stops_at_the_end(house: Receiving, sender: Sender) -> None:
    """More than the length is no completed upload, and the offset stays."""
    url = await sender.begin(10)

    answer = await sender.append(url, 0, pieces(TEN, b"more"))

    assert (413, "upload.too_large") == (answer.status_code, answer.json()["code"])
    assert 0 == await sender.offset(url)
    assert State.RECEIVING is (await house.parts.upload(id_of(url))).state


@pytest.mark.covers("BG-14")
async def test_a_complete_upload_takes_nothing_but_nothing(sender: Sender) -> None:
    """Empty at the end 204; bytes 413; elsewhere 409."""
    url = await sender.begin(10)
    await sender.append(url, 0, TEN)

    again = await sender.append(url, 10, b"")
    more = await sender.append(url, 10, b"x")
    elsewhere = await sender.append(url, 0, TEN)

    assert (204, 413, 409) == (again.status_code, more.status_code, elsewhere.status_code)
    assert "10" == again.headers["Upload-Offset"]


async def test_a_deferred_length_may_come_with_any_append(house: Receiving, sender: Sender) -> None:
    """Told once; a second, other length is refused; the end completes."""
    url = (await sender.create(Upload_Defer_Length="1")).headers["Location"]
    await sender.append(url, 0, TEN)

    below = await sender.append(url, 10, b"", Upload_Length="9")
    above = await sender.append(url, 10, b"", Upload_Length=str(101 * 2**30))
    told = await sender.append(url, 10, TEN, Upload_Length="25")
    other = await sender.append(url, 20, b"", Upload_Length="24")
    last = await sender.append(url, 20, TEN[:5], Upload_Length="25")

    statuses = [answer.status_code for answer in (below, above, told, other, last)]
    assert [400, 413, 204, 400, 204] == statuses
    assert State.COMPLETED is (await house.parts.upload(id_of(url))).state


async def test_an_empty_append_that_tells_the_length_completes(
    house: Receiving, sender: Sender
) -> None:
    """The last byte was here already."""
    url = (await sender.create(Upload_Defer_Length="1")).headers["Location"]
    await sender.append(url, 0, TEN)

    answer = await sender.append(url, 10, b"", Upload_Length="10")

    assert 204 == answer.status_code
    assert State.COMPLETED is (await house.parts.upload(id_of(url))).state


async def test_a_post_may_stand_for_a_patch(sender: Sender) -> None:
    """X-HTTP-Method-Override, for clients that can send no PATCH."""
    url = await sender.begin(10)
    told = {**BODY, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}

    answer = await sender.http.post(url, content=TEN, headers=told)
    nonsense = await sender.http.post(url, headers={**TUS, "X-HTTP-Method-Override": "MOVE"})

    assert (204, 400) == (answer.status_code, nonsense.status_code)


@pytest.mark.covers("X-UP-08", "BG-40", "BG-23")
async def test_what_one_may_not_know_of_is_not_there(house: Receiving, sender: Sender) -> None:
    """Unknown, malformed and foreign ids are one answer."""
    stranger = await house.sender()
    url = await sender.begin(10)
    foreign = await stranger.append(f"{stranger.files}{id_of(url)}", 0, TEN)
    unknown = await sender.append(url[:-3] + "000", 0, TEN)
    malformed = [
        await sender.append(f"{sender.files}{name}", 0, TEN)
        for name in ("upl_short", "%00", "x" * 5_000, "a'b", url[-10:])
    ]

    statuses = {answer.status_code for answer in (foreign, unknown, *malformed)}

    assert {404} == statuses
    assert 0 == await sender.offset(url)


async def test_a_sender_that_goes_away_leaves_what_arrived(house: Receiving) -> None:
    """The connection is cut in mid-body; the offset tells what came."""
    sender = await house.sender()
    body = os.urandom(3_000_000)
    url = await sender.begin(len(body) * 2)
    upload_id = id_of(url)

    async def cut() -> AsyncIterator[bytes]:
        yield body
        arrived = lambda: _size(house, upload_id) >= 1  # noqa: E731
        await until(arrived, what="the first bytes in the spool")
        raise ConnectionError("pulled the plug")

    with pytest.raises(ConnectionError):
        await sender.append(url, 0, cut())
    offset = await sender.offset(url)

    assert offset > len(body) * 0.9
    assert body[:offset] == await house.parts.content(upload_id)


async def test_bytes_of_a_slow_sender_become_durable_while_they_come(house: Receiving) -> None:
    """After a second the offset moves, though the body goes on."""
    sender = await house.sender()
    url = await sender.begin(20)
    upload_id = id_of(url)
    go_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield TEN
        await go_on.wait()
        yield TEN

    sending = asyncio.create_task(sender.append(url, 0, slow()))

    async def moved() -> bool:
        return (await house.parts.upload(upload_id)).offset == 10

    await until(moved, what="the offset of a slow body")
    go_on.set()

    assert 204 == (await sending).status_code


def _size(house: Receiving, upload_id: str) -> int:
    path = house.parts.spool.folder / upload_id[-2:] / f"{upload_id}.0"
    return path.stat().st_size
