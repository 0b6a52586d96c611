"""No way leads beyond the length that was told: a table of every path by which bytes come."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from rushes.db.tables import uploads
from tests.faults.long.line import Answer, Line
from tests.faults.long.ways import encode
from tests.support.chunking import Chunker
from tests.support.receiving import BODY, TUS, Receiving

SIZE = 100_000
MOST = 150_000
"""What the link takes of one file."""

CHUNK = 2**20
MUCH = random.Random(5).randbytes(CHUNK + 7)  # noqa: S311 - bytes of a test
GROUP = "ab" * 16

IETF = {"Upload-Draft-Interop-Version": "8", "Upload-Complete": "?0"}
APPEND = {**IETF, "Content-Type": "application/partial-upload", "Upload-Offset": "0"}
DONE = {"Upload-Complete": "?1"}


@dataclass(frozen=True, slots=True)
class Path:
    """How an upload is begun (None: not before), and by which request more is sent than is told."""

    begin: Mapping[str, str] | None
    method: str
    place: str
    headers: Mapping[str, str]
    statuses: frozenset[int]
    offset: int = 0
    """How many of the bytes may be kept."""


TOLD = {**TUS, "Upload-Length": str(SIZE)}
DEFERRED = {**TUS, "Upload-Defer-Length": "1"}
PARTIAL = {
    **TOLD,
    "Upload-Concat": "partial",
    "Upload-Metadata": encode(rushes_group=GROUP, rushes_start="0", rushes_total=str(2 * SIZE)),
}
START = {**BODY, "Upload-Offset": "0"}
AFTER = frozenset({413})
FILES, DRAFTS = "/u/{link}/files/", "/u/{link}/uploads/"

PATHS = {
    "tus append": Path(TOLD, "PATCH", FILES + "{id}", START, AFTER, SIZE),
    "tus append by POST": Path(
        TOLD, "POST", FILES + "{id}", {**START, "X-HTTP-Method-Override": "PATCH"}, AFTER, SIZE
    ),
    "tus creation": Path(None, "POST", FILES, {**TOLD, **BODY}, AFTER),
    "tus deferred, above the link's limit": Path(
        DEFERRED, "PATCH", FILES + "{id}", START, AFTER, MOST
    ),
    "tus deferred, told too late": Path(
        DEFERRED, "PATCH", FILES + "{id}", {**START, "Upload-Length": str(SIZE)}, AFTER, SIZE
    ),
    "tus creation of untold length": Path(None, "POST", FILES, {**DEFERRED, **BODY}, AFTER, MOST),
    "tus piece of a group": Path(PARTIAL, "PATCH", FILES + "{id}", START, AFTER, SIZE),
    "IETF append": Path(TOLD, "PATCH", DRAFTS + "{id}", APPEND, frozenset({400}), SIZE),
    "IETF last append": Path(
        TOLD, "PATCH", DRAFTS + "{id}", {**APPEND, **DONE}, frozenset({400}), SIZE
    ),
    "IETF creation": Path(
        None, "POST", DRAFTS, {**IETF, "Upload-Length": str(SIZE)}, frozenset({400, 413}), SIZE
    ),
    "IETF creation of untold length": Path(
        None, "POST", DRAFTS, {**IETF, **DONE}, frozenset({400, 413}), MOST
    ),
}


@pytest.mark.covers("BG-16", "X-UP-14")
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
async def test_no_append_and_no_creation_goes_beyond_its_length(
    house: Receiving, *, is_chunked: bool
) -> None:
    """Refused, by each path; whatever is kept is the beginning of what was sent, and no more."""
    line = Line(house.address)
    link = await house.people.link(await house.people.project(), None, max_file_bytes=MOST)
    seen = set[str]()

    for name, path in PATHS.items():
        upload_id = "" if path.begin is None else await begin(line, link, path.begin)
        answer = await line.ask(
            path.method,
            path.place.format(link=link, id=upload_id),
            MUCH,
            path.headers,
            is_chunked=is_chunked,
        )

        assert answer.status in path.statuses, (name, answer.status, answer.body)
        for row in await rows(house) - seen:
            kept = await house.parts.content(row)
            assert len(kept) <= path.offset, name
            assert kept == MUCH[: len(kept)], name
        seen = await rows(house)


@pytest.mark.covers("X-UP-04", "BG-02")
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("index", [0, 1])
async def test_no_chunk_is_longer_than_it_may_be(
    house: Receiving, index: int, *, is_chunked: bool
) -> None:
    """The first and the last: 400, it is not here, and its neighbour is as it was."""
    line = Line(house.address, pause=0.002)  # the byte too many comes by itself
    link = await house.people.link(await house.people.project())
    proof = {"Rushes-Link": link}
    chunker = Chunker(house.http, f"{house.address}/api/v1/uploads", proof)
    told = await chunker.begin(CHUNK + 5, mbit=0.000001)
    chunks, other = [MUCH[:CHUNK], MUCH[:5]], 1 - index
    address = f"/api/v1/uploads/{told['id']}/chunks/"
    assert 200 == (await line.ask("PUT", f"{address}{other}", chunks[other], proof)).status

    answer: Answer = await line.ask(
        "PUT", f"{address}{index}", MUCH[: len(chunks[index]) + 1], proof, is_chunked=is_chunked
    )
    before = (await chunker.get(told["id"]))["received_chunks"]
    await line.ask("PUT", f"{address}{index}", chunks[index], proof)
    completed = await chunker.complete(told["id"])

    assert (400, "chunk.wrong_length") == (answer.status, answer.json()["code"])
    assert ([[other, other]], 202) == (before, completed.status_code)
    assert b"".join(chunks) == await house.parts.content(told["id"])


async def begin(line: Line, link: str, headers: Mapping[str, str]) -> str:
    """Begin an upload by tus; either protocol goes on with it."""
    answer = await line.ask("POST", FILES.format(link=link), headers=headers)
    assert 201 == answer.status, answer.body
    return answer.headers["location"].rpartition("/")[2]


async def rows(house: Receiving) -> set[str]:
    """Return the uploads that are there."""
    async with house.parts.database.reading() as connection:
        return set((await connection.execute(select(uploads.c.id))).scalars())
