"""Mend: what is lost on one tier is made anew of a copy elsewhere that is right.

The copier proves each block as it flows; a wrong object goes only after its source was read whole.
Where no copy is left, nothing is touched, and the loss stays told; but what is back under its key
(a bucket was a wrong one, a person restored it) and proves right counts again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.events.event import EventType
from rushes.stores.blocks import Fingerprint
from rushes.tiers import check_records, records
from rushes.tiers.comparing import Tally
from rushes.tiers.copy import Keeper
from rushes.tiers.locate import Locator
from rushes.tiers.losses import Losses
from rushes.tiers.placement import NoCopy, NotWanted, Placement, State, Tier
from rushes.tiers.sources import Given, find_given, open_source

PAGE: Final = 100

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mending:
    """Mends what is lost."""

    database: Database
    keeper: Keeper
    locator: Locator
    losses: Losses

    async def mend_all(self, tier: Tier, tally: Tally) -> None:
        """Mend what is lost on a tier; count what was, and what could not be."""
        after = ""
        while True:
            async with self.database.reading() as connection:
                now = await records.read_clock(connection, self.losses.clock.now())
                page = await check_records.list_lost(connection, tier, now, after, PAGE)
            if not page:
                return
            for place in page:
                is_mended = await self.mend(place)
                tally.repaired += is_mended
                tally.lost += not is_mended
            after = page[-1].object_id

    async def mend(self, place: Placement) -> bool:
        """Make one object anew; say whether it is there now."""
        try:
            thing = await self.keeper.thing_of(place)
            source = await self._find_right(place, thing.known)
            thing = replace(thing, told=EventType.PLACEMENT_REPAIRED)
            await self.keeper.keep(thing, place.tier, place.key, lambda: _given(source))
        except NotWanted:
            return True  # it was removed meanwhile
        except (RushesError, OSError) as error:
            LOG.error("%s stays lost on the %s: %s", place.key, place.tier.value, error)  # noqa: TRY400 - told
            await self._lose_again(place, str(error))
            return False
        return True

    async def _find_right(self, place: Placement, known: Fingerprint) -> Given:
        """Return where the bytes are: on another tier, or back under the key itself."""
        try:
            source = await self.locator.find_source(place.object_id, but=place.tier)
        except NoCopy:
            source = await find_given(self.keeper.store_of(place.tier), place)
        if isinstance(source, Path):  # a second name would make it the object unread
            async with open_source(source, known) as opened:
                await opened.learn()
        return source

    async def _lose_again(self, place: Placement, why: str) -> None:
        async with self.database.reading() as connection:
            now = await records.find_placement(connection, place.object_id, place.tier)
        if now is not None and now.state is State.ABSENT:
            await self.losses.miss_again(now, why)


async def _given(source: Given) -> Given:
    return source
