"""The estate: what comes to the tiers, moves or goes as a whole: buckets, stores, projects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rushes.access.places import Places
from rushes.tier_section import TierSettings
from rushes.tiers.adopt import Adopting, open_adopting
from rushes.tiers.closing import Closing
from rushes.tiers.copy import Keeper
from rushes.tiers.foreign import name_of
from rushes.tiers.locate import Locator
from rushes.tiers.migrate import Migrating, open_migrating
from rushes.tiers.overview import Place
from rushes.tiers.placement import Tier
from rushes.uploads.receive import Receiver


@dataclass(frozen=True, slots=True)
class Estate:
    """Takes in what others put there, moves the archive, deletes projects."""

    adopting: Adopting
    migrating: Migrating
    closing: Closing


def open_estate(
    keeper: Keeper,
    locator: Locator,
    uploading: Receiver,
    projects: Places,
    *,
    settings: TierSettings,
    places: Mapping[Tier, Place],
) -> Estate:
    """Return it, over the tiers of a keeper."""
    database, clock = keeper.database, keeper.clock
    prices = {tier: place.price for tier, place in places.items()}
    return Estate(
        adopting=open_adopting(
            keeper, uploading.joining.admission, projects, settings.import_daily
        ),
        migrating=open_migrating(keeper, locator, settings.archive),
        closing=Closing(database, clock, uploading.ending, prices, name_of(keeper.archive)),
    )
