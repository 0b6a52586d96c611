"""Upload append (section 4.4 of the draft), and concurrency (4.6), in every version."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from rushes.uploads.upload import State
from tests.support.moments import until
from tests.support.receiving import Receiving, receiving
from tests.support.resuming import VERSIONS, Resumer, id_of, pieces, resumers

BODY = b"0123456789" * 10
LIMITED = frozenset({6, 7, 8, None})
Versions = dict[int | None, Resumer]
TYPES = "https://iana.org/assignments/http-problem-types#"


def heard(sender: Resumer, answer: httpx.Response) -> tuple[int, str | None, bool | None]:
    """Return what an answer says of the upload."""
    return (
        answer.status_code,
        answer.headers.get("Upload-Offset"),
        sender.is_complete(answer),
    )


async def test_bytes_arrive_in_several_appends(resuming: Receiving, by: Versions) -> None:
    """204 (201 until draft -03) while it goes on; the last one is answered as a whole creation."""
    for version, sender in by.items():
        url = await sender.begin(100)

        first = await sender.append(url, 0, BODY[:40], is_last=False)
        last = await sender.append(url, 40, BODY[40:], is_last=True)

        expected = 204 if version in LIMITED else 201
        assert (expected, "40", False) == heard(sender, first), version
        assert (201, "100", True) == heard(sender, last), version
        assert ("completed", id_of(url)) == (last.json()["state"], last.json()["id"])
        assert BODY == await resuming.parts.content(id_of(url))


async def test_the_length_may_come_last(resuming: Receiving, by: Versions) -> None:
    """With the end of the file: by its body's length, by a header, or by its end alone."""
    for version, sender in by.items():
        urls = [await sender.begin() for _ in range(4)]
        for url in urls:
            await sender.append(url, 0, BODY[:40], is_last=False)

        by_body = await sender.append(urls[0], 40, BODY[40:], is_last=True)
        by_header = await sender.append(
            urls[1], 40, pieces(BODY[40:60], BODY[60:]), is_last=True, Upload_Length="100"
        )
        by_end = await sender.append(urls[2], 40, pieces(BODY[40:60], BODY[60:]), is_last=True)
        early = await sender.append(urls[3], 40, BODY[40:60], is_last=False, Upload_Length="100")

        for answer in (by_body, by_header, by_end):
            assert (201, "100", True) == heard(sender, answer), (version, answer.text)
        assert ("60", False) == heard(sender, early)[1:]
        head = await sender.head(urls[3])
        assert "100" == head.headers["Upload-Length"]
        for url in urls[:3]:
            assert BODY == await resuming.parts.content(id_of(url))


async def test_an_empty_end_completes_an_upload(resuming: Receiving, by: Versions) -> None:
    """Nothing more comes; at the end of a complete upload the final answer is given again."""
    for sender in by.values():
        url = await sender.begin()
        await sender.append(url, 0, BODY, is_last=False)

        end = await sender.append(url, 100, b"", is_last=True)
        again = await sender.append(url, 100, b"", is_last=True)

        assert (201, "100", True) == heard(sender, end) == heard(sender, again)
        assert end.json()["id"] == again.json()["id"]
        assert State.COMPLETED is (await resuming.parts.upload(id_of(url))).state


async def test_an_offset_that_does_not_match_is_told(by: Versions) -> None:
    """409, with the offset in header and body, by the draft's problem type."""
    for version, sender in by.items():
        url = await sender.begin(100)
        await sender.append(url, 0, BODY[:40], is_last=False)

        for offset in (0, 39, 41, 100):
            answer = await sender.append(url, offset, BODY[40:50], is_last=False)

            assert (409, "40", False) == heard(sender, answer), version
            document = answer.json()
            assert (f"{TYPES}mismatching-upload-offset", 40, offset) == (
                document["type"],
                document["expected-offset"],
                document["provided-offset"],
            )
        assert 40 == await sender.offset(url)


REFUSED: dict[str, tuple[dict[str, str | None], frozenset[int | None], int, str]] = {
    "wrong type": (
        {"Content-Type": "application/octet-stream"},
        LIMITED,
        415,
        "resumable.wrong_body_type",
    ),
    "no type": ({"Content-Type": None}, LIMITED, 415, "resumable.wrong_body_type"),
    "compressed": (
        {"Content-Encoding": "gzip"},
        frozenset(VERSIONS),
        415,
        "resumable.encoding_refused",
    ),
    "no offset": ({"Upload-Offset": None}, frozenset(VERSIONS), 400, "resumable.bad_header"),
    "no number": ({"Upload-Offset": "x"}, frozenset(VERSIONS), 400, "resumable.bad_header"),
    "negative": ({"Upload-Offset": "-1"}, frozenset(VERSIONS), 400, "resumable.bad_header"),
    "endless": ({"Upload-Offset": "9" * 40}, frozenset(VERSIONS), 400, "resumable.bad_header"),
    "no completeness": (
        {"Upload-Complete": None},
        frozenset(VERSIONS) - {3},
        400,
        "resumable.bad_header",
    ),
    "word for it": (
        {"Upload-Complete": "true"},
        frozenset(VERSIONS) - {3},
        400,
        "resumable.bad_header",
    ),
    "other length": (
        {"Upload-Length": "99"},
        frozenset(VERSIONS),
        400,
        "upload.length_changed",
    ),
    "broken digest": (
        {"Content-Digest": "sha-256=:AAAA:"},
        frozenset(VERSIONS),
        400,
        "upload.bad_checksum",
    ),
}


async def test_what_breaks_a_rule_leaves_the_upload_untouched(
    resuming: Receiving, by: Versions
) -> None:
    """Each refusal is a problem with its own code, in the versions that have the rule."""
    answers = {}
    urls = {version: await sender.begin(100) for version, sender in by.items()}
    for name, (changes, versions, _, _) in REFUSED.items():
        for version, sender in by.items():
            url = urls[version] if version in versions else await sender.begin(100)
            told = {
                **sender.told,
                **sender.complete(is_last=False),
                "Content-Type": "application/partial-upload",
                "Upload-Offset": "0",
                **changes,
            }
            headers = {key: value for key, value in told.items() if value is not None}
            answer = await sender.http.patch(url, content=b"abcde", headers=headers)
            if answer.is_success:
                continue
            assert "application/problem+json" == answer.headers["Content-Type"], name
            answers[name, version] = (answer.status_code, answer.json()["code"])
            assert b"" == await resuming.parts.content(id_of(url)), (name, version)

    expected = {
        (name, version): (status, code)
        for name, (_, versions, status, code) in REFUSED.items()
        for version in versions
    }
    assert expected == answers


async def test_an_end_that_is_not_the_end_is_inconsistent(
    resuming: Receiving, by: Versions
) -> None:
    """A body that ends the file elsewhere than told: before its first byte, or after its last."""
    for sender in by.values():
        url = await sender.begin(100)

        told = await sender.append(url, 0, BODY[:40], is_last=True)
        untold = await sender.append(url, 0, pieces(BODY[:40]), is_last=True)

        assert (400, "0", False) == heard(sender, told)
        assert (400, "40", False) == heard(sender, untold)
        for answer in (told, untold):
            assert f"{TYPES}inconsistent-upload-length" == answer.json()["type"]
        rest = await sender.append(url, 40, BODY[40:], is_last=True)
        assert (201, "100", True) == heard(sender, rest)
        assert BODY == await resuming.parts.content(id_of(url))


async def test_a_body_beyond_the_length_ends_the_upload(resuming: Receiving, by: Versions) -> None:
    """400, and the address answers no more; told by a header, or found while it comes."""
    for version, sender in by.items():
        urls = [await sender.begin(100) for _ in range(2)]

        told = await sender.append(urls[0], 0, BODY + b"x", is_last=False)
        found = await sender.append(urls[1], 0, pieces(BODY, b"x"), is_last=False)

        for url, answer in zip(urls, (told, found), strict=True):
            assert (400, f"{TYPES}inconsistent-upload-length") == (
                answer.status_code,
                answer.json()["type"],
            ), version
            assert State.CANCELLED is (await resuming.parts.upload(id_of(url))).state
            assert 410 == (await sender.head(url)).status_code


async def test_nothing_can_be_added_to_a_complete_upload(resuming: Receiving, by: Versions) -> None:
    """400 by the type that each version has for it; the upload stays complete."""
    for version, sender in by.items():
        url = await sender.begin(100)
        await sender.append(url, 0, BODY, is_last=True)

        answer = await sender.append(url, 100, b"x", is_last=False)

        kind = "inconsistent-upload-length" if version in {8, None} else "completed-upload"
        assert (400, "100", True) == heard(sender, answer), version
        assert f"{TYPES}{kind}" == answer.json()["type"]
        assert State.COMPLETED is (await resuming.parts.upload(id_of(url))).state


async def test_one_append_may_be_limited(tmp_path: Path, sqlite_url: str) -> None:
    """413 with the limit; the upload goes on with smaller ones."""
    async with receiving(sqlite_url, tmp_path / "house", max_append_bytes=50) as house:
        by = await resumers(house)
        for version, sender in by.items():
            url = await sender.begin(100)

            large = await sender.append(url, 0, BODY[:60], is_last=False)
            found = await sender.append(url, 0, pieces(BODY[:30], BODY[30:60]), is_last=False)
            small = await sender.append(url, 0, BODY[:50], is_last=False)

            for answer in (large, found):
                assert (413, "0", False) == heard(sender, answer), version
                told = answer.headers.get("Upload-Limit", "")
                assert ("max-append-size=50" in told) == (version in LIMITED), version
            assert ("50", False) == heard(sender, small)[1:]


async def test_unknown_and_ended_uploads_take_nothing(by: Versions) -> None:
    """404 and 410."""
    sender = by[8]
    url = await sender.begin(100)
    await sender.http.delete(url, headers=sender.told)

    gone = await sender.append(url, 0, BODY, is_last=True)
    unknown = await sender.append(f"{sender.uploads}upl_x", 0, BODY, is_last=True)

    assert (410, 404) == (gone.status_code, unknown.status_code)


async def test_one_of_many_equal_appends_wins(house: Receiving) -> None:
    """The others hear that the offset is another one now, or that they have to wait."""
    sender = (await resumers(house))[8]
    body = os.urandom(100_000)
    url = await sender.begin(len(body))

    answers = await asyncio.gather(*(sender.append(url, 0, body, is_last=True) for _ in range(10)))

    won = [answer for answer in answers if answer.is_success]
    assert {201} == {answer.status_code for answer in won}
    assert {answer.status_code for answer in answers} <= {201, 400, 409, 423}
    assert body == await house.parts.content(id_of(url))


async def is_at(house: Receiving, url: str, offset: int) -> bool:
    """Say whether so much of an upload is committed."""
    return (await house.parts.upload(id_of(url))).offset == offset


async def test_a_silent_append_loses_its_place(house: Receiving) -> None:
    """HEAD ends it, tells what came, and that offset is accepted next."""
    sender = (await resumers(house))[8]
    url = await sender.begin(100)
    gate = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield BODY[:40]
        await gate.wait()
        yield BODY[40:]

    silent = asyncio.create_task(sender.append(url, 0, stalled(), is_last=True))
    await until(lambda: is_at(house, url, 40))

    offset = await sender.offset(url)
    gate.set()
    await asyncio.gather(silent, return_exceptions=True)
    rest = await sender.append(url, offset, BODY[offset:], is_last=True)

    assert 40 == offset
    assert (201, "100", True) == heard(sender, rest)
    assert BODY == await house.parts.content(id_of(url))


async def test_a_body_that_is_cut_is_kept_as_far_as_it_came(house: Receiving) -> None:
    """And the upload is not complete, whatever the request wanted."""
    sender = (await resumers(house))[8]
    url = await sender.begin(100)

    async def broken() -> AsyncIterator[bytes]:
        yield BODY[:40]
        await until(lambda: is_at(house, url, 40))
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await sender.append(url, 0, broken(), is_last=True, Content_Length="100")

    head = await sender.head(url)
    assert (204, "40", False) == heard(sender, head)
    assert BODY[:40] == await house.parts.content(id_of(url))
