"""Requests that are tried again: three times, from 1 s to 30 s, and only what can be retried."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx

from rushes.client.failures import Refused, Unreachable, refusal

T = TypeVar("T")

TRIES: Final = 3
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0


def pauses() -> Iterator[float]:
    """Give the seconds to wait between tries: doubling, with jitter."""
    for number in range(TRIES - 1):
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**number)
        yield random.uniform(longest / 2, longest)  # noqa: S311 - spreads requests, no secret


@dataclass(frozen=True, slots=True)
class Wire:
    """One server, spoken to with one proof of identity."""

    http: httpx.Client
    sleep: Callable[[float], None] = time.sleep

    def json(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str | int] | None = None,
    ) -> Any:
        """Return the JSON answer.

        Raises:
            Refused: the server said no.
            Unreachable: it did not answer.
        """
        return self.patiently(
            lambda: self.once(method, path, json=body, params=query).json(),
            may_repeat=method in {"GET", "HEAD", "DELETE", "PUT"},
        )

    def once(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask once.

        Raises:
            Refused: the server said no.
            Unreachable: it did not answer.
        """
        try:
            response = self.http.request(method, path, **options)
        except httpx.TransportError as error:
            raise Unreachable(_unreachable(self.http.base_url, error)) from error
        if not response.is_success:
            raise refusal(response)
        return response

    def patiently(self, attempt: Callable[[], T], *, may_repeat: bool = True) -> T:
        """Try, and try again where it may help; a request that creates is never repeated."""
        waits = pauses()
        while True:
            try:
                return attempt()
            except (Refused, Unreachable) as failure:
                wait = next(waits, None)
                if wait is None or not may_repeat or not _may_go_better(failure):
                    raise
                self.sleep(named_pause(failure) or wait)


def named_pause(failure: Exception) -> float | None:
    """Return the seconds that the server asked for, at most the longest pause."""
    asked = failure.retry_after if isinstance(failure, Refused) else None
    return None if asked is None else min(asked, LONGEST_PAUSE)


def _may_go_better(failure: Exception) -> bool:
    return not isinstance(failure, Refused) or failure.is_worth_retrying


def _unreachable(address: httpx.URL, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    return f"The server at {address} cannot be reached ({reason}). Check the address; try again."
