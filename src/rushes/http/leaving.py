"""Leaving: what is done for a caller ends when the caller leaves.

A player that goes to another place breaks off what it asked for before; nobody should work for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from rushes.errors import Kind, RushesError

T = TypeVar("T")


class CallerLeft(RushesError):
    """Whoever asked has closed the connection; nobody hears this answer."""

    code = "request.caller_left"
    kind = Kind.UNAVAILABLE


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work comes to; it is cancelled when the caller leaves.

    Only for requests whose body was read, or that have none.

    Raises:
        CallerLeft: there is nobody to answer.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_leaves(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise CallerLeft("Whoever asked for this has left.")
        return working.result()
    finally:
        for each in (working, leaving):
            each.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
