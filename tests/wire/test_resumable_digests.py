"""Integrity digests (section 8 of the draft, RFC 9530)."""

from __future__ import annotations

import hashlib
import os

import pytest

from rushes.events import outbox
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads import records
from rushes.uploads.blocks import find_root
from rushes.uploads.upload import DIGEST_MISMATCH, State
from tests.support.receiving import Receiving, Sender
from tests.support.resuming import Resumer, digest_of, id_of, pieces, resumers

BODY = b"0123456789" * 10
ALGORITHMS = ("sha-256", "sha-512")


@pytest.fixture
async def sender(house: Receiving) -> Resumer:
    """A sender by the newest version."""
    return (await resumers(house))[8]


async def test_a_right_digest_of_a_body_is_taken(
    resuming: Receiving, by: dict[int | None, Resumer]
) -> None:
    """In every version, at creation and at appends."""
    for version, sender in by.items():
        for algorithm in ALGORITHMS:
            first = digest_of(BODY[:40], algorithm)
            answer = await sender.create(BODY[:40], is_last=False, Content_Digest=first)
            url = answer.headers["Location"]
            rest = digest_of(BODY[40:], algorithm)
            last = await sender.append(url, 40, BODY[40:], is_last=True, Content_Digest=rest)

            assert (201, 201) == (answer.status_code, last.status_code), version
            assert BODY == await resuming.parts.content(id_of(url))


async def test_a_wrong_digest_of_a_body_keeps_nothing_of_it(
    resuming: Receiving, by: dict[int | None, Resumer]
) -> None:
    """400; the upload stands where it stood."""
    for version, sender in by.items():
        url = await sender.begin(100)
        await sender.append(url, 0, BODY[:40], is_last=False)

        for body in (BODY[40:], pieces(BODY[40:70], BODY[70:])):
            answer = await sender.append(
                url, 40, body, is_last=True, Content_Digest=digest_of(b"another")
            )
            assert (400, "upload.checksum_mismatch", "40", False) == (
                answer.status_code,
                answer.json()["code"],
                answer.headers["Upload-Offset"],
                sender.is_complete(answer),
            ), version
        assert BODY[:40] == await resuming.parts.content(id_of(url))


async def test_a_creation_with_a_wrong_digest_leaves_nothing(sender: Resumer) -> None:
    """400, and no address."""
    answer = await sender.create(BODY, is_last=True, Content_Digest=digest_of(b"another"))

    assert (400, "upload.checksum_mismatch") == (answer.status_code, answer.json()["code"])
    assert "Location" not in answer.headers


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_right_digest_of_the_whole_is_kept(
    house: Receiving, sender: Resumer, algorithm: str
) -> None:
    """Told at creation, compared at the end; a SHA-256 is the upload's own then."""
    url = await sender.begin(100, Repr_Digest=digest_of(BODY, algorithm))
    await sender.append(url, 0, BODY[:40], is_last=False)

    answer = await sender.append(url, 40, BODY[40:], is_last=True)

    assert (201, "?1") == (answer.status_code, answer.headers["Upload-Complete"])
    upload = await house.parts.upload(id_of(url))
    assert State.COMPLETED is upload.state
    assert upload.root is not None
    if algorithm == "sha-256":
        assert hashlib.sha256(BODY).digest() == upload.digest
        assert f"sha-256:{upload.digest.hex()}" == answer.json()["digest"]


async def list_events(house: Receiving, upload_id: str) -> list[str]:
    """Return what was told of an upload."""
    async with house.parts.database.reading() as connection:
        found = await outbox.list_unrelayed(connection, 100)
    return [event.type.value for _, event in found if event.subject == upload_id]


async def test_a_wrong_digest_of_the_whole_sets_it_aside(house: Receiving, sender: Resumer) -> None:
    """400 with `?1`: sending it again would not help; intake never hears of it."""
    url = await sender.begin(100, Repr_Digest=digest_of(b"another"))

    answer = await sender.append(url, 0, BODY, is_last=True)
    again = await sender.append(url, 100, b"", is_last=True)
    head = await sender.head(url)

    for told in (answer, again):
        assert (400, "resumable.digest_mismatch", "?1", "100") == (
            told.status_code,
            told.json()["code"],
            told.headers["Upload-Complete"],
            told.headers["Upload-Offset"],
        )
    assert (204, "?1") == (head.status_code, head.headers["Upload-Complete"])
    upload = await house.parts.upload(id_of(url))
    assert (State.QUARANTINED, DIGEST_MISMATCH) == (upload.state, upload.reason)
    assert ["upload.created", "upload.quarantined"] == await list_events(house, upload.id)


async def test_a_whole_creation_is_compared_too(house: Receiving, sender: Resumer) -> None:
    """In one request, with its address, so that it can be looked at."""
    wrong = await sender.create(BODY, is_last=True, Repr_Digest=digest_of(b"another"))
    right = await sender.create(BODY, is_last=True, Repr_Digest=digest_of(BODY))

    assert (400, "?1") == (wrong.status_code, wrong.headers["Upload-Complete"])
    assert State.QUARANTINED is (await house.parts.upload(id_of(wrong))).state
    assert 201 == right.status_code


async def test_an_end_without_a_length_is_compared_too(sender: Resumer) -> None:
    """The length is known at the end alone."""
    answers = [
        await sender.create(pieces(BODY[:50], BODY[50:]), is_last=True, Repr_Digest=told)
        for told in (digest_of(BODY), digest_of(b"another"))
    ]

    assert [201, 400] == [answer.status_code for answer in answers]


async def test_an_empty_file_has_a_digest_too(sender: Resumer) -> None:
    """A wrong one is refused before anything is made."""
    right = await sender.create(b"", is_last=True, Repr_Digest=digest_of(b""))
    wrong = await sender.create(b"", is_last=True, Repr_Digest=digest_of(BODY))

    assert (201, 400) == (right.status_code, wrong.status_code)
    assert "Location" not in wrong.headers


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_wanted_digest_is_told(sender: Resumer, algorithm: str) -> None:
    """Wanted at creation: on the final answer, and by HEAD; not before the end."""
    body = os.urandom(100_000)
    url = await sender.begin(len(body), Want_Repr_Digest=f"{algorithm}=1")

    part = await sender.append(url, 0, body[:50_000], is_last=False)
    last = await sender.append(url, 50_000, body[50_000:], is_last=True)
    head = await sender.head(url)

    assert "Repr-Digest" not in part.headers
    expected = digest_of(body, algorithm)
    assert expected == last.headers["Repr-Digest"] == head.headers["Repr-Digest"]


async def test_a_digest_that_nobody_wants_is_not_told(sender: Resumer) -> None:
    """Unless the one who looks wants it."""
    told = await sender.create(BODY, is_last=True, Repr_Digest=digest_of(BODY))
    plain = await sender.create(BODY, is_last=True)

    assert "Repr-Digest" not in told.headers
    wanting = await sender.head(told.headers["Location"], Want_Repr_Digest="sha-256=1")
    assert digest_of(BODY) == wanting.headers["Repr-Digest"]
    unknown = await sender.head(plain.headers["Location"], Want_Repr_Digest="sha-256=1")
    assert "Repr-Digest" not in unknown.headers


async def test_a_digest_is_compared_whatever_protocol_brings_the_end(
    house: Receiving, sender: Resumer
) -> None:
    """tus knows no digest of the whole; what was told counts all the same."""
    url = await sender.begin(100, Repr_Digest=digest_of(b"another"))
    tus = Sender(sender.http, sender.uploads.replace("/uploads/", "/files/"))

    answer = await tus.append(f"{tus.files}{id_of(url)}", 0, BODY)

    assert (204, "100") == (answer.status_code, answer.headers["Upload-Offset"])
    assert State.QUARANTINED is (await house.parts.upload(id_of(url))).state


@pytest.mark.parametrize("more", [0, 100])
async def test_the_root_is_right_whatever_block_the_end_falls_into(
    resuming: Receiving, by: dict[int | None, Resumer], more: int
) -> None:
    """At the end of a block, and behind it; the blocks were hashed as they came."""
    body = os.urandom(BLOCK_BYTES + more)
    url = await by[8].begin(len(body), Repr_Digest=digest_of(body))
    await by[8].append(url, 0, body[:1_000_000], is_last=False)

    answer = await by[8].append(url, 1_000_000, body[1_000_000:], is_last=True)

    assert 201 == answer.status_code, answer.text
    blocks = [body[:BLOCK_BYTES], body[BLOCK_BYTES:]] if more else [body]
    upload = await resuming.parts.upload(id_of(url))
    assert find_root([hashlib.sha256(block).digest() for block in blocks]) == upload.root


@pytest.mark.parametrize("told", [BODY, b"another"])
async def test_a_comparison_that_a_crash_cut_off_is_made_at_the_next_end(
    resuming: Receiving, by: dict[int | None, Resumer], told: bytes
) -> None:
    """Every byte is here and none was compared: the upload is not complete, an empty end is."""
    sender, parts = by[8], resuming.parts
    url = await sender.begin()
    await sender.append(url, 0, BODY, is_last=False)
    await _leave_uncompared(resuming, id_of(url), f"sha-256:{hashlib.sha256(told).hexdigest()}")

    before = await sender.head(url)
    answer = await sender.append(url, 100, b"", is_last=True)

    assert ("?0", "100", "100") == (
        before.headers["Upload-Complete"],
        before.headers["Upload-Offset"],
        before.headers["Upload-Length"],
    )
    assert "?1" == answer.headers["Upload-Complete"]
    is_right = told == BODY
    assert (201 if is_right else 400) == answer.status_code
    state = (await parts.upload(id_of(url))).state
    assert state is (State.COMPLETED if is_right else State.QUARANTINED)


async def _leave_uncompared(house: Receiving, upload_id: str, word: str) -> None:
    """Leave an upload as a crash between its last byte and the comparison leaves it."""
    upload = await house.parts.upload(upload_id)
    async with house.parts.database.transaction() as connection:
        now = house.parts.clock.now()
        assert await records.record_length(connection, upload, upload.offset, now)
        await records.record_told_digest(connection, upload_id, word)
