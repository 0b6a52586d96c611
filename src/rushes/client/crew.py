"""Carries out what a board says: parts of one file on their way side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rushes.client.board import Board
from rushes.client.failures import Refused, Unreachable
from rushes.client.parts import Part
from rushes.client.wire import Moments

T = TypeVar("T")

Deed = Callable[[Part], Awaitable[None]]


async def carry(board: Board[Part], deed: Deed, moments: Moments) -> None:
    """Do every part; the first failure without hope ends the others, and is raised."""
    running: dict[asyncio.Task[None], Part] = {}
    try:
        while not board.is_over:
            while (part := board.take(moments.now())) is not None:
                running[asyncio.ensure_future(_do(deed, part))] = part
            for task in await _wait(running, board, moments):
                _settle(board, running.pop(task), task, moments)
    finally:
        await _end(running)


async def _do(deed: Deed, part: Part) -> None:
    await deed(part)


async def _wait(
    running: dict[asyncio.Task[None], Part], board: Board[Part], moments: Moments
) -> set[asyncio.Task[None]]:
    """Return the parts that ended; none where the time came to begin with another."""
    seconds = board.find_wait(moments.now())
    watched: set[asyncio.Task[None]] = set(running)
    if seconds is None:
        ended, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        return ended
    alarm = asyncio.ensure_future(_sleep(moments, seconds))
    try:
        ended, _ = await asyncio.wait({*watched, alarm}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        alarm.cancel()
    return ended - {alarm}


async def _sleep(moments: Moments, seconds: float) -> None:
    await moments.sleep(seconds)


def _settle(board: Board[Part], part: Part, task: asyncio.Task[None], moments: Moments) -> None:
    try:
        task.result()
    except (Refused, Unreachable) as failure:
        board.fail(part, failure, moments.now(), moments.spread())
    else:
        board.finish(part)


async def _end(running: dict[asyncio.Task[None], Part]) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
