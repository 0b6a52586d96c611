"""Upload creation (section 4.2 of the draft), in every version."""

from __future__ import annotations

from pathlib import Path

import pytest

from rushes.uploads.upload import Protocol, State
from tests.support.receiving import Receiving, metadata, receiving
from tests.support.resuming import VERSIONS, Resumer, id_of, pieces, resumers

BODY = b"0123456789" * 10
LIMITED = frozenset({6, 7, 8, None})
Versions = dict[int | None, Resumer]


async def test_the_careful_way_begins_an_upload_without_a_byte(
    resuming: Receiving, by: Versions
) -> None:
    """201 with the address; limits since draft -04; the version is echoed."""
    answers = {
        version: await sender.create(is_last=False, size_bytes=100)
        for version, sender in by.items()
    }

    for version, answer in answers.items():
        assert (201, "0", False) == (
            answer.status_code,
            answer.headers["Upload-Offset"],
            by[version].is_complete(answer),
        )
        assert (version in LIMITED) == ("Upload-Limit" in answer.headers), version
        echoed = answer.headers.get("Upload-Draft-Interop-Version")
        assert (None if version is None else str(version)) == echoed
        upload = await resuming.parts.upload(id_of(answer))
        expected = (Protocol.RESUMABLE, State.RECEIVING, 100, 0)
        assert expected == (upload.protocol, upload.state, upload.size_bytes, upload.offset)
        assert answer.headers["Location"].startswith(by[version].uploads)


async def test_a_part_of_the_body_can_come_along(resuming: Receiving, by: Versions) -> None:
    """Its bytes are kept, with the length told or not."""
    for version, sender in by.items():
        known = await sender.create(BODY[:40], is_last=False, size_bytes=100)
        unknown = await sender.create(BODY[:30], is_last=False)

        assert (201, "40", False) == (
            known.status_code,
            known.headers["Upload-Offset"],
            sender.is_complete(known),
        ), version
        assert (201, "30", False) == (
            unknown.status_code,
            unknown.headers["Upload-Offset"],
            sender.is_complete(unknown),
        ), version
        assert BODY[:40] == await resuming.parts.content(id_of(known))
        assert (await resuming.parts.upload(id_of(unknown))).size_bytes is None


async def test_a_whole_body_is_a_whole_upload(resuming: Receiving, by: Versions) -> None:
    """201, complete, and the upload as JSON; also where the body's length is not told."""
    for version, sender in by.items():
        told = await sender.create(BODY, is_last=True)
        untold = await sender.create(pieces(BODY[:50], BODY[50:]), is_last=True)

        for answer in (told, untold):
            assert (201, "100", True) == (
                answer.status_code,
                answer.headers["Upload-Offset"],
                sender.is_complete(answer),
            ), (version, answer.text)
            document = answer.json()
            assert (id_of(answer), "resumable", "completed", 100, 100) == (
                document["id"],
                document["protocol"],
                document["state"],
                document["offset"],
                document["size_bytes"],
            )
            assert BODY == await resuming.parts.content(document["id"])


async def test_a_body_that_says_nothing_of_completeness_is_a_plain_upload(
    resuming: Receiving, by: Versions
) -> None:
    """What HTTP always could: the request is the whole file."""
    for version, sender in by.items():
        answer = await sender.http.post(sender.uploads, content=BODY, headers=sender.told)

        assert (201, True) == (answer.status_code, sender.is_complete(answer)), version
        assert BODY == await resuming.parts.content(id_of(answer))


async def test_an_empty_file_is_complete_at_once(resuming: Receiving, by: Versions) -> None:
    """`?1` without a byte."""
    for sender in by.values():
        answer = await sender.create(b"", is_last=True)

        assert (201, True, "0") == (
            answer.status_code,
            sender.is_complete(answer),
            answer.headers["Upload-Offset"],
        )
        assert State.COMPLETED is (await resuming.parts.upload(id_of(answer))).state


async def test_a_part_that_is_all_is_complete(by: Versions) -> None:
    """Where the length was told, the last byte completes the upload, whatever its flag says."""
    for sender in by.values():
        answer = await sender.create(BODY, is_last=False, size_bytes=100)

        assert (201, True) == (answer.status_code, sender.is_complete(answer))


NAMES: dict[str, tuple[dict[str, str], str, str]] = {
    "by its disposition": (
        {"Content-Disposition": "inline; filename=\"x.mov\"; filename*=UTF-8''na%C3%AFve.mov"},
        "naïve.mov",
        "",
    ),
    "and its type": (
        {"Content-Disposition": 'inline; filename="a b.mov"', "Content-Type": "video/quicktime"},
        "a b.mov",
        "video/quicktime",
    ),
    "as in tus": (
        {"Upload-Metadata": metadata(filename="c.mp4", filetype="video/mp4")},
        "c.mp4",
        "video/mp4",
    ),
    "by nothing but a client's habit": (
        {
            "Upload-Metadata": metadata(filename="d.mp4"),
            "Content-Type": "application/x-www-form-urlencoded",
        },
        "d.mp4",
        "",
    ),
    "twice: the disposition wins": (
        {
            "Upload-Metadata": metadata(filename="e.mp4"),
            "Content-Disposition": "inline; filename=f.mp4",
        },
        "f.mp4",
        "",
    ),
}


async def test_the_file_is_named_by_headers_of_http_or_of_tus(
    resuming: Receiving, by: Versions
) -> None:
    """Name and type go into the row as they were told."""
    kept = {}
    for name, (headers, _, _) in NAMES.items():
        answer = await by[8].create(BODY, is_last=False, size_bytes=200, **headers)
        assert answer.status_code == 201, answer.text
        upload = await resuming.parts.upload(id_of(answer))
        kept[name] = (upload.file_name, upload.media_type)

    assert {name: (file, kind) for name, (_, file, kind) in NAMES.items()} == kept


async def test_a_json_file_is_no_json_body(resuming: Receiving, by: Versions) -> None:
    """It may be larger than what the API reads as JSON."""
    most = resuming.parts.settings.http.max_json_bytes
    body = b'"' + b"x" * most + b'"'

    answer = await by[8].create(body, is_last=True, Content_Type="application/json")

    assert 201 == answer.status_code, answer.text
    assert body == await resuming.parts.content(id_of(answer))


REFUSED: dict[str, tuple[dict[str, str], bool, int, str]] = {
    "two lengths": ({"Upload-Length": "99"}, True, 400, "resumable.length_inconsistent"),
    "more than the length": ({"Upload-Length": "99"}, False, 400, "resumable.length_inconsistent"),
    "compressed": ({"Content-Encoding": "gzip"}, True, 415, "resumable.encoding_refused"),
    "broken metadata": ({"Upload-Metadata": "filename !"}, True, 400, "upload.bad_metadata"),
    "broken digest": ({"Content-Digest": "sha-256=1"}, True, 400, "upload.bad_checksum"),
    "broken digest of all": ({"Repr-Digest": "sha-256"}, True, 400, "upload.bad_checksum"),
    "broken wish": ({"Want-Repr-Digest": "sha-256=x"}, True, 400, "upload.bad_checksum"),
    "too large": ({"Upload-Length": "101"}, False, 413, "upload.file_too_large"),
}


async def test_what_breaks_a_rule_leaves_nothing(tmp_path: Path, sqlite_url: str) -> None:
    """Each refusal is a problem of its own; no upload, no file, no reserved room is left."""
    async with receiving(sqlite_url, tmp_path / "house") as house:
        by = await resumers(house, max_file_bytes=100, max_total_bytes=1000)
        answers: dict[str, dict[int | None, tuple[int, str]]] = {}
        for name, (headers, is_last, _, _) in REFUSED.items():
            answers[name] = {}
            for version, sender in by.items():
                answer = await sender.create(BODY, is_last=is_last, size_bytes=None, **headers)
                assert "application/problem+json" == answer.headers["Content-Type"], name
                answers[name][version] = (answer.status_code, answer.json()["code"])
        spooled = [path for path in house.parts.spool.folder.rglob("*") if path.is_file()]
        whole = [await by[8].create(BODY, is_last=True) for _ in range(10)]

    expected = {
        name: dict.fromkeys(VERSIONS, (status, code))
        for name, (_, _, status, code) in REFUSED.items()
    }
    assert expected == answers
    assert [] == spooled
    assert [201] * 10 == [answer.status_code for answer in whole]


async def test_one_length_that_does_not_agree_has_a_type_of_the_draft(by: Versions) -> None:
    """`inconsistent-upload-length`, as programs know it."""
    answer = await by[8].create(BODY, is_last=True, size_bytes=99)

    expected = "https://iana.org/assignments/http-problem-types#inconsistent-upload-length"
    assert expected == answer.json()["type"]


async def test_a_file_that_is_too_large_is_told_the_limits(tmp_path: Path, sqlite_url: str) -> None:
    """413 with Upload-Limit, in the versions that know it."""
    async with receiving(sqlite_url, tmp_path / "house", max_file_bytes=50) as house:
        by = await resumers(house)
        answers = {
            version: await sender.create(BODY, is_last=True) for version, sender in by.items()
        }

    for version, answer in answers.items():
        assert 413 == answer.status_code
        told = answer.headers.get("Upload-Limit", "")
        assert ("max-size=50" in told) == (version in LIMITED), version


async def test_a_link_has_no_other_way_in_than_an_account(house: Receiving) -> None:
    """An account's upload goes into the project that it names; a stranger gets nowhere."""
    token = await house.people.token()
    headers = {"Authorization": f"Bearer {token}", "Upload-Complete": "?1"}
    words = {"Upload-Metadata": metadata(filename="a.mov", project="acme/spring")}
    url = f"{house.address}/uploads/"

    mine = await house.http.post(url, content=BODY, headers=headers | words)
    nobody = await house.http.post(url, content=BODY, headers={"Upload-Complete": "?1"})
    unknown = await house.http.post(
        f"{house.address}/u/unknown/uploads/", content=BODY, headers={"Upload-Complete": "?1"}
    )

    assert (201, 401, 404) == (mine.status_code, nobody.status_code, unknown.status_code)
    head = await house.http.head(mine.headers["Location"], headers=headers)
    assert (204, "?1") == (head.status_code, head.headers["Upload-Complete"])


@pytest.mark.parametrize("name", ["upl_x", "..", "%00", "a" * 5000])
async def test_what_is_no_id_names_nothing(by: Versions, name: str) -> None:
    """404, never a 5xx."""
    answer = await by[8].http.get(f"{by[8].uploads}{name}", headers=by[8].told)

    assert answer.status_code in {404, 405, 414}
