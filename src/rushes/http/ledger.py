"""The ledger over HTTP: what tiers and projects cost, what moved, and by which prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from rushes.http.checks import Require
from rushes.tiers.books import Books, Ledger
from rushes.tiers.overview import Place
from rushes.tiers.placement import Tier
from rushes.tiers.statement import TierBill

MonthWanted = Annotated[
    str | None,
    Query(
        pattern=r"^20\d\d-(0[1-9]|1[0-2])$",
        description="A month, such as 2026-11; by default this one",
    ),
]


class PriceAnswer(BaseModel):
    """What a tier's store costs, in dollars, by which list (null: it costs nothing here).

    `storage` is for a GB (10^9 bytes) and month, `writes` and `reads` for a million requests,
    `egress` for a GB beyond `free_egress` times what is stored. `is_own`: the settings say so.
    """

    tier: str
    store: str
    provider: str | None
    storage: float
    writes: float
    reads: float
    egress: float
    free_egress: float
    min_days: int
    source: str | None
    as_of: date | None
    is_own: bool


class TierCost(BaseModel):
    """What a tier cost in the month so far, in dollars; `month` is all of it at this pace."""

    tier: str
    store: str
    objects: int
    size_bytes: int
    byte_hours: int
    reads: int
    read_bytes: int
    egress_bytes: int
    storage: float
    requests: float
    egress: float
    total: float
    month: float


class ProjectCost(BaseModel):
    """What a project has on each tier, in bytes, and cost in the month so far, in dollars."""

    project_id: str | None
    name: str | None
    size_bytes: dict[str, int]
    reads: int
    total: float


class MonthMoved(BaseModel):
    """What came to a tier and left it in a month; `fetched_bytes` of it came from the archive."""

    month: str
    tier: str
    came: int
    came_bytes: int
    gone: int
    gone_bytes: int
    fetched_bytes: int


class TrendAnswer(BaseModel):
    """What a tier will hold in so many days if the last 30 go on, and cost by the month then."""

    tier: str
    days: int
    size_bytes: int
    cost_per_month: float


class LedgerAnswer(BaseModel):
    """The ledger of a month. A worker accounts by the hour: `until` says up to when it did.

    `hit_rate` is the share of the reads of the month that the edge answered, null without reads.
    `all_on_edge` is what it would have cost to keep every rendition on the edge.
    """

    month: str
    since: date | None
    until: datetime | None
    hit_rate: float | None
    total: float
    all_on_edge: float
    saving: float
    tiers: list[TierCost]
    projects: list[ProjectCost]
    movements: list[MonthMoved]
    forecast: list[TrendAnswer]
    prices: list[PriceAnswer]


def ledger_routes(books: Books, require: Require) -> APIRouter:
    """Return the route of the ledger."""
    router = APIRouter()

    @router.get("/ledger")
    async def get_ledger(request: Request, month: MonthWanted = None) -> LedgerAnswer:
        """Say what tiers and projects hold and cost, what moved, and what is to come."""
        await require(request)
        return describe_ledger(await books.tell(parse_month(month)), books.places)

    return router


def parse_month(month: str | None) -> date | None:
    """Return the first day of a month as people write it, 2026-11."""
    return None if month is None else datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()


def describe_ledger(ledger: Ledger, places: Mapping[Tier, Place]) -> LedgerAnswer:
    """Return the ledger in plain values."""
    told = ledger.statement
    return LedgerAnswer(
        month=f"{told.month:%Y-%m}",
        since=ledger.since,
        until=told.until,
        hit_rate=told.hit_rate,
        total=_dollars(sum((each.bill.total for each in told.tiers), Decimal(0))),
        all_on_edge=_dollars(told.all_on_edge),
        saving=_dollars(told.saving),
        tiers=[_tier(each, places[each.tier]) for each in told.tiers],
        projects=[
            ProjectCost(
                project_id=each.project_id,
                name=ledger.names.get(each.project_id or ""),
                size_bytes={tier.value: held for tier, held in sorted(each.held.items())},
                reads=each.reads,
                total=_dollars(each.cost),
            )
            for each in told.projects
        ],
        movements=[
            MonthMoved(
                month=f"{each.month:%Y-%m}",
                tier=each.tier.value,
                came=each.came,
                came_bytes=each.came_bytes,
                gone=each.gone,
                gone_bytes=each.gone_bytes,
                fetched_bytes=each.fetched_bytes,
            )
            for each in ledger.movements
        ],
        forecast=[
            TrendAnswer(
                tier=each.tier.value,
                days=each.days,
                size_bytes=each.held_bytes,
                cost_per_month=_dollars(each.cost_per_month),
            )
            for each in ledger.trends
        ],
        prices=[_price(tier, place) for tier, place in places.items()],
    )


def _tier(told: TierBill, place: Place) -> TierCost:
    return TierCost(
        tier=told.tier.value,
        store=place.store,
        objects=told.held_objects,
        size_bytes=told.held_bytes,
        byte_hours=told.used.byte_hours,
        reads=told.used.reads,
        read_bytes=told.used.read_bytes,
        egress_bytes=told.used.egress_bytes,
        storage=_dollars(told.bill.storage),
        requests=_dollars(told.bill.requests),
        egress=_dollars(told.bill.egress),
        total=_dollars(told.bill.total),
        month=_dollars(told.month),
    )


def _price(tier: Tier, place: Place) -> PriceAnswer:
    listed, price = place.listed, place.price
    return PriceAnswer(
        tier=tier.value,
        store=place.store,
        provider=listed.provider,
        storage=float(price.storage),
        writes=float(price.writes),
        reads=float(price.reads),
        egress=float(price.egress),
        free_egress=float(price.free_egress),
        min_days=price.min_days,
        source=listed.source,
        as_of=listed.as_of,
        is_own=listed.is_own,
    )


def _dollars(amount: Decimal) -> float:
    """Return dollars as numbers of JSON, to a ten-thousandth of a cent."""
    return round(float(amount), 6)
