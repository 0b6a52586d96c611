"""Limits of the wire: slow, silent, endless and too many senders; and who reads no answer."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path
from typing import Any

import pytest

from tests.support.moments import until
from tests.support.wired import Answer, Line, Wired, request, wired

TEN = b"0123456789"
SOON = 0.3


def told(answer: Answer) -> tuple[int, str, object]:
    return answer.status, answer.headers["content-type"], answer.facts["code"]


@pytest.mark.parametrize(
    "part", [b"G", b"GET /pulse HTTP/1.1\r\n", b"GET /pulse HTTP/1.1\r\nHost: x"]
)
async def test_a_slow_head_is_refused(tmp_path: Path, part: bytes) -> None:
    """It has to come in time, however much of it came."""
    async with wired(tmp_path, header_seconds=SOON) as server:
        line = await server.line()

        await line.send(part)
        answer = await line.answer()

        assert (408, "application/problem+json", "request.too_slow") == told(answer)
        assert "close" == answer.headers["connection"]
        assert b"" == await line.rest()


@pytest.mark.parametrize("part", [b"", b"\r\n", b"\r\n\r\n\r\n"])
async def test_a_connection_that_asks_for_nothing_is_closed(tmp_path: Path, part: bytes) -> None:
    """A new one, and one that sends only empty lines."""
    async with wired(tmp_path, header_seconds=SOON) as server:
        line = await server.line()

        await line.send(part)

        assert b"" == await line.rest()


async def test_empty_lines_do_not_keep_an_answered_connection(tmp_path: Path) -> None:
    """The time for the next head begins with the first byte after an answer."""
    async with wired(tmp_path, header_seconds=SOON) as server:
        line = await server.line()
        await line.send(request("GET", "/pulse"))
        await line.answer()

        await line.send(b"\r\n")

        assert b"" == await line.rest()


async def test_an_idle_connection_is_closed(tmp_path: Path) -> None:
    """After its last answer; the time of a head has nothing to do with it."""
    async with wired(tmp_path, keep_alive_seconds=1, header_seconds=60) as server:
        line = await server.line()
        await line.send(request("GET", "/pulse"))
        await line.answer()

        assert b"" == await line.rest()


async def test_a_long_answer_is_not_a_slow_head(tmp_path: Path) -> None:
    """The time of a head ends with the head, and that of an idle connection with the next one."""
    async with wired(tmp_path, header_seconds=SOON, keep_alive_seconds=1) as server:
        line = await server.line()
        await line.send(request("POST", "/refuse", TEN)[:-1])
        await line.answer()
        await line.send(TEN[-1:] + request("POST", "/late", TEN))
        await asyncio.sleep(1.2)
        server.stage.go_on.set()

        assert 200 == (await line.answer()).status


@pytest.mark.parametrize("is_slow", [False, True])
async def test_a_head_that_is_too_large_is_refused(tmp_path: Path, is_slow: bool) -> None:  # noqa: FBT001
    """All at once, or in a header that never ends."""
    async with wired(tmp_path, max_header_bytes=8192) as server:
        line = await server.line()
        head = request("GET", "/pulse", X_Long="x" * 12_000)

        if is_slow:
            for at in range(0, 10_000, 1_000):
                await line.send(head[at : at + 1_000])
                await server.beat()
        else:
            await line.send(head)
        answer = await line.answer()

        assert (431, "application/problem+json", "request.headers_too_large") == told(answer)
        assert b"" == await line.rest()


async def test_a_head_as_large_as_may_be_is_taken(tmp_path: Path) -> None:
    """At the limit, all at once and in two pieces."""
    async with wired(tmp_path, max_header_bytes=8192) as server:
        line = await server.line()
        head = request("GET", "/pulse", X_Long="x" * 8_100)

        await line.send(head + head[:100])
        first = await line.answer()
        await server.beat()
        await line.send(head[100:])

        assert [200, 200] == [first.status, (await line.answer()).status]


async def test_a_silent_body_is_ended_and_what_came_is_kept(tmp_path: Path) -> None:
    """Whoever reads by an inflow hears of it."""
    async with wired(tmp_path, stall_seconds=SOON) as server:
        line = await server.line()

        await line.send(request("POST", "/echo", TEN + TEN)[:-10])
        answer = await line.answer()

        assert (10, "silent") == (answer.facts["length"], answer.facts["end"])
        assert "close" == answer.headers["connection"]


async def test_a_body_that_is_begun_and_never_continued_does_not_stay(tmp_path: Path) -> None:
    """A small one after an early answer: it is thrown away, but not waited for."""
    async with wired(tmp_path, header_seconds=SOON) as server:
        line = await server.line()
        await line.send(request("POST", "/refuse", TEN)[:-5])
        await line.answer()

        await line.send(TEN[:1])

        assert b"" == await line.rest()


async def test_too_many_connections_of_an_address_are_told_so(tmp_path: Path) -> None:
    """429 with the time to come again; a place that is left can be taken."""
    async with wired(tmp_path, connections_per_address=2) as server:
        first, second, third = [await server.line() for _ in range(3)]
        refusal = await third.answer()
        await first.close()
        await until(lambda: is_taken(server), what="a free place")
        await second.send(request("GET", "/pulse"))

        assert 200 == (await second.answer()).status
        assert (429, "application/problem+json", "request.too_many_connections") == told(refusal)
        assert "5" == refusal.headers["retry-after"]


async def is_taken(server: Wired) -> bool:
    """Say whether one more connection is answered."""
    line = await server.line()
    await line.send(request("GET", "/pulse"))
    status = (await line.answer()).status
    await line.close()
    return status == 200


async def test_too_many_connections_in_all_are_told_so(tmp_path: Path) -> None:
    """503, whoever comes."""
    async with wired(tmp_path, max_connections=1) as server:
        await server.line()
        refusal = await (await server.line()).answer()

        assert (503, "application/problem+json", "request.server_crowded") == told(refusal)
        assert "retry-after" in refusal.headers


async def test_a_trusted_proxy_may_have_any_number(tmp_path: Path) -> None:
    """It speaks for many."""
    async with wired(
        tmp_path, connections_per_address=1, trusted_proxies=["127.0.0.1/32"]
    ) as server:
        lines = [await server.line() for _ in range(5)]
        for line in lines:
            await line.send(request("GET", "/pulse"))

        assert [200] * 5 == [(await line.answer()).status for line in lines]


@pytest.mark.parametrize("http", [{"uploads_per_address": 1}, {"uploads_per_link": 1}])
async def test_too_many_bodies_at_once_are_told_so(tmp_path: Path, http: dict[str, Any]) -> None:
    """By address and by link; a small body is never one too many, nor is one that follows."""
    async with wired(tmp_path, **http) as server:
        large, path = bytes(65_537), "/late"
        first, second, small = [await server.line() for _ in range(3)]
        await first.send(request("POST", path, large, Rushes_Link="t0k~grant"))
        await server.beat()

        await second.send(request("POST", path, large, Rushes_Link="t0k"))
        refusal = await second.answer()
        await small.send(request("POST", "/echo", TEN, Rushes_Link="t0k~grant"))
        taken = await small.answer()
        server.stage.go_on.set()
        await first.answer()
        await first.send(request("POST", path, large, Rushes_Link="t0k~grant"))

        assert (429, "application/problem+json", "request.too_many_uploads") == told(refusal)
        assert "1" == refusal.headers["retry-after"]
        assert [200, 200] == [taken.status, (await first.answer()).status]


async def test_a_reader_that_takes_nothing_is_cut(tmp_path: Path) -> None:
    """Of a file; what it held is let go."""
    async with wired(tmp_path, reader_seconds=SOON) as server:
        server.stage.path.write_bytes(bytes(30 * 2**20))
        line = await server.line()
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]

        await line.send(request("GET", "/file"))
        [file] = await opened(server)
        await until(lambda: not is_open(file), what="the end of the answer")
        line.writer.transport.resume_reading()  # type: ignore[attr-defined]

        assert len(await line.rest()) < 30 * 2**20


async def opened(server: Wired) -> list[int]:
    await until(lambda: bool(server.stage.files), what="the open file")
    return server.stage.files


def is_open(file: int) -> bool:
    return Path(f"/proc/self/fd/{file}").exists()


@pytest.mark.covers("BG-51")
async def test_a_thousand_idle_connections_hinder_nobody(tmp_path: Path) -> None:
    """And each of them is answered when it asks."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    async with wired(tmp_path, connections_per_address=0) as server:
        lines: list[Line] = [await server.line() for _ in range(1_000)]
        await server.beat()
        for line in lines:
            line.writer.write(request("GET", "/pulse"))

        answers = [(await line.answer()).status for line in lines]

        assert [200] * 1_000 == answers
