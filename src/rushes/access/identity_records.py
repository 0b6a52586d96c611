"""The queries on people as a provider of identities names them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.access.account import Account
from rushes.access.account_records import account_of
from rushes.access.outside import Person
from rushes.db.identity_tables import identities
from rushes.db.statements import find_first, insert_new
from rushes.db.tables import accounts


async def find_known(connection: AsyncConnection, person: Person) -> Account | None:
    """Return the account of somebody who came in by the provider before."""
    query = (
        select(accounts)
        .join(identities, identities.c.account_id == accounts.c.id)
        .where(identities.c.issuer == person.issuer, identities.c.subject == person.subject)
    )
    row = await find_first(connection, query)
    return None if row is None else account_of(row)


async def record_identity(
    connection: AsyncConnection, person: Person, account_id: str, now: datetime
) -> bool:
    """Keep whose account it is; False if the provider calls its owner otherwise."""
    values = {"issuer": person.issuer, "subject": person.subject}
    values |= {"account_id": account_id}
    return await insert_new(connection, identities, values | {"created_at": now})


async def delete_identities(connection: AsyncConnection, account_id: str) -> None:
    """Forget whom providers vouched for."""
    await connection.execute(delete(identities).where(identities.c.account_id == account_id))
