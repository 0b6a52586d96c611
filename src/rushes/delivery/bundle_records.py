"""The queries of downloads of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from rushes.db.bundle_tables import bundles
from rushes.db.engine import Connection
from rushes.db.tables import assets
from rushes.intake.verdict import Scan
from rushes.library.asset import State
from rushes.media.overlay import WHOLE, Overlay


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a bundle: the object whose bytes it has."""

    asset_id: str
    object_id: str
    name: str
    size_bytes: int
    overlay: Overlay = WHOLE
    """Which file within the object; `size_bytes` are those of it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one download holds; `crcs` by the place of the item."""

    id: str
    items: tuple[Item, ...]
    crcs: dict[int, int]
    created_at: datetime
    expires_at: datetime


async def record_bundle(connection: Connection, bundle: Bundle, actor_id: str) -> None:
    """Insert a bundle; those whose time is over go."""
    await connection.execute(delete(bundles).where(bundles.c.expires_at < bundle.created_at))
    rows = [list(astuple(item)) for item in bundle.items]
    await connection.execute(
        insert(bundles).values(
            id=bundle.id,
            created_by=actor_id,
            entries=rows,
            crcs={},
            created_at=bundle.created_at,
            expires_at=bundle.expires_at,
        )
    )


async def find_bundle(connection: Connection, bundle_id: str) -> Bundle | None:
    """Return a bundle by its id."""
    query = select(bundles).where(bundles.c.id == bundle_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    items = tuple(_item(*entry) for entry in row.entries)
    crcs = {int(place): int(crc) for place, crc in row.crcs.items()}
    return Bundle(row.id, items, crcs, row.created_at, row.expires_at)


async def record_crc(connection: Connection, bundle_id: str, place: int, crc: int) -> None:
    """Note a CRC-32 that was learned."""
    same = bundles.c.id == bundle_id
    known = (
        await connection.execute(select(bundles.c.crcs).where(same).with_for_update())
    ).scalar_one_or_none()
    if known is not None:
        crcs = {**known, str(place): crc}
        await connection.execute(update(bundles).where(same).values(crcs=crcs))


async def list_gone(connection: Connection, asset_ids: Sequence[str]) -> set[str]:
    """Return those of these assets that nobody may have any more."""
    query = select(assets.c.id).where(
        assets.c.id.in_(asset_ids),
        assets.c.state != State.DELETING.value,
        assets.c.scan != Scan.INFECTED.value,
    )
    return set(asset_ids) - set((await connection.execute(query)).scalars())


def _item(
    asset_id: str, object_id: str, name: str, size_bytes: int, over: Sequence[int] = (0, 0, 0)
) -> Item:
    return Item(asset_id, object_id, name, size_bytes, Overlay(*over))
