"""The door: a mail address and a password become a session, and a session ends.

Rules of this file:
1. A session is 256 random bits; only their SHA-256 is kept. Log-in always makes new ones, and ends
   the session that the caller brought: nobody can plant a session and wait for its owner.
2. A wrong password, an unknown address and an account that is off are one answer, in one time.
3. Attempts are counted by address and account together, so nobody can lock another out.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from rushes.access import account_records
from rushes.access.account import Account, Session
from rushes.access.factor import CodeRefused
from rushes.access.hashing import Hashing
from rushes.access.lockdown import Lockdown
from rushes.access.proving import SecondFactors
from rushes.access.rates import Rates, Rule, subject_of
from rushes.access.seal import Sealer
from rushes.access.telling import tell
from rushes.access.token import digest_of
from rushes.access_section import AccessSettings
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.events.event import SYSTEM_ACTOR, EventType
from rushes.settings import Settings

SESSION_BYTES: Final = 32
SPRAYED: Final = Rule("login-address", 30)
"""One address, many accounts."""

UNKNOWN: Final = "unknown"
"""The subject of a refusal whose account there is not; what was typed is not kept."""


class SessionRefused(RushesError):
    """The mail address or the password is wrong."""

    code = "session.refused"
    kind = Kind.UNAUTHENTICATED


@dataclass(frozen=True, slots=True)
class Door:
    """Lets people in and out."""

    database: Database
    clock: Clock
    settings: AccessSettings
    hashing: Hashing
    rates: Rates
    factors: SecondFactors

    @property
    def lockdown(self) -> Lockdown:
        """What ends all that an account opened, and lets a locked-out one in again."""
        return Lockdown(self.database, self.clock, self.hashing)

    async def log_in(
        self,
        email: str,
        password: str,
        address: str,
        *,
        code: str | None = None,
        former: str | None = None,
    ) -> tuple[Account, str]:
        """Return the account, and the cookie of its new session; `former` is the one brought.

        Raises:
            SessionRefused: address or password is wrong, or the account is off.
            CodeNeeded: the account has a second factor, and no `code` of it was given.
            CodeRefused: the code is wrong, too old, or was used before.
            TooOften: it was tried too often.
            HashingBusy: too many try at once.
        """
        known_as = email.strip().lower()
        await self._count(known_as, subject_of(address))
        async with self.database.reading() as connection:
            known = await account_records.find_credentials(connection, known_as)
        account, kept = known or (None, None)
        is_right = await self.hashing.verify(kept, password)
        if account is None or kept is None or not is_right or not account.is_active:
            await self.tell_refusal(account)
            raise SessionRefused("Mail address or password is wrong.")
        try:
            await self.factors.prove(account, code)
        except CodeRefused:
            await self.tell_refusal(account)
            raise
        anew = await self.hashing.hash(password) if self.hashing.is_outdated(kept) else None
        if anew is not None:
            await self._keep_hash(account.id, anew)
        return account, await self.open_session(account, former)

    async def log_out(self, cookie: str) -> None:
        """End a session; one that is over already is none."""
        digest = digest_of(cookie)
        async with self.database.transaction() as connection:
            found = await account_records.find_session(connection, digest)
            if found is None:
                return
            await account_records.delete_session(connection, digest)
            account_id = found.account.id
            await tell(
                connection,
                self.clock,
                EventType.SESSION_ENDED,
                actor_id=account_id,
                subject=account_id,
            )

    async def _count(self, known_as: str, subject: str) -> None:
        await self.rates.take(SPRAYED, subject)
        rule = Rule("login", self.settings.login_per_minute)
        await self.rates.take(rule, f"{digest_of(known_as).hex()[:32]}:{subject}")

    async def open_session(
        self, account: Account, former: str | None, *, by_provider: bool = False
    ) -> str:
        """Return the cookie of a new session of somebody who proved who they are."""
        cookie = base64.urlsafe_b64encode(self.clock.entropy(SESSION_BYTES)).rstrip(b"=").decode()
        now = self.clock.now()
        ends_at = now + self.settings.session_absolute
        session = Session(account, now, now, ends_at, by_provider)
        async with self.database.transaction() as connection:
            if former is not None:
                await account_records.delete_session(connection, digest_of(former))
            await account_records.delete_ended_sessions(connection, now)
            await account_records.record_session(connection, digest_of(cookie), session)
            await tell(
                connection,
                self.clock,
                EventType.SESSION_CREATED,
                actor_id=account.id,
                subject=account.id,
                by_provider=by_provider,
            )
        return cookie

    async def _keep_hash(self, account_id: str, anew: str) -> None:
        async with self.database.transaction() as connection:
            await account_records.change_account(connection, account_id, {"password_hash": anew})

    async def tell_refusal(self, account: Account | None) -> None:
        """Record that somebody was not let in; None: whose account it is, nobody knows."""
        async with self.database.transaction() as connection:
            await tell(
                connection,
                self.clock,
                EventType.SESSION_REFUSED,
                actor_id=SYSTEM_ACTOR,
                subject=UNKNOWN if account is None else account.id,
            )


def open_door(settings: Settings, hashing: Hashing, rates: Rates, sealer: Sealer) -> Door:
    """Return the door of a house; apps call its second factor by the host that people use."""
    database, clock = rates.database, rates.clock
    issuer = f"Rushes {urlsplit(settings.public_url).netloc}"
    factors = SecondFactors(database, clock, settings.access, sealer, rates, issuer)
    return Door(database, clock, settings.access, hashing, rates, factors)
