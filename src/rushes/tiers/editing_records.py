"""The queries of the editing tier: its tree and who writes there, its folders, its files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.sql import ColumnElement, Subquery

from rushes.db.editing_tables import editing_files, editing_folders, editing_trees
from rushes.db.engine import Connection
from rushes.db.tables import assets, events, projects, renditions
from rushes.intake.verdict import Scan
from rushes.library.asset import State as AssetState
from rushes.renditions.rendition import WHOLE, State

NAME: Final = "editing"
LEASE: Final = timedelta(seconds=60)
WHOLE_NAMES: Final = tuple(kind.value for kind in WHOLE)
OPEN: Final = (State.WANTED.value, State.MAKING.value)


@dataclass(frozen=True, slots=True)
class TreeRow:
    """The one tree: who writes there, and why nothing is written."""

    tree_id: str
    holder: str | None
    fence: int
    lease_until: datetime | None
    trouble: str | None
    trouble_since: datetime | None


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A project's folder; `moving_to` says that it is renamed just now."""

    project_id: str
    client_slug: str
    path: str
    moving_to: str | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """An asset's file; without a digest nothing was written yet."""

    asset_id: str
    project_id: str
    name: str
    folded: str
    rendition_id: str | None = None
    size_bytes: int = 0
    digest: bytes | None = None
    version: str | None = None
    written_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """An asset whose best proxy is not in the tree yet."""

    asset_id: str
    project_id: str
    content_id: str
    file_name: str
    rendition_id: str
    quality: str
    proxy_name: str
    size_bytes: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """What a folder is named after."""

    id: str
    client_slug: str
    client_name: str
    project_slug: str
    project_name: str
    finished_at: datetime | None


async def record_tree(connection: Connection, tree_id: str) -> None:
    """Say which tree is ours; what an earlier one held is forgotten."""
    before = await find_tree(connection)
    if before is not None and before.tree_id == tree_id:
        return
    await connection.execute(delete(editing_trees))
    await connection.execute(delete(editing_folders))
    await connection.execute(delete(editing_files))
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    await connection.execute(dialect.insert(editing_trees).values(name=NAME, tree_id=tree_id))


async def find_tree(connection: Connection) -> TreeRow | None:
    """Return the tree that was made ours."""
    row = (await connection.execute(select(editing_trees))).one_or_none()
    if row is None:
        return None
    return TreeRow(**{name: getattr(row, name) for name in TreeRow.__slots__})


async def take_lease(connection: Connection, holder: str, now: datetime) -> TreeRow | None:
    """Make this process the one writer, or keep it; None while another one is.

    What was in the way is told no more; the row that is returned still has it.
    """
    before = await find_tree(connection)
    if before is None:
        return None
    step = 0 if before.holder == holder else 1
    done = await connection.execute(
        update(editing_trees)
        .where(_is_free(holder, now), editing_trees.c.fence == before.fence)
        .values(
            holder=holder,
            lease_until=now + LEASE,
            fence=editing_trees.c.fence + step,
            trouble=None,
            trouble_since=None,
        )
    )
    if done.rowcount != 1:
        return None
    values = {name: getattr(before, name) for name in TreeRow.__slots__}
    return TreeRow(**(values | {"holder": holder, "fence": before.fence + step}))


async def beat(connection: Connection, fence: int, now: datetime) -> bool:
    """Prolong the lease; say whether it is still ours."""
    done = await connection.execute(
        update(editing_trees)
        .where(editing_trees.c.fence == fence, editing_trees.c.holder.is_not(None))
        .values(lease_until=now + LEASE)
    )
    return done.rowcount == 1


async def record_trouble(
    connection: Connection, holder: str, trouble: str, now: datetime
) -> TreeRow | None:
    """Say why nothing is written, unless another process writes; let the lease go.

    Returns the row as it was, where this was written.
    """
    before = await find_tree(connection)
    if before is None:
        return None
    since = before.trouble_since if before.trouble is not None else now
    done = await connection.execute(
        update(editing_trees)
        .where(_is_free(holder, now))
        .values(holder=None, lease_until=None, trouble=trouble, trouble_since=since)
    )
    return before if done.rowcount == 1 else None


async def find_last_event(connection: Connection) -> int:
    """Return the number of the last event: where it is the same, nothing has changed."""
    found = (await connection.execute(select(func.max(events.c.seq)))).scalar_one()
    return int(found or 0)


async def list_folders(connection: Connection) -> list[FolderRow]:
    """Return every folder that was given."""
    rows = await connection.execute(select(editing_folders).order_by(editing_folders.c.project_id))
    return [_folder(row) for row in rows]


async def list_projects_of_folders(connection: Connection) -> list[ProjectRow]:
    """Return the projects that have a folder."""
    query = _projects().join(editing_folders, editing_folders.c.project_id == projects.c.id)
    return [_project(row) for row in await connection.execute(query.order_by(projects.c.id))]


async def find_project(connection: Connection, project_id: str) -> ProjectRow | None:
    """Return a project."""
    query = _projects().where(projects.c.id == project_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _project(row)


async def record_folder(connection: Connection, folder: FolderRow) -> None:
    """Write a project's folder; what was there of it is replaced."""
    mine = editing_folders.c.project_id == folder.project_id
    await connection.execute(delete(editing_folders).where(mine))
    values = {name: getattr(folder, name) for name in FolderRow.__slots__}
    await connection.execute(editing_folders.insert().values(**values))


async def list_due(
    connection: Connection, now: datetime, rested: datetime, limit: int
) -> list[Due]:
    """Return assets whose best proxy is not in the tree, oldest first.

    A proxy that is newer than `rested` waits while a better one is made.
    """
    best = _best()
    others = renditions.alias()
    is_making = (
        select(others.c.id)
        .where(others.c.content_id == assets.c.content_id, others.c.kind.in_(WHOLE_NAMES))
        .where(others.c.state.in_(OPEN))
        .exists()
    )
    query = (
        select(
            assets.c.id.label("asset_id"),
            assets.c.project_id,
            assets.c.content_id,
            assets.c.file_name,
            best.c.id.label("rendition_id"),
            best.c.name.label("quality"),
            best.c.file_name.label("proxy_name"),
            best.c.size_bytes,
            best.c.digest,
        )
        .join(best, best.c.content_id == assets.c.content_id)
        .outerjoin(editing_files, editing_files.c.asset_id == assets.c.id)
        .where(best.c.place == 1, _is_wanted(), _is_other(best.c.id))
        .where(or_(editing_files.c.next_try_at.is_(None), editing_files.c.next_try_at <= now))
        .where(or_(best.c.updated_at <= rested, ~is_making))
        .order_by(assets.c.created_at, assets.c.id)
        .limit(limit)
    )
    rows = await connection.execute(query)
    return [Due(**{name: getattr(row, name) for name in Due.__slots__}) for row in rows]


async def count_due(connection: Connection) -> tuple[int, int]:
    """Return how many files wait to be written, and their bytes."""
    best = _best()
    query = (
        select(func.count(), func.coalesce(func.sum(best.c.size_bytes), 0))
        .select_from(assets)
        .join(best, best.c.content_id == assets.c.content_id)
        .outerjoin(editing_files, editing_files.c.asset_id == assets.c.id)
        .where(best.c.place == 1, _is_wanted(), _is_other(best.c.id))
    )
    count, size_bytes = (await connection.execute(query)).one()
    return int(count), int(size_bytes)


async def sum_files(connection: Connection) -> tuple[int, int]:
    """Return how many files lie in the tree, and their bytes."""
    query = select(func.count(), func.coalesce(func.sum(editing_files.c.size_bytes), 0))
    found = await connection.execute(query.where(editing_files.c.digest.is_not(None)))
    count, size_bytes = found.one()
    return int(count), int(size_bytes)


async def list_leaving(connection: Connection, limit: int) -> list[FileRow]:
    """Return files whose assets are gone or going."""
    query = (
        select(editing_files)
        .outerjoin(assets, assets.c.id == editing_files.c.asset_id)
        .where(or_(assets.c.id.is_(None), ~_is_wanted()))
        .order_by(editing_files.c.asset_id)
        .limit(limit)
    )
    return [_file(row) for row in await connection.execute(query)]


async def find_file(connection: Connection, asset_id: str) -> FileRow | None:
    """Return an asset's file."""
    query = select(editing_files).where(editing_files.c.asset_id == asset_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _file(row)


async def list_folded(connection: Connection, project_id: str) -> set[str]:
    """Return the folded names that are taken in a project's folder."""
    query = select(editing_files.c.folded).where(editing_files.c.project_id == project_id)
    return set((await connection.execute(query)).scalars())


async def record_file(
    connection: Connection,
    file: FileRow,
    *,
    error: str | None = None,
    next_try_at: datetime | None = None,
) -> None:
    """Write an asset's file, or why it could not be written and when it is tried again."""
    values: dict[str, object] = {name: getattr(file, name) for name in FileRow.__slots__}
    values |= {"error": error, "next_try_at": next_try_at}
    await delete_file(connection, file.asset_id)
    await connection.execute(editing_files.insert().values(**values))


async def delete_file(connection: Connection, asset_id: str) -> None:
    """Forget an asset's file."""
    await connection.execute(delete(editing_files).where(editing_files.c.asset_id == asset_id))


def _best() -> Subquery:
    """Return each content's finished proxies, the best in `place` 1."""
    height = func.coalesce(renditions.c.height, 0).desc()
    place = func.row_number().over(
        partition_by=renditions.c.content_id,
        order_by=[height, renditions.c.created_at.desc(), renditions.c.id.desc()],
    )
    return (
        select(renditions, place.label("place"))
        .where(
            renditions.c.state == State.READY.value,
            renditions.c.kind.in_(WHOLE_NAMES),
            renditions.c.digest.is_not(None),
        )
        .subquery()
    )


def _is_free(holder: str, now: datetime) -> ColumnElement[bool]:
    return or_(
        editing_trees.c.holder.is_(None),
        editing_trees.c.holder == holder,
        editing_trees.c.lease_until < now,
    )


def _is_wanted() -> ColumnElement[bool]:
    return and_(assets.c.state != AssetState.DELETING.value, assets.c.scan != Scan.INFECTED.value)


def _is_other(rendition_id: ColumnElement[str]) -> ColumnElement[bool]:
    return or_(editing_files.c.digest.is_(None), editing_files.c.rendition_id != rendition_id)


def _projects() -> Select[tuple[object, ...]]:
    columns = [getattr(projects.c, name) for name in ProjectRow.__slots__]
    return select(*columns)


def _project(row: Row[tuple[object, ...]]) -> ProjectRow:
    return ProjectRow(**{name: getattr(row, name) for name in ProjectRow.__slots__})


def _folder(row: Row[tuple[object, ...]]) -> FolderRow:
    return FolderRow(**{name: getattr(row, name) for name in FolderRow.__slots__})


def _file(row: Row[tuple[object, ...]]) -> FileRow:
    return FileRow(**{name: getattr(row, name) for name in FileRow.__slots__})
