"""Accounts over HTTP."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from rushes.access.account import Account
from rushes.access.accounts import AccountChange, Accounts, Limits
from rushes.access.permit import Role
from rushes.http.auth import Identify
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.revisions import IfMatch, mark, read_revision
from rushes.http.wishes import Wish

ACCOUNTS = "accounts"


class AccountAnswer(BaseModel):
    """An account; sizes in bytes. A limit of null is what the settings say of every account."""

    id: str
    email: str
    role: Role
    is_active: bool
    created_at: datetime
    time_zone: str
    used_bytes: int
    max_total_bytes: int | None
    max_uploads_per_day: int | None
    has_factor: bool


class NewAccount(Wish):
    """An account to make."""

    email: str = Field(max_length=1_000)
    password: str = Field(max_length=1_000, repr=False)
    role: Role = Role.EDITOR


class AccountPatch(Wish):
    """What to change of an account; one's own password needs the current one."""

    role: Role | None = None
    is_active: bool | None = None
    password: str | None = Field(default=None, max_length=1_000, repr=False)
    current_password: str | None = Field(default=None, max_length=1_000, repr=False)


class LimitsWish(Wish):
    """What an account may send; null: what the settings say of every account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "max_total_bytes": 5_000_000_000,
                    "max_uploads_per_day": 20,
                    "time_zone": "Europe/Berlin",
                }
            ]
        },
    )

    max_total_bytes: int | None = Field(default=None, ge=0, lt=2**63)
    """How many bytes it may keep here in all."""
    max_uploads_per_day: int | None = Field(default=None, ge=0, lt=2**31)
    """How many uploads it may begin on a day; abandoned ones do not count."""
    time_zone: str = Field(default="UTC", max_length=100)
    """Whose midnight ends its day: a name of the IANA database, like `Europe/Berlin`."""


def routes(accounts: Accounts, identify: Identify, pager: Pager) -> APIRouter:
    """Return the routes of accounts."""
    router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])

    @router.get("")
    async def list_accounts(
        request: Request, limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None
    ) -> Page[AccountAnswer]:
        """List accounts, newest first."""
        actor = await identify(request)
        rows = await accounts.list(actor, pager.read_after(ACCOUNTS, cursor), limit)
        shown, following = pager.cut(ACCOUNTS, rows, limit, lambda one: (one.created_at, one.id))
        return Page(items=[answer_account(one) for one in shown], next_cursor=following)

    @router.post("", status_code=201)
    async def create_account(request: Request, asked: NewAccount) -> AccountAnswer:
        """Make an account; it becomes a member of projects there."""
        actor = await identify(request)
        return answer_account(await accounts.create(actor, asked.email, asked.password, asked.role))

    @router.get("/{account_id}")
    async def get_account(request: Request, response: Response, account_id: str) -> AccountAnswer:
        """Read an account."""
        account = await accounts.get(await identify(request), account_id)
        mark(response, account.revision)
        return answer_account(account)

    _add_change_routes(router, accounts, identify)
    return router


def _add_change_routes(router: APIRouter, accounts: Accounts, identify: Identify) -> None:
    @router.patch("/{account_id}")
    async def change_account(
        request: Request,
        response: Response,
        account_id: str,
        asked: AccountPatch,
        if_match: IfMatch = None,
    ) -> AccountAnswer:
        """Change role, activity or password; every session of the account ends."""
        actor = await identify(request)
        if account_id == actor.id and asked.current_password is not None and asked.password:
            await accounts.change_password(actor, asked.current_password, asked.password)
            return answer_account(await accounts.get(actor, account_id))
        change = AccountChange(asked.role, asked.is_active, asked.password)
        account = await accounts.change(actor, account_id, change, read_revision(if_match))
        mark(response, account.revision)
        return answer_account(account)

    @router.put("/{account_id}/limits")
    async def set_account_limits(
        request: Request,
        response: Response,
        account_id: str,
        asked: LimitsWish,
        if_match: IfMatch = None,
    ) -> AccountAnswer:
        """Say what an account may send, all of it at once; its sessions go on."""
        actor = await identify(request)
        limits = Limits(asked.max_total_bytes, asked.max_uploads_per_day, asked.time_zone)
        account = await accounts.set_limits(actor, account_id, limits, read_revision(if_match))
        mark(response, account.revision)
        return answer_account(account)

    @router.delete("/{account_id}", status_code=204)
    async def delete_account(request: Request, account_id: str, if_match: IfMatch = None) -> None:
        """Remove an account with its sessions and tokens; what it made stays."""
        await accounts.delete(await identify(request), account_id, read_revision(if_match))


def answer_account(account: Account) -> AccountAnswer:
    """Return an account as it is answered."""
    return AccountAnswer(
        id=account.id,
        email=account.email,
        role=account.role,
        is_active=account.is_active,
        created_at=account.created_at,
        time_zone=account.time_zone,
        used_bytes=account.used_bytes,
        max_total_bytes=account.max_total_bytes,
        max_uploads_per_day=account.max_uploads_per_day,
        has_factor=account.has_factor,
    )
