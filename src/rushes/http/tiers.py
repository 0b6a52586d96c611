"""Tiers over HTTP: what is where, what would leave and why, and deeds by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from rushes.access.permit import Actor, Forbidden, Verb, permit
from rushes.delivery.region import HOME
from rushes.http.alarms import alarm_routes, warm_routes
from rushes.http.auth import Identify
from rushes.http.checks import check_routes
from rushes.http.ledger import ledger_routes
from rushes.tiers.by_hand import FOREVER
from rushes.tiers.overview import TierUse
from rushes.tiers.placement import Tier, edge_in
from rushes.tiers.retain import describe
from rushes.tiers.vaults import Vaults

MOST_SHOWN: Final = 50

QualityWanted = Annotated[
    str | None, Query(max_length=60, description="One quality by its name; by default all")
]

RegionWanted = Annotated[
    str | None,
    Query(
        pattern="^[a-z][a-z0-9]{0,31}$",
        description="The region whose edge is meant; by default the home edge",
    ),
]

PinEnd = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=FOREVER, description="In 2000 to 9998"),
]


class Tally(BaseModel):
    """How many objects, and their bytes."""

    objects: int
    size_bytes: int


class Reads(BaseModel):
    """What was read in the last 7 days: requests, and the bytes that they asked for."""

    requests: int
    size_bytes: int


class TierAnswer(BaseModel):
    """A tier: its store, what is there by state, and what was read from it."""

    tier: str
    store: str
    kind: str
    limit_bytes: int | None
    present: Tally
    moving: Tally
    leaving: Tally
    lost: Tally
    reads: Reads
    cost_per_month: float
    """Dollars, for keeping what is there; requests and egress are not in it."""
    trouble: str | None
    """Why nothing moves there now, such as a mount that is away; what is `moving` waits for it."""


class TierList(BaseModel):
    """Every tier. `hit_rate` is the share of reads that the edge answered, null without reads."""

    items: list[TierAnswer]
    hit_rate: float | None
    next_cursor: None = None


class PlanAnswer(BaseModel):
    """What would leave the edge now: `saving` in dollars a month, `reasons` and `kept` by word.

    With `doubts` it waits for a person, who says so with its number of objects.
    """

    objects: int
    size_bytes: int
    held_objects: int
    held_bytes: int
    saving: float
    reasons: dict[str, Tally]
    kept: dict[str, int]
    doubts: list[str]


class RunAnswer(BaseModel):
    """One time that the rules were applied: `waiting` for a person, `done`, or `replaced`."""

    id: str
    state: Literal["waiting", "done", "replaced"]
    plan: PlanAnswer
    marked: int
    actor: str
    created_at: datetime
    confirmed_by: str | None


class RunList(BaseModel):
    """The last runs, newest first."""

    items: list[RunAnswer]
    next_cursor: None = None


class Movement(BaseModel):
    """Something that came to the edge or left it."""

    type: str
    object_id: str
    asset_id: str | None
    name: str | None
    size_bytes: int
    reason: str | None
    created_at: datetime


class MovementList(BaseModel):
    """The last movements, newest first."""

    items: list[Movement]
    next_cursor: None = None


class EvictionAsked(BaseModel):
    """Yes to a plan: to how many objects, as the plan told them."""

    model_config = ConfigDict(frozen=True)

    objects: int = Field(ge=0, le=1_000_000_000)


class Asked(BaseModel):
    """What was asked for, and of how many objects; it goes on behind this answer."""

    objects: int
    size_bytes: int = 0


class PinAsked(BaseModel):
    """How long an asset stays on the edge; null: until somebody lets it go."""

    model_config = ConfigDict(frozen=True)

    until: PinEnd | None = None


class Pinned(BaseModel):
    """Of how many objects it holds."""

    objects: int


def routes(vaults: Vaults, identify: Identify) -> APIRouter:
    """Return the routes of tiers, and those of one asset's copies."""
    router = APIRouter(tags=["tiers"])
    router.include_router(_tier_routes(vaults, identify), prefix="/api/v1/tiers")
    checks = check_routes(vaults.checking, partial(require_admin, identify))
    router.include_router(checks, prefix="/api/v1/tiers")
    require, upkeep = partial(require_admin, identify), vaults.upkeep
    for each in (
        ledger_routes(upkeep.books, require),
        alarm_routes(upkeep.watching, require),
        warm_routes(upkeep.warming, require),
    ):
        router.include_router(each, prefix="/api/v1/tiers")
    router.include_router(_asset_routes(vaults, identify), prefix="/api/v1/assets/{asset_id}")
    return router


def _tier_routes(vaults: Vaults, identify: Identify) -> APIRouter:
    router = APIRouter()

    @router.get("")
    async def list_tiers(request: Request) -> TierList:
        """List the tiers with what they hold, give and cost."""
        await require_admin(identify, request)
        found, hit_rate = await vaults.overview.list_tiers()
        return TierList(items=[_tier(each) for each in found], hit_rate=hit_rate)

    @router.get("/edge/plan")
    async def plan_eviction(request: Request, region: RegionWanted = None) -> PlanAnswer:
        """Say what the rules would let leave the edge now; nothing is changed."""
        await require_admin(identify, request)
        return PlanAnswer.model_validate(describe(await vaults.retaining.plan(_edge(region))))

    @router.get("/edge/runs")
    async def list_retention_runs(request: Request, region: RegionWanted = None) -> RunList:
        """List the last times that the rules were applied, and what waits for a person."""
        await require_admin(identify, request)
        runs = await vaults.overview.list_runs(MOST_SHOWN, _edge(region))
        return RunList(items=[RunAnswer.model_validate(run, from_attributes=True) for run in runs])

    @router.get("/edge/movements")
    async def list_movements(request: Request) -> MovementList:
        """List what last came to the edge or left it."""
        await require_admin(identify, request)
        found = await vaults.overview.list_movements(MOST_SHOWN)
        return MovementList(
            items=[Movement.model_validate(each, from_attributes=True) for each in found]
        )

    @router.post("/edge/evict", status_code=202)
    async def carry_out_plan(
        request: Request, asked: EvictionAsked, region: RegionWanted = None
    ) -> Asked:
        """Carry out the plan, if it names no more objects than were said yes to."""
        actor = await require_admin(identify, request)
        await vaults.retaining.ask(actor.id, asked.objects, _edge(region))
        return Asked(objects=asked.objects)

    return router


def _asset_routes(vaults: Vaults, identify: Identify) -> APIRouter:
    router = APIRouter()

    @router.post("/recall", status_code=202)
    async def recall_asset(request: Request, asset_id: str, quality: QualityWanted = None) -> Asked:
        """Bring an asset's qualities to the edge, before anybody watches them."""
        wishes = await vaults.by_hand.recall(await identify(request), asset_id, quality)
        return Asked(objects=len(wishes), size_bytes=sum(wish.size_bytes for wish in wishes))

    @router.post("/evict", status_code=202)
    async def evict_asset(request: Request, asset_id: str, quality: QualityWanted = None) -> Asked:
        """Let an asset's qualities leave the edge; who watches now is not cut off."""
        marked = await vaults.by_hand.evict(await identify(request), asset_id, quality)
        return Asked(objects=marked.objects, size_bytes=marked.size_bytes)

    @router.post("/pin")
    async def pin_asset(request: Request, asset_id: str, asked: PinAsked | None = None) -> Pinned:
        """Keep an asset's qualities on the edge, whatever the rules say."""
        until = None if asked is None else asked.until
        actor = await identify(request)
        return Pinned(objects=await vaults.by_hand.pin(actor, asset_id, until=until))

    @router.delete("/pin")
    async def unpin_asset(request: Request, asset_id: str) -> Pinned:
        """Let the rules decide again about an asset's qualities."""
        actor = await identify(request)
        return Pinned(objects=await vaults.by_hand.pin(actor, asset_id, is_pinned=False))

    return router


async def require_admin(identify: Identify, request: Request) -> Actor:
    """Return who asks, if it may see and move things of every project.

    Raises:
        Forbidden, Unauthenticated: it may not.
    """
    actor = await identify(request)
    permit(actor, Verb.RUN_TIERS)
    if actor.project_ids is not None:  # what it sees and moves here is of every project
        raise Forbidden("This token is for certain projects. Use another for the tiers.")
    return actor


def _edge(region: str | None) -> Tier:
    return Tier.EDGE if region in {None, HOME} else edge_in(str(region))


def _tier(use: TierUse) -> TierAnswer:
    return TierAnswer(
        tier=use.tier.value,
        store=use.store,
        kind=use.kind,
        limit_bytes=use.limit_bytes,
        present=Tally(objects=use.present[0], size_bytes=use.present[1]),
        moving=Tally(objects=use.moving[0], size_bytes=use.moving[1]),
        leaving=Tally(objects=use.leaving[0], size_bytes=use.leaving[1]),
        lost=Tally(objects=use.lost[0], size_bytes=use.lost[1]),
        reads=Reads(requests=use.reads[0], size_bytes=use.reads[1]),
        cost_per_month=use.cost_per_month,
        trouble=use.trouble,
    )
