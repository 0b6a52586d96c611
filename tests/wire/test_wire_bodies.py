"""Bodies on the wire: split, pipelined, awaited, refused and torn, byte for byte."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.uploads.inflow import BUFFER_BYTES, BUFFERS
from tests.support.moments import until
from tests.support.wired import Line, Wired, request, wired

TEN = b"0123456789"
MIB = 2**20


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Wired]:
    """A small app behind our protocol class."""
    async with wired(tmp_path) as running:
        yield running


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("path", ["/echo", "/plain"])
async def test_a_request_may_be_split_at_every_byte(server: Wired, path: str) -> None:
    """Head, border and body: wherever a read ends, the request is the same, and so is the next."""
    whole = request("POST", path, TEN)
    line = await server.line()

    found = set()
    for at in range(1, len(whole)):
        await line.send(whole[:at])
        await server.beat()
        await line.send(whole[at:])
        answer = await line.answer()
        found.add((answer.status, answer.facts["length"], answer.facts["sha256"]))

    assert {(200, 10, digest(TEN))} == found


@pytest.mark.parametrize(
    "size",
    [0, 1, 65_535, 65_536, 65_537, 256 * 1024, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1,
     BUFFER_BYTES * BUFFERS + 12_345],
)  # fmt: skip
async def test_a_body_of_any_size_arrives_and_the_next_request_too(
    server: Wired, size: int
) -> None:
    """At the limits of every buffer on the way, and one beyond."""
    body = os.urandom(size)
    line = await server.line()

    await line.send(request("PATCH", "/echo", body) + request("PUT", "/echo", TEN))
    first, second = await line.answer(), await line.answer()

    assert (size, digest(body), "whole") == (
        first.facts["length"],
        first.facts["sha256"],
        first.facts["end"],
    )
    assert (size > 0) is first.facts["is_direct"]
    assert digest(TEN) == second.facts["sha256"]


async def test_what_has_no_length_takes_the_plain_way(server: Wired) -> None:
    """The same bytes, by the parser."""
    line = await server.line()
    told = b"Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"

    await line.send(b"POST /echo HTTP/1.1\r\nHost: localhost\r\n" + told)
    answer = await line.answer()

    assert (digest(TEN), False) == (answer.facts["sha256"], answer.facts["is_direct"])


async def test_an_upgrade_with_a_body_is_refused(server: Wired) -> None:
    """The parser would take the body for the next request: that is how requests are smuggled."""
    line = await server.line()
    hidden = request("GET", "/pulse")

    await line.send(request("POST", "/echo", hidden, Upgrade="h2c", Connection="upgrade"))
    answer = await line.answer()

    assert (400, "close") == (answer.status, answer.headers["connection"])
    assert b"" == await line.rest()


async def test_pipelined_requests_are_answered_in_order(server: Wired) -> None:
    """One that takes its time, bodies that came long before they are read, and one without."""
    bodies = [os.urandom(300_000), b"", os.urandom(5 * MIB)]
    line = await server.line()

    sending = asyncio.create_task(
        line.send(
            request("POST", "/late", bodies[0])
            + request("GET", "/pulse")
            + request("POST", "/echo", bodies[2])
            + request("GET", "/pulse")
        )
    )
    await server.beat()
    server.stage.go_on.set()
    answers = [await line.answer() for _ in range(4)]
    await sending

    assert digest(bodies[0]) == answers[0].facts["sha256"]
    assert digest(bodies[2]) == answers[2].facts["sha256"]
    assert [b"pulse", b"pulse"] == [answers[1].body, answers[3].body]


async def test_a_sender_waits_where_nobody_reads(server: Wired) -> None:
    """The server holds little of a body before it is read; then all of it arrives."""
    body = os.urandom(30 * MIB)
    line = await server.line()

    await line.send(request("POST", "/late", body)[: -len(body)])
    sent = await push(line, body)
    server.stage.go_on.set()
    await line.send(body[sent:])
    answer = await line.answer()

    assert sent < len(body)
    assert digest(body) == answer.facts["sha256"]


async def push(line: Line, body: bytes) -> int:
    """Send until the other end takes no more for a while; return how much it took."""
    loop = asyncio.get_running_loop()
    out = socket.socket(fileno=os.dup(line.writer.get_extra_info("socket").fileno()))
    sent = 0
    with out:
        out.setblocking(False)  # noqa: FBT003 - it takes no name
        has_room = asyncio.Event()
        loop.add_writer(out, has_room.set)
        try:
            while sent < len(body):
                try:
                    sent += out.send(body[sent : sent + MIB])
                except BlockingIOError:
                    has_room.clear()
                    async with asyncio.timeout(0.5):
                        await has_room.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_writer(out)
    return sent


@pytest.mark.parametrize("is_reset", [False, True])
async def test_what_came_before_the_sender_vanished_is_handed_over(
    server: Wired,
    is_reset: bool,  # noqa: FBT001
) -> None:
    """Not one byte of what the server has read is lost."""
    body = os.urandom(7 * MIB)
    line = await server.line()
    await line.send(request("POST", "/echo", body + TEN)[: -len(TEN)])
    await until(
        lambda: bool(server.stage.inflows) and server.stage.inflows[0].received == len(body),
        what="the body on the server",
    )

    line.vanish() if is_reset else await line.close()
    [inflow] = server.stage.inflows
    await until(lambda: inflow.end is not None, what="the end of the body")

    assert ("cut", len(body)) == (inflow.end, inflow.received)


async def test_bytes_beyond_the_length_are_no_body(server: Wired) -> None:
    """They are the next request, and what is none is refused; the answer before it is heard."""
    together, apart = await server.line(), await server.line()

    await together.send(request("POST", "/echo", TEN) + b"overrun!\r\n\r\n")
    await apart.send(request("POST", "/echo", TEN))
    first, second = await together.answer(), await apart.answer()
    await apart.send(b"overrun!\r\n\r\n")
    refused = await apart.answer()

    assert [digest(TEN)] * 2 == [first.facts["sha256"], second.facts["sha256"]]
    assert (400, "close") == (refused.status, refused.headers["connection"])
    assert "request.invalid" == refused.facts["code"]
    assert [b"", b""] == [await together.rest(), await apart.rest()]


async def test_100_continue_is_sent_when_the_body_is_wanted(server: Wired) -> None:
    """Not before the checks of the application."""
    line = await server.line()
    head = request("POST", "/late", TEN, Expect="100-continue")[: -len(TEN)]

    await line.send(head)
    await server.beat()
    before = len(line.reader._buffer)  # type: ignore[attr-defined]  # noqa: SLF001 - what came
    server.stage.go_on.set()
    interim = await line.answer()
    await line.send(TEN)
    answer = await line.answer()

    assert (0, 100) == (before, interim.status)
    assert digest(TEN) == answer.facts["sha256"]


async def test_a_refused_body_is_not_asked_for(server: Wired) -> None:
    """The answer comes at once, and the connection ends, as the body may come or not."""
    line = await server.line()

    await line.send(request("POST", "/refuse", TEN, Expect="100-continue")[: -len(TEN)])
    answer = await line.answer()
    await line.close()

    assert (413, "close") == (answer.status, answer.headers["connection"])


@pytest.mark.parametrize("path", ["/refuse", "/stop"])
async def test_an_early_answer_is_heard_by_who_still_sends(server: Wired, path: str) -> None:
    """What comes after it is thrown away for a while, so that no reset hides it."""
    line = await server.line()
    body = bytes(24 * MIB)

    await line.send(request("POST", path, body + TEN)[: -len(TEN)])
    answer = await line.answer()

    assert ({"/refuse": 413, "/stop": 507}[path], "close") == (
        answer.status,
        answer.headers["connection"],
    )
    assert b"" == await line.rest()


async def test_a_sender_that_never_ends_is_cut_off_after_its_answer(server: Wired) -> None:
    """32 MiB are heard out, not more."""
    line = await server.line()
    head = request("POST", "/refuse", TEN).replace(b"Length: 10", b"Length: 9999999999")

    async def send_on() -> None:
        await line.send(head)
        for _ in range(128):
            await line.send(bytes(MIB))

    with pytest.raises(ConnectionError):
        await send_on()


async def test_a_small_refused_body_costs_no_connection(server: Wired) -> None:
    """It is read and thrown away, however late it comes."""
    line = await server.line()
    whole = request("POST", "/refuse", TEN)

    await line.send(whole[:-4])
    first = await line.answer()
    await line.send(whole[-4:] + request("GET", "/pulse"))
    second = await line.answer()

    assert 413 == first.status
    assert "connection" not in first.headers
    assert b"pulse" == second.body


async def test_an_interim_answer_comes_before_the_answer(server: Wired) -> None:
    """104 (draft-ietf-httpbis-resumable-upload), with its headers."""
    line = await server.line()

    await line.send(request("POST", "/interim", TEN))
    interim, answer = await line.answer(), await line.answer()

    assert (104, {"location": "/x"}) == (interim.status, interim.headers)
    assert digest(TEN) == answer.facts["sha256"]


async def test_a_closed_connection_is_kept_to(server: Wired) -> None:
    """`Connection: close` from the client: an answer, and the end."""
    line = await server.line()

    await line.send(request("POST", "/echo", TEN, Connection="close"))
    answer = await line.answer()

    assert (200, "close") == (answer.status, answer.headers["connection"])
    assert b"" == await line.rest()
