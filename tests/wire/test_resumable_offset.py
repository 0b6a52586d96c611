"""Offset retrieval (section 4.3 of the draft) and limits (4.1.4), in every version."""

from __future__ import annotations

from pathlib import Path

from tests.support.receiving import Receiving, receiving
from tests.support.resuming import VERSIONS, Resumer, resumers

BODY = b"0123456789" * 10
LIMITED = frozenset({6, 7, 8, None})
Versions = dict[int | None, Resumer]


def read_limits(text: str) -> dict[str, int]:
    """Return the words of Upload-Limit."""
    pairs = (word.strip().partition("=") for word in text.split(",") if word.strip())
    return {key: int(value) for key, _, value in pairs}


async def test_the_state_of_an_upload_is_told(by: Versions) -> None:
    """204 by HEAD and by GET: offset, completeness, length, limits; nobody keeps it."""
    for version, sender in by.items():
        url = await sender.begin(100)
        await sender.append(url, 0, BODY[:40], is_last=False)

        for method in ("HEAD", "GET"):
            answer = await sender.http.request(method, url, headers=sender.told)

            assert (204, "40", "100", "no-store", False) == (
                answer.status_code,
                answer.headers["Upload-Offset"],
                answer.headers["Upload-Length"],
                answer.headers["Cache-Control"],
                sender.is_complete(answer),
            ), version
            assert b"" == answer.content
            assert (version in LIMITED) == ("Upload-Limit" in answer.headers)


async def test_a_length_that_nobody_told_is_not_told(by: Versions) -> None:
    """It may come later."""
    for sender in by.values():
        url = await sender.begin()

        assert "Upload-Length" not in (await sender.head(url)).headers


async def test_a_complete_upload_says_so_and_does_not_end(by: Versions) -> None:
    """Its answers stay, for senders that lost the last one."""
    for version, sender in by.items():
        url = await sender.begin(100)
        await sender.append(url, 0, BODY, is_last=True)

        answer = await sender.head(url)

        assert (204, "100", True) == (
            answer.status_code,
            answer.headers["Upload-Offset"],
            sender.is_complete(answer),
        ), version
        limits = read_limits(answer.headers.get("Upload-Limit", ""))
        assert {} == {word: limits[word] for word in ("max-age", "expires") if word in limits}


async def test_the_time_that_is_left_has_the_version_s_name(by: Versions) -> None:
    """`expires` in version 6, `max-age` from 7 on; in seconds."""
    left = {}
    for version, sender in by.items():
        url = await sender.begin(100)
        limits = read_limits((await sender.head(url)).headers.get("Upload-Limit", ""))
        left[version] = {word for word in ("max-age", "expires") if limits.get(word, 0) > 3600}

    assert {
        3: set(),
        4: set(),
        5: set(),
        6: {"expires"},
        7: {"max-age"},
        8: {"max-age"},
        None: {"max-age"},
    } == left


async def test_old_drafts_take_no_state_in_a_question(by: Versions) -> None:
    """HEAD and DELETE with an offset or a completeness are refused until draft -03."""
    refused = {}
    for version, sender in by.items():
        url = await sender.begin(100)
        answers = [
            await sender.http.request(method, url, headers={**sender.told, **more})
            for method in ("HEAD", "DELETE")
            for more in ({"Upload-Offset": "0"}, sender.complete(is_last=False))
        ]
        refused[version] = answers[0].status_code, answers[1].status_code

    expected = {version: (400, 400) if version in {3, 4, 5} else (204, 204) for version in VERSIONS}
    assert expected == refused


async def test_options_tell_that_and_how_uploads_can_be_resumed(
    tmp_path: Path, sqlite_url: str
) -> None:
    """204 with the media type of appends, and since draft -04 with the limits."""
    told = {}
    async with receiving(
        sqlite_url, tmp_path / "house", max_file_bytes=1000, max_append_bytes=500
    ) as house:
        by = await resumers(house, max_file_bytes=900)
        for version, sender in by.items():
            url = await sender.begin()
            for address in (sender.uploads, url):
                answer = await sender.http.options(address, headers=sender.told)
                assert (204, "application/partial-upload") == (
                    answer.status_code,
                    answer.headers["Accept-Patch"],
                )
                told[version] = read_limits(answer.headers.get("Upload-Limit", ""))
        stranger = await house.http.options(f"{house.address}/uploads/")

    known = {"max-size": 900, "min-size": 0, "max-append-size": 500}
    assert {
        3: {},
        4: {},
        5: {},
        6: known | {"expires": 86400},
        7: known | {"max-age": 86400},
        8: known | {"max-age": 86400},
        None: known | {"max-age": 86400},
    } == told
    assert "max-size=1000" in stranger.headers["Upload-Limit"]


async def test_a_page_of_another_site_may_read_and_send_every_header(by: Versions) -> None:
    """What the protocol says and hears, for links."""
    origin = {"Origin": "https://studio.example"}
    asks = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "x"}

    preflight = await by[8].http.options(by[8].uploads, headers=origin | asks)
    answer = await by[8].http.options(by[8].uploads, headers=origin)

    allowed = preflight.headers["Access-Control-Allow-Headers"]
    exposed = answer.headers["Access-Control-Expose-Headers"]
    for name in ("Upload-Complete", "Upload-Incomplete", "Upload-Length", "Upload-Offset"):
        assert name in allowed
        assert name in exposed
    for name in ("Content-Disposition", "Content-Digest", "Repr-Digest", "Want-Repr-Digest"):
        assert name in allowed
    for name in ("Location", "Upload-Limit", "Repr-Digest", "Accept-Patch"):
        assert name in exposed


async def test_many_looks_disturb_nothing(house: Receiving) -> None:
    """The offset never goes back."""
    sender = (await resumers(house))[8]
    url = await sender.begin(100)
    offsets = []

    for end in range(10, 101, 10):
        await sender.append(url, end - 10, BODY[end - 10 : end], is_last=False)
        offsets.append(await sender.offset(url))

    assert list(range(10, 101, 10)) == offsets
