"""What is done for a caller ends when the caller leaves."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import Request
from starlette.types import Message

from rushes.http.leaving import CallerLeft, while_there


def a_request(messages: asyncio.Queue[Message]) -> Request:
    return Request({"type": "http"}, messages.get)


async def test_a_caller_who_stays_gets_what_it_comes_to() -> None:
    """The end of a body is no leaving."""
    messages = asyncio.Queue[Message]()
    messages.put_nowait({"type": "http.request"})

    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert 7 == await while_there(a_request(messages), work())


async def test_trouble_of_the_work_is_told() -> None:
    """It is the caller's answer."""

    async def work() -> int:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await while_there(a_request(asyncio.Queue()), work())


async def test_work_for_a_caller_who_left_is_cancelled() -> None:
    """It is over when the answer to nobody is given."""
    messages, ended = asyncio.Queue[Message](), asyncio.Event()

    async def work() -> None:
        try:
            messages.put_nowait({"type": "http.disconnect"})
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(CallerLeft):
        await while_there(a_request(messages), work())

    assert ended.is_set()
