"""A claim: who copies an object says so, and keeps saying it.

A killed copier falls silent, its claim runs out, and the next one takes the placement with a higher
fence; whatever the old one still writes to the row is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.trouble import DatabaseAway
from rushes.tiers import records
from rushes.tiers.placement import (
    BEAT,
    LEASE,
    ClaimLost,
    NotWanted,
    Placement,
    PlacementClaimed,
    State,
    Tier,
)

ASK_SECONDS: Final = 0.5
"""How often a live claim of another is looked at while we wait for it."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Takes and holds placements."""

    database: Database
    clock: Clock

    async def take(self, placement: Placement) -> Placement:
        """Claim, waiting for a claim of another as long as it can last.

        Returns the placement as it is where the other one brought the object.

        Raises:
            PlacementClaimed: the other one goes on.
            NotWanted: the object was removed.
        """
        deadline = asyncio.get_running_loop().time() + LEASE.total_seconds() + 2 * ASK_SECONDS
        while True:
            try:
                held = await self.take_now(placement.object_id, placement.tier)
            except PlacementClaimed:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(ASK_SECONDS)
            else:
                return held

    async def take_now(self, object_id: str, tier: Tier) -> Placement:
        """Claim, or raise `PlacementClaimed` at once."""
        async with self.database.transaction() as connection:
            before = await records.find_placement(connection, object_id, tier)
            if before is None:
                raise NotWanted("The object was removed while it was to be copied.")
            if before.state is State.PRESENT:
                return before
            now = await records.read_clock(connection, self.clock.now())
            held = before.claimed(now)
            if not await records.write_claim(connection, before, held):
                raise PlacementClaimed("Another worker was faster.", retry_after=1)
            return held

    @contextlib.asynccontextmanager
    async def holding(self, held: Placement) -> AsyncIterator[None]:
        """Prolong the claim while the block runs; end the block when it is lost.

        Raises:
            ClaimLost: another took over.
        """
        lost: list[bool] = []
        copier = asyncio.current_task()

        async def beat() -> None:
            is_held = True
            while True:
                await asyncio.sleep(BEAT.total_seconds())
                with contextlib.suppress(DatabaseAway):  # the next beat may pass
                    is_held = await self._beat(held)
                if not is_held:
                    lost.append(True)
                    if copier is not None:
                        copier.cancel()
                    return

        beater = asyncio.create_task(beat())
        try:
            yield
        except asyncio.CancelledError:
            if not lost or copier is None:
                raise
            copier.uncancel()
            raise claim_lost() from None
        finally:
            beater.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beater

    async def _beat(self, held: Placement) -> bool:
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            return await records.write_beat(connection, held, now)


def claim_lost() -> ClaimLost:
    """Return what is said when another took over."""
    return ClaimLost("Another worker took this object over; it goes on there.", retry_after=1)
