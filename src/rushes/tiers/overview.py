"""What the tiers hold, give and cost, as people look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.settings import Settings
from rushes.tier_section import OUR_FOLDER
from rushes.tiers import editing_records, read_records, retain_records
from rushes.tiers.placement import State, Tier, edge_in
from rushes.tiers.prices import MONTH_SECONDS, Listed, Price, list_of
from rushes.tiers.retain_records import Run

READS_COUNT: Final = timedelta(days=7)
UNPREPARED: Final = "Its folder is not ours yet. Mount it, then run `rushes tiers prepare`."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tier's objects lie: its store's name and kind, most bytes, and what it costs."""

    store: str
    kind: str
    limit_bytes: int | None
    listed: Listed = field(default_factory=Listed)

    @property
    def price(self) -> Price:
        """What it costs."""
        return self.listed.price


def list_places(settings: Settings) -> dict[Tier, Place]:
    """Return where the objects of each tier lie; of the archive also where it moves from."""
    tiers, cap_bytes = settings.tiers, settings.retention.cap_bytes
    found = {
        Tier.EDGE: _place_of(settings, tiers.edge.store, "edge", cap_bytes),
        Tier.ARCHIVE: _place_of(settings, tiers.archive.store, "archive", None),
    }
    for region, edge in tiers.edges.items():
        found[edge_in(region)] = _place_of(settings, edge.store, "", edge.cap_bytes)
    if (former := tiers.archive.former) is not None:
        name = None if former == OUR_FOLDER else former
        found[Tier.FORMER] = _place_of(settings, name, "archive", None)
    return found


def _place_of(settings: Settings, name: str | None, folder: str, cap_bytes: int | None) -> Place:
    if name is None:
        return Place(folder, "folder", cap_bytes)
    store = settings.stores[name]
    limits = [limit for limit in (cap_bytes, store.limit_bytes) if limit is not None]
    return Place(name, store.kind, min(limits, default=None), list_of(store, settings.prices))


@dataclass(frozen=True, slots=True)
class TierUse:
    """A tier; pairs are objects and bytes, `reads` requests and bytes of 7 days.

    `cost_per_month` is in dollars, for the room alone; `trouble` says why nothing moves there.
    """

    tier: Tier
    store: str
    kind: str
    limit_bytes: int | None
    present: tuple[int, int]
    moving: tuple[int, int]
    leaving: tuple[int, int]
    lost: tuple[int, int]
    reads: tuple[int, int]
    cost_per_month: float
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """Something that came to the edge or left it; `type` is that of its event."""

    type: str
    object_id: str
    asset_id: str | None
    name: str | None
    size_bytes: int
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """Answers who looks."""

    database: Database
    clock: Clock
    places: Mapping[Tier, Place]
    editing: str | None = None
    """The path of the editors' tree; None where there is none."""

    async def list_tiers(self) -> tuple[list[TierUse], float | None]:
        """Return each tier, and the share of reads that the edge answered in 7 days."""
        since = (self.clock.now() - READS_COUNT).date()
        async with self.database.reading() as connection:
            sums = await retain_records.sum_tiers(connection)
            reads = await read_records.sum_reads(connection, since)
            editing = await self._look_at_editing(connection)
        held = {(tier, state): (objects, size) for tier, state, objects, size in sums}
        asked = sum(count for count, _ in reads.values())
        hits = sum(count for tier, (count, _) in reads.items() if Tier(tier).is_edge)
        uses = [self._use(tier, place, held, reads) for tier, place in self.places.items()]
        return uses + editing, (hits / asked if asked else None)

    async def _look_at_editing(self, connection: Connection) -> list[TierUse]:
        """Return the tree of the editors; what is `moving` waits to be written."""
        if self.editing is None:
            return []
        tree = await editing_records.find_tree(connection)
        use = TierUse(
            tier=Tier.EDITING,
            store=self.editing,
            kind="folder",
            limit_bytes=None,
            present=await editing_records.sum_files(connection),
            moving=await editing_records.count_due(connection),
            leaving=(0, 0),
            lost=(0, 0),
            reads=(0, 0),
            cost_per_month=0.0,
            trouble=UNPREPARED if tree is None else tree.trouble,
        )
        return [use]

    async def list_runs(self, limit: int, tier: Tier = Tier.EDGE) -> list[Run]:
        """Return the last times that the rules were applied to an edge, newest first."""
        async with self.database.reading() as connection:
            return await retain_records.list_runs(connection, tier, limit)

    async def list_movements(self, limit: int) -> list[Moved]:
        """Return what last came to the edge or left it, newest first."""
        async with self.database.reading() as connection:
            found = await retain_records.list_movements(connection, limit)
        return [_moved(*row) for row in found]

    def _use(
        self,
        tier: Tier,
        place: Place,
        held: Mapping[tuple[str, str], tuple[int, int]],
        reads: Mapping[str, tuple[int, int]],
    ) -> TierUse:
        def count(state: State) -> tuple[int, int]:
            return held.get((tier.value, state.value), (0, 0))

        present, leaving = count(State.PRESENT), count(State.EVICTING)
        rent = place.price.rent((present[1] + leaving[1]) * MONTH_SECONDS)
        return TierUse(
            tier=tier,
            store=place.store,
            kind=place.kind,
            limit_bytes=place.limit_bytes,
            present=present,
            moving=count(State.COPYING),
            leaving=leaving,
            lost=count(State.LOST),
            reads=reads.get(tier.value, (0, 0)),
            cost_per_month=float(round(rent, 4)),
        )


def _moved(what: str, subject: str, moment: datetime, data: Mapping[str, object]) -> Moved:
    def text(name: str) -> str | None:
        found = data.get(name)
        return found if isinstance(found, str) else None

    size_bytes = data.get("size_bytes")
    return Moved(
        type=what,
        object_id=subject,
        asset_id=text("asset_id"),
        name=text("name") or (text("key") or "").rpartition("/")[2] or None,
        size_bytes=size_bytes if isinstance(size_bytes, int) else 0,
        reason=text("reason"),
        created_at=moment,
    )
