"""The queries of removals: what goes with some assets, what waits to go, what was left behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    not_,
    select,
    update,
)

from rushes.db.editing_tables import editing_files
from rushes.db.engine import Connection
from rushes.db.share_tables import share_assets, share_downloads, shares
from rushes.db.tables import assets, contents, placements, uploads
from rushes.db.upload_tables import imported_objects
from rushes.db.vault_tables import late_removals
from rushes.library.asset import Asset
from rushes.library.asset import State as AssetState
from rushes.library.records import asset_of
from rushes.tiers.placement import State, Tier
from rushes.tiers.removal import Chosen, Pile
from rushes.uploads.upload import State as UploadState

ARRIVED: Final = func.coalesce(placements.c.arrived_at, placements.c.created_at)


async def count_assets(connection: Connection, chosen: Chosen) -> Pile:
    """Return how many of the chosen assets there are, and their bytes."""
    query = select(func.count(), func.coalesce(func.sum(assets.c.size_bytes), 0)).where(
        _is_chosen(assets, chosen), assets.c.state != AssetState.DELETING.value
    )
    return await _pile(connection, query)


async def count_shared(connection: Connection, chosen: Chosen) -> Pile:
    """Return the contents of chosen assets that other assets have as well."""
    query = select(func.count(), func.coalesce(func.sum(contents.c.size_bytes), 0)).where(
        contents.c.id.in_(_contents(chosen)), _is_kept(contents.c.id, chosen)
    )
    return await _pile(connection, query)


async def count_imported(connection: Connection, chosen: Chosen, store: str) -> Pile:
    """Return the objects of others, in a store, that would lose their assets and stay."""
    size = func.coalesce(func.sum(imported_objects.c.size_bytes), 0)
    query = (
        select(func.count(), size)
        .join(contents, contents.c.upload_id == imported_objects.c.upload_id)
        .where(imported_objects.c.store == store, not_(imported_objects.c.may_go))
        .where(_is_going(contents.c.id, chosen))
    )
    return await _pile(connection, query)


async def sum_tiers(connection: Connection, chosen: Chosen, store: str) -> dict[Tier, Pile]:
    """Return what would leave each tier; `store` is the archive's."""
    size = func.coalesce(func.sum(placements.c.size_bytes), 0)
    query = (
        select(placements.c.tier, func.count(), size)
        .where(_is_going(placements.c.content_id, chosen), not_(_is_theirs(store)))
        .where(placements.c.state != State.ABSENT.value)
        .group_by(placements.c.tier)
    )
    found = {Tier(tier): Pile(*pile) for tier, *pile in await connection.execute(query)}
    mine = select(assets.c.id).where(_is_chosen(assets, chosen))
    size = func.coalesce(func.sum(editing_files.c.size_bytes), 0)
    files = select(func.count(), size).where(
        editing_files.c.asset_id.in_(mine), editing_files.c.rendition_id.is_not(None)
    )
    editing = await _pile(connection, files)
    return {**found, Tier.EDITING: editing} if editing.objects else found


async def list_kept_since(
    connection: Connection, chosen: Chosen, tier: Tier, since: datetime, store: str
) -> list[tuple[int, datetime]]:
    """Return bytes and arrival of what would leave a tier and came there after a moment."""
    query = (
        select(placements.c.size_bytes, ARRIVED)
        .where(_is_going(placements.c.content_id, chosen), not_(_is_theirs(store)))
        .where(placements.c.tier == tier.value, since < ARRIVED)
        .where(placements.c.state.in_([State.PRESENT.value, State.EVICTING.value]))
    )
    return [(size_bytes, arrived) for size_bytes, arrived in await connection.execute(query)]


async def hide_assets(connection: Connection, project_id: str, now: datetime) -> int:
    """Take every asset of a project out of sight; return how many."""
    done = await connection.execute(
        update(assets)
        .where(assets.c.project_id == project_id, assets.c.state != AssetState.DELETING.value)
        .values(state=AssetState.DELETING.value, updated_at=now, revision=assets.c.revision + 1)
    )
    return done.rowcount


async def delete_shares(connection: Connection, project_id: str) -> None:
    """Remove every share of a project."""
    mine = select(shares.c.id).where(shares.c.project_id == project_id)
    for table in (share_assets, share_downloads):
        await connection.execute(delete(table).where(table.c.share_id.in_(mine)))
    await connection.execute(delete(shares).where(shares.c.project_id == project_id))


async def list_hidden(
    connection: Connection, project_id: str, limit: int, content_ids: Collection[str] | None = None
) -> list[Asset]:
    """Return assets of a project that are going, of all contents or of these."""
    query = select(assets).where(
        assets.c.project_id == project_id, assets.c.state == AssetState.DELETING.value
    )
    if content_ids is not None:
        query = query.where(assets.c.content_id.in_(content_ids))
    return [asset_of(row) for row in await connection.execute(query.limit(limit))]


async def list_open_uploads(connection: Connection, project_id: str, limit: int) -> list[str]:
    """Return uploads into a project that have not been judged yet."""
    still = [UploadState.RECEIVING.value, UploadState.COMPLETED.value]
    query = select(uploads.c.id).where(
        uploads.c.project_id == project_id, uploads.c.state.in_(still)
    )
    return list((await connection.execute(query.limit(limit))).scalars())


async def list_without_assets(connection: Connection, ids: Collection[str]) -> list[str]:
    """Return those of these contents that no asset has any more."""
    query = select(contents.c.id).where(contents.c.id.in_(ids), not_(_is_had()))
    return list((await connection.execute(query)).scalars())


async def list_orphans(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return contents that are to go: no asset has them, or only their objects are left.

    Objects that wait for the end of their minimum are passed over until then.
    """
    waits = exists(
        select(late_removals.c.placement_id).where(
            late_removals.c.placement_id == placements.c.id, late_removals.c.leave_at > now
        )
    )
    known = exists(select(contents.c.id).where(contents.c.id == placements.c.content_id))
    left = select(placements.c.content_id).where(not_(known), not_(waits)).distinct()
    forgotten = select(contents.c.id).where(not_(_is_had()))
    found: dict[str, None] = {}
    for query in (left, forgotten):
        found |= dict.fromkeys((await connection.execute(query.limit(limit))).scalars())
    return list(found)


async def list_ends(
    connection: Connection, ids: Collection[str], minimum: timedelta
) -> dict[str, datetime]:
    """Return when the objects of these placements may go: so long after they came, or as said."""
    query = (
        select(placements.c.id, ARRIVED.label("arrived_at"), late_removals.c.leave_at)
        .outerjoin(late_removals, late_removals.c.placement_id == placements.c.id)
        .where(placements.c.id.in_(ids))
    )
    return {
        row.id: row.leave_at or row.arrived_at + minimum for row in await connection.execute(query)
    }


async def record_late(connection: Connection, late: Mapping[str, datetime]) -> None:
    """Note until when placements keep objects that nobody wants."""
    await forget_late(connection, list(late))
    if late:
        rows = [{"placement_id": each, "leave_at": moment} for each, moment in late.items()]
        await connection.execute(insert(late_removals), rows)


async def forget_late(connection: Connection, ids: Collection[str]) -> None:
    """Forget that these placements wait."""
    await connection.execute(delete(late_removals).where(late_removals.c.placement_id.in_(ids)))


async def hurry(connection: Connection, now: datetime) -> Pile:
    """Let what waits go now; return what it is."""
    size = func.coalesce(func.sum(placements.c.size_bytes), 0)
    query = (
        select(func.count(), size)
        .join(late_removals, late_removals.c.placement_id == placements.c.id)
        .where(late_removals.c.leave_at > now)
    )
    pile = await _pile(connection, query)
    await connection.execute(
        update(late_removals).where(late_removals.c.leave_at > now).values(leave_at=now)
    )
    return pile


def _is_chosen(table: FromClause, chosen: Chosen) -> ColumnElement[bool]:
    if chosen.asset_id is not None:
        return table.c.id == chosen.asset_id
    return table.c.project_id == chosen.project_id


def _contents(chosen: Chosen) -> Select[tuple[str]]:
    mine = assets.alias()
    return select(mine.c.content_id).where(_is_chosen(mine, chosen))


def _is_kept(content_id: ColumnElement[str], chosen: Chosen) -> ColumnElement[bool]:
    """Say that another asset than the chosen ones has a content."""
    other = assets.alias()
    return exists(
        select(other.c.id).where(other.c.content_id == content_id, not_(_is_chosen(other, chosen)))
    )


def _is_going(content_id: ColumnElement[str], chosen: Chosen) -> ColumnElement[bool]:
    return and_(content_id.in_(_contents(chosen)), not_(_is_kept(content_id, chosen)))


def _is_theirs(store: str) -> ColumnElement[bool]:
    """Say that a placement is at an object of others that stays."""
    return exists(
        select(imported_objects.c.key).where(
            placements.c.tier == Tier.ARCHIVE.value,
            imported_objects.c.store == store,
            imported_objects.c.key == placements.c.key,
            not_(imported_objects.c.may_go),
        )
    )


def _is_had() -> ColumnElement[bool]:
    return exists(select(assets.c.id).where(assets.c.content_id == contents.c.id))


async def _pile(connection: Connection, query: Select[Any]) -> Pile:
    row = (await connection.execute(query)).one()
    return Pile(row[0], int(row[1]))
