"""What a migration would do: what moves, what is there already, whose names are taken, the cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from rushes.db.engine import Database
from rushes.stores.store import Vault
from rushes.tiers import check_records
from rushes.tiers.placement import Tier
from rushes.tiers.prices import Price

PAGE: Final = 1_000


@dataclass(slots=True)
class MigrationPlan:
    """What moves; pairs are objects and bytes.

    `alike` have the name and size of ours in the new store, and count as moved if their bytes are
    ours. `conflicts` are names that other objects have there.
    """

    moving: tuple[int, int] = (0, 0)
    alike: tuple[int, int] = (0, 0)
    conflicts: list[str] = field(default_factory=list)

    def cost(self, former: Price, new: Price) -> Decimal:
        """Return what it costs, in dollars: to read there once, and to write here.

        What the former store lets leave for nothing counts as free.
        """
        objects, size_bytes = self.moving
        leaving = former.leaving(size_bytes, size_bytes + self.alike[1])
        return former.requests(0, objects) + leaving + new.requests(objects, 0)


async def plan_migration(database: Database, target: Vault) -> MigrationPlan:
    """Return what it would do to move the archive to a store; nothing is changed.

    Raises:
        Unreachable, Busy, Refused: the store cannot be listed.
    """
    plan, after = MigrationPlan(), ""
    while True:
        async with database.reading() as connection:
            page = await check_records.list_present(connection, Tier.ARCHIVE, after, PAGE)
        if not page:
            return plan
        there = await _list_stretch(target, after, page[-1].key)
        for place in page:
            found = there.get(place.key)
            if found == place.size_bytes:
                plan.alike = plan.alike[0] + 1, plan.alike[1] + place.size_bytes
                continue
            if found is not None:
                plan.conflicts.append(place.key)
            plan.moving = plan.moving[0] + 1, plan.moving[1] + place.size_bytes
        after = page[-1].key


async def _list_stretch(target: Vault, after: str, until: str) -> dict[str, int]:
    found: dict[str, int] = {}
    while True:
        page = await target.list_sizes("", after, PAGE)
        found |= {key: size for key, size in page if key.encode() <= until.encode()}
        if len(page) < PAGE or page[-1][0].encode() > until.encode():
            return found
        after = page[-1][0]
