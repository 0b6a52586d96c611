"""What can go wrong for a program that uses the SDK.

ClientFailure
    |- Unreachable     no answer, or none that makes sense, after three tries
    |- Refused         the server said no; `code` and `status` say why
    |- WrongDigest     the server holds other bytes than were sent
"""

from __future__ import annotations

import json

import httpx


class ClientFailure(Exception):
    """What every failure of the SDK is; its text says what happened and what to do."""


class Unreachable(ClientFailure):
    """The server gave no usable answer, however often it was asked."""


class WrongDigest(ClientFailure):
    """The digest that the server reports is not that of the file."""


class Refused(ClientFailure):
    """The server answered with a problem (RFC 9457).

    `retry_after` is in seconds, where the server named a time.
    """

    def __init__(
        self, status: int, code: str, detail: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    @property
    def is_worth_retrying(self) -> bool:
        """Whether the same request may go better later."""
        return self.status in {408, 423, 425, 429} or self.status >= httpx.codes(500)


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
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None
