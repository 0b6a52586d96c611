"""Accounts are made, changed and removed; somebody who may do everything always stays.

Rules of this file:
1. Admins manage editors and viewers; only a superadmin manages admins and superadmins.
2. Another password, another role or an account switched off ends all of its sessions, and within
   seconds the addresses that were signed for it.
3. What gives rights away needs a log-in of the last 15 minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from rushes.access import account_records
from rushes.access.account import (
    Account,
    AccountExists,
    AccountNotFound,
    AccountStale,
    LastSuperadmin,
    parse_email,
)
from rushes.access.allowance import parse_time_zone
from rushes.access.hashing import Hashing
from rushes.access.password import check_password
from rushes.access.permit import SYSTEM, Actor, Role, Verb, may, permit
from rushes.access.telling import new_id, tell
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.errors import Kind, RushesError
from rushes.events.event import EventType
from rushes.ids import Prefix

RECENT: Final = timedelta(minutes=15)
RULERS: Final = frozenset({Role.SUPERADMIN, Role.ADMIN})


class LoginAgain(RushesError):
    """What gives rights away needs a password that was given just now."""

    code = "access.login_again"
    kind = Kind.FORBIDDEN


class PasswordWrong(RushesError):
    """The present password, asked for before it is changed, is another one."""

    code = "account.password_wrong"
    kind = Kind.FORBIDDEN


def require_recent(actor: Actor, now: datetime) -> None:
    """Return if the actor proved themselves just now; a token proves itself each time.

    Raises:
        LoginAgain: their session is older than 15 minutes.
    """
    if actor.proven_at is not None and actor.proven_at + RECENT < now:
        raise LoginAgain("Log out and in again first: this needs a log-in of the last 15 minutes.")


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What is wanted changed; None leaves a thing as it is."""

    role: Role | None = None
    is_active: bool | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may send, and whose midnight ends its day; None: what the settings say."""

    max_total_bytes: int | None = None
    max_uploads_per_day: int | None = None
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Manages who may log in."""

    database: Database
    clock: Clock
    hashing: Hashing

    async def create(self, actor: Actor, email: str, password: str, role: Role) -> Account:
        """Make an account.

        Raises:
            Forbidden: the actor may not make one of this role.
            LoginAgain: see rule 3.
            BadEmail: the address is none.
            BadPassword: the password is too easily guessed.
            AccountExists: the address is taken.
        """
        permit(actor, Verb.MANAGE_ADMINS if role in RULERS else Verb.MANAGE_ACCOUNTS)
        require_recent(actor, self.clock.now())
        account, kept = await self._draft(email, password, role)
        async with self.database.transaction() as connection:
            await self.record(connection, actor, account, kept)
        return account

    async def create_first(self, email: str, password: str) -> Account | None:
        """Make the first account, a superadmin; None if there was one before."""
        account, kept = await self._draft(email, password, Role.SUPERADMIN)
        async with self.database.transaction() as connection:
            if not await account_records.record_setup(connection, self.clock.now()):
                return None
            await self.record(connection, SYSTEM, account, kept)
        return account

    async def create_at_console(self, email: str, password: str, role: Role | None) -> Account:
        """Make an account for whoever holds the data folder; the first one is a superadmin.

        Raises:
            BadEmail: the address is none.
            BadPassword: the password is too easily guessed.
            AccountExists: the address is taken.
        """
        first = await self.create_first(email, password)
        return first or await self.create(SYSTEM, email, password, role or Role.EDITOR)

    async def record(
        self, connection: Connection, actor: Actor, account: Account, password_hash: str
    ) -> None:
        """Insert a drafted account in the caller's transaction."""
        if not await account_records.record_account(connection, account, password_hash):
            raise AccountExists("There is an account with this mail address already.")
        await self._tell(connection, EventType.ACCOUNT_CREATED, actor, account)

    async def get(self, actor: Actor, account_id: str) -> Account:
        """Return an account: one's own, or any for an admin.

        Raises:
            Forbidden, ScopeMissing: the actor may see no account at all.
            AccountNotFound: it is unknown, or not for the actor to see.
        """
        permit(actor, Verb.SEE_SELF)
        if account_id != actor.id and not may(actor, Verb.SEE_ACCOUNTS):
            raise _unknown()
        async with self.database.reading() as connection:
            return await _get(connection, account_id)

    async def list(self, actor: Actor, after: After, limit: int) -> Sequence[Account]:
        """Return a page of accounts, newest first, and one more where there is one."""
        permit(actor, Verb.SEE_ACCOUNTS)
        async with self.database.reading() as connection:
            return await account_records.list_accounts(connection, after, limit + 1)

    async def change(
        self,
        actor: Actor,
        account_id: str,
        change: AccountChange,
        revision: int | None = None,
    ) -> Account:
        """Give an account another role or password, or switch it on or off.

        `revision` is the one that was read.

        Raises:
            AccountNotFound: there is none.
            Forbidden: the actor may not manage it, or not give this role.
            LoginAgain: see rule 3.
            LastSuperadmin: nobody would be left who may do everything.
            AccountStale: it is of another revision by now.
        """
        permit(actor, Verb.MANAGE_ACCOUNTS)
        require_recent(actor, self.clock.now())
        async with self.database.reading() as connection:
            account = await _get(connection, account_id)
        if RULERS & {account.role, change.role}:
            permit(actor, Verb.MANAGE_ADMINS)
        kept = await self._hash_new(account, change.password)
        changed = replace(
            account,
            role=change.role or account.role,
            is_active=account.is_active if change.is_active is None else change.is_active,
            password_changed_at=self.clock.now() if kept else account.password_changed_at,
        )
        return await self._write(actor, changed, kept, revision)

    async def set_limits(
        self, actor: Actor, account_id: str, limits: Limits, revision: int | None = None
    ) -> Account:
        """Say what an account may send; its sessions go on.

        Raises:
            AccountNotFound: there is none.
            Forbidden: the actor may not manage it.
            LoginAgain: see rule 3.
            BadTimeZone: there is no such zone.
            AccountStale: it is of another revision by now.
        """
        permit(actor, Verb.MANAGE_ACCOUNTS)
        require_recent(actor, self.clock.now())
        values: dict[str, object] = {
            "max_total_bytes": limits.max_total_bytes,
            "max_uploads_per_day": limits.max_uploads_per_day,
            "time_zone": parse_time_zone(limits.time_zone),
        }
        async with self.database.transaction() as connection:
            account = await _get(connection, account_id)
            if account.role in RULERS:
                permit(actor, Verb.MANAGE_ADMINS)
            await _hold(connection, account_id, revision)
            await account_records.change_account(connection, account_id, values)
            await self._tell(connection, EventType.ACCOUNT_UPDATED, actor, account)
            return await _get(connection, account_id)

    async def change_password(self, actor: Actor, former: str, password: str) -> None:
        """Give one's own account another password; all of its sessions end.

        Raises:
            PasswordWrong: the former one is another.
            BadPassword: the new one is too easily guessed.
        """
        permit(actor, Verb.MANAGE_SELF)
        async with self.database.reading() as connection:
            account = await _get(connection, actor.id)
            known = await account_records.find_credentials(connection, account.email)
        if not await self.hashing.verify(known[1] if known else None, former):
            raise PasswordWrong("That is not your present password. Nothing was changed.")
        kept = await self._hash_new(account, password)
        changed = replace(account, password_changed_at=self.clock.now())
        await self._write(actor, changed, kept, None)

    async def delete(self, actor: Actor, account_id: str, revision: int | None = None) -> None:
        """Remove an account with its sessions and tokens; what it made stays.

        Raises:
            AccountNotFound: there is none.
            Forbidden: the actor may not manage it.
            LastSuperadmin: nobody would be left who may do everything.
            AccountStale: it is of another revision by now.
        """
        permit(actor, Verb.MANAGE_ACCOUNTS)
        require_recent(actor, self.clock.now())
        async with self.database.transaction() as connection:
            account = await _get(connection, account_id)
            if account.role in RULERS:
                permit(actor, Verb.MANAGE_ADMINS)
            await _hold(connection, account_id, revision)
            await account_records.delete_account(connection, account.id)
            await self._keep_one_superadmin(connection)
            await self._tell(connection, EventType.ACCOUNT_DELETED, actor, account)

    async def _draft(self, email: str, password: str, role: Role) -> tuple[Account, str]:
        address = parse_email(email)
        check_password(password, address)
        now = self.clock.now()
        account = Account(
            id=new_id(Prefix.ACCOUNT, self.clock),
            email=address,
            role=role,
            is_active=True,
            created_at=now,
            password_changed_at=now,
        )
        return account, await self.hashing.hash(password)

    async def _hash_new(self, account: Account, password: str | None) -> str | None:
        if password is None:
            return None
        check_password(password, account.email)
        return await self.hashing.hash(password)

    async def _write(
        self, actor: Actor, account: Account, kept: str | None, revision: int | None
    ) -> Account:
        values: dict[str, object] = {
            "role": account.role.value,
            "is_active": account.is_active,
            "password_changed_at": account.password_changed_at,
        }
        if kept is not None:
            values["password_hash"] = kept
        async with self.database.transaction() as connection:
            await _hold(connection, account.id, revision)
            await account_records.change_account(connection, account.id, values)
            await account_records.delete_sessions(connection, account.id)
            await account_records.raise_epoch(connection, account.id)
            await self._keep_one_superadmin(connection)
            await self._tell(connection, EventType.ACCOUNT_UPDATED, actor, account)
            return await _get(connection, account.id)

    async def _keep_one_superadmin(self, connection: Connection) -> None:
        if not await account_records.count_superadmins(connection):
            raise LastSuperadmin("Make another account a superadmin first: this is the last one.")

    async def _tell(
        self, connection: Connection, what: EventType, actor: Actor, account: Account
    ) -> None:
        await tell(
            connection,
            self.clock,
            what,
            actor_id=actor.id,
            subject=account.id,
            role=account.role.value,
            is_active=account.is_active,
        )


async def _get(connection: Connection, account_id: str) -> Account:
    account = await account_records.find_account(connection, account_id)
    if account is None:
        raise _unknown()
    return account


async def _hold(connection: Connection, account_id: str, revision: int | None) -> None:
    if not await account_records.hold_account(connection, account_id, revision):
        raise AccountStale("The account changed since you read it. Read it again.")


def _unknown() -> AccountNotFound:
    return AccountNotFound("There is no such account. Check its id.")
