"""An account is locked down: all that it opened ends at once; and a locked-out one is let in again.

Rules of this file:
1. Sessions, tokens, upload links and shares end in one transaction: each call asks their rows, so
   the next one is refused. Addresses that were signed for them end within seconds.
2. By default the account is off afterwards; it may stay on, for one whose laptop was stolen.
3. At the console of the server the password, the second factor and the lock can be undone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from rushes.access import account_records, factor_records, identity_records, lockdown_records
from rushes.access.account import Account, AccountNotFound, LastSuperadmin, parse_email
from rushes.access.accounts import RULERS, require_recent
from rushes.access.hashing import Hashing
from rushes.access.lockdown_records import Ended
from rushes.access.password import check_password
from rushes.access.permit import SYSTEM, Actor, Verb, permit
from rushes.access.telling import tell
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events.event import EventType


@dataclass(frozen=True, slots=True)
class Lockdown:
    """Ends all that an account opened, and lets a locked-out one in again."""

    database: Database
    clock: Clock
    hashing: Hashing

    async def lock(self, actor: Actor, account_id: str, *, stays_on: bool = False) -> Ended:
        """End every session, token, upload link and share of an account; return what ended.

        Raises:
            AccountNotFound: there is none.
            Forbidden: the actor may not manage it.
            LoginAgain: the log-in is older than 15 minutes.
            LastSuperadmin: nobody would be left who may do everything.
        """
        permit(actor, Verb.MANAGE_ACCOUNTS)
        require_recent(actor, self.clock.now())
        async with self.database.transaction() as connection:
            account = await account_records.find_account(connection, account_id)
            if account is None:
                raise _unknown()
            if account.role in RULERS:
                permit(actor, Verb.MANAGE_ADMINS)
            return await self._lock(connection, actor, account, stays_on=stays_on)

    async def lock_at_console(self, email: str, *, stays_on: bool = False) -> Ended:
        """Do so for whoever holds the data folder.

        Raises:
            AccountNotFound, LastSuperadmin: as above.
        """
        account = await self._get_by_email(email)
        return await self.lock(SYSTEM, account.id, stays_on=stays_on)

    async def reset_at_console(self, email: str, password: str | None) -> Account:
        """Let a locked-out account in again: on, without a second factor, with this password.

        Without a password the present one stays. All of its sessions end, and within seconds the
        addresses that were signed for it; whom a provider of identities vouched for is forgotten.

        Raises:
            AccountNotFound: there is none.
            BadPassword: the password is too easily guessed.
        """
        account = await self._get_by_email(email)
        values: dict[str, object] = {"is_active": True}
        if password is not None:
            check_password(password, account.email)
            values["password_hash"] = await self.hashing.hash(password)
            values["password_changed_at"] = self.clock.now()
        async with self.database.transaction() as connection:
            await account_records.change_account(connection, account.id, values)
            await account_records.delete_sessions(connection, account.id)
            await account_records.raise_epoch(connection, account.id)
            await identity_records.delete_identities(connection, account.id)
            if await factor_records.delete_factor(connection, account.id):
                removed = EventType.ACCOUNT_FACTOR_REMOVED
                await self._tell(connection, removed, SYSTEM, account, is_active=True)
            await self._tell(connection, EventType.ACCOUNT_UPDATED, SYSTEM, account, is_active=True)
        return account

    async def _lock(
        self, connection: Connection, actor: Actor, account: Account, *, stays_on: bool
    ) -> Ended:
        ended = await lockdown_records.end_everything(connection, account.id, self.clock.now())
        await account_records.raise_epoch(connection, account.id)
        if not stays_on:
            await account_records.change_account(connection, account.id, {"is_active": False})
        if not await account_records.count_superadmins(connection):
            raise LastSuperadmin(
                "This is the last superadmin. Make another one first, or let the account stay on."
            )
        facts: dict[str, object] = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(ended).items()
        }
        what = EventType.ACCOUNT_LOCKED_DOWN
        is_active = account.is_active and stays_on
        await self._tell(connection, what, actor, account, is_active=is_active, ended=facts)
        return ended

    async def _get_by_email(self, email: str) -> Account:
        async with self.database.reading() as connection:
            known = await account_records.find_credentials(connection, parse_email(email))
        if known is None:
            raise _unknown()
        return known[0]

    async def _tell(
        self,
        connection: Connection,
        what: EventType,
        actor: Actor,
        account: Account,
        *,
        is_active: bool,
        ended: dict[str, object] | None = None,
    ) -> None:
        facts = {} if ended is None else {"ended": ended}
        await tell(
            connection,
            self.clock,
            what,
            actor_id=actor.id,
            subject=account.id,
            project=None,
            is_active=is_active,
            **facts,
        )


def _unknown() -> AccountNotFound:
    return AccountNotFound("There is no such account. Check its id, or its mail address.")
