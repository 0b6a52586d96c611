"""Alarms and warming over HTTP: what is wrong with tiers, and what is to be near by when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from rushes.http.checks import Require
from rushes.tiers.by_hand import FOREVER
from rushes.tiers.warming import Warming
from rushes.tiers.watching import Watching

MOST_SHOWN: Final = 50
MOST_ASSETS: Final = 1_000

Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=FOREVER, description="In 2000 to 9998"),
]


class AlarmAnswer(BaseModel):
    """Something that is wrong with a tier, or was (`cleared_at`); `level` in percent."""

    tier: str
    trouble: str
    level: int
    words: str
    raised_at: datetime
    told_at: datetime
    cleared_at: datetime | None


class AlarmList(BaseModel):
    """Alarms: those that last first, then the newest."""

    items: list[AlarmAnswer]
    next_cursor: None = None


class WarmAsked(BaseModel):
    """Which assets are to be on the edge, and by when; they come two hours before."""

    model_config = ConfigDict(frozen=True)

    asset_ids: list[str] = Field(min_length=1, max_length=MOST_ASSETS)
    quality: str | None = Field(
        default=None, max_length=60, description="One quality by its name; by default all"
    )
    at: Moment


class WarmOrdered(BaseModel):
    """How many objects were ordered."""

    objects: int


class WarmChoice(BaseModel):
    """An object that warming would bring now, and why."""

    object_id: str
    reason: str


class WarmPlan(BaseModel):
    """What warming would bring now, most wanted first."""

    items: list[WarmChoice]
    next_cursor: None = None


def alarm_routes(watching: Watching, require: Require) -> APIRouter:
    """Return the routes of alarms."""
    router = APIRouter()

    @router.get("/alarms")
    async def list_alarms(request: Request) -> AlarmList:
        """List what is wrong with tiers now, and what was."""
        await require(request)
        found = await watching.list_last(MOST_SHOWN)
        return AlarmList(
            items=[AlarmAnswer.model_validate(each, from_attributes=True) for each in found]
        )

    return router


def warm_routes(warming: Warming, require: Require) -> APIRouter:
    """Return the routes of warming."""
    router = APIRouter()

    @router.get("/edge/warm")
    async def plan_warming(request: Request) -> WarmPlan:
        """Say what warming would bring to the edge now, and why; nothing is changed."""
        await require(request)
        chosen = await warming.choose()
        return WarmPlan(
            items=[
                WarmChoice(object_id=object_id, reason=why.value)
                for object_id, why in chosen[:MOST_SHOWN]
            ]
        )

    @router.post("/edge/warm", status_code=202)
    async def order_warming(request: Request, asked: WarmAsked) -> WarmOrdered:
        """Have assets on the edge by a time, such as that of a review."""
        actor = await require(request)
        count = await warming.order(actor, asked.asset_ids, asked.quality, asked.at)
        return WarmOrdered(objects=count)

    return router
