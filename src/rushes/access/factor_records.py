"""The queries on second factors and their recovery codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.access.factor import Factor
from rushes.db.door_tables import factors, recovery_codes
from rushes.db.statements import find_first, values_of
from rushes.db.tables import accounts, sessions


async def find_factor(connection: AsyncConnection, account_id: str) -> Factor | None:
    """Return an account's second factor, confirmed or not."""
    row = await find_first(connection, select(factors).where(factors.c.account_id == account_id))
    return None if row is None else Factor(**{f.name: getattr(row, f.name) for f in fields(Factor)})


async def record_factor(connection: AsyncConnection, factor: Factor) -> None:
    """Keep a second factor in place of the one before."""
    await connection.execute(delete(factors).where(factors.c.account_id == factor.account_id))
    await connection.execute(insert(factors).values(**values_of(factor)))


async def spend_step(connection: AsyncConnection, account_id: str, step: int) -> bool:
    """Take the code of a step; False if it, or a later one, was taken meanwhile."""
    mine = (factors.c.account_id == account_id) & (factors.c.last_step < step)
    return (
        await connection.execute(update(factors).where(mine).values(last_step=step))
    ).rowcount > 0


async def confirm_factor(connection: AsyncConnection, account_id: str, now: datetime) -> None:
    """Keep that a code of a second factor was seen: from now on it is asked for."""
    await connection.execute(
        update(factors).where(factors.c.account_id == account_id).values(confirmed_at=now)
    )
    await connection.execute(
        update(accounts).where(accounts.c.id == account_id).values(has_factor=True)
    )


async def record_codes(
    connection: AsyncConnection, account_id: str, digests: Iterable[bytes]
) -> None:
    """Keep recovery codes in place of those before."""
    await connection.execute(
        delete(recovery_codes).where(recovery_codes.c.account_id == account_id)
    )
    rows = [{"account_id": account_id, "digest": digest} for digest in digests]
    await connection.execute(insert(recovery_codes), rows)


async def spend_code(connection: AsyncConnection, account_id: str, digest: bytes) -> bool:
    """Take a recovery code; False if there is none (any more)."""
    mine = (recovery_codes.c.account_id == account_id) & (recovery_codes.c.digest == digest)
    return (await connection.execute(delete(recovery_codes).where(mine))).rowcount > 0


async def count_codes(connection: AsyncConnection, account_id: str) -> int:
    """Return how many recovery codes are left."""
    counted = select(func.count()).where(recovery_codes.c.account_id == account_id)
    return (await connection.execute(counted)).scalar_one()


async def delete_factor(connection: AsyncConnection, account_id: str) -> bool:
    """Remove a second factor with its recovery codes; say whether there was one."""
    await connection.execute(
        delete(recovery_codes).where(recovery_codes.c.account_id == account_id)
    )
    gone = await connection.execute(delete(factors).where(factors.c.account_id == account_id))
    await connection.execute(
        update(accounts).where(accounts.c.id == account_id).values(has_factor=False)
    )
    return gone.rowcount > 0


async def delete_other_sessions(
    connection: AsyncConnection, account_id: str, kept: bytes | None
) -> None:
    """End every session of an account but the one of this digest."""
    mine = sessions.c.account_id == account_id
    if kept is not None:
        mine &= sessions.c.digest != kept
    await connection.execute(delete(sessions).where(mine))
