"""Heads are judged before a byte of the body is read: a table over bare sockets.

Each request tells a long body, sends none of it, and is answered all the same. With
`Expect: 100-continue` nobody is told to go on with what is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from tests.support.chunking import Chunker
from tests.support.receiving import BODY, Receiving

LONG = 64 * 2**20
SIZE = 2**20
ANSWER_SECONDS = 60
NOBODY = "upl_" + "0" * 26
DEAD = "rsh_lnk_" + "0" * 38
DRAFT = {"Upload-Draft-Interop-Version": "8", "Upload-Complete": "?0"}
NEXT = {**DRAFT, "Content-Type": "application/partial-upload", "Upload-Offset": "0"}
START = {**BODY, "Upload-Offset": "0"}


@dataclass(frozen=True, slots=True)
class Head:
    """A head, and what it must be answered."""

    method: str
    path: str
    headers: Mapping[str, str]
    status: int
    length: int = LONG


@dataclass(slots=True)
class Heard:
    """What came back; status 0: nothing."""

    status: int = 0
    interim: list[int] = field(default_factory=list)


LINK = {"Rushes-Link": "{link}"}
HEADS = {
    "tus: no version": Head("PATCH", "/u/{link}/files/{tus}", {"Upload-Offset": "0"}, 412),
    "tus: another offset": Head(
        "PATCH", "/u/{link}/files/{tus}", {**START, "Upload-Offset": "5"}, 409
    ),
    "tus: no offset": Head("PATCH", "/u/{link}/files/{tus}", BODY, 400),
    "tus: another type": Head(
        "PATCH", "/u/{link}/files/{tus}", {**START, "Content-Type": "text/plain"}, 415
    ),
    "tus: beyond the length": Head("PATCH", "/u/{link}/files/{tus}", START, 413),
    "tus: unknown checksum": Head(
        "PATCH", "/u/{link}/files/{tus}", {**START, "Upload-Checksum": "md6 AAAA"}, 400
    ),
    "tus: unknown upload": Head("PATCH", f"/u/{{link}}/files/{NOBODY}", START, 404),
    "tus: unknown link": Head("PATCH", f"/u/{DEAD}/files/{{tus}}", START, 404),
    "tus: no account": Head("PATCH", "/files/{tus}", START, 401),
    "tus: creation, too large": Head(
        "POST", "/u/{link}/files/", {**BODY, "Upload-Length": str(10**14)}, 413
    ),
    "tus: creation, no length": Head("POST", "/u/{link}/files/", BODY, 400),
    "tus: creation, bad metadata": Head(
        *("POST", "/u/{link}/files/"),
        {**BODY, "Upload-Length": str(LONG), "Upload-Metadata": "filename !"},
        400,
    ),
    "tus: creation, no account": Head("POST", "/files/", {**BODY, "Upload-Length": str(LONG)}, 401),
    "draft: another offset": Head(
        "PATCH", "/u/{link}/uploads/{tus}", {**NEXT, "Upload-Offset": "5"}, 409
    ),
    "draft: another type": Head(
        "PATCH", "/u/{link}/uploads/{tus}", {**NEXT, "Content-Type": "text/plain"}, 415
    ),
    "draft: compressed": Head(
        "PATCH", "/u/{link}/uploads/{tus}", {**NEXT, "Content-Encoding": "gzip"}, 415
    ),
    "draft: unknown upload": Head("PATCH", f"/u/{{link}}/uploads/{NOBODY}", NEXT, 404),
    "draft: creation, too large": Head(
        "POST", "/u/{link}/uploads/", {**DRAFT, "Upload-Length": str(10**14)}, 413
    ),
    "draft: creation, no account": Head("POST", "/uploads/", DRAFT, 401),
    "chunk: index out of range": Head("PUT", "/api/v1/uploads/{chunks}/chunks/9", LINK, 400),
    "chunk: no number": Head("PUT", "/api/v1/uploads/{chunks}/chunks/x", LINK, 400),
    "chunk: another length": Head("PUT", "/api/v1/uploads/{chunks}/chunks/0", LINK, 400),
    "chunk: unknown algorithm": Head(
        *("PUT", "/api/v1/uploads/{chunks}/chunks/0"),
        {**LINK, "X-Chunk-Hash": "md6:00"},
        400,
        SIZE,
    ),
    "chunk: unknown upload": Head("PUT", f"/api/v1/uploads/{NOBODY}/chunks/0", LINK, 404),
    "chunk: no account": Head("PUT", "/api/v1/uploads/{chunks}/chunks/0", {}, 401),
}


@pytest.mark.parametrize("told", ["length", "chunked", "expect"])
async def test_a_head_is_answered_before_its_body_comes(house: Receiving, told: str) -> None:
    """Every refusal that a head deserves, and not one `100 Continue`."""
    link = await house.people.link(await house.people.project())
    chunker = Chunker(house.http, f"{house.address}/api/v1/uploads", {"Rushes-Link": link})
    begun = await house.by_link(link).begin(SIZE)
    known = {
        "link": link,
        "tus": begun.rpartition("/")[2],
        "chunks": (await chunker.begin(SIZE, mbit=0.000001))["id"],
    }

    heard = {}
    for name, head in HEADS.items():
        needs_length = head.status == 413 and "creation" not in name
        if told == "chunked" and (needs_length or name == "chunk: another length"):
            continue  # nobody can tell before the body comes
        heard[name] = await ask(house.address, head, known, told)

    assert {name: HEADS[name].status for name in heard} == {
        name: answer.status for name, answer in heard.items()
    }
    assert [] == [name for name, answer in heard.items() if answer.interim]
    assert (0, SIZE) == (
        (await house.parts.upload(known["tus"])).offset,
        (await house.parts.upload(known["tus"])).size_bytes,
    )


async def ask(address: str, head: Head, known: Mapping[str, str], told: str) -> Heard:
    """Send a head and no body; return what is answered."""
    place = urlsplit(address)
    headers = {"Host": place.netloc, **{k: v.format(**known) for k, v in head.headers.items()}}
    if told == "chunked":
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Content-Length"] = str(head.length)
    if told == "expect":
        headers["Expect"] = "100-continue"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    heard = Heard()
    try:
        writer.write(f"{head.method} {head.path.format(**known)} HTTP/1.1\r\n{lines}\r\n".encode())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                while heard.status < 200:
                    if heard.status:
                        heard.interim.append(heard.status)
                    first = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)
                    heard.status = int(first[1])
    finally:
        writer.close()
    return heard
