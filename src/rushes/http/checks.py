"""Checks over HTTP: rows against stores, what is lost, and what was mended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, TypeAlias

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from rushes.access.permit import Actor
from rushes.tiers.check import Checking

Require: TypeAlias = Callable[[Request], Awaitable[Actor]]
"""Returns who asks, if they may see and move what is on all tiers."""


class CheckAsked(BaseModel):
    """What to check: every byte, or a share of them; and whether to mend what is lost."""

    model_config = ConfigDict(frozen=True)

    all: bool = Field(default=False, description="Read every byte that the tiers hold")
    repair: bool = Field(default=False, description="Mend what is lost of a copy elsewhere")


class CheckTally(BaseModel):
    """What was found on one tier."""

    rows: int = 0
    objects: int = 0
    doubted: int = 0
    missing: int = 0
    resized: int = 0
    unknown: int = 0
    blocks: int = 0
    bytes_read: int = 0
    wrong: int = 0
    repaired: int = 0
    lost: int = 0
    trouble: str | None = None


class CheckReport(BaseModel):
    """What was found by tier, and the first keys that no row tells of."""

    tiers: dict[str, CheckTally] = {}
    unknown: list[str] = []


class CheckAnswer(BaseModel):
    """One check, and what it has found so far."""

    id: str
    state: Literal["asked", "running", "done", "failed"]
    is_full: bool
    repairs: bool
    actor: str
    report: CheckReport
    created_at: datetime
    ended_at: datetime | None


class CheckList(BaseModel):
    """The last checks, newest first."""

    items: list[CheckAnswer]
    next_cursor: None = None


def check_routes(checking: Checking, require: Require) -> APIRouter:
    """Return the routes of checks."""
    router = APIRouter()

    @router.post("/checks", status_code=202)
    async def ask_check(request: Request, asked: CheckAsked) -> CheckAnswer:
        """Compare rows and stores, behind this answer; the check's own address tells of it."""
        actor = await require(request)
        check = await checking.ask(actor.id, is_full=asked.all, repairs=asked.repair)
        return CheckAnswer.model_validate(check, from_attributes=True)

    @router.get("/checks")
    async def list_checks(request: Request) -> CheckList:
        """List the last checks."""
        await require(request)
        found = await checking.list_newest()
        return CheckList(
            items=[CheckAnswer.model_validate(each, from_attributes=True) for each in found]
        )

    @router.get("/checks/{check_id}")
    async def get_check(request: Request, check_id: str) -> CheckAnswer:
        """Say what a check has found."""
        await require(request)
        return CheckAnswer.model_validate(await checking.get(check_id), from_attributes=True)

    return router
