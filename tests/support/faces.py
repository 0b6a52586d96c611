"""The two faces of the SDK as one, so that one suite judges both; and time that passes at once."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from rushes.client import AsyncRushes, Rushes
from rushes.client.session import Options
from rushes.client.wire import Moments

MakeFace: TypeAlias = Callable[..., Any]


@dataclass(slots=True)
class Leaps:
    """A clock that a pause moves forward; `pauses` are the seconds of each."""

    pauses: list[float] = field(default_factory=list)
    _leapt: float = 0.0

    def now(self) -> float:
        """Return seconds."""
        return time.monotonic() + self._leapt

    async def sleep(self, seconds: float) -> None:
        """Let time pass, and others act."""
        self.pauses.append(seconds)
        self._leapt += seconds
        await asyncio.sleep(0.001)

    def moments(self, spread: float = 1.0) -> Moments:
        """Return what the SDK takes; pauses are the longest where `spread` is 1."""
        return Moments(self.now, self.sleep, lambda: spread)


class Awaiting:
    """`AsyncRushes`, of which every call is awaited in a loop of its own."""

    def __init__(self, rushes: Callable[[], AsyncRushes]) -> None:
        self._runner = asyncio.Runner()
        self._rushes = self._runner.run(_made(rushes))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._rushes, name)
        return lambda *words, **named: self.finish(method(*words, **named))

    def finish(self, answer: Any) -> Any:
        """Return what an awaitable gives, or all that an iterator gives."""
        if inspect.isasyncgen(answer):
            return iter(self._runner.run(_collect(answer)))
        return self._runner.run(answer) if inspect.iscoroutine(answer) else answer

    def end(self) -> None:
        """Close it."""
        self._runner.run(self._rushes.close())
        self._runner.close()


def finish(face: Rushes, answer: Any) -> Any:
    """Return what a call of an asset gives, awaited where this face awaits."""
    return face.finish(answer) if isinstance(face, Awaiting) else answer


@contextmanager
def opened(
    kind: type[Any], url: str | None, token: str | None, options: Options
) -> Iterator[Rushes]:
    """Give a face; it is closed in any case."""
    if kind is Rushes:
        with Rushes(url, token, **options) as rushes:
            yield rushes
        return
    awaiting = Awaiting(lambda: AsyncRushes(url, token, **options))
    try:
        yield cast("Rushes", awaiting)
    finally:
        awaiting.end()


async def _made(make: Callable[[], AsyncRushes]) -> AsyncRushes:
    return make()


async def _collect(answer: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in answer]
