"""Removal: what goes when assets are deleted, what stays, and what it still costs.

A provider with a minimum duration bills an object until its end, also when it was deleted before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from rushes.errors import Kind, RushesError
from rushes.tiers.placement import Tier
from rushes.tiers.prices import Price


class RemovalChanged(RushesError):
    """Not so many assets would go as was said."""

    code = "project.removal_changed"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Chosen:
    """Assets that are to go: one, or all of a project."""

    project_id: str | None = None
    asset_id: str | None = None


@dataclass(frozen=True, slots=True)
class Pile:
    """How many objects, and their bytes."""

    objects: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Early:
    """Objects of a tier that are billed for `min_days`, and have not been there so long.

    `cost` is what is still billed of them, in dollars, also if they go now; `until` is when the
    last of them is billed no more.
    """

    tier: Tier
    min_days: int
    objects: int
    size_bytes: int
    cost: Decimal
    until: datetime


@dataclass(frozen=True, slots=True)
class Removal:
    """What the deletion of some assets does.

    `tiers` is what leaves each of them. `shared` are originals that stay, as other assets have
    the same; `imported` those of others, which stay where they lie.
    """

    assets: Pile
    tiers: Mapping[Tier, Pile] = field(default_factory=dict)
    shared: Pile = Pile()
    imported: Pile = Pile()
    early: tuple[Early, ...] = ()


def weigh(
    tier: Tier, price: Price, kept: Iterable[tuple[int, datetime]], now: datetime
) -> Early | None:
    """Return what is still billed of objects that go now, by their bytes and arrival.

    None: nothing is billed beyond its end.
    """
    minimum = timedelta(days=price.min_days)
    early = [(size_bytes, arrived) for size_bytes, arrived in kept if arrived + minimum > now]
    if not early:
        return None
    return Early(
        tier=tier,
        min_days=price.min_days,
        objects=len(early),
        size_bytes=sum(size_bytes for size_bytes, _ in early),
        cost=sum(
            (price.deleting(size_bytes, (now - arrived).days) for size_bytes, arrived in early),
            Decimal(0),
        ),
        until=max(arrived for _, arrived in early) + minimum,
    )
