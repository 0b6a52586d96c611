"""Shares are made, changed, switched off and removed by people who may; addresses shown again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from rushes.access import records as access_records
from rushes.access.branding import is_color
from rushes.access.hashing import Hashing
from rushes.access.logos import require_logo
from rushes.access.permit import Actor, Verb, may, permit, unknown_project
from rushes.access.places import Places
from rushes.access.project import Project, parse_place
from rushes.access.seal import Sealer
from rushes.access.telling import new_id, tell
from rushes.access.token import ENTROPY_BYTES, TokenKind, digest_of, make_token
from rushes.access_section import AccessSettings
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.delivery import share_records as records
from rushes.delivery.medium import unknown_asset
from rushes.delivery.share import (
    MAX_ASSETS,
    MAX_MESSAGE,
    MAX_PASSWORD,
    MAX_TITLE,
    MIN_PASSWORD,
    BadShareWish,
    Share,
    ShareStale,
    Taking,
    parse_origins,
    takes_away,
    unknown_share,
)
from rushes.events.event import EventType
from rushes.ids import Prefix, is_id

SECRET: Final = "password"  # noqa: S105 - the name of a wish
ASSETS: Final = "asset_ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareWish:
    """What people may choose of a share; `expires_at` None means never, `asset_ids` None a
    whole project."""

    asset_ids: tuple[str, ...] | None = None
    project: str | None = None
    title: str = ""
    message: str = ""
    expires_at: datetime | None = None
    password: str | None = field(default=None, repr=False)
    may_play: bool = True
    download: Taking = Taking.NONE
    may_get_original: bool = False
    max_views: int | None = None
    origins: tuple[str, ...] = ()
    color: str | None = None
    logo_id: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """How many visitors took a quality of an asset, and when the last one did."""

    asset_id: str
    quality: str
    visitors: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Sharing:
    """Manages shares."""

    database: Database
    clock: Clock
    settings: AccessSettings
    sealer: Sealer
    hashing: Hashing
    places: Places

    def default_expiry(self) -> datetime:
        """Return when a share ends whose maker says nothing."""
        return self.clock.now() + self.settings.share_life

    async def create(self, actor: Actor, wish: ShareWish) -> tuple[Share, Project]:
        """Make a share of some assets of one project, or of all of a project.

        Raises:
            AssetNotFound, ProjectNotFound: there is none that the actor may know of.
            Forbidden, ScopeMissing: the actor may not share there, or not originals.
            BadShareWish: a value does not fit.
        """
        permit(actor, Verb.MANAGE_SHARES)
        draft = await self._draft(actor, wish)
        token = make_token(TokenKind.SHARE, self.clock.entropy(ENTROPY_BYTES))
        async with self.database.transaction() as connection:
            project = await self._find_project(connection, actor, wish)
            require_holding(actor, replace(draft, project_id=project.id))
            await require_logo(connection, wish.logo_id)
            sealed = self.sealer.close(_place(draft.id), token)
            share = replace(draft, project_id=project.id, token_sealed=sealed)
            await records.record_share(connection, share, digest_of(token), wish.asset_ids or ())
            await self._tell(connection, EventType.SHARE_CREATED, actor, share, project)
        return share, project

    async def get(self, actor: Actor, share_id: str) -> tuple[Share, Project]:
        """Return a share with its project.

        Raises:
            ShareNotFound: it is unknown, or in a project that is not the actor's.
        """
        async with self.database.reading() as connection:
            return await self._get(connection, actor, share_id, Verb.SEE_SHARES)

    async def list_page(
        self, actor: Actor, after: After, limit: int, *, asset_id: str | None = None
    ) -> Sequence[tuple[Share, Project]]:
        """Return a page of shares with their projects, newest first, and one more if there is."""
        permit(actor, Verb.SEE_SHARES)
        visible = None if actor.project_ids is None else actor.project_ids - actor.view_only
        async with self.database.reading() as connection:
            found = await records.list_shares(
                connection,
                None if visible is None else sorted(visible),
                asset_id,
                after,
                limit + 1,
            )
            places = await access_records.list_projects_by_id(
                connection, {share.project_id for share in found}
            )
        return [(share, places[share.project_id]) for share in found]

    async def count_assets(self, shares: Collection[Share]) -> Mapping[str, int]:
        """Return how many assets shares name, by their ids."""
        async with self.database.reading() as connection:
            return await records.count_listed(connection, {share.id for share in shares})

    async def list_assets(self, actor: Actor, share_id: str) -> list[str]:
        """Return the ids of the assets that a share names.

        Raises:
            ShareNotFound: it is unknown, or not the actor's.
        """
        async with self.database.reading() as connection:
            share, _ = await self._get(connection, actor, share_id, Verb.SEE_SHARES)
            return await records.list_asset_ids(connection, share.id)

    async def list_taken(self, actor: Actor, share_id: str) -> list[Taken]:
        """Return what was downloaded through a share, most first.

        Raises:
            ShareNotFound: it is unknown, or not the actor's.
        """
        async with self.database.reading() as connection:
            share, _ = await self._get(connection, actor, share_id, Verb.SEE_SHARES)
            return [Taken(*row) for row in await records.list_downloads(connection, share.id)]

    async def change(
        self, actor: Actor, share_id: str, changes: dict[str, Any], revision: int | None = None
    ) -> tuple[Share, Project]:
        """Write some of `ShareWish`'s fields, or `is_active`; `revision` is the one that was read.

        Raises:
            ShareNotFound: it is unknown, or not the actor's.
            ShareStale: somebody was faster.
            Forbidden, ScopeMissing: it gives originals, and the actor may not have them.
            BadShareWish: a value does not fit.
        """
        kept = {name: value for name, value in changes.items() if name not in {SECRET, ASSETS}}
        if SECRET in changes:
            kept["password_hash"] = await self._hash(changes[SECRET])
        async with self.database.transaction() as connection:
            share, project = await self._get(connection, actor, share_id, Verb.MANAGE_SHARES)
            if revision is not None and revision != share.revision:
                raise _stale()
            changed = self._check(replace(share, **kept))
            if changed.is_active:
                require_holding(actor, changed)
            await require_logo(connection, changed.logo_id)
            is_listing = changes.get(ASSETS) is not None
            if is_listing:
                await self._list_anew(connection, share, changes[ASSETS])
            if is_listing or takes_away(share, changed):
                changed = replace(changed, epoch=share.epoch + 1)
            if not await records.change_share(connection, share, changed):
                raise _stale()
            await self._tell(connection, EventType.SHARE_UPDATED, actor, changed, project)
        return replace(changed, revision=share.revision + 1), project

    async def delete(self, actor: Actor, share_id: str) -> None:
        """Remove a share; what it listed stays, and its addresses end.

        Raises:
            ShareNotFound: it is unknown, or not the actor's.
        """
        async with self.database.transaction() as connection:
            share, project = await self._get(connection, actor, share_id, Verb.MANAGE_SHARES)
            await records.delete_share(connection, share.id)
            await self._tell(connection, EventType.SHARE_DELETED, actor, share, project)

    def find_token(self, share: Share) -> str:
        """Return a share's token, so that its address can be copied again.

        Raises:
            KeyUnreadable: the key that sealed it is away.
        """
        return self.sealer.open(_place(share.id), share.token_sealed)

    async def _get(
        self, connection: Connection, actor: Actor, share_id: str, verb: Verb
    ) -> tuple[Share, Project]:
        share = await records.find_share(connection, share_id)
        if share is None:
            raise unknown_share()
        permit(actor, verb, share.project_id, missing=unknown_share())
        return share, await access_records.get_project(connection, share.project_id)

    async def _find_project(self, connection: Connection, actor: Actor, wish: ShareWish) -> Project:
        """Return the one project that a share is of; the actor may share what is in it."""
        if (wish.asset_ids is None) == (wish.project is None):
            raise BadShareWish("Name either `asset_ids` or a `project`.")
        if wish.project is not None:
            found = await self._look(connection, wish.project)
            permit(actor, Verb.MANAGE_SHARES, found.id)
            return found
        project_id = await self._require_assets(connection, actor, wish.asset_ids or ())
        return await access_records.get_project(connection, project_id)

    async def _look(self, connection: Connection, text: str) -> Project:
        if is_id(Prefix.PROJECT, text):
            return await access_records.get_project(connection, text)
        found = await self.places.find(connection, *parse_place(text))
        if found is None:
            raise unknown_project()
        return found

    async def _require_assets(
        self, connection: Connection, actor: Actor, asset_ids: Sequence[str]
    ) -> str:
        """Return the one project that all these assets are in."""
        if not 0 < len(asset_ids) <= MAX_ASSETS:
            raise BadShareWish(f"A share lists 1 to {MAX_ASSETS} assets; else share the project.")
        places = await records.list_places(connection, set(asset_ids))
        for each in asset_ids:
            if each not in places:
                raise unknown_asset()
            permit(actor, Verb.MANAGE_SHARES, places[each], missing=unknown_asset())
        if len(set(places.values())) > 1:
            raise BadShareWish("These assets are of several projects. Make a share for each.")
        return next(iter(places.values()))

    async def _list_anew(
        self, connection: Connection, share: Share, asset_ids: Sequence[str]
    ) -> None:
        if share.is_whole_project:
            raise BadShareWish("This share is of a whole project. Make another one of assets.")
        places = await records.list_places(connection, set(asset_ids))
        if not 0 < len(asset_ids) <= MAX_ASSETS:
            raise BadShareWish(f"A share lists 1 to {MAX_ASSETS} assets.")
        if any(places.get(each) != share.project_id for each in asset_ids):
            raise unknown_asset()
        await records.record_assets(connection, share.id, asset_ids)

    async def _draft(self, actor: Actor, wish: ShareWish) -> Share:
        return self._check(
            Share(
                id=new_id(Prefix.SHARE, self.clock),
                project_id="",
                created_by=actor.id,
                token_sealed=b"",
                is_whole_project=wish.asset_ids is None,
                title=wish.title,
                message=wish.message,
                expires_at=wish.expires_at,
                is_active=True,
                password_hash=await self._hash(wish.password),
                may_play=wish.may_play,
                download=wish.download,
                may_get_original=wish.may_get_original,
                max_views=wish.max_views,
                origins=wish.origins,
                color=wish.color,
                logo_id=wish.logo_id,
                view_count=0,
                download_count=0,
                last_viewed_at=None,
                created_at=self.clock.now(),
                epoch=0,
                revision=1,
            )
        )

    async def _hash(self, password: str | None) -> str | None:
        if password is None:
            return None
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise BadShareWish(
                f"A share's password has {MIN_PASSWORD} to {MAX_PASSWORD} characters."
            )
        return await self.hashing.hash(password)

    def _check(self, share: Share) -> Share:
        """Return a share as it is kept, if its values fit."""
        if len(share.title) > MAX_TITLE or len(share.message) > MAX_MESSAGE:
            raise BadShareWish(
                f"A title has {MAX_TITLE} characters at most, a message {MAX_MESSAGE}."
            )
        if share.max_views is not None and not 0 < share.max_views < 2**53:
            raise BadShareWish("The number of views is above zero, or null for no limit.")
        color = None if share.color is None else share.color.lower()
        if color is not None and not is_color(color):
            raise BadShareWish("A colour is written as #ffb020.")
        return replace(share, origins=parse_origins(share.origins), color=color)

    async def _tell(
        self,
        connection: Connection,
        what: EventType,
        actor: Actor,
        share: Share,
        project: Project,
    ) -> None:
        await tell(
            connection,
            self.clock,
            what,
            actor_id=actor.id,
            subject=share.id,
            project=project,
            share_id=share.id,
            title=share.title,
            is_active=share.is_active,
        )


def may_hold(actor: Actor, share: Share) -> bool:
    """Say whether an actor may hold a share's address: not if it gives them what they may not have.

    A token of the scope `links` alone would read originals through it.
    """
    return not share.may_get_original or may(actor, Verb.GET_ORIGINAL, share.project_id)


def require_holding(actor: Actor, share: Share) -> None:
    """Return if an actor may hold a share's address, or make it.

    Raises:
        Forbidden, ScopeMissing: it gives originals that they may not have.
    """
    if share.may_get_original:
        permit(actor, Verb.GET_ORIGINAL, share.project_id)


def _place(share_id: str) -> str:
    return f"shares.token_sealed.{share_id}"


def _stale() -> ShareStale:
    return ShareStale("Somebody else has changed this share. Read it again, and change that.")
