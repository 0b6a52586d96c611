"""Chunks that may not be: wrong index, length, digest, time or sender."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rushes.clock import Clock
from tests.support.chunking import KIB, Chunker, chunker, sha256
from tests.support.moments import Hands
from tests.support.receiving import BODY, Receiving, receiving

ONE, TWO, LAST = b"1" * KIB, b"2" * KIB, b"3" * 10
WHOLE = ONE + TWO + LAST


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Receiving]:
    """A server whose shortest chunks have 1 KiB, and whose clock the test moves."""
    async with receiving(database_url, tmp_path / "house", clock, chunk_min_bytes=KIB) as running:
        yield running


@pytest.fixture
async def sender(house: Receiving) -> Chunker:
    """Somebody who sends chunks."""
    return await chunker(house)


@pytest.fixture
async def begun(sender: Chunker) -> str:
    """The id of an upload of three chunks."""
    upload_id: str = (await sender.begin(len(WHOLE), mbit=0.000001))["id"]
    return upload_id


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.covers("BG-22", "X-UP-08")
async def test_an_index_out_of_range_is_refused(sender: Chunker, begun: str) -> None:
    """No place before, behind or between the chunks is ever written."""
    answers = [
        await sender.put(begun, index, ONE)
        for index in ("-1", "1.5", "3", "99999999999999", "one", "%00")
    ]

    assert {(400, "chunk.invalid_index")} == {told(answer) for answer in answers}
    assert 404 == (await sender.put(begun, "0%2F1", ONE)).status_code
    assert [] == (await sender.get(begun))["received_chunks"]


@pytest.mark.covers("X-UP-09", "BG-07")
async def test_a_length_that_is_not_the_chunks_is_refused(sender: Chunker, begun: str) -> None:
    """By its header, and where there is none by what comes."""

    async def pieces(*all_of_it: bytes) -> AsyncIterator[bytes]:
        for piece in all_of_it:
            yield piece

    answers = [
        await sender.put(begun, 0, ONE[:-1]),
        await sender.put(begun, 0, ONE + b"x"),
        await sender.put(begun, 2, ONE),
        await sender.put(begun, 0, b""),
        await sender.put(begun, 0, pieces(ONE[:500])),
        await sender.put(begun, 0, pieces(ONE, b"x")),
    ]
    fitting = await sender.put(begun, 0, pieces(ONE[:500], ONE[500:]))

    assert {(400, "chunk.wrong_length")} == {told(answer) for answer in answers}
    assert 200 == fitting.status_code
    assert [[0, 0]] == (await sender.get(begun))["received_chunks"]


def digests(body: bytes) -> dict[str, str]:
    sums = {name: hashlib.new(name, body).hexdigest() for name in ("sha256", "sha512", "md5")}
    return {
        "sha-256": sums["sha256"],
        "sha-512": sums["sha512"],
        "md5": sums["md5"],
        "sha-1": hashlib.sha1(body).hexdigest(),  # noqa: S324 - a checksum of the way
        "crc32": f"{zlib.crc32(body):08x}",
    }


@pytest.mark.covers("CF-14", "S-UP-06", "BG-06")
async def test_a_digest_is_compared_before_the_chunk_counts(sender: Chunker, begun: str) -> None:
    """In hexadecimal; a wrong one is 422, and nothing of the chunk is there."""
    wrong = [
        await sender.put(begun, 0, ONE, X_Chunk_Hash=f"{name}:{digest}")
        for name, digest in digests(TWO).items()
    ]
    before = (await sender.get(begun))["received_chunks"]
    right = [
        await sender.put(begun, 0, ONE, X_Chunk_Hash=f"{name}:{digest}")
        for name, digest in digests(ONE).items()
    ]

    assert ({(422, "chunk.hash_mismatch")}, []) == ({told(answer) for answer in wrong}, before)
    assert {(200, sha256(ONE))} == {
        (answer.status_code, answer.json()["digest"]) for answer in right
    }


@pytest.mark.covers("CF-14")
async def test_content_digest_is_understood_and_an_unknown_algorithm_refused(
    sender: Chunker, begun: str
) -> None:
    """RFC 9530, and no guess where it cannot be read."""
    field = base64.b64encode(hashlib.sha256(ONE).digest()).decode()
    refused = [
        await sender.put(begun, 0, ONE, X_Chunk_Hash="whirlpool:00"),
        await sender.put(begun, 0, ONE, X_Chunk_Hash="sha-256:00"),
        await sender.put(begun, 0, ONE, Content_Digest="md5=:AAAA:"),
        await sender.put(begun, 0, ONE, Content_Digest="broken"),
        await sender.put(
            begun, 0, ONE, Content_Digest=f"sha-256=:{field}:", X_Chunk_Hash=sha256(TWO)
        ),
    ]
    wrong = await sender.put(begun, 1, TWO, Content_Digest=f"sha-256=:{field}:")
    right = await sender.put(begun, 0, ONE, Content_Digest=f"sha-256=:{field}:")

    assert {(400, "upload.bad_checksum")} == {told(answer) for answer in refused}
    assert ((422, "chunk.hash_mismatch"), 200) == (told(wrong), right.status_code)


@pytest.mark.covers("BG-01", "BG-02")
async def test_a_chunk_that_is_here_is_compared_never_written(
    house: Receiving, sender: Chunker, begun: str
) -> None:
    """The same bytes are answered as before, others are refused, and the first ones stay."""
    first = await sender.put(begun, 0, ONE)
    again = await sender.put(begun, 0, ONE)
    other = await sender.put(begun, 0, TWO)

    assert (200, first.json()) == (again.status_code, again.json())
    assert ((409, "chunk.differs"), sha256(ONE)) == (told(other), other.json()["digest"])
    assert ONE == await house.parts.content(begun)


@pytest.mark.covers("X-UP-13", "BG-02")
async def test_missing_chunks_are_named(sender: Chunker, begun: str) -> None:
    """A chunk that came twice does not stand for another."""
    for _ in range(3):
        await sender.put(begun, 1, TWO)

    answer = await sender.complete(begun)

    document = answer.json()
    assert (409, "chunk.missing") == told(answer)
    assert ([[0, 0], [2, 2]], 1, 3) == (
        document["missing"],
        document["received"],
        document["total"],
    )


@pytest.mark.covers("X-UP-12", "X-UP-15", "S-UP-11")
async def test_whoever_comes_back_learns_what_is_missing(
    sender: Chunker, begun: str, hands: Hands
) -> None:
    """Ranges of what is here, how far it is without a gap, and when something last came."""
    await sender.put(begun, 2, LAST)
    hands.advance(timedelta(hours=5))
    await sender.put(begun, 0, ONE)
    partly = await sender.get(begun)
    await sender.put(begun, 1, TWO)
    wholly = await sender.get(begun)

    assert ("chunked", "receiving", KIB, 3, [[0, 0], [2, 2]], KIB) == tuple(
        partly[name]
        for name in ("protocol", "state", "chunk_size", "chunk_count", "received_chunks", "offset")
    )
    assert (([[0, 2]]), len(WHOLE)) == (wholly["received_chunks"], wholly["offset"])
    assert partly["updated_at"] > partly["created_at"]


@pytest.mark.covers("S-UP-06", "X-UP-13", "BG-14")
async def test_it_is_completed_once(house: Receiving, sender: Chunker, begun: str) -> None:
    """However many say so, at once and later; no chunk comes after it."""
    for index, piece in enumerate((ONE, TWO, LAST)):
        await sender.put(begun, index, piece)

    answers = await asyncio.gather(*(sender.complete(begun) for _ in range(8)))
    later = await sender.complete(begun)
    chunk = await sender.put(begun, 0, ONE)

    assert {202} == {answer.status_code for answer in (*answers, later)}
    assert 1 == len({answer.text for answer in (*answers, later)})
    assert (409, "upload.closed") == told(chunk)
    assert WHOLE == await house.parts.content(begun)


@pytest.mark.covers("S-UP-08", "CF-14")
async def test_the_digest_of_the_whole_is_compared(sender: Chunker) -> None:
    """Told at the beginning or at the end; another file is put into quarantine, and said so."""
    right = await sender.send(WHOLE, mbit=0.000001, digest=sha256(WHOLE))
    wrong = await sender.begin(len(WHOLE), mbit=0.000001, digest=sha256(ONE))
    for index, piece in enumerate((ONE, TWO, LAST)):
        await sender.put(wrong["id"], index, piece)
    refused = await sender.complete(wrong["id"])
    again = await sender.complete(wrong["id"], json={"digest": sha256(WHOLE)})
    unreadable = await sender.create(10, digest="sha-256:zz")

    assert ("completed", sha256(WHOLE)) == (right["upload"]["state"], right["upload"]["digest"])
    assert (422, "upload.digest_mismatch") == told(refused) == told(again)
    assert "quarantined" == (await sender.get(wrong["id"]))["state"]
    assert (400, "upload.bad_checksum") == told(unreadable)


@pytest.mark.covers("X-UP-06", "X-UP-19")
async def test_it_ends_by_its_sender_or_by_time(
    house: Receiving, sender: Chunker, begun: str, hands: Hands
) -> None:
    """It rests from its last chunk on; then its rows, bytes and room are gone."""
    other = (await sender.begin(len(WHOLE), mbit=0.000001))["id"]
    await sender.put(begun, 0, ONE)
    gone = await sender.ask("DELETE", f"/{begun}")
    hands.advance(timedelta(hours=20))
    await sender.put(other, 0, ONE)
    hands.advance(timedelta(hours=20))
    resting = await house.parts.sweep.run(even_if_clock_moved=True)
    hands.advance(timedelta(days=8))
    swept = await house.parts.sweep.run(even_if_clock_moved=True)

    assert (204, 0, 1) == (gone.status_code, resting.expired, swept.expired)
    for upload_id in (begun, other):
        assert (410, "upload.gone") == told(await sender.put(upload_id, 1, TWO))
        assert (410, "upload.gone") == told(await sender.complete(upload_id))
    assert [] == [path for path in house.parts.spool.folder.glob("*/*") if path.is_file()]


@pytest.mark.covers("X-UP-08", "BG-40")
async def test_anothers_upload_is_unknown(house: Receiving, sender: Chunker, begun: str) -> None:
    """To send to, to complete, to read."""
    link = await house.people.link(await house.people.project())
    stranger = Chunker(house.http, sender.uploads, {"Rushes-Link": link})

    answers = [
        await stranger.put(begun, 0, ONE),
        await stranger.put(begun, "nonsense", ONE),
        await stranger.complete(begun),
        await stranger.ask("GET", f"/{begun}"),
        await stranger.ask("PATCH", f"/{begun}", json={"file_name": "a", "size_bytes": 1}),
        await stranger.put("upl_1", 0, ONE),
        await stranger.put("x" * 5_000, 0, ONE),
    ]

    assert {(404, "upload.missing")} == {told(answer) for answer in answers}


@pytest.mark.covers("CF-09")
async def test_chunks_and_appends_do_not_mix(house: Receiving, sender: Chunker, begun: str) -> None:
    """An append would cut what lies behind it; a chunk has no place in an upload of another way."""
    link = sender.proof.get("Rushes-Link")
    place = f"{house.address}/u/{link}/files/" if link else f"{house.address}/files/"
    proof = sender.proof if link is None else {}
    await sender.put(begun, 2, LAST)

    append = await house.http.patch(
        f"{place}{begun}", content=ONE, headers={**BODY, **proof, "Upload-Offset": "0"}
    )
    await sender.put(begun, 0, ONE)
    await sender.put(begun, 1, TWO)

    assert (409, "upload.not_appendable") == told(append)
    assert 202 == (await sender.complete(begun)).status_code
    assert WHOLE == await house.parts.content(begun)


WISHES = (
    {"size_bytes": -1},
    {"size_bytes": 1.5},
    {"size_bytes": 2**53},
    {"file_name": ""},
    {"file_name": "a" * 256},
    {"file_name": "a\0b"},
    {"file_name": "\ud800"},
    {"mbit": 0},
    {"unknown": 1},
    {"metadata": {"a": 1}},
)


@pytest.mark.covers("X-UP-04")
async def test_a_wish_that_makes_no_sense_is_422(house: Receiving, sender: Chunker) -> None:
    """And nothing is left of it."""
    answers = [
        await sender.ask(
            "POST",
            content=json.dumps({"file_name": "a.mov", "size_bytes": 10, **wish}),
            headers={"Content-Type": "application/json"},
        )
        for wish in WISHES
    ]

    assert [(422, "request.invalid")] * len(WISHES) == [told(answer) for answer in answers]
    assert [] == [path for path in house.parts.spool.folder.glob("*/*") if path.is_file()]


@pytest.mark.covers("BG-14", "CF-01")
async def test_an_empty_file_is_whole_at_once(sender: Chunker) -> None:
    """It has no chunk, and is completed by its creation; saying so again changes nothing."""
    told_of_it = await sender.begin(0)

    chunk = await sender.put(told_of_it["id"], 0, b"")
    completed = await sender.complete(told_of_it["id"])

    assert (0, "completed") == (
        told_of_it["chunk_count"],
        (await sender.get(told_of_it["id"]))["state"],
    )
    assert (409, "upload.closed") == told(chunk)
    assert 202 == completed.status_code
