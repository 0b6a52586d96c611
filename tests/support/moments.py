"""A clock that stands still until a test moves it, and waiting with a deadline."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from inspect import isawaitable

import pytest

from rushes.clock import Clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""When every test begins."""


@dataclass(slots=True)
class Hands:
    """The hands of the clock: what a test moves."""

    now: datetime = NOON
    _draws: itertools.count[int] = field(default_factory=itertools.count)

    def advance(self, step: timedelta) -> datetime:
        """Move on by `step`; return the new time."""
        self.now += step
        return self.now

    def read(self) -> datetime:
        """Return the time as it was last set."""
        return self.now

    def draw(self, size_bytes: int) -> bytes:
        """Return bytes that differ at each call and are the same in each run."""
        return hashlib.shake_128(str(next(self._draws)).encode()).digest(size_bytes)


@pytest.fixture
def hands() -> Hands:
    """The hands of `clock`."""
    return Hands()


@pytest.fixture
def clock(hands: Hands) -> Clock:
    """A clock that shows noon until `hands` are moved."""
    return Clock(now=hands.read, entropy=hands.draw)


async def until(
    met: Callable[[], bool | Awaitable[bool]],
    *,
    seconds: float = 10,
    what: str = "the condition",
    pause: float = 0.02,
) -> None:
    """Wait until `met()` holds, looking again after each pause.

    Raises:
        AssertionError: it did not come to hold in time.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        answer = met()
        if await answer if isawaitable(answer) else answer:
            return
        if loop.time() > deadline:
            raise AssertionError(f"{what} did not come to hold in {seconds} s")
        await asyncio.sleep(pause)
