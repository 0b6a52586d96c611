"""API tokens are made, listed and revoked; the secret is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.access import account_records
from rushes.access.account import Account, AccountNotFound
from rushes.access.accounts import require_recent
from rushes.access.identify import actor_of_account
from rushes.access.permit import Actor, ActorKind, Scope, Verb, may, permit
from rushes.access.telling import new_id, tell
from rushes.access.token import (
    ENTROPY_BYTES,
    BadTokenWish,
    Token,
    TokenKind,
    TokenNotFound,
    TokenStale,
    digest_of,
    make_token,
    shown_of,
)
from rushes.access_section import AccessSettings
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.events.event import EventType
from rushes.ids import Prefix

MAX_NAME: Final = 100
MAX_LIFE: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TokenWish:
    """How a token should be; no `expires_at`: the life that the settings give."""

    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    project_ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Manages API tokens."""

    database: Database
    clock: Clock
    settings: AccessSettings

    async def create(self, actor: Actor, wish: TokenWish) -> tuple[Token, str]:
        """Make a token of the actor's account; return it and its secret.

        Raises:
            BadTokenWish: it would reach further than the actor, or live too long.
            LoginAgain: the session is older than 15 minutes.
        """
        permit(actor, Verb.MANAGE_SELF)
        require_recent(actor, self.clock.now())
        async with self.database.transaction() as connection:
            return await self._make(connection, actor, wish)

    async def create_at_console(self, email: str | None, wish: TokenWish) -> tuple[Token, str]:
        """Make a token of an account, for whoever holds the data folder.

        No mail address: of the oldest superadmin.

        Raises:
            AccountNotFound: there is none.
            BadTokenWish: it would reach further than its account, or live too long.
        """
        async with self.database.transaction() as connection:
            account = await self._find(connection, email)
            if account is None:
                raise AccountNotFound("There is no such account. Run `rushes account create`.")
            return await self._make(connection, await actor_of_account(connection, account), wish)

    async def list(
        self, actor: Actor, account_id: str | None, after: After, limit: int
    ) -> Sequence[Token]:
        """Return a page of an account's tokens (None: the actor's), and one more if there is."""
        permit(actor, Verb.SEE_SELF)
        if account_id not in {None, actor.id}:
            permit(actor, Verb.SEE_ACCOUNTS)
        async with self.database.reading() as connection:
            return await account_records.list_tokens(
                connection, account_id or actor.id, after, limit + 1
            )

    async def get(self, actor: Actor, token_id: str) -> Token:
        """Return a token: of one's own account, or any for an admin.

        Raises:
            TokenNotFound: it is unknown, revoked, or not for the actor to see.
        """
        permit(actor, Verb.SEE_SELF)
        async with self.database.reading() as connection:
            return await _get(connection, actor, token_id, Verb.SEE_ACCOUNTS)

    async def rename(
        self, actor: Actor, token_id: str, name: str, revision: int | None = None
    ) -> Token:
        """Give a token another name.

        Raises:
            TokenNotFound: it is unknown, revoked, or not the actor's.
            BadTokenWish: the name does not fit.
            TokenStale: it is of another revision by now.
        """
        permit(actor, Verb.MANAGE_SELF)
        async with self.database.transaction() as connection:
            token = await _get(connection, actor, token_id, Verb.MANAGE_ACCOUNTS)
            await _hold(connection, token_id, revision)
            values = {"name": _parse_name(name)}
            await account_records.change_token(connection, token.id, values)
            return await _get(connection, actor, token_id, Verb.MANAGE_ACCOUNTS)

    async def revoke(self, actor: Actor, token_id: str, revision: int | None = None) -> None:
        """End a token at once.

        Raises:
            TokenNotFound: it is unknown, revoked already, or not the actor's.
            TokenStale: it is of another revision by now.
        """
        permit(actor, Verb.MANAGE_SELF)
        async with self.database.transaction() as connection:
            token = await _get(connection, actor, token_id, Verb.MANAGE_ACCOUNTS)
            await _hold(connection, token_id, revision)
            values = {"revoked_at": self.clock.now()}
            await account_records.change_token(connection, token.id, values)
            await tell(
                connection,
                self.clock,
                EventType.TOKEN_REVOKED,
                actor_id=actor.id,
                subject=token.id,
                account_id=token.account_id,
                name=token.name,
            )

    async def _find(self, connection: Connection, email: str | None) -> Account | None:
        if email is None:
            return await account_records.find_oldest_superadmin(connection)
        known = await account_records.find_credentials(connection, email.strip().lower())
        return None if known is None else known[0]

    async def _make(
        self, connection: Connection, actor: Actor, wish: TokenWish
    ) -> tuple[Token, str]:
        text = make_token(TokenKind.API, self.clock.entropy(ENTROPY_BYTES))
        token = self._draft(actor, wish, text)
        await account_records.record_token(connection, token, digest_of(text))
        await tell(
            connection,
            self.clock,
            EventType.TOKEN_CREATED,
            actor_id=actor.id,
            subject=token.id,
            account_id=token.account_id,
            name=token.name,
            scopes=sorted(token.scopes),
        )
        return token, text

    def _draft(self, actor: Actor, wish: TokenWish, text: str) -> Token:
        now = self.clock.now()
        expires_at = wish.expires_at or now + self.settings.token_life
        if not now < expires_at <= now + MAX_LIFE:
            raise BadTokenWish(f"A token lives {MAX_LIFE.days} days at most. Name an earlier end.")
        if not wish.scopes or not wish.scopes <= actor.scopes:
            raise BadTokenWish("A token needs a scope, and may have only those that you have.")
        return Token(
            id=new_id(Prefix.TOKEN, self.clock),
            account_id=actor.id,
            name=_parse_name(wish.name),
            shown=shown_of(text),
            scopes=wish.scopes,
            created_at=now,
            expires_at=expires_at,
            last_used_at=None,
            revoked_at=None,
            project_ids=_narrow(actor, wish.project_ids),
        )


async def _get(connection: Connection, actor: Actor, token_id: str, verb: Verb) -> Token:
    """Return a live token that is the actor's, or anybody's if the actor may `verb`."""
    token = await account_records.find_token(connection, token_id)
    if token is None or token.revoked_at is not None:
        raise _unknown()
    if token.account_id != actor.id and not may(actor, verb):
        raise _unknown()
    return token


async def _hold(connection: Connection, token_id: str, revision: int | None) -> None:
    if not await account_records.hold_token(connection, token_id, revision):
        raise TokenStale("The token changed since you read it. Read it again.")


def _parse_name(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise BadTokenWish(f"A token's name has 1 to {MAX_NAME} characters that can be read.")
    return name


def _narrow(actor: Actor, wished: frozenset[str] | None) -> frozenset[str] | None:
    """Return the projects of a new token: never more than those of the token that makes it."""
    if wished is None:
        return actor.project_ids if actor.kind is ActorKind.TOKEN else None
    if actor.project_ids is not None and not wished <= actor.project_ids:
        raise BadTokenWish("A token may name only projects that you are a member of.")
    return wished


def _unknown() -> TokenNotFound:
    return TokenNotFound("There is no such token. Check its id.")
