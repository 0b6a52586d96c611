"""Who is it? A session's cookie, an API token or a link's token become an actor, or nobody.

Rules of this file:
1. Secrets are looked up by their digest; what is malformed is not looked up at all.
2. Every call is judged anew: role, membership, expiry and activity are read each time.
3. A link that is unknown, off or expired is one answer; `find_link_facts`, for the page of a
   token's holder, tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from rushes.access import account_records, grant, records
from rushes.access.account import Account, Session
from rushes.access.factor import is_required
from rushes.access.hashing import Hashing
from rushes.access.keys import Ring
from rushes.access.link import Link, LinkLocked, LinkState, is_open, judge, unknown_link
from rushes.access.permit import ALL_SCOPES, Actor, ActorKind, Role, Scope
from rushes.access.places import Places
from rushes.access.project import Project
from rushes.access.rates import Rates, Rule, subject_of
from rushes.access.token import Token, TokenKind, digest_of, is_token
from rushes.access_section import AccessSettings
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import Kind, RushesError

TOUCH: Final = timedelta(minutes=1)
"""How exactly the last use of a session or token is known; each step is a write."""

GRANT: Final = "grant"
"""What the signing key is derived for."""

GRANT_LIFE: Final = timedelta(days=7)

UNKNOWN_LINKS: Final = Rule("unknown-link", 10)
LINK_PASSWORDS: Final = Rule("link-password", 5)


class Unauthenticated(RushesError):
    """Nobody, as far as can be told."""

    code = "access.unauthenticated"
    kind = Kind.UNAUTHENTICATED


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the page of a link may say to a holder of its token."""

    state: LinkState
    link: Link
    project: Project
    is_locked: bool


@dataclass(frozen=True, slots=True)
class Access:
    """Finds out who calls, and where what they send belongs."""

    database: Database
    clock: Clock
    settings: AccessSettings
    signing: Ring
    hashing: Hashing
    rates: Rates
    places: Places

    async def identify_session(self, cookie: str) -> Actor:
        """Return the account behind a session's cookie.

        Raises:
            Unauthenticated: there is no such session, it is over, or its account is off.
        """
        now = self.clock.now()
        digest = digest_of(cookie)

        async def find(connection: Connection) -> tuple[Actor, Session]:
            session = await account_records.find_session(connection, digest)
            if session is None:
                raise _nobody()
            ends_at = min(session.expires_at, session.seen_at + self.settings.session_idle)
            if ends_at <= now or not session.account.is_active:
                raise _nobody()
            return await _actor(connection, session.account, ActorKind.ACCOUNT), session

        actor, session = await self.database.snapshot(find)
        if session.seen_at + TOUCH <= now:
            async with self.database.transaction() as connection:
                await account_records.touch_session(connection, digest, now)
        is_half = not (session.account.has_factor or session.by_provider) and is_required(
            self.settings.second_factor, session.account.role
        )
        return replace(actor, proven_at=session.began_at, is_half_proven=is_half)

    async def identify_token(self, text: str) -> Actor:
        """Return the account behind an API token, less what the token was not made for.

        Raises:
            Unauthenticated: there is no such token, it is over, or its account is off.
        """
        if not is_token(TokenKind.API, text):
            raise _nobody()
        now = self.clock.now()

        async def find(connection: Connection) -> tuple[Actor, Token]:
            found = await account_records.find_holder(connection, digest_of(text))
            if found is None:
                raise _nobody()
            token, account = found
            if not (token.is_live(now) and account.is_active):
                raise _nobody()
            scopes, only = token.scopes, token.project_ids
            return await _actor(connection, account, ActorKind.TOKEN, scopes, only), token

        actor, token = await self.database.snapshot(find)
        if token.last_used_at is None or token.last_used_at + TOUCH <= now:
            async with self.database.transaction() as connection:
                await account_records.change_token(connection, token.id, {"last_used_at": now})
        return actor

    async def identify_link(self, text: str, address: str | None = None) -> tuple[Actor, Link]:
        """Return a link and its actor by `{token}` or `{token}~{grant}`.

        Given the caller's address, tokens that do not work are counted against it.

        Raises:
            LinkNotFound: the link is unknown, off or expired.
            LinkLocked: its password was not given.
            TooOften: the address has tried too many tokens.
        """
        token, proof = grant.split(text)
        link = await self._find_link(token)
        if link is None or not is_open(link, self.clock.now()):
            if address is not None:
                await self.rates.take(UNKNOWN_LINKS, subject_of(address))
            raise unknown_link()
        if self._is_locked(link, proof):
            raise LinkLocked("This upload link has a password. Open its page and give it there.")
        return actor_of_link(link), link

    async def find_link_facts(self, text: str, address: str | None = None) -> LinkFacts:
        """Return what the page of a link may say; a locked one says no more than that.

        Raises:
            LinkNotFound: no link has this token.
            TooOften: the address has tried too many tokens.
        """
        token, proof = grant.split(text)
        link = await self._find_link(token)
        if link is None:
            if address is not None:
                await self.rates.take(UNKNOWN_LINKS, subject_of(address))
            raise unknown_link()
        async with self.database.reading() as connection:
            project = await records.get_project(connection, link.project_id)
        state = judge(link, self.clock.now())
        return LinkFacts(state, link, project, self._is_locked(link, proof))

    async def unlock_link(self, token: str, password: str, address: str) -> str:
        """Return `{token}~{grant}` for the right password.

        Raises:
            LinkNotFound: the link is unknown, off or expired.
            LinkLocked: the password is wrong.
            TooOften: it was tried too often from this address.
        """
        link = await self._find_link(token)
        if link is None or not is_open(link, self.clock.now()):
            await self.rates.take(UNKNOWN_LINKS, subject_of(address))
            raise unknown_link()
        if link.password_hash is None:
            return token
        await self.rates.take(LINK_PASSWORDS, f"{link.id}:{subject_of(address)}")
        if not await self.hashing.verify(link.password_hash, password):
            raise LinkLocked("That is not the password of this link. Ask whoever sent it.")
        expires_at = self.clock.now() + GRANT_LIFE
        key = self.signing.newest.derive(GRANT)
        made = grant.make_grant(key, link.id, link.password_hash, expires_at)
        return f"{token}{grant.SEPARATOR}{made}"

    async def resolve_project(self, actor: Actor, text: str | None) -> Project:
        """Return the project that an upload goes to; see `Places.resolve_project`."""
        return await self.places.resolve_project(actor, text)

    async def _find_link(self, token: str) -> Link | None:
        if not is_token(TokenKind.LINK, token):
            return None
        digest = digest_of(token)
        return await self.database.snapshot(
            lambda connection: records.find_link_by_digest(connection, digest)
        )

    def _is_locked(self, link: Link, proof: str) -> bool:
        if link.password_hash is None:
            return False
        kept, now = link.password_hash, self.clock.now()
        keys = (key.derive(GRANT) for key in self.signing.keys)
        return not any(grant.is_grant(key, proof, link.id, kept, now) for key in keys)


def actor_of_link(link: Link) -> Actor:
    """Return who acts when somebody sends through a link."""
    return Actor(
        kind=ActorKind.LINK,
        id=link.id,
        project_ids=frozenset({link.project_id}),
        link_id=link.id,
        scopes=frozenset({Scope.READ, Scope.WRITE}),
    )


async def actor_of_account(connection: Connection, account: Account) -> Actor:
    """Return who acts when a job goes on for an account that once asked for it."""
    return await _actor(connection, account, ActorKind.ACCOUNT)


async def _actor(
    connection: Connection,
    account: Account,
    kind: ActorKind,
    scopes: frozenset[Scope] = ALL_SCOPES,
    only: frozenset[str] | None = None,
) -> Actor:
    """Return an account as an actor; `only` are the projects that its token was made for."""
    if account.role in {Role.SUPERADMIN, Role.ADMIN}:
        return Actor(
            kind=kind,
            id=account.id,
            role=account.role,
            project_ids=only,
            scopes=scopes,
            epoch=account.epoch,
        )
    memberships = await records.list_memberships(connection, account.id)
    visible = frozenset(memberships) if only is None else only & frozenset(memberships)
    looks = frozenset(key for key in visible if memberships[key] is Role.VIEWER)
    return Actor(
        kind=kind,
        id=account.id,
        role=account.role,
        project_ids=visible,
        view_only=looks,
        scopes=scopes,
        epoch=account.epoch,
    )


def _nobody() -> Unauthenticated:
    return Unauthenticated("Log in, or send a token that is good still.")
