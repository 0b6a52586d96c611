"""The queries on who may come in: accounts, sessions, tokens, set-up, rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam as given
from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.access.account import Account, Session
from rushes.access.permit import Role, Scope
from rushes.access.token import Token
from rushes.db.catalog_tables import saved_searches
from rushes.db.door_tables import factors, rates, recovery_codes, setup_claims
from rushes.db.identity_tables import identities
from rushes.db.statements import (
    After,
    find_first,
    hold_revision,
    insert_new,
    insert_or,
    newest_first,
    values_of,
)
from rushes.db.tables import (
    account_days,
    accounts,
    project_members,
    projects,
    sessions,
    tokens,
)

_ACCOUNT: Final = select(accounts).where(accounts.c.id == given("of"))
_HOLDER: Final = (
    select(accounts, *(column.label(f"token_{column.name}") for column in tokens.c))
    .join(tokens, tokens.c.account_id == accounts.c.id)
    .where(tokens.c.digest == given("of"))
)
_SESSION: Final = (  # what each request asks is put together once
    select(
        accounts,
        sessions.c.created_at.label("began_at"),
        sessions.c.seen_at,
        sessions.c.expires_at,
        sessions.c.by_provider,
    )
    .join(sessions, sessions.c.account_id == accounts.c.id)
    .where(sessions.c.digest == given("of"))
)

SETUP_ROW: Final = 1
"""The only id that `setup_claims` ever holds."""


async def find_account(connection: AsyncConnection, account_id: str) -> Account | None:
    """Return an account by its id."""
    row = await find_first(connection, _ACCOUNT, of=account_id)
    return None if row is None else account_of(row)


async def find_credentials(connection: AsyncConnection, email: str) -> tuple[Account, str] | None:
    """Return the account with this mail address, and its password's hash."""
    row = await find_first(connection, select(accounts).where(accounts.c.email == email))
    return None if row is None else (account_of(row), row.password_hash)


async def list_accounts(connection: AsyncConnection, after: After, limit: int) -> list[Account]:
    """Return a page of accounts."""
    rows = await connection.execute(newest_first(select(accounts), accounts, after, limit))
    return [account_of(row) for row in rows]


async def record_account(connection: AsyncConnection, account: Account, password_hash: str) -> bool:
    """Insert an account; False if its mail address is taken."""
    values = values_of(account) | {"password_hash": password_hash}
    return await insert_new(connection, accounts, values)


async def change_account(
    connection: AsyncConnection, account_id: str, values: Mapping[str, object]
) -> None:
    """Write some columns of an account."""
    known = dict(values) | {"revision": accounts.c.revision + 1}
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(**known))


async def raise_epoch(connection: AsyncConnection, account_id: str) -> None:
    """End every address that was signed for an account."""
    await connection.execute(
        update(accounts).where(accounts.c.id == account_id).values(epoch=accounts.c.epoch + 1)
    )


async def hold_account(connection: AsyncConnection, account_id: str, revision: int | None) -> bool:
    """Say whether an account is as it was read, and keep it so until the commit."""
    return await hold_revision(connection, accounts, account_id, revision)


async def hold_token(connection: AsyncConnection, token_id: str, revision: int | None) -> bool:
    """Say whether a token is as it was read, and keep it so until the commit."""
    return await hold_revision(connection, tokens, token_id, revision)


async def give_room_back(connection: AsyncConnection, account_id: str, size_bytes: int) -> None:
    """Count so many bytes less for an account; never below nothing. Another's id names none."""
    less = accounts.c.used_bytes - size_bytes
    await connection.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(used_bytes=case((less > 0, less), else_=0))
    )


async def delete_account(connection: AsyncConnection, account_id: str) -> None:
    """Remove an account with its sessions, tokens and memberships; its inbox stays, unowned."""
    await connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
    await connection.execute(delete(tokens).where(tokens.c.account_id == account_id))
    for proofs in (factors, recovery_codes, identities):
        await connection.execute(delete(proofs).where(proofs.c.account_id == account_id))
    await connection.execute(delete(account_days).where(account_days.c.account_id == account_id))
    member = project_members.c.account_id == account_id
    await connection.execute(delete(project_members).where(member))
    kept = saved_searches.c.account_id == account_id
    await connection.execute(delete(saved_searches).where(kept))
    owned = projects.c.owner_id == account_id
    await connection.execute(update(projects).where(owned).values(owner_id=None))
    await connection.execute(delete(accounts).where(accounts.c.id == account_id))


async def count_superadmins(connection: AsyncConnection) -> int:
    """Return how many accounts may do everything; held until the end of the transaction."""
    chosen = select(accounts.c.id).where(
        accounts.c.role == Role.SUPERADMIN.value, accounts.c.is_active
    )
    return len((await connection.execute(chosen.with_for_update())).all())


async def find_oldest_superadmin(connection: AsyncConnection) -> Account | None:
    """Return the account that has been able to do everything for the longest time."""
    query = select(accounts).where(accounts.c.role == Role.SUPERADMIN.value, accounts.c.is_active)
    oldest = query.order_by(accounts.c.created_at, accounts.c.id).limit(1)
    row = await find_first(connection, oldest)
    return None if row is None else account_of(row)


async def record_setup(connection: AsyncConnection, now: datetime) -> bool:
    """Claim the first admin's place; False if it was claimed before."""
    return await insert_new(connection, setup_claims, {"id": SETUP_ROW, "claimed_at": now})


async def is_set_up(connection: AsyncConnection) -> bool:
    """Say whether the first admin's place was claimed."""
    return await find_first(connection, select(setup_claims.c.id)) is not None


async def record_session(connection: AsyncConnection, digest: bytes, session: Session) -> None:
    """Insert a session."""
    await connection.execute(
        insert(sessions).values(
            digest=digest,
            account_id=session.account.id,
            created_at=session.began_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            by_provider=session.by_provider,
        )
    )


async def find_session(connection: AsyncConnection, digest: bytes) -> Session | None:
    """Return the session of a cookie's digest."""
    row = await find_first(connection, _SESSION, of=digest)
    if row is None:
        return None
    return Session(account_of(row), row.began_at, row.seen_at, row.expires_at, row.by_provider)


async def touch_session(connection: AsyncConnection, digest: bytes, now: datetime) -> None:
    """Keep that a session was seen."""
    await connection.execute(
        update(sessions).where(sessions.c.digest == digest).values(seen_at=now)
    )


async def delete_session(connection: AsyncConnection, digest: bytes) -> bool:
    """End a session; say whether there was one."""
    return (
        await connection.execute(delete(sessions).where(sessions.c.digest == digest))
    ).rowcount > 0


async def delete_sessions(connection: AsyncConnection, account_id: str) -> None:
    """End every session of an account."""
    await connection.execute(delete(sessions).where(sessions.c.account_id == account_id))


async def delete_ended_sessions(connection: AsyncConnection, now: datetime) -> None:
    """Forget sessions whose time is over."""
    await connection.execute(delete(sessions).where(sessions.c.expires_at <= now))


async def record_token(connection: AsyncConnection, token: Token, digest: bytes) -> None:
    """Insert an API token."""
    await connection.execute(insert(tokens).values(**values_of(token), digest=digest))


async def find_holder(connection: AsyncConnection, digest: bytes) -> tuple[Token, Account] | None:
    """Return the token with this digest, and whose it is."""
    row = await find_first(connection, _HOLDER, of=digest)
    return None if row is None else (_token(row, "token_"), account_of(row))


async def find_token(connection: AsyncConnection, token_id: str) -> Token | None:
    """Return a token by its id."""
    row = await find_first(connection, select(tokens).where(tokens.c.id == token_id))
    return None if row is None else _token(row)


async def list_tokens(
    connection: AsyncConnection, account_id: str | None, after: After, limit: int
) -> list[Token]:
    """Return a page of tokens that are not revoked; `account_id` None: of every account."""
    query = select(tokens).where(tokens.c.revoked_at.is_(None))
    if account_id is not None:
        query = query.where(tokens.c.account_id == account_id)
    rows = await connection.execute(newest_first(query, tokens, after, limit))
    return [_token(row) for row in rows]


async def change_token(
    connection: AsyncConnection, token_id: str, values: Mapping[str, object]
) -> None:
    """Write some columns of a token; that it was used is no change of it."""
    known = dict(values)
    if known.keys() != {"last_used_at"}:
        known["revision"] = tokens.c.revision + 1
    await connection.execute(update(tokens).where(tokens.c.id == token_id).values(**known))


async def take_rate(
    connection: AsyncConnection, key: str, *, now: float, step: float, window: float
) -> bool:
    """Count one call of a subject under a rule (GCRA); False if it comes too early.

    Times are in seconds; `step` is `window` divided by the calls allowed in it.
    """
    statement = insert_or(connection, rates).values(key=key, tat=now + step)
    later = func.greatest if connection.dialect.name == "postgresql" else func.max
    begun = later(rates.c.tat, now)
    counted = statement.on_conflict_do_update(
        index_elements=[rates.c.key],
        set_={"tat": begun + step},
        where=rates.c.tat + step - now <= window,
    )
    return (await connection.execute(counted.returning(rates.c.tat))).first() is not None


async def find_rate(connection: AsyncConnection, key: str) -> float | None:
    """Return a subject's theoretical arrival time under a rule, in epoch seconds."""
    row = await find_first(connection, select(rates.c.tat).where(rates.c.key == key))
    return None if row is None else float(row.tat)


async def delete_old_rates(connection: AsyncConnection, now: float) -> None:
    """Forget subjects that have nothing against them any more."""
    await connection.execute(delete(rates).where(rates.c.tat < now))


def _token(row: Row[Any], prefix: str = "") -> Token:
    known = {one.name: getattr(row, prefix + one.name) for one in fields_of(Token)}
    projects_of = None if known["project_ids"] is None else frozenset(known["project_ids"])
    scopes = frozenset(Scope(scope) for scope in known["scopes"])
    return Token(**known | {"scopes": scopes, "project_ids": projects_of})


def account_of(row: Row[Any]) -> Account:
    """Return the account that a row of `accounts` says."""
    known = {one.name: getattr(row, one.name) for one in fields_of(Account)}
    return Account(**known | {"role": Role(row.role)})
