"""Upload links are made, changed, switched and removed; their address can be shown again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from rushes.access import records
from rushes.access.account import parse_email
from rushes.access.branding import is_color
from rushes.access.hashing import Hashing
from rushes.access.link import (
    MAX_TEXT,
    BadLinkWish,
    Link,
    LinkStale,
    Preview,
    missing_link,
    parse_types,
)
from rushes.access.logos import require_logo
from rushes.access.permit import Actor, Verb, permit
from rushes.access.places import Places
from rushes.access.project import Project
from rushes.access.question import FormField, parse_questions
from rushes.access.seal import Sealer
from rushes.access.telling import new_id, tell
from rushes.access.token import ENTROPY_BYTES, TokenKind, digest_of, make_token
from rushes.access_section import AccessSettings
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.events.event import EventType
from rushes.ids import Prefix

MIN_PASSWORD: Final = 4
"""A password for strangers to type; guesses are limited to 5 a minute."""

MAX_PASSWORD: Final = 256
MAX_KEEP_DAYS: Final = 366
SECRET: Final = "password"  # noqa: S105 - the name of a wish


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWish:
    """What people may choose of a link; sizes in bytes, `expires_at` None means never."""

    title: str = ""
    message: str = ""
    notes: str = ""
    expires_at: datetime | None = None
    password: str | None = field(default=None, repr=False)
    max_files: int | None = None
    max_file_bytes: int | None = None
    max_total_bytes: int | None = None
    types: tuple[str, ...] = ()
    fields: tuple[FormField, ...] = ()
    client_email: str | None = None
    notify: bool = True
    keep_parts_days: int = 7
    preview: Preview = Preview.OFF
    color: str | None = None
    logo_id: str | None = None


@dataclass(frozen=True, slots=True)
class Linking:
    """Manages upload links."""

    database: Database
    clock: Clock
    settings: AccessSettings
    sealer: Sealer
    hashing: Hashing
    places: Places

    def default_expiry(self) -> datetime:
        """Return when a link ends whose maker says nothing."""
        return self.clock.now() + self.settings.link_life

    async def create(
        self, actor: Actor, client: str, project: str, wish: LinkWish
    ) -> tuple[Link, Project, str]:
        """Make a link into a project, made too where it is new; return it with its token.

        Raises:
            ProjectNotFound: there is none, and the actor may not make one.
            Forbidden: the actor may not manage links there.
            BadLinkWish, BadQuestion, LogoNotFound: a value does not fit.
        """
        permit(actor, Verb.MANAGE_LINKS)
        draft = await self._draft(actor, wish)
        token = make_token(TokenKind.LINK, self.clock.entropy(ENTROPY_BYTES))
        async with self.database.transaction() as connection:
            place = await self.places.find_or_make(connection, actor, client, project)
            permit(actor, Verb.MANAGE_LINKS, place.id)
            await require_logo(connection, wish.logo_id)
            sealed = self.sealer.close(_place(draft.id), token)
            link = replace(draft, project_id=place.id, token_sealed=sealed)
            await records.record_link(connection, link, digest_of(token))
            await self._tell(connection, EventType.LINK_CREATED, actor, link, place)
        return link, place, token

    async def get(self, actor: Actor, link_id: str) -> tuple[Link, Project]:
        """Return a link with its project.

        Raises:
            LinkNotFound: it is unknown, or in a project that is not the actor's.
        """
        async with self.database.reading() as connection:
            return await self._get(connection, actor, link_id, Verb.SEE_LINKS)

    async def list(self, actor: Actor, after: After, limit: int) -> Sequence[tuple[Link, Project]]:
        """Return a page of links with their projects, newest first, and one more if there is."""
        permit(actor, Verb.SEE_LINKS)
        visible = None if actor.project_ids is None else actor.project_ids - actor.view_only
        async with self.database.reading() as connection:
            return await records.list_links(
                connection, None if visible is None else sorted(visible), after, limit + 1
            )

    async def change(
        self, actor: Actor, link_id: str, changes: dict[str, Any], revision: int | None = None
    ) -> tuple[Link, Project]:
        """Write some of `LinkWish`'s fields, or `is_active`; `revision` is the one that was read.

        Raises:
            LinkNotFound: it is unknown, or not the actor's.
            LinkStale: somebody was faster.
            BadLinkWish, BadQuestion, LogoNotFound: a value does not fit.
        """
        kept = {name: value for name, value in changes.items() if name != SECRET}
        if SECRET in changes:
            kept["password_hash"] = await self._hash(changes[SECRET])
        async with self.database.transaction() as connection:
            link, project = await self._get(connection, actor, link_id, Verb.MANAGE_LINKS)
            if revision is not None and revision != link.revision:
                raise _stale()
            changed = self._check(replace(link, **kept))
            await require_logo(connection, changed.logo_id)
            if not await records.change_link(connection, link, changed):
                raise _stale()
            await self._tell(connection, EventType.LINK_UPDATED, actor, changed, project)
        return replace(changed, revision=link.revision + 1), project

    async def toggle(self, actor: Actor, link_id: str) -> tuple[Link, Project]:
        """Switch a link off, or on again; what was sent through it stays.

        Raises:
            LinkNotFound: it is unknown, or not the actor's.
        """
        link, _ = await self.get(actor, link_id)
        return await self.change(
            actor, link_id, {"is_active": not link.is_active}, revision=link.revision
        )

    async def delete(self, actor: Actor, link_id: str) -> None:
        """Remove a link; what was sent through it stays.

        Raises:
            LinkNotFound: it is unknown, or not the actor's.
        """
        async with self.database.transaction() as connection:
            link, project = await self._get(connection, actor, link_id, Verb.MANAGE_LINKS)
            await records.delete_link(connection, link.id)
            await self._tell(connection, EventType.LINK_DELETED, actor, link, project)

    def find_token(self, link: Link) -> str:
        """Return a link's token, so that its address can be copied again.

        Raises:
            KeyUnreadable: the key that sealed it is away.
        """
        return self.sealer.open(_place(link.id), link.token_sealed)

    async def require_keys(self) -> None:
        """Return if the keys at hand open what was sealed last; asked at start.

        Raises:
            KeyUnreadable: the key is away or another one; the sentence names it.
        """
        async with self.database.reading() as connection:
            newest = await records.list_links(connection, None, None, 1)
        for link, _ in newest:
            self.find_token(link)

    async def _get(
        self, connection: Connection, actor: Actor, link_id: str, verb: Verb
    ) -> tuple[Link, Project]:
        link = await records.find_link(connection, link_id)
        if link is None:
            raise missing_link()
        permit(actor, verb, link.project_id, missing=missing_link())
        return link, await records.get_project(connection, link.project_id)

    async def _draft(self, actor: Actor, wish: LinkWish) -> Link:
        return self._check(
            Link(
                id=new_id(Prefix.LINK, self.clock),
                project_id="",
                created_by=actor.id,
                token_sealed=b"",
                title=wish.title,
                message=wish.message,
                notes=wish.notes,
                expires_at=wish.expires_at,
                is_active=True,
                password_hash=await self._hash(wish.password),
                max_files=wish.max_files,
                max_file_bytes=wish.max_file_bytes,
                max_total_bytes=wish.max_total_bytes,
                types=wish.types,
                fields=wish.fields,
                client_email=wish.client_email,
                notify=wish.notify,
                keep_parts_days=wish.keep_parts_days,
                preview=wish.preview,
                color=wish.color,
                logo_id=wish.logo_id,
                used_bytes=0,
                used_files=0,
                upload_count=0,
                last_used_at=None,
                created_at=self.clock.now(),
                revision=1,
            )
        )

    async def _hash(self, password: str | None) -> str | None:
        if password is None:
            return None
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise BadLinkWish(f"A link's password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
        return await self.hashing.hash(password)

    def _check(self, link: Link) -> Link:
        """Return a link as it is kept, if its values fit."""
        if any(len(text) > MAX_TEXT for text in (link.title, link.message, link.notes)):
            raise BadLinkWish(f"Title, message and notes have {MAX_TEXT} characters at most.")
        limits = (link.max_files, link.max_file_bytes, link.max_total_bytes)
        if any(limit is not None and not 0 < limit < 2**63 for limit in limits):
            raise BadLinkWish("A limit is a whole number above zero, or null for none.")
        if not 1 <= link.keep_parts_days <= MAX_KEEP_DAYS:
            raise BadLinkWish(f"Parts are kept for 1 to {MAX_KEEP_DAYS} days.")
        color = None if link.color is None else link.color.lower()
        if color is not None and not is_color(color):
            raise BadLinkWish("A colour is written as #ffb020.")
        return replace(
            link,
            types=parse_types(link.types),
            fields=parse_questions(link.fields),
            client_email=None if link.client_email is None else parse_email(link.client_email),
            color=color,
        )

    async def _tell(
        self,
        connection: Connection,
        what: EventType,
        actor: Actor,
        link: Link,
        project: Project,
    ) -> None:
        await tell(
            connection,
            self.clock,
            what,
            actor_id=actor.id,
            subject=link.id,
            project=project,
            title=link.title,
            is_active=link.is_active,
            expires_at=None if link.expires_at is None else link.expires_at.isoformat(),
        )


def _place(link_id: str) -> str:
    return f"links.token.{link_id}"


def _stale() -> LinkStale:
    return LinkStale("The link changed since you read it. Read it again.")
