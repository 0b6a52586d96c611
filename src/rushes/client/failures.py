"""What can go wrong for a program that uses the SDK.

ClientFailure
    |- Unreachable     no answer, or none that makes sense, after three tries
    |- Refused         the server said no; `code` and `status` say why
    |   `- Unsettled   it said no to a part that may go better once it was asked what it has
    |- WrongDigest     the server holds other bytes than were sent, or sent others than it holds
    |- FileChanged     a file was written to while it was sent
    `- Cancelled       somebody stopped the transfer, and it ended on the server too
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_LATER: Final = frozenset({408, 423, 425, 429})
_LESS: Final = frozenset({429, 503})
_SERVER_FAILS: Final = 500


class ClientFailure(Exception):
    """What every failure of the SDK is; its text says what happened and what to do."""


class Unreachable(ClientFailure):
    """The server gave no usable answer, however often it was asked."""


class WrongDigest(ClientFailure):
    """The digest that the server reports is not that of the bytes."""


class FileChanged(ClientFailure):
    """The file is not the one that was begun: its size, time or place on the disk differs."""


class Cancelled(ClientFailure):
    """The transfer was stopped on purpose; the server keeps none of it."""


class Refused(ClientFailure):
    """The server answered with a problem (RFC 9457).

    `retry_after` is in seconds, where the server named a time; `problem` is all that it said.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        retry_after: float | None = None,
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.problem = problem or {}

    @property
    def is_worth_retrying(self) -> bool:
        """Whether the same request may go better later."""
        return self.status in _LATER or self.status >= _SERVER_FAILS

    @property
    def asks_for_less(self) -> bool:
        """Whether the server has more to do than it can."""
        return self.status in _LESS


class Unsettled(Refused):
    """A part was refused for where things stood at that moment; it may be sent again."""

    @classmethod
    def of(cls, refused: Refused) -> Unsettled:
        """Return the same refusal, as one to try again."""
        return cls(
            refused.status,
            refused.code,
            refused.detail,
            retry_after=refused.retry_after,
            problem=refused.problem,
        )

    @property
    def is_worth_retrying(self) -> bool:
        """It is: what the server has was asked for."""
        return True
