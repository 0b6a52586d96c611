"""The queries on shares: what they are, what they list, and how often they were used.

A count is one statement with its limit in it, so it is right whoever else counts at that moment.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.share_tables import share_assets, share_downloads, shares
from rushes.db.statements import (
    After,
    change_if_same,
    find_first,
    insert_new,
    newest_first,
    values_of,
)
from rushes.db.tables import assets
from rushes.delivery.share import Share, Taking
from rushes.intake.verdict import Scan
from rushes.library.asset import Asset, State

CHANGEABLE: Final = (
    *("title", "message", "expires_at", "is_active", "password_hash", "may_play", "download"),
    *("may_get_original", "max_views", "origins", "color", "logo_id", "epoch"),
)
"""What people may change of a share, and the epoch that goes with it; SQL alone counts."""


async def record_share(
    connection: AsyncConnection, share: Share, digest: bytes, asset_ids: Collection[str]
) -> None:
    """Insert a share with what it lists."""
    await connection.execute(insert(shares).values(**values_of(share), token_digest=digest))
    await record_assets(connection, share.id, asset_ids)


async def record_assets(
    connection: AsyncConnection, share_id: str, asset_ids: Collection[str]
) -> None:
    """Let a share list just these assets."""
    await connection.execute(delete(share_assets).where(share_assets.c.share_id == share_id))
    rows = [{"share_id": share_id, "asset_id": each} for each in dict.fromkeys(asset_ids)]
    if rows:
        await connection.execute(insert(share_assets), rows)


async def list_asset_ids(connection: AsyncConnection, share_id: str) -> list[str]:
    """Return the assets that a share names, whether they are there still or not."""
    query = select(share_assets.c.asset_id).where(share_assets.c.share_id == share_id)
    return list((await connection.execute(query.order_by(share_assets.c.asset_id))).scalars())


async def is_listed(connection: AsyncConnection, share_id: str, asset_id: str) -> bool:
    """Say whether a share names an asset."""
    same = and_(share_assets.c.share_id == share_id, share_assets.c.asset_id == asset_id)
    return await find_first(connection, select(share_assets).where(same)) is not None


async def list_shown(
    connection: AsyncConnection, share: Share, after: After, limit: int
) -> list[Asset]:
    """Return a page of what a share shows, newest first: what is there and not harmful."""
    rows = await connection.execute(newest_first(_shown(share), assets, after, limit))
    return [_asset(row) for row in rows]


async def list_shown_ids(
    connection: AsyncConnection, share: Share, asset_ids: Collection[str] | None, limit: int
) -> list[str]:
    """Return the ids of what a share shows, newest first; of those alone that are named."""
    query = _shown(share).with_only_columns(assets.c.id).limit(limit)
    if asset_ids is not None:
        query = query.where(assets.c.id.in_(asset_ids))
    found = await connection.execute(query.order_by(assets.c.created_at.desc(), assets.c.id.desc()))
    return list(found.scalars())


def _shown(share: Share) -> Select[Any]:
    """Return the query of what a share shows: what is there and not harmful."""
    query = select(assets).where(
        assets.c.project_id == share.project_id,
        assets.c.state.not_in([State.DELETING.value, State.ARRIVING.value]),
        assets.c.scan != Scan.INFECTED.value,
    )
    if share.is_whole_project:
        return query
    named = select(share_assets.c.asset_id).where(share_assets.c.share_id == share.id)
    return query.where(assets.c.id.in_(named))


async def list_places(connection: AsyncConnection, asset_ids: Collection[str]) -> dict[str, str]:
    """Return the projects of assets that are there, by the assets' ids."""
    query = select(assets.c.id, assets.c.project_id).where(
        assets.c.id.in_(asset_ids), assets.c.state != State.DELETING.value
    )
    return {row.id: row.project_id for row in await connection.execute(query)}


async def find_share(connection: AsyncConnection, share_id: str) -> Share | None:
    """Return a share by its id."""
    row = await find_first(connection, select(shares).where(shares.c.id == share_id))
    return None if row is None else _share(row)


async def find_share_by_digest(connection: AsyncConnection, digest: bytes) -> Share | None:
    """Return the share whose token has this digest."""
    row = await find_first(connection, select(shares).where(shares.c.token_digest == digest))
    return None if row is None else _share(row)


async def list_shares(
    connection: AsyncConnection,
    project_ids: Sequence[str] | None,
    asset_id: str | None,
    after: After,
    limit: int,
) -> list[Share]:
    """Return a page of shares, newest first; those that name an asset, where one is told."""
    query = select(shares)
    if project_ids is not None:
        query = query.where(shares.c.project_id.in_(project_ids))
    if asset_id is not None:
        named = select(share_assets.c.share_id).where(share_assets.c.asset_id == asset_id)
        query = query.where(shares.c.id.in_(named))
    rows = await connection.execute(newest_first(query, shares, after, limit))
    return [_share(row) for row in rows]


async def count_listed(connection: AsyncConnection, share_ids: Collection[str]) -> dict[str, int]:
    """Return how many assets shares name, by their ids; one of a whole project names none."""
    query = select(share_assets.c.share_id, func.count()).where(
        share_assets.c.share_id.in_(share_ids)
    )
    rows = await connection.execute(query.group_by(share_assets.c.share_id))
    return {row[0]: row[1] for row in rows}


async def change_share(connection: AsyncConnection, share: Share, changed: Share) -> bool:
    """Write what people may change of a share as it was read; False if somebody was faster."""
    known = values_of(changed)
    values = {name: known[name] for name in CHANGEABLE}
    return await change_if_same(connection, shares, share.id, share.revision, values)


async def delete_share(connection: AsyncConnection, share_id: str) -> None:
    """Remove a share, what it lists and who took what."""
    for table in (share_assets, share_downloads):
        await connection.execute(delete(table).where(table.c.share_id == share_id))
    await connection.execute(delete(shares).where(shares.c.id == share_id))


async def count_view(connection: AsyncConnection, share_id: str, now: datetime) -> bool:
    """Count one visit; False where the last one that is allowed was taken."""
    is_free = or_(shares.c.max_views.is_(None), shares.c.view_count < shares.c.max_views)
    counted = await connection.execute(
        update(shares)
        .where(and_(shares.c.id == share_id, is_free))
        .values(view_count=shares.c.view_count + 1, last_viewed_at=now)
    )
    return counted.rowcount == 1


async def count_download(
    connection: AsyncConnection,
    share_id: str,
    visitor: str,
    asset_id: str,
    *,
    quality: str,
    now: datetime,
) -> bool:
    """Count that a visitor takes a quality of an asset; False where that was counted before."""
    row = {"share_id": share_id, "visitor": visitor, "asset_id": asset_id, "quality": quality}
    if not await insert_new(connection, share_downloads, row | {"created_at": now}):
        return False
    await connection.execute(
        update(shares)
        .where(shares.c.id == share_id)
        .values(download_count=shares.c.download_count + 1)
    )
    return True


async def list_downloads(
    connection: AsyncConnection, share_id: str
) -> list[tuple[str, str, int, datetime]]:
    """Return asset, quality, how many visitors took it and when the last did; most first."""
    table = share_downloads
    times = func.count()
    query = (
        select(table.c.asset_id, table.c.quality, times, func.max(table.c.created_at))
        .where(table.c.share_id == share_id)
        .group_by(table.c.asset_id, table.c.quality)
        .order_by(times.desc(), table.c.asset_id, table.c.quality)
    )
    return [(row[0], row[1], row[2], row[3]) for row in await connection.execute(query)]


def _asset(row: Row[Any]) -> Asset:
    known = {one.name: getattr(row, one.name) for one in fields_of(Asset)}
    words = {"state": State(row.state), "scan": Scan(row.scan), "tags": tuple(row.tags)}
    return Asset(**known | words)


def _share(row: Row[Any]) -> Share:
    known = {one.name: getattr(row, one.name) for one in fields_of(Share)}
    return Share(**known | {"download": Taking(row.download), "origins": tuple(row.origins)})
