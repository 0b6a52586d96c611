"""The first admin: by a token that only the console shows, by the environment, or by command line.

Rules of this file:
1. The token lives in the memory of the process that printed it, for 30 minutes; a restart makes a
   new one. There is no default password.
2. The place of the first admin is one row, claimed in the transaction that makes the account:
   whoever comes second is refused.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.access import account_records
from rushes.access.account import Account
from rushes.access.accounts import Accounts
from rushes.access.rates import Rates, Rule, subject_of
from rushes.access.token import ENTROPY_BYTES, digest_of
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.ids import ALPHABET

LIFE: Final = timedelta(minutes=30)
TRIES: Final = Rule("setup", 5)
GROUP: Final = 5


class SetupDone(RushesError):
    """The first admin was made before."""

    code = "setup.done"
    kind = Kind.CONFLICT


class SetupTokenRefused(RushesError):
    """The set-up token is another one, or too old."""

    code = "setup.token_refused"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class _Offer:
    """A token that was printed: what is kept of it, and until when it is good."""

    digest: bytes
    expires_at: datetime


class Setup:
    """Makes the first admin, once."""

    def __init__(self, database: Database, clock: Clock, accounts: Accounts, rates: Rates) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._rates = rates
        self._offer: _Offer | None = None

    async def is_done(self) -> bool:
        """Say whether there is a first admin."""
        async with self._database.reading() as connection:
            return await account_records.is_set_up(connection)

    async def begin(self) -> str | None:
        """Return a token for the console; None where nothing is left to set up."""
        if await self.is_done():
            return None
        token = _write_token(self._clock.entropy(ENTROPY_BYTES))
        self._offer = _Offer(digest_of(_fold(token)), self._clock.now() + LIFE)
        return token

    async def claim(self, token: str, email: str, password: str, address: str) -> Account:
        """Make the first admin for whoever read the console.

        Raises:
            SetupDone: there is one.
            SetupTokenRefused: the token is another one, or too old.
            BadEmail: the address is none.
            BadPassword: the password is too easily guessed.
            TooOften: it was tried too often.
        """
        if await self.is_done():
            raise _done()
        await self._rates.take(TRIES, subject_of(address))
        offer = self._offer
        is_right = offer is not None and hmac.compare_digest(offer.digest, digest_of(_fold(token)))
        if offer is None or not is_right or offer.expires_at <= self._clock.now():
            raise SetupTokenRefused(
                "This set-up token is not good (any more). Start the server again for a new one."
            )
        account = await self._accounts.create_first(email, password)
        if account is None:
            raise _done()
        self._offer = None
        return account

    async def take_from_environment(
        self, email: str | None, password: str | None
    ) -> Account | None:
        """Make the first admin that the settings name, if there is none and they name one."""
        if email is None or password is None or await self.is_done():
            return None
        return await self._accounts.create_first(email, password)


def _write_token(entropy: bytes) -> str:
    """Return 25 characters (125 bits) in groups that can be typed."""
    signs = "".join(ALPHABET[byte & 31] for byte in entropy[: GROUP * GROUP])
    return "-".join(signs[place : place + GROUP] for place in range(0, GROUP * GROUP, GROUP))


def _fold(token: str) -> str:
    """Return a token as it is compared: without what typing adds."""
    return token.replace("-", "").replace(" ", "").lower()


def _done() -> SetupDone:
    return SetupDone("This server is set up already. Log in, or ask its admin for an account.")
