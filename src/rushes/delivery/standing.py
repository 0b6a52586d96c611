"""Does the share or the account of a signed address stand: each range that is served asks.

What was read at most `LOOK_SECONDS` ago is believed, so a film costs no query a segment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from rushes.access import account_records
from rushes.access.account import Account
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery import share_records
from rushes.delivery.share import Share, ShareRevoked, require_open
from rushes.delivery.sign import AddressRevoked
from rushes.ids import Prefix, is_id

LOOK_SECONDS: Final = 5.0
"""So long after it was taken back an address may still open something."""

MOST_KNOWN: Final = 1_000

Require: TypeAlias = Callable[[str, int], Awaitable[None]]
"""Says whether whoever asked for an address may still have what it opens: `Standing.require`."""


@dataclass(slots=True)
class Standing:
    """Remembers for seconds which shares and accounts stand."""

    database: Database
    clock: Clock
    _known: dict[str, tuple[float, Share | Account | None]] = field(default_factory=dict)

    async def require(self, actor_id: str, epoch: int) -> None:
        """Return if somebody may have today what an address of this epoch gives.

        Raises:
            ShareRevoked, ShareExpired: the share does not give it any more.
            AddressRevoked: the account is off or gone, or all that it opened was ended.
        """
        if is_id(Prefix.SHARE, actor_id):
            share = await self._look(actor_id)
            if not isinstance(share, Share) or share.epoch != epoch:
                raise ShareRevoked("The share of this address has changed. Open its page again.")
            require_open(share, self.clock.now())
        elif is_id(Prefix.ACCOUNT, actor_id):
            account = await self._look(actor_id)
            is_on = isinstance(account, Account) and account.is_active and account.epoch == epoch
            if not is_on:
                raise AddressRevoked("What this address was made for has ended. Log in again.")

    async def _look(self, actor_id: str) -> Share | Account | None:
        now = asyncio.get_running_loop().time()
        seen_at, known = self._known.get(actor_id, (now - 2 * LOOK_SECONDS, None))
        if now - seen_at <= LOOK_SECONDS:
            return known
        find = (
            share_records.find_share
            if is_id(Prefix.SHARE, actor_id)
            else account_records.find_account
        )
        found = await self.database.snapshot(lambda connection: find(connection, actor_id))
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[actor_id] = (now, found)
        return found
