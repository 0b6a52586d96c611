"""Who may do what: one table, asked by every route and by every job that starts.

Rules of this file:
1. What stands in no row of `RIGHTS` is refused.
2. A project that one is no member of does not exist for one: 404, never 403.
3. A link may touch only uploads that came through it. What a share lists, and whether it gives
   originals, is judged before its visitor becomes an actor (`delivery.visiting`).
4. A token may do what its account may, its scopes allow and its projects hold; never more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rushes.errors import Kind, RushesError


class Role(StrEnum):
    """What an account is. Editors and viewers see the projects that they are members of."""

    SUPERADMIN = "superadmin"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


class ActorKind(StrEnum):
    """How somebody proved who they are."""

    ACCOUNT = "account"
    TOKEN = "token"  # noqa: S105 - a kind, no secret
    LINK = "link"
    SHARE = "share"
    SYSTEM = "system"


class Scope(StrEnum):
    """What an API token is for."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    LINKS = "links"
    WEBHOOKS = "webhooks"
    EDITING = "editing"


ALL_SCOPES: Final = frozenset(Scope)


class Verb(StrEnum):
    """Everything that can be asked for."""

    SEE_ACCOUNTS = "see_accounts"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_ADMINS = "manage_admins"
    SEE_SELF = "see_self"
    MANAGE_SELF = "manage_self"
    SEE_SETTINGS = "see_settings"
    CHANGE_SETTINGS = "change_settings"
    CHANGE_SECURITY = "change_security"
    RUN_TIERS = "run_tiers"
    SERVE_EDITING = "serve_editing"
    MANAGE_WEBHOOKS = "manage_webhooks"
    SEE_AUDIT = "see_audit"
    SEE_PROJECTS = "see_projects"
    CREATE_PROJECT = "create_project"
    CHANGE_PROJECT = "change_project"
    DELETE_PROJECT = "delete_project"
    MANAGE_MEMBERS = "manage_members"
    SEE_LINKS = "see_links"
    MANAGE_LINKS = "manage_links"
    SEE_SHARES = "see_shares"
    MANAGE_SHARES = "manage_shares"
    ADD_UPLOAD = "add_upload"
    APPEND_UPLOAD = "append_upload"
    SEE_UPLOAD = "see_upload"
    CANCEL_UPLOAD = "cancel_upload"
    SEE_ASSET = "see_asset"
    PLAY_ASSET = "play_asset"
    NOTE_ASSET = "note_asset"
    KEEP_SEARCH = "keep_search"
    CHANGE_ASSET = "change_asset"
    DELETE_ASSET = "delete_asset"
    GET_ORIGINAL = "get_original"
    SEE_JOBS = "see_jobs"
    RUN_JOBS = "run_jobs"


class Rank(StrEnum):
    """A column of the table: a role, or a kind of actor that has none."""

    SUPERADMIN = "superadmin"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"
    LINK = "link"
    SHARE = "share"


_OWNERS: Final = frozenset({Rank.SUPERADMIN})
_ADMINS: Final = _OWNERS | {Rank.ADMIN}
_EDITORS: Final = _ADMINS | {Rank.EDITOR}
_VIEWERS: Final = _EDITORS | {Rank.VIEWER}
_SENDERS: Final = _EDITORS | {Rank.LINK}
_SHOWN: Final = frozenset({Rank.SHARE})

RIGHTS: Final = MappingProxyType(
    {
        Verb.SEE_ACCOUNTS: (_ADMINS, Scope.ADMIN),
        Verb.MANAGE_ACCOUNTS: (_ADMINS, Scope.ADMIN),
        Verb.MANAGE_ADMINS: (_OWNERS, Scope.ADMIN),
        Verb.SEE_SELF: (_VIEWERS, Scope.READ),
        Verb.MANAGE_SELF: (_VIEWERS, Scope.ADMIN),
        Verb.SEE_SETTINGS: (_ADMINS, Scope.ADMIN),
        Verb.CHANGE_SETTINGS: (_ADMINS, Scope.ADMIN),
        Verb.CHANGE_SECURITY: (_OWNERS, Scope.ADMIN),
        Verb.RUN_TIERS: (_ADMINS, Scope.ADMIN),
        Verb.SERVE_EDITING: (_ADMINS, Scope.EDITING),
        Verb.MANAGE_WEBHOOKS: (_ADMINS, Scope.WEBHOOKS),
        Verb.SEE_AUDIT: (_EDITORS, Scope.READ),
        Verb.SEE_PROJECTS: (_VIEWERS, Scope.READ),
        Verb.CREATE_PROJECT: (_ADMINS, Scope.WRITE),
        Verb.CHANGE_PROJECT: (_EDITORS, Scope.WRITE),
        Verb.DELETE_PROJECT: (_ADMINS, Scope.WRITE),
        Verb.MANAGE_MEMBERS: (_ADMINS, Scope.ADMIN),
        Verb.SEE_LINKS: (_EDITORS, Scope.LINKS),
        Verb.MANAGE_LINKS: (_EDITORS, Scope.LINKS),
        Verb.SEE_SHARES: (_EDITORS, Scope.LINKS),
        Verb.MANAGE_SHARES: (_EDITORS, Scope.LINKS),
        Verb.ADD_UPLOAD: (_SENDERS, Scope.WRITE),
        Verb.APPEND_UPLOAD: (_SENDERS, Scope.WRITE),
        Verb.SEE_UPLOAD: (_SENDERS, Scope.READ),
        Verb.CANCEL_UPLOAD: (_SENDERS, Scope.WRITE),
        Verb.SEE_ASSET: (_VIEWERS, Scope.READ),
        Verb.PLAY_ASSET: (_VIEWERS | _SHOWN, Scope.READ),
        Verb.NOTE_ASSET: (_VIEWERS, Scope.WRITE),
        Verb.KEEP_SEARCH: (_VIEWERS, Scope.WRITE),
        Verb.CHANGE_ASSET: (_EDITORS, Scope.WRITE),
        Verb.DELETE_ASSET: (_EDITORS, Scope.WRITE),
        Verb.GET_ORIGINAL: (_EDITORS | _SHOWN, Scope.READ),
        Verb.SEE_JOBS: (_VIEWERS, Scope.READ),
        Verb.RUN_JOBS: (_EDITORS, Scope.WRITE),
    }
)
"""For each verb: who may, and the scope that a token needs for it."""

OWN_ONLY: Final = frozenset({Verb.APPEND_UPLOAD, Verb.SEE_UPLOAD, Verb.CANCEL_UPLOAD})
"""What a link may do to its own uploads only."""


class Forbidden(RushesError):
    """The actor is known, sees the thing, and may not do this to it."""

    code = "access.forbidden"
    kind = Kind.FORBIDDEN


class ScopeMissing(RushesError):
    """The token was made without the scope that this needs."""

    code = "access.scope_missing"
    kind = Kind.FORBIDDEN


class ProjectNotFound(RushesError):
    """No such project, or none that the caller may know of."""

    code = "project.not_found"
    kind = Kind.MISSING


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts now.

    `id` is that of the account, link or share, and stands in events; `project_ids` None means every
    project; `view_only` are those of them where an editor only looks. `link_id` is set for links
    alone. `proven_at` is when the password was last given, for sessions; one that `is_half_proven`
    may do nothing but add the second factor that is asked of it. `epoch` stands in the addresses
    that are signed for a share or an account: those of an older one open nothing any more.
    """

    kind: ActorKind
    id: str
    role: Role | None = None
    project_ids: frozenset[str] | None = frozenset()
    view_only: frozenset[str] = frozenset()
    link_id: str | None = None
    scopes: frozenset[Scope] = ALL_SCOPES
    proven_at: datetime | None = None
    is_half_proven: bool = False
    epoch: int = 0


SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, id="system", project_ids=None)
"""The program itself: what workers do that nobody asked for."""


def may_see(actor: Actor, project_id: str) -> bool:
    """Say whether a project exists as far as the actor may know."""
    return actor.project_ids is None or project_id in actor.project_ids


def permit(
    actor: Actor,
    verb: Verb,
    project_id: str | None = None,
    *,
    link_id: str | None = None,
    missing: RushesError | None = None,
) -> None:
    """Return if the actor may; `project_id` and `link_id` are those of the thing asked for.

    `missing` is what a caller hears of a thing in a project that they may not know of; it must be
    what they hear of an unknown one.

    Raises:
        ProjectNotFound: (or `missing`) the project is not theirs.
        Forbidden: they see it, and may not.
        ScopeMissing: their token was not made for this.
    """
    if actor.kind is ActorKind.SYSTEM:
        return
    if _is_hidden(actor, verb, project_id, link_id):
        raise missing or unknown_project()
    ranks, scope = RIGHTS[verb]
    if find_rank(actor, project_id) not in ranks:
        raise Forbidden("You may not do this. Ask an admin for the right role or project.")
    if verb is Verb.CREATE_PROJECT and actor.project_ids is not None:
        raise Forbidden("This token is for certain projects. Make new ones with another.")
    if scope not in actor.scopes:
        raise ScopeMissing(f"This token lacks the scope {scope}. Make one that has it.")


def may(actor: Actor, verb: Verb, project_id: str | None = None) -> bool:
    """Say whether `permit` would let the actor pass."""
    try:
        permit(actor, verb, project_id)
    except RushesError:
        return False
    return True


def find_rank(actor: Actor, project_id: str | None) -> Rank | None:
    """Return the actor's column of the table, in this project."""
    if actor.kind in {ActorKind.LINK, ActorKind.SHARE}:
        return Rank(actor.kind.value)
    if actor.role is Role.EDITOR and project_id in actor.view_only:
        return Rank.VIEWER
    return None if actor.role is None else Rank(actor.role)


def unknown_project() -> ProjectNotFound:
    """Return what is said of a project that is unknown or foreign."""
    return ProjectNotFound("There is no such project, or you are no member of it. Ask an admin.")


def _is_hidden(actor: Actor, verb: Verb, project_id: str | None, link_id: str | None) -> bool:
    if project_id is not None and not may_see(actor, project_id):
        return True
    is_link = actor.kind is ActorKind.LINK
    return is_link and verb in OWN_ONLY and (link_id is None or link_id != actor.link_id)
