"""Projects are made, listed and named, and their members chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rushes.access import records
from rushes.access.account import Account, AccountNotFound
from rushes.access.account_records import find_account
from rushes.access.accounts import require_recent
from rushes.access.permit import Actor, Role, Verb, permit, unknown_project
from rushes.access.places import Places
from rushes.access.project import Project, ProjectStale, parse_name
from rushes.access.telling import tell
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.errors import Kind, RushesError
from rushes.events.event import EventType
from rushes.media.color import AUTO, check_choice

MEMBER_ROLES = frozenset({Role.EDITOR, Role.VIEWER})


class ProjectExists(RushesError):
    """The client has a project of this name."""

    code = "project.exists"
    kind = Kind.CONFLICT


class BadMember(RushesError):
    """A member is an editor or a viewer."""

    code = "project.bad_member"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class Projects:
    """Manages projects."""

    database: Database
    clock: Clock
    places: Places

    async def create(self, actor: Actor, client: str, project: str) -> Project:
        """Make a project, and its client where it is new.

        Raises:
            Forbidden: only admins may.
            BadName: it cannot be a name.
            ProjectExists: the client has one of this name.
        """
        permit(actor, Verb.CREATE_PROJECT)
        names = parse_name(client), parse_name(project)
        async with self.database.transaction() as connection:
            await records.lock_projects(connection)
            if await self.places.find(connection, *names) is not None:
                raise ProjectExists("This client has a project of this name already.")
            return await self.places.make(connection, actor, *names)

    async def get(self, actor: Actor, project_id: str) -> Project:
        """Return a project.

        Raises:
            ProjectNotFound: it is unknown, or the actor is no member of it.
        """
        async with self.database.reading() as connection:
            return await get_for(connection, actor, project_id, Verb.SEE_PROJECTS)

    async def list(self, actor: Actor, after: After, limit: int) -> Sequence[Project]:
        """Return a page of the actor's projects, newest first, and one more if there is."""
        permit(actor, Verb.SEE_PROJECTS)
        visible = None if actor.project_ids is None else sorted(actor.project_ids)
        async with self.database.reading() as connection:
            return await records.list_projects(connection, visible, after, limit + 1)

    async def change(
        self,
        actor: Actor,
        project_id: str,
        *,
        name: str | None = None,
        is_finished: bool | None = None,
        color: str | None = None,
        revision: int | None = None,
    ) -> Project:
        """Give a project another name or colour, say that it is finished, or take that back.

        The `color` is that of films to come whose file says nothing of theirs; `auto` is none.

        A finished project takes part in everything as before; its folder for editors moves to
        the archives.

        Raises:
            ProjectNotFound: it is unknown, or the actor is no member of it.
            Forbidden: the actor only looks.
            BadName: it cannot be a name.
            ColorUnknown: it cannot be a colour.
            ProjectStale: it is of another revision by now.
        """
        values: dict[str, object] = {}
        facts: dict[str, object] = {}
        if name is not None:
            values["project_name"], facts["name"] = parse_name(name), name
        if color is not None:
            facts["color"] = choice = check_choice(color)
            values["color"] = None if choice == AUTO else choice
        async with self.database.transaction() as connection:
            before = await get_for(connection, actor, project_id, Verb.CHANGE_PROJECT)
            if not await records.hold_project(connection, project_id, revision):
                raise ProjectStale("The project changed since you read it. Read it again.")
            if is_finished is not None and is_finished != (before.finished_at is not None):
                values["finished_at"] = self.clock.now() if is_finished else None
                facts["is_finished"] = is_finished
            if not values:
                return before
            await records.change_project(connection, project_id, values)
            project = await records.get_project(connection, project_id)
            await self._tell(connection, actor, project, **facts)
        return project

    async def list_members(self, actor: Actor, project_id: str) -> Sequence[tuple[Account, Role]]:
        """Return who is a member of a project, and as what, by mail address.

        Raises:
            ProjectNotFound: it is unknown, or not the actor's.
            Forbidden: only admins may.
        """
        async with self.database.reading() as connection:
            await get_for(connection, actor, project_id, Verb.MANAGE_MEMBERS)
            return await records.list_members(connection, project_id)

    async def set_member(self, actor: Actor, project_id: str, account_id: str, role: Role) -> None:
        """Make an account a member of a project, or another kind of one.

        Raises:
            ProjectNotFound: it is unknown, or not the actor's.
            AccountNotFound: there is no such account.
            BadMember: the role is not one of members.
        """
        if role not in MEMBER_ROLES:
            raise BadMember("A member is an editor or a viewer; admins see every project.")
        require_recent(actor, self.clock.now())
        async with self.database.transaction() as connection:
            project = await get_for(connection, actor, project_id, Verb.MANAGE_MEMBERS)
            if await find_account(connection, account_id) is None:
                raise AccountNotFound("There is no such account. Check its id.")
            await records.record_member(connection, project_id, account_id, role)
            await self._tell(connection, actor, project, member=account_id, role=role.value)

    async def remove_member(self, actor: Actor, project_id: str, account_id: str) -> None:
        """End a membership.

        Raises:
            ProjectNotFound: it is unknown, or not the actor's.
            AccountNotFound: the account is no member.
        """
        async with self.database.transaction() as connection:
            project = await get_for(connection, actor, project_id, Verb.MANAGE_MEMBERS)
            if not await records.delete_member(connection, project_id, account_id):
                raise AccountNotFound("This account is no member of the project.")
            await self._tell(connection, actor, project, member=account_id, role=None)

    async def _tell(
        self, connection: Connection, actor: Actor, project: Project, **facts: object
    ) -> None:
        await tell(
            connection,
            self.clock,
            EventType.PROJECT_UPDATED,
            actor_id=actor.id,
            subject=project.id,
            project=project,
            **facts,
        )


async def get_for(connection: Connection, actor: Actor, project_id: str, verb: Verb) -> Project:
    """Return a project for what the actor wants with it.

    Raises:
        ProjectNotFound: it is unknown or deleted, or the actor is no member of it.
        Forbidden: the actor may not do that.
    """
    project = await records.find_project(connection, project_id)
    if project is None or project.deleted_at is not None:
        raise unknown_project()
    permit(actor, verb, project.id)
    return project
