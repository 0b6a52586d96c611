"""API tokens over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from rushes.access.permit import Scope
from rushes.access.token import Token
from rushes.access.tokens import Tokens, TokenWish
from rushes.http.auth import Identify
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.revisions import IfMatch, mark, read_revision
from rushes.http.wishes import Wish

TOKENS = "tokens"


class TokenAnswer(BaseModel):
    """An API token, without its secret; `shown` are its first characters."""

    id: str
    account_id: str
    name: str
    shown: str
    scopes: list[Scope]
    project_ids: list[str] | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class MadeToken(TokenAnswer):
    """A token just made: the only time that it is shown."""

    token: str


class NewToken(Wish):
    """A token to make; no `expires_at`: 90 days, if the settings say nothing else."""

    name: str = Field(max_length=1_000)
    scopes: frozenset[Scope] = Field(min_length=1)
    expires_at: AwareDatetime | None = None
    project_ids: frozenset[str] | None = Field(default=None, max_length=1_000)


class TokenPatch(Wish):
    """What to change of a token."""

    name: str = Field(max_length=1_000)


def routes(tokens: Tokens, identify: Identify, pager: Pager) -> APIRouter:
    """Return the routes of API tokens."""
    router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"])

    @router.get("")
    async def list_tokens(
        request: Request,
        limit: Limit = DEFAULT_LIMIT,
        cursor: CursorText = None,
        account_id: Annotated[
            str | None, Query(max_length=100, description="Whose; without it one's own")
        ] = None,
    ) -> Page[TokenAnswer]:
        """List one's own tokens, newest first; admins may name another account."""
        actor = await identify(request)
        listing = f"{TOKENS}:{account_id or actor.id}"
        after = pager.read_after(listing, cursor)
        rows = await tokens.list(actor, account_id, after, limit)
        shown, following = pager.cut(listing, rows, limit, lambda one: (one.created_at, one.id))
        return Page(items=[answer_token(one) for one in shown], next_cursor=following)

    @router.post("", status_code=201)
    async def create_token(request: Request, asked: NewToken) -> MadeToken:
        """Make a token of one's own account."""
        wish = TokenWish(asked.name, asked.scopes, asked.expires_at, asked.project_ids)
        token, text = await tokens.create(await identify(request), wish)
        return MadeToken(**answer_token(token).model_dump(), token=text)

    @router.get("/{token_id}")
    async def get_token(request: Request, response: Response, token_id: str) -> TokenAnswer:
        """Read a token, without its secret."""
        token = await tokens.get(await identify(request), token_id)
        mark(response, token.revision)
        return answer_token(token)

    @router.patch("/{token_id}")
    async def rename_token(
        request: Request,
        response: Response,
        token_id: str,
        asked: TokenPatch,
        if_match: IfMatch = None,
    ) -> TokenAnswer:
        """Give a token another name."""
        actor, revision = await identify(request), read_revision(if_match)
        token = await tokens.rename(actor, token_id, asked.name, revision)
        mark(response, token.revision)
        return answer_token(token)

    @router.delete("/{token_id}", status_code=204)
    async def revoke_token(request: Request, token_id: str, if_match: IfMatch = None) -> None:
        """End a token at once."""
        await tokens.revoke(await identify(request), token_id, read_revision(if_match))

    return router


def answer_token(token: Token) -> TokenAnswer:
    """Return a token as it is answered."""
    return TokenAnswer(
        id=token.id,
        account_id=token.account_id,
        name=token.name,
        shown=token.shown,
        scopes=sorted(token.scopes),
        project_ids=None if token.project_ids is None else sorted(token.project_ids),
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )
