"""Patience: after which failures something is tried again, when, and when it is given up.

Three tries without a byte of progress, 1 s doubling to 30 s between them with full jitter, and only
for what can go better: no answer at all, and the answers 408, 423, 425, 429 and 5xx. What the
server names in `Retry-After` is kept to. A server that cannot be reached at all may be waited for
longer than three tries take, if the caller wants that.
"""

from __future__ import annotations

from typing import Final

from rushes.client.failures import ClientFailure, Refused, Unreachable

TRIES: Final = 3
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
LONGEST_NAMED: Final = 600.0
"""Seconds; a server that names a longer time is asked again after this one."""


class Patience:
    """Counts the failures since something last went forward.

    `offline_seconds` is for how long a server that cannot be reached is waited for.
    """

    __slots__ = ("_failures", "_offline_seconds", "_since")

    def __init__(self, offline_seconds: float = 0.0) -> None:
        self._offline_seconds = offline_seconds
        self._failures = 0
        self._since: float | None = None

    def restore(self) -> None:
        """Begin to count anew: something went forward."""
        self._failures, self._since = 0, None

    def find_pause(self, failure: ClientFailure, now: float, spread: float) -> float:
        """Return how many seconds to wait before the next try; `spread` is random, 0 to 1.

        Raises:
            ClientFailure: the same one: a further try has no hope.
        """
        if not may_go_better(failure):
            raise failure
        self._since = now if self._since is None else self._since
        self._failures += 1
        is_waited_for = isinstance(failure, Unreachable) and (
            now - self._since < self._offline_seconds
        )
        if self._failures >= TRIES and not is_waited_for:
            raise failure
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 10))
        return max(longest * spread, find_named_pause(failure))


def may_go_better(failure: ClientFailure) -> bool:
    """Say whether the same request may succeed later."""
    if isinstance(failure, Refused):
        return failure.is_worth_retrying
    return isinstance(failure, Unreachable)


def find_named_pause(failure: ClientFailure) -> float:
    """Return the seconds that the server asked for, 0 where it asked for none."""
    named = failure.retry_after if isinstance(failure, Refused) else None
    return 0.0 if named is None else min(named, LONGEST_NAMED)
