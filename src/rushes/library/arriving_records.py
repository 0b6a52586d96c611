"""The queries of assets that arrive: members watch them, and nobody has read them through."""

from __future__ import annotations

from sqlalchemy import and_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import assets, contents
from rushes.library import records
from rushes.library.asset import Asset, State
from rushes.library.records import Content

FOUND = ("root", "digest", "size_bytes", "format", "media_type")
"""What reading an original through tells of it."""

FILED = ("content_id", "kind", "scan", "duration", "width", "height", "updated_at")


async def record_read(connection: AsyncConnection, content_id: str, read: Content) -> Content:
    """Say what the bytes of a content are; return it, or the equal one that is here already."""
    values = {name: getattr(read, name) for name in FOUND}
    same = await records.find_same_content(connection, read.scope, read.root)
    if same is None:
        try:
            async with connection.begin_nested():
                await connection.execute(
                    update(contents).where(contents.c.id == content_id).values(**values)
                )
        except IntegrityError:  # equal bytes were filed just now
            pass
        same = await records.find_same_content(connection, read.scope, read.root)
    if same is None:
        raise LookupError(f"Content {content_id} is neither there nor here already.")
    return same


async def record_filed(connection: AsyncConnection, asset: Asset) -> bool:
    """Say that an asset that arrived is filed; when it came stays. False if it went meanwhile."""
    values = {name: getattr(asset, name) for name in FILED}
    values |= {"scan": asset.scan.value, "state": asset.state.value}
    values |= {"metadata": dict(asset.metadata), "revision": assets.c.revision + 1}
    arrived = and_(assets.c.id == asset.id, assets.c.state == State.ARRIVING.value)
    done = await connection.execute(update(assets).where(arrived).values(**values))
    return done.rowcount == 1


async def delete_of_project(connection: AsyncConnection, project_id: str) -> None:
    """Remove what arrives in a project: nobody was told of it, and it took no room yet."""
    query = select(assets.c.id).where(
        assets.c.project_id == project_id, assets.c.state == State.ARRIVING.value
    )
    for asset_id in list((await connection.execute(query)).scalars()):
        await records.delete_asset(connection, asset_id)


async def find_left(connection: AsyncConnection, scope: str, root: bytes) -> str | None:
    """Return the content with this root, if no asset has it any more."""
    same = and_(contents.c.scope == scope, contents.c.root == root)
    taken = select(assets.c.id).where(assets.c.content_id == contents.c.id).exists()
    return (
        await connection.execute(select(contents.c.id).where(same, ~taken))
    ).scalar_one_or_none()
