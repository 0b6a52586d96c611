"""Requests to one server, with one proof of identity; they are tried again where that may help."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import httpx

from rushes.client.failures import Refused, Unreachable
from rushes.client.patience import Patience

T = TypeVar("T")

API: Final = "/api/v1"
REPEATABLE: Final = frozenset({"GET", "HEAD", "DELETE", "PUT"})


@dataclass(frozen=True, slots=True)
class Moments:
    """Where time and chance come from: seconds, a pause, and a number from 0 to 1."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    spread: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Wire:
    """One server; `offline_seconds` is for how long it may be out of reach while files go."""

    http: httpx.AsyncClient
    moments: Moments = field(default_factory=Moments)
    offline_seconds: float = 0.0

    async def json(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str | int] | None = None,
    ) -> Any:
        """Return the JSON answer, None where there is none.

        Raises:
            Refused: the server said no.
            Unreachable: it did not answer.
        """

        async def ask() -> Any:
            response = await self.once(method, path, json=body, params=query)
            return response.json() if response.content else None

        return await self.patiently(ask, Patience(), may_repeat=method in REPEATABLE)

    async def once(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask once.

        Raises:
            Refused: the server said no.
            Unreachable: it did not answer.
        """
        try:
            response = await self.http.request(method, path, **options)
        except httpx.TransportError as error:
            raise Unreachable(unreachable(self.http.base_url, error)) from error
        if not response.is_success:
            raise refusal(response)
        return response

    async def patiently(
        self,
        attempt: Callable[[], Awaitable[T]],
        patience: Patience | None = None,
        *,
        may_repeat: bool = True,
    ) -> T:
        """Try, and try again where it may help; what creates something may ask for one try."""
        patience = patience or Patience(self.offline_seconds)
        while True:
            try:
                return await attempt()
            except (Refused, Unreachable) as failure:
                if not may_repeat:
                    raise
                pause = patience.find_pause(failure, self.moments.now(), self.moments.spread())
            await self.moments.sleep(pause)


def find_place(response: httpx.Response, told: str) -> str:
    """Return where an upload goes on, as the server tells: it may be another address of its own.

    Never in the clear where it was asked over TLS: then the path counts alone.
    """
    place = response.url.join(told)
    if response.url.scheme == "https" and place.scheme != "https":
        place = response.url.join(place.raw_path.decode("ascii"))
    return str(place)


def unreachable(address: httpx.URL, error: Exception) -> str:
    """Return what is said where nothing answers."""
    reason = str(error) or type(error).__name__
    return f"The server at {address} cannot be reached ({reason}). Check the address; try again."


def refusal(response: httpx.Response) -> Refused:
    """Return what an answer other than 2xx says; its body must have been read."""
    try:
        problem = json.loads(response.content)
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    return Refused(
        response.status_code,
        str(problem.get("code", f"http.{response.status_code}")),
        str(problem.get("detail") or problem.get("title") or response.reason_phrase),
        retry_after=_seconds(response.headers.get("retry-after")),
        problem=problem,
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None
