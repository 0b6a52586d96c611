"""Edges over HTTP: which there are, where to time them, and which is near by one's country."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel

from rushes.access.permit import Verb, permit
from rushes.delivery.region import HOME, Regions
from rushes.http.auth import Identify
from rushes.settings import Settings
from rushes.stores.store import Presign, Vault
from rushes.tiers.locate import Locator
from rushes.tiers.placement import Tier, edge_in

TIMED_KEY: Final = "rushes/is-anybody-there"
TIMED_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class Nearness:
    """Finds the edge that is near to who asks, by what a proxy says of their country."""

    regions: Regions = field(default_factory=Regions)
    country_header: str | None = None

    def find(self, request: Request, region: str | None = None) -> Tier:
        """Return the nearest edge; a region that was chosen wins."""
        header = self.country_header
        country = None if header is None else request.headers.get(header)
        return self.regions.find_near(region, country)


def nearness_of(settings: Settings) -> Nearness:
    """Return what finds the nearest edge of those in the settings."""
    countries = {region: edge.countries for region, edge in settings.tiers.edges.items()}
    return Nearness(Regions(countries), settings.delivery.country_header)


class EdgeAnswer(BaseModel):
    """An edge: its region, and the countries that it is for."""

    region: str
    countries: list[str]
    is_nearest: bool
    """Whether who asks gets bytes from there, by their country, where they choose no region."""
    probe_url: str | None
    """An address of its store to time: the sooner it answers (404), the nearer it is. Null where
    the bytes come from this server."""


class EdgeList(BaseModel):
    """Every edge, the home edge first."""

    items: list[EdgeAnswer]
    next_cursor: None = None


def routes(nearness: Nearness, locator: Locator, identify: Identify) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/api/v1/edges", tags=["delivery"])

    @router.get("")
    async def list_edges(request: Request) -> EdgeList:
        """List the edges, for a player that chooses its region by timing them."""
        permit(await identify(request), Verb.PLAY_ASSET)
        nearest = nearness.find(request)
        known = {HOME: ()} | dict(nearness.regions.countries)
        stores = {Tier.EDGE: locator.edge, **locator.further}
        items = []
        for region, countries in known.items():
            tier = Tier.EDGE if region == HOME else edge_in(region)
            items.append(
                EdgeAnswer(
                    region=region,
                    countries=list(countries),
                    is_nearest=tier is nearest,
                    probe_url=_probe_of(stores[tier]),
                )
            )
        return EdgeList(items=items)

    return router


def _probe_of(store: Vault) -> str | None:
    """Return an address that the store itself answers; it has no such object."""
    return store.presign_get(TIMED_KEY, TIMED_SECONDS) if isinstance(store, Presign) else None
