"""Second factors over HTTP, and the deeds of admins when an account is lost."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from rushes.access.lockdown import Lockdown
from rushes.access.proving import SecondFactors
from rushes.http.auth import Callers
from rushes.http.qr import answer_code
from rushes.http.wishes import Wish

SVG = "image/svg+xml"


class FactorAnswer(BaseModel):
    """How it stands with one's second factor."""

    is_on: bool
    is_required: bool
    confirmed_at: datetime | None
    recovery_codes_left: int


class DraftAnswer(BaseModel):
    """What an app needs: the secret to type, or the address that the QR code says."""

    secret: str = Field(repr=False)
    address: str = Field(repr=False)


class FactorCode(Wish):
    """A code that the app shows now, or a recovery code."""

    code: str = Field(max_length=100, repr=False)


class RecoveryCodes(BaseModel):
    """Codes for the day when the app is lost; each is good once, and they are shown this once."""

    recovery_codes: tuple[str, ...] = Field(repr=False)


class LockdownWish(Wish):
    """Whether the account may log in again afterwards."""

    stays_on: bool = False
    """Leave the account on: its person logs in anew. Change the password if it may be known."""


class LockdownAnswer(BaseModel):
    """What ended: how many sessions; tokens, upload links and shares by their ids."""

    sessions: int
    tokens: tuple[str, ...]
    links: tuple[str, ...]
    shares: tuple[str, ...]


def routes(factors: SecondFactors, callers: Callers) -> APIRouter:
    """Return the routes of one's own second factor."""
    router = APIRouter(prefix="/api/v1/session/second-factor", tags=["session"])

    @router.get("")
    async def get_factor(request: Request) -> FactorAnswer:
        """Say whether one's log-in asks for a second factor."""
        standing = await factors.find_standing(await callers.identify(request))
        return FactorAnswer(
            is_on=standing.confirmed_at is not None,
            is_required=standing.is_required,
            confirmed_at=standing.confirmed_at,
            recovery_codes_left=standing.codes_left,
        )

    @router.post("", status_code=201)
    async def begin_factor(request: Request) -> DraftAnswer:
        """Make a secret for an app; log-ins ask for it once a code of it was confirmed."""
        draft = await factors.begin(await callers.identify(request))
        return DraftAnswer(secret=draft.secret, address=draft.address)

    @router.get("/code", response_class=Response, responses={200: {"content": {SVG: {}}}})
    async def get_factor_code(request: Request) -> Response:
        """Draw the secret as a QR code for the app, until it is confirmed."""
        return answer_code((await factors.find_draft(await callers.identify(request))).address)

    @router.post("/confirm")
    async def confirm_factor(request: Request, asked: FactorCode) -> RecoveryCodes:
        """Show that the app knows the secret; other sessions end, recovery codes are shown once."""
        actor = await callers.identify(request)
        codes = await factors.confirm(actor, asked.code, callers.find_cookie(request))
        return RecoveryCodes(recovery_codes=codes)

    @router.post("/recovery-codes")
    async def renew_recovery_codes(request: Request, asked: FactorCode) -> RecoveryCodes:
        """Make new recovery codes; the old ones are good no more."""
        codes = await factors.renew_codes(await callers.identify(request), asked.code)
        return RecoveryCodes(recovery_codes=codes)

    @router.post("/remove", status_code=204)
    async def remove_factor(request: Request, asked: FactorCode) -> None:
        """Take one's second factor away; a code of it is asked for."""
        await factors.remove(await callers.identify(request), asked.code)

    return router


def account_routes(factors: SecondFactors, lockdown: Lockdown, callers: Callers) -> APIRouter:
    """Return what admins do for accounts of others."""
    router = APIRouter(prefix="/api/v1/accounts/{account_id}", tags=["accounts"])

    @router.post("/lock-down")
    async def lock_account_down(
        request: Request, account_id: str, asked: LockdownWish
    ) -> LockdownAnswer:
        """End every session, token, upload link and share of an account at once."""
        actor = await callers.identify(request)
        ended = await lockdown.lock(actor, account_id, stays_on=asked.stays_on)
        return LockdownAnswer(
            sessions=ended.sessions, tokens=ended.tokens, links=ended.links, shares=ended.shares
        )

    @router.delete("/second-factor", status_code=204)
    async def reset_account_factor(request: Request, account_id: str) -> None:
        """Take the second factor of somebody who lost it away; all of their sessions end."""
        await factors.reset(await callers.identify(request), account_id)

    return router
