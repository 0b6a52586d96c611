"""One family of errors: what happened, what to do, and of which kind it is.

    RushesError                  code `noun.fact`, a kind, a sentence
    |- one class per fact, in the room the fact belongs to

1. The sentence says what happened and what to do next; it may be shown to whoever asked.
2. `code` is stable, and listed in docs/reference/errors.md; a test compares the two.
3. Rooms name a kind and never a status: each shell (HTTP, command line, worker) has one table
   from kind to its own answer.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, TypeAlias


class Kind(StrEnum):
    """What sort of trouble it is; retries and statuses are decided by it alone."""

    INVALID = "invalid"
    UNUSABLE = "unusable"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    GONE = "gone"
    CONFLICT = "conflict"
    STALE = "stale"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    LOCKED = "locked"
    UNAVAILABLE = "unavailable"
    FULL = "full"
    LIMITED = "limited"
    BROKEN = "broken"


Fact: TypeAlias = str | float | list[list[int]] | None
"""What a program may want beside the sentence; a list is one of ranges."""


class RushesError(Exception):
    """What every error of ours is.

    `retry_after` is in seconds, where waiting helps. `facts` are plain values that a program may
    want beside the sentence (an expected offset, the missing chunks); they are sent to the caller.
    """

    code: ClassVar[str] = "rushes.broken"
    kind: ClassVar[Kind] = Kind.BROKEN

    def __init__(self, message: str, *, retry_after: float | None = None, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.facts = facts
