"""Log-in by a provider of identities: away to it, back from it, and a code where one is asked for.

Browsers visit these addresses, so a refusal leads back to the log-in page, which says it in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from rushes.access.outside import HALF_LIFE, LIFE, Brought, ProviderRefused
from rushes.access.vouching import CALLBACK, LEFT, Vouching
from rushes.errors import RushesError
from rushes.http.auth import Callers, find_address
from rushes.http.wishes import Wish

AWAY: Final = "/login/oidc"
OUT: Final = "/login/oidc/out"
PROVE: Final = "/login/oidc/code"
COOKIE: Final = "rushes-oidc"
HOST: Final = "__Host-"
"""The prefix of `http.auth.SECURE_COOKIE`: no other host of the domain can plant such a cookie."""

SEE_OTHER: Final = 303
QUIET: Final = {"Cache-Control": "no-store"}


class ProofWish(Wish):
    """A code that the app shows now, or a recovery code."""

    code: str = Field(max_length=100, repr=False)


class ProofAnswer(BaseModel):
    """The page to go on to."""

    next: str


@dataclass(frozen=True, slots=True)
class _Keeping:
    """What a browser keeps between two visits: one sealed cookie."""

    callers: Callers

    @property
    def name(self) -> str:
        return f"{HOST}{COOKIE}" if self.callers.is_secure else COOKIE

    def find(self, request: Request) -> str:
        return request.cookies.get(self.name, "")

    def put(self, answer: Response, value: str, life: timedelta) -> None:
        answer.set_cookie(
            self.name,
            value,
            max_age=int(life.total_seconds()),
            path="/",
            secure=self.callers.is_secure,
            httponly=True,
            samesite="lax",
        )

    def take(self, answer: Response) -> None:
        answer.delete_cookie(
            self.name, path="/", secure=self.callers.is_secure, httponly=True, samesite="lax"
        )

    def lead_back(self, error: RushesError) -> RedirectResponse:
        answer = _lead(f"/login?{urlencode({'failed': error.code})}")
        self.take(answer)
        return answer


def routes(vouching: Vouching, callers: Callers) -> APIRouter:
    """Return the routes of a log-in by a provider; pages lead to them, and no program."""
    router = APIRouter(include_in_schema=False)
    keeping = _Keeping(callers)

    @router.get(AWAY)
    async def leave(request: Request) -> RedirectResponse:
        """Send a browser to the provider."""
        following = request.query_params.get("next", "")
        try:
            there, cookie = await vouching.begin(following, find_address(request))
        except RushesError as error:
            return keeping.lead_back(error)
        answer = _lead(there)
        keeping.put(answer, cookie, LIFE)
        return answer

    @router.get(OUT)
    async def leave_for_good() -> RedirectResponse:
        """Send a browser that is logged out here to be logged out at the provider, too."""
        try:
            return _lead(await vouching.find_way_out())
        except RushesError:
            return _lead(LEFT)

    _add_returns(router, vouching, callers, keeping)
    return router


def _add_returns(
    router: APIRouter, vouching: Vouching, callers: Callers, keeping: _Keeping
) -> None:
    @router.get(CALLBACK)
    async def come_back(request: Request) -> RedirectResponse:
        """Take a browser back from the provider."""
        try:
            entered = await vouching.finish(
                _read(request),
                keeping.find(request),
                find_address(request),
                callers.find_cookie(request),
            )
        except RushesError as error:
            return keeping.lead_back(error)
        if entered.is_half:
            answer = _lead("/login?vouched=1")
            keeping.put(answer, entered.cookie, HALF_LIFE)
            return answer
        answer = _lead(entered.following)
        keeping.take(answer)
        callers.set_cookie(answer, entered.cookie)
        return answer

    @router.post(PROVE)
    async def prove(asked: ProofWish, request: Request, response: Response) -> ProofAnswer:
        """Take the code of the second factor of somebody for whom the provider vouched."""
        callers.refuse_tricks(request)
        former = callers.find_cookie(request)
        entered = await vouching.prove(
            keeping.find(request), asked.code, find_address(request), former
        )
        keeping.take(response)
        callers.set_cookie(response, entered.cookie)
        response.headers.update(QUIET)
        return ProofAnswer(next=entered.following)


def _read(request: Request) -> Brought:
    asked = request.query_params
    if "error" in asked or "code" not in asked:
        raise ProviderRefused("The provider let nobody in. Begin again.")
    return Brought(asked["code"], asked.get("state", ""), asked.get("iss"))


def _lead(place: str) -> RedirectResponse:
    return RedirectResponse(place, SEE_OTHER, QUIET)
