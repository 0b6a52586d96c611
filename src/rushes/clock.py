"""Time and chance: the only place that asks the machine for either.

Deeds carry a `Clock` and hand its answers to the nouns, so a test can choose both.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final


def utc_now() -> datetime:
    """Return the aware present time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the present and randomness come from.

    `now` returns aware UTC; `entropy(n)` returns n unguessable bytes.
    """

    now: Callable[[], datetime] = utc_now
    entropy: Callable[[int], bytes] = secrets.token_bytes


SYSTEM: Final = Clock()
