"""Upkeep: what keeps accounts, brings what is likely to be watched, and looks after the tiers.

The workflows are here too: each is one step, at its time in `[schedules]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rushes.jobs.engine import Engine
from rushes.jobs.schedule import KEEP_ACCOUNTS, WARM, WATCH_TIERS
from rushes.sections import RetentionSettings
from rushes.tiers.books import Books
from rushes.tiers.budget import Budget
from rushes.tiers.by_hand import ByHand
from rushes.tiers.evict import Evicting
from rushes.tiers.overview import Place
from rushes.tiers.placement import Tier
from rushes.tiers.prices import make_rates
from rushes.tiers.recall import Recalling
from rushes.tiers.warming import Warming
from rushes.tiers.watching import Watching

SECONDS: Final = 1_800.0


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What workers do for the tiers by themselves."""

    books: Books
    warming: Warming
    watching: Watching


def open_upkeep(
    recalling: Recalling,
    evicting: Evicting,
    places: Mapping[Tier, Place],
    budget: Budget,
    told: RetentionSettings,
) -> Upkeep:
    """Return what looks after the tiers of a house.

    Args:
        recalling: what brings things to the edge.
        evicting: what lets things leave it.
        places: where tiers lie, and what that costs.
        budget: what may leave the archive in a month.
        told: most bytes that the edge should hold, and what a miss costs.
    """
    keeper = recalling.keeper
    database, clock = keeper.database, keeper.clock
    return Upkeep(
        books=Books(database, clock, places),
        warming=Warming(
            database=database,
            clock=clock,
            recalling=recalling,
            by_hand=ByHand(database, clock, recalling, evicting),
            edge=keeper.edge,
            budget=budget,
            rates=make_rates(places[Tier.EDGE].price, places[Tier.ARCHIVE].price, told.penalty),
            cap_bytes=told.cap_bytes,
        ),
        watching=Watching(
            database=database,
            clock=clock,
            places=places,
            stores={
                Tier.ARCHIVE: keeper.archive,
                Tier.EDGE: keeper.edge.store,
                **keeper.edge.further,
            },
            budget=budget,
        ),
    )


def tell_upkeep(engine: Engine, upkeep: Upkeep) -> None:
    """Tell the engine the workflows."""
    account = engine.step("account", timeout_seconds=SECONDS)(upkeep.books.account)
    bring = engine.step("warm", timeout_seconds=SECONDS)(upkeep.warming.warm)
    look = engine.step("watch", timeout_seconds=SECONDS)(upkeep.watching.watch)

    @engine.scheduled(KEEP_ACCOUNTS)
    async def keep_accounts() -> None:
        await account()

    @engine.scheduled(WARM)
    async def warm() -> None:
        await bring()

    @engine.scheduled(WATCH_TIERS)
    async def watch_tiers() -> None:
        await look()
