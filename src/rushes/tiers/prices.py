"""What stores cost: the provider's prices, and what they say of keeping a thing or fetching it.

Money is `Decimal` dollars, computed from whole numbers (bytes, seconds, requests) when it is shown,
and never stored. Providers bill GB of 10^9 bytes, and months of 30 days.
The list of each provider says where its figures come from and of when they are. `[prices.PROVIDER]`
of the settings wins over it, and `[stores.NAME.prices]` over both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from rushes.price_section import ListSettings
from rushes.sections import PriceSettings, StoreSettings

GB: Final = 10**9
MILLION: Final = 10**6
MONTH_SECONDS: Final = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Price:
    """What one store costs, in dollars.

    `storage` is for a GB and month, `writes` and `reads` for a million requests (class A and B),
    `egress` for a GB. `free_egress` is how many times what is stored may leave in a month for
    nothing. An object is billed for at least `min_days`.
    """

    storage: Decimal = Decimal(0)
    writes: Decimal = Decimal(0)
    reads: Decimal = Decimal(0)
    egress: Decimal = Decimal(0)
    free_egress: Decimal = Decimal(0)
    min_days: int = 0

    def rent(self, byte_seconds: int) -> Decimal:
        """Return what so many bytes times seconds cost."""
        return self.storage * byte_seconds / GB / MONTH_SECONDS

    def requests(self, writes: int, reads: int) -> Decimal:
        """Return what so many requests cost."""
        return (self.writes * writes + self.reads * reads) / MILLION

    def leaving(self, egress_bytes: int, stored_bytes: int) -> Decimal:
        """Return what it costs that so many bytes left in a month in which so many were stored."""
        billed = max(egress_bytes - self.free_egress * stored_bytes, Decimal(0))
        return self.egress * billed / GB

    def deleting(self, size_bytes: int, days_kept: int) -> Decimal:
        """Return what is still billed for an object that is deleted before its minimum."""
        days_left = max(self.min_days - days_kept, 0)
        return self.rent(size_bytes * days_left * 86_400)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a provider publishes: prices, where they stand, and of when they are, if that is known.

    A provider of None is a folder, or what one runs oneself.
    """

    price: Price = Price()
    provider: str | None = None
    source: str | None = None
    as_of: date | None = None
    is_own: bool = False
    """Whether the settings say other figures than the list."""


LISTS: Final = MappingProxyType(
    {
        "r2": Listed(  # Standard class
            Price(Decimal("0.015"), Decimal("4.50"), Decimal("0.36")),
            "r2",
            "https://developers.cloudflare.com/r2/pricing/",
            date(2026, 8, 3),
        ),
        "wasabi": Listed(  # pay as you go; egress is free up to what is stored
            Price(Decimal("0.0059"), free_egress=Decimal(1), min_days=90),
            "wasabi",
            "https://wasabi.com/pricing/pricing-faqs",
            date(2019, 3, 5),
        ),
        "aws": Listed(  # S3 Standard in us-east-1, first 50 TB; egress of the first 10 TB
            Price(Decimal("0.023"), Decimal(5), Decimal("0.40"), Decimal("0.09")),
            "aws",
            "https://aws.amazon.com/s3/pricing/",
            date(2026, 3, 13),
        ),
        "b2": Listed(
            Price(
                Decimal("0.006"),
                reads=Decimal("0.40"),
                egress=Decimal("0.01"),
                free_egress=Decimal(3),
            ),
            "b2",
            "https://www.backblaze.com/cloud-storage/pricing",
            date(2026, 4, 1),
        ),
        "gcs": Listed(  # Standard class in us-central1 and us-east1; the page bears no date
            Price(Decimal("0.020"), Decimal(5), Decimal("0.40"), Decimal("0.12")),
            "gcs",
            "https://cloud.google.com/storage/pricing-examples",
        ),
    }
)
"""Those that publish prices; a folder and what you run yourself cost nothing here."""

PROVIDERS: Final = MappingProxyType({name: listed.price for name, listed in LISTS.items()})
"""Their prices alone."""


def list_of(store: StoreSettings | None, told: Mapping[str, ListSettings]) -> Listed:
    """Return what a store costs and by which list: its provider's, as the settings correct it.

    Args:
        store: None is a folder.
        told: the settings' own lists, by provider.
    """
    if store is None:
        return Listed()
    listed = LISTS.get(store.provider, Listed()) if store.kind == "s3" else Listed()
    own = told.get(store.provider) if store.kind == "s3" else None
    if own is not None:
        listed = replace(
            listed,
            price=_corrected(listed.price, own),
            provider=store.provider,
            source=own.source or listed.source,
            as_of=own.as_of or listed.as_of,
            is_own=True,
        )
    price = _corrected(listed.price, store.prices)
    return replace(listed, price=price, is_own=listed.is_own or price != listed.price)


def price_of(store: StoreSettings | None, told: Mapping[str, ListSettings] | None = None) -> Price:
    """Return what a store costs: its provider's prices, and what its settings say of them."""
    return list_of(store, told or {}).price


def _corrected(listed: Price, told: PriceSettings) -> Price:
    known = {field.name: getattr(told, field.name) for field in fields(Price)}
    return replace(listed, **{name: value for name, value in known.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Rates:
    """The same as numbers of a machine, in dollars, for those who compute with millions of them.

    `rent` is for a byte and second on the edge, `fill` for one object put there, `read` for one
    that is read there; `fetch` for one that is read from the archive, `egress` for a byte of it.
    `penalty` is what it is worth that a viewer does not wait for the archive.
    """

    rent: float
    fill: float
    read: float
    fetch: float
    egress: float
    penalty: float

    def miss(self, size_bytes: int) -> float:
        """Return what one read costs that the edge cannot answer."""
        return self.fetch + self.egress * size_bytes + self.penalty

    def window(self, size_bytes: int) -> float:
        """Return the break-even window: for how many seconds keeping is cheaper than one miss."""
        rent = self.rent * size_bytes
        return (self.miss(size_bytes) + self.fill - self.read) / rent if rent > 0 else float("inf")


def make_rates(edge: Price, archive: Price, penalty: Decimal) -> Rates:
    """Return the rates between two stores.

    What the archive lets leave for nothing counts as free.
    """
    return Rates(
        rent=float(edge.rent(1)),
        fill=float(edge.requests(1, 0)),
        read=float(edge.requests(0, 1)),
        fetch=float(archive.requests(0, 1)),
        egress=0.0 if archive.free_egress else float(archive.egress / GB),
        penalty=float(penalty),
    )
