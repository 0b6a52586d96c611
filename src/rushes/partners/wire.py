"""The one way to partners: an HTTP client that goes to public addresses alone, and reads little.

An answer is turned into one of few kinds of trouble here, so that the rest decides by kind.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final

import httpcore

from rushes.clock import Clock
from rushes.notify.address import UrlBlocked, parse_target
from rushes.partners.copy import (
    PartnerAway,
    PartnerBusy,
    PartnerGone,
    PartnerRefused,
    PartnerUnexpected,
)

MAX_ANSWER_BYTES: Final = 2**20
MAX_URL: Final = 16_384
"""Addresses that a store signed with a session's token have some 2,000 characters."""

ASK_SECONDS: Final = 60.0
SEND_SECONDS: Final = 600.0
"""For one piece of a file."""

MOST_PATIENCE: Final = 3_600.0
LEAST_PATIENCE: Final = 1.0
USUAL_PATIENCE: Final = 30.0
MAX_WORDS: Final = 300

GONE: Final = frozenset({404, 410})
REFUSED: Final = frozenset({401, 402, 403})
TROUBLE: Final = 500


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    patience: float = USUAL_PATIENCE
    """Seconds that it asks for, where it asks for any."""

    def json(self) -> dict[str, Any]:
        """Return the object that the body is.

        Raises:
            PartnerUnexpected: it is none.
        """
        try:
            told = json.loads(self.body)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise PartnerUnexpected(f"The partner answered {self.status} with no JSON object.")
        return told

    def inner(self, name: str) -> dict[str, Any]:
        """Return an object inside the body.

        Raises:
            PartnerUnexpected: there is none of this name.
        """
        found = self.json().get(name)
        if not isinstance(found, dict):
            raise PartnerUnexpected(f"The partner answered {self.status} without `{name}`.")
        return found


@dataclass(frozen=True, slots=True)
class Wire:
    """Asks partners; `allowed` are addresses of the operator's own network."""

    pool: httpcore.AsyncConnectionPool
    clock: Clock
    allowed: Collection[str] = ()

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        told: object = None,
        body: bytes | None = None,
        seconds: float = ASK_SECONDS,
    ) -> Reply:
        """Return an answer, whatever its status; `told` is sent as JSON.

        Raises:
            PartnerAway: there was none.
            PartnerUnexpected: it is too long, or the address leads where it may not.
        """
        content = body
        sent = {"user-agent": "Rushes-Partners/1", "accept": "application/json", **headers}
        if told is not None:
            content = json.dumps(told).encode()
            sent["content-type"] = "application/json"
        if content is not None:
            sent["content-length"] = str(len(content))
        try:
            target = parse_target(url, self.allowed, longest=MAX_URL)
            sent["host"] = target.url.split("/")[2]
            pairs = [(name.encode(), value.encode()) for name, value in sent.items()]
            async with asyncio.timeout(seconds):
                return await self._ask(method, target.url, pairs, content)
        except UrlBlocked as blocked:
            raise PartnerUnexpected(f"The partner leads elsewhere: {blocked.message}") from None
        except TimeoutError:
            raise PartnerAway(f"The partner said nothing within {seconds:.0f} s.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as lost:
            raise PartnerAway(f"No connection: {lost or type(lost).__name__}") from None
        except OSError as lost:
            raise PartnerAway(f"No connection: {lost}") from None

    async def _ask(
        self, method: str, url: str, headers: list[tuple[bytes, bytes]], body: bytes | None
    ) -> Reply:
        async with self.pool.stream(method, url, headers=headers, content=body) as answer:
            read = bytearray()
            async for piece in answer.aiter_stream():
                read += piece
                if len(read) > MAX_ANSWER_BYTES:
                    raise PartnerUnexpected("The partner's answer is longer than any it may give.")
            names = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in answer.headers
            }
            patience = read_patience(names.get("retry-after"), self.clock.now())
            return Reply(answer.status, names, bytes(read), patience)


def expect(reply: Reply, *wanted: int, secrets: Collection[str] = ()) -> Reply:
    """Return an answer of one of these statuses.

    Args:
        reply: what was answered.
        wanted: statuses that are success.
        secrets: what is never repeated, should the partner do so.

    Raises:
        PartnerBusy, PartnerGone, PartnerRefused, PartnerAway, PartnerUnexpected: another status.
    """
    if reply.status in wanted:
        return reply
    words = _words(reply.body, secrets)
    if reply.status == 429:  # noqa: PLR2004 - RFC 6585
        raise PartnerBusy("The partner asks for patience.", retry_after=reply.patience)
    if reply.status in GONE:
        raise PartnerGone(f"The partner answered {reply.status}: {words}")
    if reply.status in REFUSED:
        raise PartnerRefused(
            f"The partner answered {reply.status}: {words} Check the key and its rights, then hand "
            "the asset over again."
        )
    if reply.status >= TROUBLE or reply.status == 408:  # noqa: PLR2004 - its own time-out
        raise PartnerAway(f"The partner answered {reply.status}: {words}")
    raise PartnerUnexpected(f"The partner answered {reply.status}: {words}")


def read_patience(told: str | None, now: datetime) -> float:
    """Return how many seconds `Retry-After` asks for (RFC 9110, section 10.2.3)."""
    wanted = USUAL_PATIENCE
    if told is not None and told.strip().isdecimal():
        wanted = float(told)
    elif told is not None:
        try:
            wanted = (parsedate_to_datetime(told) - now).total_seconds()
        except (TypeError, ValueError):
            wanted = USUAL_PATIENCE
    return max(LEAST_PATIENCE, min(MOST_PATIENCE, wanted))


def _words(body: bytes, secrets: Collection[str]) -> str:
    text = body[: 4 * MAX_WORDS].decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "***")
    shown = "".join(char for char in text if char.isprintable())[:MAX_WORDS].strip()
    return shown or "nothing more."
