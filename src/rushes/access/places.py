"""Projects are found by whatever people call them, and made where they are new."""

from __future__ import annotations

from dataclasses import dataclass

from rushes.access import records
from rushes.access.account import AccountNotFound
from rushes.access.account_records import find_account
from rushes.access.permit import Actor, ActorKind, Forbidden, Role, Verb, permit, unknown_project
from rushes.access.project import (
    INBOX,
    Project,
    choose_slug,
    free_slug,
    is_slug,
    parse_name,
    parse_place,
    slugify,
)
from rushes.access.telling import new_id, tell
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events.event import EventType
from rushes.ids import Prefix, is_id


@dataclass(frozen=True, slots=True)
class Places:
    """Finds and makes projects."""

    database: Database
    clock: Clock

    async def resolve_project(self, actor: Actor, text: str | None) -> Project:
        """Return the project that an upload goes to; the actor may add to it.

        `text` is `client-slug/project-slug`, `Client Name/Project Name` or a `prj_` id; None or
        empty is the account's own inbox. A link's project is its own, whatever is asked.

        Raises:
            ProjectNotFound: there is none, and the actor may not make one; or it is foreign.
            BadName: it cannot be a name.
            Forbidden: the actor may look, not add.
        """
        async with self.database.reading() as connection:
            found = await self._look(connection, actor, text or "")
        if found is None:
            async with self.database.transaction() as connection:
                if not text:
                    return await self._make_inbox(connection, actor)
                found = await self.find_or_make(connection, actor, *parse_place(text))
        permit(actor, Verb.ADD_UPLOAD, None if found.owner_id == actor.id else found.id)
        return found

    async def _look(self, connection: Connection, actor: Actor, text: str) -> Project | None:
        """Return a project that is there already."""
        if actor.kind is ActorKind.LINK:
            return await records.get_project(connection, min(actor.project_ids or ()))
        if not text:
            return await records.find_inbox(connection, actor.id)
        if is_id(Prefix.PROJECT, text):
            found = await records.get_project(connection, text)
            if found.deleted_at is not None:
                raise unknown_project()
            return found
        return await self.find(connection, *parse_place(text))

    async def find_or_make(
        self, connection: Connection, actor: Actor, client: str, project: str
    ) -> Project:
        """Return the project of these names or slugs, made where new, in the caller's transaction.

        Raises:
            ProjectNotFound: it is foreign, or the actor may not make one.
        """
        found = await self.find(connection, client, project)
        if found is not None:
            permit(actor, Verb.SEE_PROJECTS, found.id)
            return found
        try:
            permit(actor, Verb.CREATE_PROJECT)
        except Forbidden:
            raise unknown_project() from None
        return await self.make(connection, actor, client, project)

    async def make(
        self, connection: Connection, actor: Actor, client: str, project: str
    ) -> Project:
        """Insert a project that is known to be new."""
        await records.lock_projects(connection)
        clients = await records.list_clients(connection)
        client_slug = choose_slug(client, clients)
        places = await records.list_places(connection, client_slug)
        made = Project(
            id=new_id(Prefix.PROJECT, self.clock),
            client_slug=client_slug,
            project_slug=choose_slug(project, places),
            client_name=clients.get(client_slug, parse_name(client)),
            project_name=parse_name(project),
            created_at=self.clock.now(),
        )
        if made.project_slug in places:  # another process made it while we waited for the lock
            return await self._get(connection, client_slug, made.project_slug)
        await self._record(connection, actor, made)
        return made

    async def find(self, connection: Connection, client: str, project: str) -> Project | None:
        """Return the project of these names or slugs, whoever asks; it may be foreign."""
        if is_slug(client) and is_slug(project):
            exact = await records.find_project_by_slugs(connection, client, project)
            if exact is not None:
                return exact
        client_slug = choose_slug(client, await records.list_clients(connection))
        project_slug = choose_slug(project, await records.list_places(connection, client_slug))
        return await records.find_project_by_slugs(connection, client_slug, project_slug)

    async def _get(self, connection: Connection, client_slug: str, project_slug: str) -> Project:
        found = await records.find_project_by_slugs(connection, client_slug, project_slug)
        if found is None:
            raise unknown_project()
        return found

    async def _make_inbox(self, connection: Connection, actor: Actor) -> Project:
        """Insert an account's own project, of a client that is nobody else's."""
        permit(actor, Verb.ADD_UPLOAD)
        await records.lock_projects(connection)
        account = await find_account(connection, actor.id)
        if account is None:
            raise AccountNotFound("This account is gone. Name a project as client/project.")
        known = await records.find_inbox(connection, account.id)
        if known is not None:  # another request made it while we waited for the lock
            return known
        clients = await records.list_clients(connection)
        made = Project(
            id=new_id(Prefix.PROJECT, self.clock),
            client_slug=free_slug(slugify(account.email.partition("@")[0]), clients),
            project_slug=INBOX,
            client_name=account.email,
            project_name="Inbox",
            created_at=self.clock.now(),
            owner_id=account.id,
        )
        await self._record(connection, actor, made)
        await records.record_member(connection, made.id, account.id, Role.EDITOR)
        return made

    async def _record(self, connection: Connection, actor: Actor, project: Project) -> None:
        await records.record_project(connection, project)
        await tell(
            connection,
            self.clock,
            EventType.PROJECT_CREATED,
            actor_id=actor.id,
            subject=project.id,
            project=project,
            client_name=project.client_name,
            project_name=project.project_name,
        )
