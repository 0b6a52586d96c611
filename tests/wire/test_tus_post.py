"""POST: an upload comes into being, or leaves no trace."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from rushes.access.permit import Role, Scope
from rushes.clock import SYSTEM
from rushes.db.tables import block_hashes, events, links, projects, upload_parts, uploads
from rushes.events.event import EventType
from rushes.uploads.blocks import find_root
from rushes.uploads.upload import State
from tests.support.receiving import (
    BODY,
    TUS,
    Receiving,
    Sender,
    checksum,
    metadata,
    receiving,
)

TEN = b"0123456789"


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


async def traces(house: Receiving) -> dict[str, int]:
    """Return how many rows, reserved bytes and files uploads have left."""
    async with house.parts.database.reading() as connection:
        rows = {
            table.name: await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (uploads, upload_parts, block_hashes)
        }
        used = {
            f"{table.name} used": int(await connection.scalar(func.sum(table.c.used_bytes)) or 0)
            for table in (links, projects)
        }
    files = [path for path in house.parts.spool.folder.rglob("*") if path.is_file()]
    return {**rows, **used, "files": len(files)}


async def events_of(house: Receiving, upload_id: str) -> list[str]:
    async with house.parts.database.reading() as connection:
        query = select(events.c.type).where(events.c.subject == upload_id)
        return list((await connection.execute(query.order_by(events.c.seq))).scalars())


@pytest.mark.covers("X-UP-06", "BG-13", "X-UP-04", "C-UP-02", "S-UP-01")
async def test_a_creation_tells_where_and_until_when(house: Receiving, sender: Sender) -> None:
    """201, an absolute Location, and the time at which it would expire."""
    words = metadata(filename="interview 4K.mov", filetype="video/quicktime")
    answer = await sender.create(10, Upload_Metadata=words)

    location = answer.headers["Location"]
    assert 201 == answer.status_code
    assert location.startswith(sender.files)
    assert "Upload-Offset" not in answer.headers
    upload = await house.parts.upload(id_of(location))
    assert ("interview 4K.mov", "video/quicktime", 10) == (
        upload.file_name,
        upload.media_type,
        upload.size_bytes,
    )
    rests = timedelta(days=7) if upload.link_id else timedelta(hours=24)
    assert upload.created_at + rests == upload.expires_at
    told = parsedate_to_datetime(answer.headers["Upload-Expires"])
    assert upload.expires_at.replace(microsecond=0) == told


REFUSED: dict[str, tuple[dict[str, str | bytes | None], int, str]] = {
    "no version": ({"Tus-Resumable": None, "Upload-Length": "1"}, 412, "tus.version_unknown"),
    "no length": ({}, 400, "tus.bad_header"),
    "negative length": ({"Upload-Length": "-1"}, 400, "tus.bad_header"),
    "length with a sign": ({"Upload-Length": "+1"}, 400, "tus.bad_header"),
    "hexadecimal length": ({"Upload-Length": "0x1"}, 400, "tus.bad_header"),
    "empty length": ({"Upload-Length": ""}, 400, "tus.bad_header"),
    "length and deferred": (
        {"Upload-Length": "1", "Upload-Defer-Length": "1"},
        400,
        "tus.bad_header",
    ),
    "deferred twice": ({"Upload-Defer-Length": "2"}, 400, "tus.bad_header"),
    "above the server's limit": (
        {"Upload-Length": str(100 * 2**30 + 1)},
        413,
        "upload.file_too_large",
    ),
    "above every limit": ({"Upload-Length": "9" * 30}, 400, "tus.bad_header"),
    "joined": ({"Upload-Length": "1", "Upload-Concat": "half"}, 400, "upload.bad_concat"),
    "no base64": (
        {"Upload-Length": "1", "Upload-Metadata": "filename !"},
        400,
        "upload.bad_metadata",
    ),
    "a key twice": (
        {"Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="},
        400,
        "upload.bad_metadata",
    ),
    "an empty key": (
        {"Upload-Length": "1", "Upload-Metadata": "a YQ==,"},
        400,
        "upload.bad_metadata",
    ),
    "a name with NUL": (
        {"Upload-Length": "1", "Upload-Metadata": metadata(filename="a\x00b")},
        400,
        "upload.bad_metadata",
    ),
    "a name that is no UTF-8": (
        {"Upload-Length": "1", "Upload-Metadata": "filename " + base64.b64encode(b"\xff").decode()},
        400,
        "upload.bad_metadata",
    ),
    "a reserved key": (
        {"Upload-Length": "1", "Upload-Metadata": "rushes_group YQ=="},
        400,
        "upload.bad_metadata",
    ),
    "too much metadata": (
        {"Upload-Length": "1", "Upload-Metadata": "a " + "AAAA" * 2048},
        400,
        "upload.bad_metadata",
    ),
    "too long a body": ({"Upload-Length": "3", "body": TEN}, 413, "upload.too_large"),
    "a wrong checksum": (
        {"Upload-Length": "10", "body": TEN, "Upload-Checksum": checksum(b"other")},
        460,
        "upload.checksum_mismatch",
    ),
}


@pytest.mark.covers("S-VA-07", "X-UP-05", "BG-09", "CF-01")
async def test_what_breaks_a_rule_leaves_no_trace(house: Receiving, sender: Sender) -> None:
    """No row that still receives, no file, no quota."""
    answers = {}
    for name, (changes, _, _) in REFUSED.items():
        told = {**TUS, **changes}
        body = told.pop("body", None)
        if body is not None:
            told["Content-Type"] = BODY["Content-Type"]
        headers = {key: value for key, value in told.items() if isinstance(value, str)}
        answer = await sender.http.post(sender.files, content=body, headers=headers)
        assert "application/problem+json" == answer.headers["Content-Type"], name
        assert "Location" not in answer.headers, name
        answers[name] = (answer.status_code, answer.json()["code"])

    assert {name: (status, code) for name, (_, status, code) in REFUSED.items()} == answers
    left = await traces(house)
    assert (0, 0, 0) == (left["files"], left["links used"], left["projects used"])


async def test_a_length_that_is_told_twice_is_refused(sender: Sender) -> None:
    """Two headers of one name are one header with a comma, and no number."""
    told = [*TUS.items(), ("Upload-Length", "10"), ("Upload-Length", "10")]

    answer = await sender.http.post(sender.files, headers=told)

    assert (400, "tus.bad_header") == (answer.status_code, answer.json()["code"])


@pytest.mark.covers("BG-14")
async def test_zero_bytes_are_completed_at_once(house: Receiving, sender: Sender) -> None:
    """Once, with its event, and with the root over no block."""
    answer = await sender.create(0)

    upload = await house.parts.upload(id_of(answer.headers["Location"]))
    assert (State.COMPLETED, find_root([])) == (upload.state, upload.root)
    assert [EventType.UPLOAD_CREATED, EventType.UPLOAD_COMPLETED] == await events_of(
        house, upload.id
    )
    again = await sender.append(answer.headers["Location"], 0, b"")
    assert 204 == again.status_code
    assert 2 == len(await events_of(house, upload.id))


async def test_bytes_may_come_with_the_creation(house: Receiving, sender: Sender) -> None:
    """All of them, a part of them, or none; only tus's own type counts."""
    told = {**BODY, "Upload-Length": "10"}
    whole = await sender.http.post(sender.files, content=TEN, headers=told)
    part = await sender.http.post(sender.files, content=TEN[:4], headers=told)
    none = await sender.http.post(sender.files, content=b"", headers=told)
    other = await sender.http.post(
        sender.files, content=TEN, headers={**TUS, "Upload-Length": "10"}
    )

    answers = [whole, part, none, other]
    assert [201] * 4 == [answer.status_code for answer in answers]
    offsets = [answer.headers.get("Upload-Offset") for answer in answers]
    assert ["10", "4", "0", None] == offsets
    done = await house.parts.upload(id_of(whole.headers["Location"]))
    assert State.COMPLETED is done.state
    assert 204 == (await sender.append(part.headers["Location"], 4, TEN[4:])).status_code


async def test_a_creation_whose_untold_body_is_too_long_leaves_nothing(
    house: Receiving, sender: Sender
) -> None:
    """It is found out late, and cleaned up."""

    async def body() -> AsyncIterator[bytes]:
        yield TEN
        yield TEN

    told = {**BODY, "Upload-Length": "10"}
    answer = await sender.http.post(sender.files, content=body(), headers=told)

    left = await traces(house)
    assert 413 == answer.status_code
    assert (0, 0, 0) == (left["files"], left["links used"], left["projects used"])


async def test_metadata_comes_back_byte_for_byte(sender: Sender) -> None:
    """Keys that nobody reads, binary values, values that are missing, the order."""
    words = f"filename YS5tb3Y=,zone {base64.b64encode(bytes(range(256))).decode()},is_raw"
    location = (await sender.create(10, Upload_Metadata=words)).headers["Location"]

    assert words == (await sender.head(location)).headers["Upload-Metadata"]


@pytest.mark.covers("BG-11", "X-UP-03")
async def test_a_name_is_data_and_never_a_path(house: Receiving, sender: Sender) -> None:
    """It is kept as it was sent; on the disk there are ids alone."""
    name = "../../etc/\x1b[31mpass\r\nwd\u202egpj.mov"
    location = (await sender.create(10, Upload_Metadata=metadata(filename=name))).headers[
        "Location"
    ]

    upload = await house.parts.upload(id_of(location))
    files = [path for path in house.parts.spool.folder.rglob("*") if path.is_file()]
    assert name == upload.file_name
    assert [f"{upload.id}.0"] == [path.name for path in files]
    assert 0o600 == files[0].stat().st_mode & 0o777


async def test_a_file_without_a_name_bears_its_assets_id(house: Receiving, sender: Sender) -> None:
    """Plain tus clients send no metadata at all."""
    upload = await house.parts.upload(id_of(await sender.begin(10)))

    assert upload.asset_id == upload.file_name


@pytest.mark.covers("S-VA-07", "X-UP-02", "BG-29", "BG-32")
async def test_a_link_takes_only_its_types(house: Receiving) -> None:
    """The extension decides; an untold type fits; a contradicting one does not."""
    sender = await house.sender(types=("web-video", "pdf"))
    offered = {
        ("a.mov", ""): 201,
        ("a.MOV", "application/octet-stream"): 201,
        ("a.mov", "video/mp4"): 201,
        ("a.pdf", "application/pdf"): 201,
        ("", ""): 201,
        ("a.mov", "image/png"): 415,
        ("a.mkv", "video/mp4"): 415,
        ("a", ""): 415,
        ("a.mov.exe", ""): 415,
    }

    answers = {}
    for name, kind in offered:
        words = metadata(filename=name, filetype=kind)
        answers[name, kind] = (await sender.create(10, Upload_Metadata=words)).status_code
    refusal = await sender.create(10, Upload_Metadata=metadata(filename="a.exe"))

    assert offered == answers
    assert "Send .mov, .mp4, .pdf, .webm." in refusal.json()["detail"]


@pytest.mark.covers("CF-01", "X-UP-05")
async def test_a_file_may_have_the_limit_and_not_a_byte_more(house: Receiving) -> None:
    """The smallest of server, link and type."""
    small = await house.sender(max_file_bytes=1_000)
    video = await house.sender(types=("web-video",))
    name = metadata(filename="a.mp4")

    sizes = [
        (await small.create(1_000)).status_code,
        (await small.create(1_001)).status_code,
        (await video.create(500 * 2**20, Upload_Metadata=name)).status_code,
        (await video.create(500 * 2**20 + 1, Upload_Metadata=name)).status_code,
    ]

    assert [201, 413, 201, 413] == sizes


async def test_a_deferred_length_has_the_links_limit(house: Receiving) -> None:
    """It is found out when the bytes come."""
    sender = await house.sender(max_file_bytes=15)
    url = (await sender.create(Upload_Defer_Length="1")).headers["Location"]

    kept = await sender.append(url, 0, TEN)
    more = await sender.append(url, 10, TEN)

    assert (204, 413) == (kept.status_code, more.status_code)


@pytest.mark.covers("BG-16", "BG-48")
async def test_a_link_has_room_for_so_many_bytes_and_files(house: Receiving) -> None:
    """Reserved at creation, given back when an upload ends."""
    sender = await house.sender(max_total_bytes=100, max_files=3)

    first = await sender.create(60)
    too_many_bytes = await sender.create(41)
    second = await sender.create(40)
    third = await sender.create(0)
    too_many_files = await sender.create(0)
    await sender.http.delete(first.headers["Location"], headers=TUS)
    again = await sender.create(60)

    told = [first, too_many_bytes, second, third, too_many_files, again]
    assert [201, 413, 201, 201, 413, 201] == [answer.status_code for answer in told]
    assert "quota.bytes" == too_many_bytes.json()["code"]
    assert "quota.files" == too_many_files.json()["code"]


@pytest.mark.covers("BG-16")
async def test_a_project_has_room_for_so_many_bytes(house: Receiving) -> None:
    """However many links lead into it."""
    project = await house.people.project(max_total_bytes=100)
    one = house.by_link(await house.people.link(project))
    other = house.by_link(await house.people.link(project))

    answers = [await one.create(60), await other.create(60), await other.create(40)]

    assert [201, 413, 201] == [answer.status_code for answer in answers]
    left = await traces(house)
    assert (100, 100) == (left["links used"], left["projects used"])


async def test_deferred_bytes_take_room_as_they_come(house: Receiving) -> None:
    """What does not fit any more is not kept; the length told late settles."""
    sender = await house.sender(max_total_bytes=15)
    url = (await sender.create(Upload_Defer_Length="1")).headers["Location"]

    kept = await sender.append(url, 0, TEN)
    more = await sender.append(url, 10, TEN)
    last = await sender.append(url, 10, b"ab", Upload_Length="12")

    assert (204, 413, 204) == (kept.status_code, more.status_code, last.status_code)
    assert "quota.bytes" == more.json()["code"]
    assert 12 == (await traces(house))["links used"]


@pytest.mark.covers("M-LK-03", "M-LK-01", "BG-40", "BG-39")
async def test_a_link_that_does_not_work_is_not_there(house: Receiving) -> None:
    """Unknown, off and expired are one answer, on every call."""
    project = await house.people.project()
    long_ago = SYSTEM.now() - timedelta(days=1)
    dead = [
        "rsh_lnk_nonsense",
        await house.people.link(project, is_active=False),
        await house.people.link(project, expires_at=long_ago),
    ]

    answers = [await house.by_link(token).create(10) for token in dead]

    assert [(404, "link.not_found")] * 3 == [
        (answer.status_code, answer.json()["code"]) for answer in answers
    ]


async def test_an_account_needs_its_token_and_the_right_to_add(house: Receiving) -> None:
    """Nobody 401; a viewer and a token for reading 403; a member of nothing has an inbox."""
    project = await house.people.project()
    reader = await house.people.token(scopes=frozenset({Scope.READ}))
    viewer = await house.people.token(Role.VIEWER, project=project)
    editor = await house.people.token(Role.EDITOR)
    there = {"Upload_Metadata": metadata(project=project.path)}

    answers = {
        "nobody": await Sender(house.http, f"{house.address}/files/").create(10),
        "broken token": await house.by_token("rsh_pat_x").create(10),
        "reader": await house.by_token(reader).create(10, **there),
        "viewer": await house.by_token(viewer).create(10, **there),
        "stranger": await house.by_token(editor).create(10, **there),
        "own inbox": await house.by_token(editor).create(10),
    }

    expected = {
        "nobody": 401,
        "broken token": 401,
        "reader": 403,
        "viewer": 403,
        "stranger": 404,
        "own inbox": 201,
    }
    assert expected == {name: answer.status_code for name, answer in answers.items()}


@pytest.mark.covers("M-LK-06", "M-UP-02")
async def test_a_links_project_is_its_own_whatever_is_asked(house: Receiving) -> None:
    """Names of the body are ignored."""
    mine, other = await house.people.project(), await house.people.project()
    sender = house.by_link(await house.people.link(mine))

    answer = await sender.create(10, Upload_Metadata=metadata(project=other.path))

    upload = await house.parts.upload(id_of(answer.headers["Location"]))
    assert mine.id == upload.project_id


@pytest.mark.covers("BG-91", "M-LK-05")
async def test_a_link_counts_what_is_completed(house: Receiving) -> None:
    """Not what is begun."""
    sender = await house.sender()
    url = await sender.begin(10)
    await sender.begin(10)
    await sender.append(url, 0, TEN)

    async with house.parts.database.reading() as connection:
        row = (await connection.execute(select(links))).one()

    assert (1, 2) == (row.upload_count, row.used_files)
    assert row.last_used_at is not None


async def test_a_base_url_stands_before_every_location(sqlite_url: str, tmp_path: Path) -> None:
    """People behind a proxy get the address that they know."""
    base = "https://media.example.com"
    async with receiving(sqlite_url, tmp_path / "house", base_url=base) as house:
        sender = await house.sender()

        answer = await sender.create(10)

        path = sender.files.removeprefix(house.address)
        assert answer.headers["Location"].startswith(f"{base}{path}upl_")


async def test_a_full_disk_takes_no_new_upload(sqlite_url: str, tmp_path: Path) -> None:
    """More than there is room for: 507, and nothing is left."""
    async with receiving(sqlite_url, tmp_path / "house", max_file_bytes=5 * 2**40) as house:
        sender = await house.sender()
        free = await house.parts.spool.find_free_bytes()

        answer = await sender.create(min(free + 1, 5 * 2**40))

        assert (507, "upload.no_space") == (answer.status_code, answer.json()["code"])
        assert {0} == set((await traces(house)).values())
