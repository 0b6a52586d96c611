"""The queries of probes: what each store was found to do, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select

from rushes.db.engine import Connection
from rushes.db.vault_tables import store_probes


async def find_probe(
    connection: Connection, store: str
) -> tuple[Mapping[str, Mapping[str, object]], datetime] | None:
    """Return a store's last answers and their moment."""
    query = select(store_probes.c.answers, store_probes.c.probed_at)
    row = (await connection.execute(query.where(store_probes.c.store == store))).one_or_none()
    return None if row is None else (row.answers, row.probed_at)


async def keep_probe(
    connection: Connection, store: str, answers: Mapping[str, object], now: datetime
) -> None:
    """Keep a store's answers in the place of older ones."""
    await connection.execute(delete(store_probes).where(store_probes.c.store == store))
    values = {"store": store, "answers": answers, "probed_at": now}
    await connection.execute(insert(store_probes).values(values))
