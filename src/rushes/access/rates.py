"""How often somebody may try: exact limits, counted by the database in one statement.

A rule is a number of calls in a window; a subject is an account, a token, a link or an address,
never the text of a request. If the database is away the call is refused (503): limits of this
room keep secrets, so they fail closed.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes.access import account_records
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError

MINUTE: Final = 60.0


class TooOften(RushesError):
    """The subject has tried as often as the rule allows."""

    code = "rate.limited"
    kind = Kind.LIMITED


@dataclass(frozen=True, slots=True)
class Rule:
    """`calls` in `window_seconds`, all at once if one likes."""

    name: str
    calls: int
    window_seconds: float = MINUTE

    @property
    def step_seconds(self) -> float:
        """How much of the window one call takes."""
        return self.window_seconds / self.calls


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts calls."""

    database: Database
    clock: Clock

    async def take(self, rule: Rule, subject: str) -> None:
        """Count one call.

        Raises:
            TooOften: `retry_after` says when the next one is allowed.
        """
        now = _seconds(self.clock.now())
        key = f"{rule.name}:{subject}"
        async with self.database.transaction() as connection:
            is_allowed = await account_records.take_rate(
                connection, key, now=now, step=rule.step_seconds, window=rule.window_seconds
            )
            known = None if is_allowed else await account_records.find_rate(connection, key)
        if not is_allowed:
            free_at = (known or now) + rule.step_seconds - rule.window_seconds
            raise TooOften(
                "That was tried too often. Wait as long as `Retry-After` says.",
                retry_after=max(1.0, math.ceil(free_at - now)),
                policy=rule.name,
                limit=rule.calls,
                window_seconds=rule.window_seconds,
            )

    async def sweep(self) -> None:
        """Forget subjects that have nothing against them any more."""
        async with self.database.transaction() as connection:
            await account_records.delete_old_rates(connection, _seconds(self.clock.now()))


def subject_of(address: str) -> str:
    """Return whom an address belongs to: one host of IPv4, one /64 network of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "nowhere"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
