"""Status 104 (section 5 of the draft), in every version, as bytes on the line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.moments import until
from tests.support.receiving import Receiving, receiving
from tests.support.resuming import VERSIONS, Resumer, resumers

BODY = b"0123456789" * 10
LIMITED = frozenset({6, 7, 8, None})
Versions = dict[int | None, Resumer]


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer's head, interim or final."""

    status: int
    reason: str
    headers: dict[str, str]


@dataclass(slots=True)
class Line:
    """A connection of one request."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def hear(self) -> Heard:
        """Return the next head, interim ones too."""
        async with asyncio.timeout(20):
            head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines if line)
        _, status, reason = first.split(" ", 2)
        return Heard(int(status), reason, {name.lower(): value for name, _, value in pairs})

    async def hear_all(self) -> list[Heard]:
        """Return every head to the final one."""
        heard = [await self.hear()]
        while heard[-1].status < 200:
            heard.append(await self.hear())
        return heard


@contextlib.asynccontextmanager
async def ask(
    sender: Resumer, method: str, url: str, length: int, **headers: str
) -> AsyncIterator[Line]:
    """Send the head of a request; the body is the caller's."""
    address = urlsplit(url)
    told = {
        "Host": address.netloc,
        "Content-Length": str(length),
        "Content-Type": "application/partial-upload",
        **sender.told,
        **sender.complete(is_last=True),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"{method} {address.path} HTTP/1.1\r\n{head}\r\n".encode())
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


async def test_an_upload_is_announced_before_its_body_comes(by: Versions) -> None:
    """104 with address and version; whoever names no version hears nothing."""
    for version, sender in by.items():
        async with ask(sender, "POST", sender.uploads, 100) as line:
            line.writer.write(BODY)
            heard = await line.hear_all()

        final = heard[-1]
        assert 201 == final.status
        if version is None:
            assert 1 == len(heard)
            continue
        first = heard[0]
        assert (104, "Upload Resumption Supported") == (first.status, first.reason)
        assert str(version) == first.headers["upload-draft-interop-version"]
        assert final.headers["location"] == first.headers["location"]
        assert (version in LIMITED) == ("upload-limit" in first.headers)
        assert "upload-offset" not in first.headers


async def test_an_announced_upload_can_be_resumed(by: Versions) -> None:
    """What came before the line broke is kept, at the address that was announced."""
    sender = by[8]
    async with ask(sender, "POST", sender.uploads, 100) as line:
        announced = await line.hear()
        line.writer.write(BODY[:40])
        await line.writer.drain()
    url = announced.headers["location"]

    offset = await sender.offset(url)
    rest = await sender.append(url, offset, BODY[offset:], is_last=True)

    assert 0 <= offset <= 40
    assert (201, "100", "?1") == (
        rest.status_code,
        rest.headers["Upload-Offset"],
        rest.headers["Upload-Complete"],
    )


async def test_an_expectation_is_met_by_a_100_of_its_own(by: Versions) -> None:
    """A 104 does not stand for it."""
    sender = by[8]
    async with ask(sender, "POST", sender.uploads, 100, Expect="100-continue") as line:
        first = [await line.hear(), await line.hear()]
        line.writer.write(BODY)
        final = (await line.hear_all())[-1]

    assert {100, 104} == {heard.status for heard in first}
    assert 201 == final.status


async def hear_progress(sender: Resumer) -> list[Heard]:
    """Send an append that rests in the middle; return what is heard."""
    url = await sender.begin(100)
    async with ask(sender, "PATCH", url, 100, Upload_Offset="0") as line:
        line.writer.write(BODY[:40])
        heard = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(4):
                heard.append(await line.hear())
        line.writer.write(BODY[40:])
        return heard + await line.hear_all()


async def test_progress_is_told_as_it_is_committed(by: Versions) -> None:
    """From version 5 on: the offset, and no address; what was told is never taken back."""
    told = await asyncio.gather(*(hear_progress(sender) for sender in by.values()))

    for version, heard in zip(by, told, strict=True):
        interim = [one for one in heard if one.status < 200]
        if version in {3, 4, None}:
            assert [] == interim, version
            continue
        offsets = [int(one.headers["upload-offset"]) for one in interim]
        assert 40 == offsets[0]
        assert sorted(offsets) == offsets
        assert {104} == {one.status for one in interim}
        assert not any("location" in one.headers for one in interim)
        assert {str(version)} == {one.headers["upload-draft-interop-version"] for one in interim}
        assert 201 == heard[-1].status


async def test_a_refused_creation_is_not_announced(by: Versions) -> None:
    """There is no upload to resume."""
    sender = by[8]
    async with ask(sender, "POST", sender.uploads, 100, Upload_Length="99") as line:
        line.writer.write(BODY)
        heard = await line.hear_all()

    assert [400] == [one.status for one in heard]


@pytest.mark.parametrize("version", [version for version in VERSIONS if version in {3, 8}])
async def test_a_server_that_sends_no_interim_answers_takes_uploads_all_the_same(
    tmp_path: Path, sqlite_url: str, version: int
) -> None:
    """Without our own protocol class the final answer is the only one."""
    async with receiving(sqlite_url, tmp_path / "house", is_wire=False) as house:
        sender = (await resumers(house))[version]
        async with ask(sender, "POST", sender.uploads, 100) as line:
            line.writer.write(BODY)
            heard = await line.hear_all()

    assert [201] == [one.status for one in heard]


async def test_clients_that_know_nothing_of_104_are_not_confused(house: Receiving) -> None:
    """They hear the final answer."""
    sender = (await resumers(house))[8]

    answer = await sender.create(BODY, is_last=True)

    assert (201, "?1") == (answer.status_code, answer.headers["Upload-Complete"])


async def test_a_creation_that_the_server_stops_can_be_resumed(
    resuming: Receiving, by: Versions
) -> None:
    """503 with the address, and with what is kept: the rest can go there."""
    sender = by[8]
    receiver = resuming.parts.receiver
    async with ask(sender, "POST", sender.uploads, 100) as line:
        announced = await line.hear()
        upload_id = announced.headers["location"].rpartition("/")[2]
        line.writer.write(BODY[:40])
        await line.writer.drain()
        await until(lambda: receiver.holds.is_held(upload_id))
        await receiver.drain()
        final = (await line.hear_all())[-1]

    kept = await resuming.parts.content(upload_id)
    assert BODY.startswith(kept)
    assert (503, str(len(kept)), "?0", announced.headers["location"]) == (
        final.status,
        final.headers["upload-offset"],
        final.headers["upload-complete"],
        final.headers["location"],
    )
    assert (await resuming.parts.upload(upload_id)).is_open
