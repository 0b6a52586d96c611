"""Coming in over HTTP: the first admin, log-in and log-out; and all that access manages."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from rushes.access.accounts import Accounts
from rushes.access.door import Door
from rushes.access.linking import Linking
from rushes.access.lockdown import Lockdown
from rushes.access.permit import Verb, permit
from rushes.access.projects import Projects
from rushes.access.proving import SecondFactors
from rushes.access.setup import Setup
from rushes.access.tokens import Tokens
from rushes.http import accounts, factors, links, projects, tokens
from rushes.http.accounts import AccountAnswer, answer_account
from rushes.http.auth import Callers, find_address
from rushes.http.paging import Pager
from rushes.http.problem import PROBLEMS
from rushes.http.wishes import Wish


@dataclass(frozen=True, slots=True)
class Entrance:
    """The deeds behind these routes."""

    door: Door
    setup: Setup
    accounts: Accounts
    tokens: Tokens
    projects: Projects
    linking: Linking

    @property
    def factors(self) -> SecondFactors:
        """What asks for second factors, at the door and inside."""
        return self.door.factors

    @property
    def lockdown(self) -> Lockdown:
        """What ends all that an account opened."""
        return self.door.lockdown


class Credentials(Wish):
    """How somebody logs in."""

    email: str = Field(max_length=1_000)
    password: str = Field(max_length=1_000, repr=False)


class LoginWish(Credentials):
    """How somebody logs in; `code` is asked for where the account has a second factor."""

    code: str | None = Field(default=None, max_length=100, repr=False)
    """What the app shows now, or a recovery code."""


class SetupClaim(Credentials):
    """How the first admin is made, by whoever read the console."""

    token: str = Field(max_length=200, repr=False)


class SessionAnswer(BaseModel):
    """Who is logged in."""

    account: AccountAnswer
    needs_factor: bool = False
    """Whether nothing else is answered before a second factor was added."""


def routes(entrance: Entrance, callers: Callers, pager: Pager) -> APIRouter:
    """Return every route of access."""
    router = APIRouter(responses=PROBLEMS)
    identify = callers.identify
    router.include_router(_session_routes(entrance, callers))
    router.include_router(_setup_routes(entrance))
    router.include_router(factors.routes(entrance.factors, callers))
    router.include_router(factors.account_routes(entrance.factors, entrance.lockdown, callers))
    router.include_router(accounts.routes(entrance.accounts, identify, pager))
    router.include_router(tokens.routes(entrance.tokens, identify, pager))
    router.include_router(projects.routes(entrance.projects, identify, pager))
    router.include_router(links.routes(entrance.linking, callers, pager))
    return router


def _session_routes(entrance: Entrance, callers: Callers) -> APIRouter:
    router = APIRouter(prefix="/api/v1/session", tags=["session"])

    @router.post("")
    async def log_in(asked: LoginWish, request: Request, response: Response) -> SessionAnswer:
        """Log in; the answer sets the session's cookie."""
        callers.refuse_strangers(request)
        account, cookie = await entrance.door.log_in(
            asked.email,
            asked.password,
            find_address(request),
            code=asked.code,
            former=callers.find_cookie(request),
        )
        callers.set_cookie(response, cookie)
        needs = not account.has_factor and entrance.factors.is_asked_of(account)
        return SessionAnswer(account=answer_account(account), needs_factor=needs)

    @router.get("")
    async def who_am_i(request: Request) -> SessionAnswer:
        """Say whose session or token this is."""
        actor = await callers.identify(request)
        permit(actor, Verb.SEE_SELF)
        account = answer_account(await entrance.accounts.get(actor, actor.id))
        return SessionAnswer(account=account, needs_factor=actor.is_half_proven)

    @router.delete("", status_code=204)
    async def log_out(request: Request, response: Response) -> None:
        """Log out: the session ends, on the server too."""
        permit(await callers.identify(request), Verb.SEE_SELF)
        cookie = callers.find_cookie(request)
        if cookie is not None:
            await entrance.door.log_out(cookie)
        callers.clear_cookie(response)

    return router


def _setup_routes(entrance: Entrance) -> APIRouter:
    router = APIRouter(prefix="/api/v1/setup", tags=["setup"])

    @router.post("", status_code=201)
    async def claim(asked: SetupClaim, request: Request) -> SessionAnswer:
        """Make the first admin, with the token that the server printed when it started."""
        account = await entrance.setup.claim(
            asked.token, asked.email, asked.password, find_address(request)
        )
        return SessionAnswer(account=answer_account(account))

    return router
