"""Files on the wire: the kernel sends what the plain way sends, and what follows is right."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.moments import until
from tests.support.wired import Answer, Line, Wired, request, wired

CLIP = os.urandom(3 * 2**20 + 777)
LAST = len(CLIP) - 1


@pytest.fixture(params=[True, False], ids=["wire", "plain"])
async def server(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Wired]:
    """A server with a file, over our protocol class and over uvicorn's own."""
    (tmp_path / "clip").write_bytes(CLIP)
    async with wired(tmp_path, is_wire=request.param) as running:
        yield running


def steady(answer: Answer) -> dict[str, str]:
    """Return the headers that are the same in each answer to the same request."""
    moving = {"date", "x-request-id"}
    return {name: value for name, value in answer.headers.items() if name not in moving}


@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [
        (None, 200, 0, LAST + 1),
        ("bytes=0-0", 206, 0, 1),
        (f"bytes={LAST}-{LAST}", 206, LAST, LAST + 1),
        (f"bytes={LAST}-{LAST + 50}", 206, LAST, LAST + 1),
        ("bytes=1000000-2999999", 206, 1_000_000, 3_000_000),
        ("bytes=-10", 206, LAST - 9, LAST + 1),
        ("bytes=5-4", 200, 0, LAST + 1),
    ],
)
async def test_a_range_is_exactly_that_and_the_connection_lives_on(
    server: Wired, wanted: str | None, status: int, start: int, end: int
) -> None:
    """GET, HEAD and GET again, one after the other over one connection."""
    line = await server.line()
    get, look = request("GET", "/file"), request("HEAD", "/file")
    if wanted is not None:
        get, look = request("GET", "/file", Range=wanted), request("HEAD", "/file", Range=wanted)

    await line.send(get)
    got = await line.answer()
    await line.send(look)
    head = await line.answer(is_head=True)
    await line.send(get + request("GET", "/pulse"))
    again, pulse = await line.answer(), await line.answer()

    assert (status, CLIP[start:end]) == (got.status, got.body)
    assert (status, steady(got)) == (head.status, steady(head))
    assert got.body == again.body
    assert b"pulse" == pulse.body
    assert not any(map(_is_open, server.stage.files))


async def test_an_empty_file_is_an_answer_too(server: Wired) -> None:
    """Of no bytes."""
    server.stage.path.write_bytes(b"")
    line = await server.line()

    await line.send(request("GET", "/file") + request("GET", "/pulse"))
    answer, pulse = await line.answer(), await line.answer()

    assert (200, b"", "0") == (answer.status, answer.body, answer.headers["content-length"])
    assert b"pulse" == pulse.body


async def test_a_viewer_that_goes_away_holds_nothing(server: Wired) -> None:
    """The file is closed, and the next one is served."""
    server.stage.path.write_bytes(bytes(30 * 2**20))
    line, other = await server.line(), await server.line()

    await line.send(request("GET", "/file"))
    await line.reader.readexactly(100_000)
    line.vanish()
    await until(lambda: not _is_open(server.stage.files[0]), what="the end of the answer")
    await other.send(request("GET", "/file", Range="bytes=0-9"))

    assert bytes(10) == (await other.answer()).body


async def test_a_file_that_shrinks_cuts_the_answer(server: Wired) -> None:
    """The promised length cannot be kept, and only a cut connection says so."""
    server.stage.path.write_bytes(bytes(30 * 2**20))
    line = await server.line()
    line.writer.transport.pause_reading()  # type: ignore[attr-defined]

    await line.send(request("GET", "/file"))
    await until(lambda: bool(server.stage.files), what="the open file")
    os.truncate(server.stage.path, 100)
    line.writer.transport.resume_reading()  # type: ignore[attr-defined]

    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await line.answer()


async def test_a_file_that_lies_on_the_disk_alone_is_sent_too(server: Wired) -> None:
    """What is not in the cache is waited for beside the others."""
    file = os.open(server.stage.path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)
    line = await server.line()

    await line.send(request("GET", "/file"))

    assert CLIP == (await line.answer()).body


async def test_many_viewers_get_their_own_bytes(server: Wired) -> None:
    """At once, each with another range."""
    spans = [(at * 100_000, at * 100_000 + 650_000) for at in range(20)]
    lines: list[Line] = [await server.line() for _ in spans]

    for line, (start, end) in zip(lines, spans, strict=True):
        await line.send(request("GET", "/file", Range=f"bytes={start}-{end - 1}"))
    answers = await asyncio.gather(*(line.answer() for line in lines))

    assert [CLIP[start:end] for start, end in spans] == [answer.body for answer in answers]


def _is_open(file: int) -> bool:
    return Path(f"/proc/self/fd/{file}").exists()
