"""The queries on where things belong: projects, members, links.

A listing takes the projects that its reader may see; None means all. Pages are newest first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, insert, select, update
from sqlalchemy import bindparam as given
from sqlalchemy import text as sql
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.access.account import Account
from rushes.access.account_records import account_of
from rushes.access.link import Link, Preview
from rushes.access.permit import Role, unknown_project
from rushes.access.project import Project
from rushes.access.question import recall_question
from rushes.db.statements import (
    After,
    change_if_same,
    find_first,
    hold_revision,
    insert_or,
    newest_first,
    values_of,
)
from rushes.db.tables import (
    accounts,
    links,
    project_members,
    projects,
)

CHANGEABLE: Final = (
    *("title", "message", "notes", "expires_at", "is_active", "password_hash", "max_files"),
    *("max_file_bytes", "max_total_bytes", "types", "fields", "client_email", "notify"),
    *("keep_parts_days", "preview", "color", "logo_id"),
)
"""What people may change of a link; counters are counted in SQL alone."""


_LINK: Final = select(links).where(links.c.token_digest == given("of"))  # each request asks


async def get_project(connection: AsyncConnection, project_id: str) -> Project:
    """Return a project by its id.

    Raises:
        ProjectNotFound: there is none.
    """
    project = await find_project(connection, project_id)
    if project is None:
        raise unknown_project()
    return project


async def find_project(connection: AsyncConnection, project_id: str) -> Project | None:
    """Return a project by its id."""
    return await _project_where(connection, projects.c.id == project_id)


async def list_projects_by_id(
    connection: AsyncConnection, project_ids: Collection[str]
) -> dict[str, Project]:
    """Return projects by their ids."""
    query = select(projects).where(projects.c.id.in_(project_ids))
    return {row.id: _project(row) for row in await connection.execute(query)}


async def find_project_by_slugs(
    connection: AsyncConnection, client_slug: str, project_slug: str
) -> Project | None:
    """Return a project by its two slugs."""
    same = and_(projects.c.client_slug == client_slug, projects.c.project_slug == project_slug)
    return await _project_where(connection, same)


async def find_inbox(connection: AsyncConnection, account_id: str) -> Project | None:
    """Return an account's own project."""
    return await _project_where(connection, projects.c.owner_id == account_id)


async def list_projects(
    connection: AsyncConnection,
    project_ids: Sequence[str] | None,
    after: After,
    limit: int,
) -> list[Project]:
    """Return a page of projects."""
    query = select(projects).where(projects.c.deleted_at.is_(None))
    if project_ids is not None:
        query = query.where(projects.c.id.in_(project_ids))
    rows = await connection.execute(newest_first(query, projects, after, limit))
    return [_project(row) for row in rows]


async def lock_projects(connection: AsyncConnection) -> None:
    """Let nobody else choose slugs until the end of this transaction (SQLite has one writer)."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sql("LOCK TABLE projects IN SHARE ROW EXCLUSIVE MODE"))


async def list_clients(connection: AsyncConnection) -> dict[str, str]:
    """Return the names of clients by their slugs."""
    rows = await connection.execute(select(projects.c.client_slug, projects.c.client_name))
    return {row.client_slug: row.client_name for row in rows}


async def list_places(connection: AsyncConnection, client_slug: str) -> dict[str, str]:
    """Return the names of a client's projects by their slugs."""
    query = select(projects.c.project_slug, projects.c.project_name)
    query = query.where(projects.c.client_slug == client_slug, projects.c.deleted_at.is_(None))
    rows = await connection.execute(query)
    return {row.project_slug: row.project_name for row in rows}


async def record_project(connection: AsyncConnection, project: Project) -> None:
    """Insert a project."""
    await connection.execute(insert(projects).values(**values_of(project)))


async def change_project(
    connection: AsyncConnection, project_id: str, values: Mapping[str, object]
) -> None:
    """Write some columns of a project."""
    known = dict(values) | {"revision": projects.c.revision + 1}
    await connection.execute(update(projects).where(projects.c.id == project_id).values(**known))


async def hold_project(connection: AsyncConnection, project_id: str, revision: int | None) -> bool:
    """Say whether a project is as it was read, and keep it so until the commit."""
    return await hold_revision(connection, projects, project_id, revision)


async def close_project(connection: AsyncConnection, project: Project, now: datetime) -> bool:
    """Take a project out of sight, with its links; False if somebody did before.

    Its slug is free again, and so is its account's, if it was an inbox.
    """
    values = {"deleted_at": now, "owner_id": None, "project_slug": project.slug_when_deleted}
    mine = and_(projects.c.id == project.id, projects.c.deleted_at.is_(None))
    done = await connection.execute(update(projects).where(mine).values(**values))
    if done.rowcount != 1:
        return False
    await connection.execute(delete(links).where(links.c.project_id == project.id))
    return True


async def give_room_back(connection: AsyncConnection, project_id: str, size_bytes: int) -> None:
    """Count one file of this size less; never below nothing."""
    less = projects.c.used_bytes - size_bytes
    await connection.execute(
        update(projects)
        .where(projects.c.id == project_id)
        .values(
            used_bytes=case((less > 0, less), else_=0),
            used_files=case((projects.c.used_files > 0, projects.c.used_files - 1), else_=0),
        )
    )


async def rename_client(connection: AsyncConnection, client_slug: str, name: str) -> None:
    """Give a client another name in all its projects."""
    same = projects.c.client_slug == client_slug
    await connection.execute(update(projects).where(same).values(client_name=name))


async def list_memberships(connection: AsyncConnection, account_id: str) -> dict[str, Role]:
    """Return the projects that an account is a member of, and as what."""
    query = select(project_members.c.project_id, project_members.c.role)
    rows = await connection.execute(query.where(project_members.c.account_id == account_id))
    return {row.project_id: Role(row.role) for row in rows}


async def list_members(connection: AsyncConnection, project_id: str) -> list[tuple[Account, Role]]:
    """Return who is a member of a project, and as what, by mail address."""
    query = (
        select(accounts, project_members.c.role.label("as_what"))
        .join(project_members, project_members.c.account_id == accounts.c.id)
        .where(project_members.c.project_id == project_id)
        .order_by(accounts.c.email)
    )
    return [(account_of(row), Role(row.as_what)) for row in await connection.execute(query)]


async def record_member(
    connection: AsyncConnection, project_id: str, account_id: str, role: Role
) -> None:
    """Make an account a member, or a member another kind of one."""
    statement = insert_or(connection, project_members).values(
        project_id=project_id, account_id=account_id, role=role.value
    )
    key = [project_members.c.project_id, project_members.c.account_id]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"role": role.value})
    )


async def delete_member(connection: AsyncConnection, project_id: str, account_id: str) -> bool:
    """End a membership; say whether there was one."""
    same = and_(
        project_members.c.project_id == project_id, project_members.c.account_id == account_id
    )
    return (await connection.execute(delete(project_members).where(same))).rowcount > 0


async def record_link(connection: AsyncConnection, link: Link, token_digest: bytes) -> None:
    """Insert a link."""
    await connection.execute(insert(links).values(**values_of(link), token_digest=token_digest))


async def find_link_by_digest(connection: AsyncConnection, digest: bytes) -> Link | None:
    """Return the link whose token has this digest."""
    row = await find_first(connection, _LINK, of=digest)
    return None if row is None else _link(row)


async def find_link(
    connection: AsyncConnection, link_id: str, project_ids: Sequence[str] | None = None
) -> Link | None:
    """Return a link by its id, if it is in a project that the reader may see."""
    query = select(links).where(links.c.id == link_id)
    if project_ids is not None:
        query = query.where(links.c.project_id.in_(project_ids))
    row = await find_first(connection, query)
    return None if row is None else _link(row)


async def list_links(
    connection: AsyncConnection,
    project_ids: Sequence[str] | None,
    after: After,
    limit: int,
) -> list[tuple[Link, Project]]:
    """Return a page of links with their projects."""
    query = select(links)
    if project_ids is not None:
        query = query.where(links.c.project_id.in_(project_ids))
    found = [
        _link(row) for row in await connection.execute(newest_first(query, links, after, limit))
    ]
    known = {link.project_id for link in found}
    rows = await connection.execute(select(projects).where(projects.c.id.in_(known)))
    places = {row.id: _project(row) for row in rows}
    return [(link, places[link.project_id]) for link in found]


async def change_link(connection: AsyncConnection, link: Link, changed: Link) -> bool:
    """Write what people may change of a link as it was read; False if somebody was faster."""
    known = values_of(changed)
    values = {name: known[name] for name in CHANGEABLE}
    return await change_if_same(connection, links, link.id, link.revision, values)


async def delete_link(connection: AsyncConnection, link_id: str) -> None:
    """Remove a link; what came through it stays."""
    await connection.execute(delete(links).where(links.c.id == link_id))


async def count_link_use(connection: AsyncConnection, link_id: str, now: datetime) -> None:
    """Count one upload that was received in full, in one statement."""
    await connection.execute(
        update(links)
        .where(links.c.id == link_id)
        .values(upload_count=links.c.upload_count + 1, last_used_at=now)
    )


async def _project_where(
    connection: AsyncConnection, condition: ColumnElement[bool]
) -> Project | None:
    row = await find_first(connection, select(projects).where(condition))
    return None if row is None else _project(row)


def _project(row: Row[Any]) -> Project:
    return Project(**{one.name: getattr(row, one.name) for one in fields_of(Project)})


def _link(row: Row[Any]) -> Link:
    known = {one.name: getattr(row, one.name) for one in fields_of(Link)}
    questions = tuple(recall_question(one) for one in row.fields)
    return Link(
        **known | {"types": tuple(row.types), "fields": questions, "preview": Preview(row.preview)}
    )
