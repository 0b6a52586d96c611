"""What stores cost: the provider's prices, and what they say of keeping a thing or fetching it.

Money is `Decimal` dollars, computed from whole numbers (bytes, seconds, requests) when it is shown,
and never stored. Providers bill GB of 10^9 bytes, and months of 30 days.
R2 and Wasabi are as the design of the tiers took them from their price lists; S3 (us-east-1), B2
and GCS (us-central1) were not checked against theirs. `[stores.NAME.prices]` wins over all.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from rushes.sections import StoreSettings

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


PROVIDERS: Final = MappingProxyType(
    {
        "r2": Price(Decimal("0.015"), Decimal("4.50"), Decimal("0.36")),
        "wasabi": Price(Decimal("0.0059"), free_egress=Decimal(1), min_days=90),
        "aws": Price(Decimal("0.023"), Decimal(5), Decimal("0.40"), Decimal("0.09")),
        "b2": Price(
            Decimal("0.006"), reads=Decimal("0.40"), egress=Decimal("0.01"), free_egress=Decimal(3)
        ),
        "gcs": Price(Decimal("0.020"), Decimal(5), Decimal("0.40"), Decimal("0.12")),
    }
)
"""Those that publish prices; a folder and what you run yourself cost nothing here."""


def price_of(store: StoreSettings | None) -> Price:
    """Return what a store costs: its provider's prices, and what its settings say of them."""
    if store is None:
        return Price()
    listed = PROVIDERS.get(store.provider, Price()) if store.kind == "s3" else Price()
    told = {field.name: getattr(store.prices, field.name) for field in fields(Price)}
    return replace(listed, **{name: value for name, value in told.items() if value is not None})


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
