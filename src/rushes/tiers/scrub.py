"""Scrub: bytes that nobody asked for are read again, so that rot is found while a copy is left.

What is known of an object decides: its blocks where they are known, else the digest of the whole.
A block is read three times before it is called wrong.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.folder import translated
from rushes.stores.s3 import S3Store
from rushes.stores.store import Broken, NotFound, Vault
from rushes.tiers import check_records, movement_records
from rushes.tiers.carry import each
from rushes.tiers.comparing import Tally
from rushes.tiers.flow import Flow
from rushes.tiers.losses import Losses
from rushes.tiers.placement import Placement, Tier
from rushes.tiers.sources import Source, SourceWrong, find_given, open_source

PAGE: Final = 100
EVERYTHING: Final = sys.maxsize

WRONG: Final = "wrong bytes"


@dataclass(frozen=True, slots=True)
class Scrub:
    """Reads what a tier holds."""

    database: Database
    clock: Clock
    losses: Losses
    flow: Flow

    async def read(self, tier: Tier, store: Vault, tally: Tally, budget_bytes: int) -> None:
        """Read so many bytes from where the last scrub of the tier ended; a round begins anew.

        Raises:
            Unreachable, Busy, Refused: the store failed; the next scrub goes on there.
        """
        if budget_bytes == EVERYTHING:
            async for place in self._list_from(tier, ""):
                await self._read_object(place, store, tally)
            return
        async with self.database.reading() as connection:
            after, block = await check_records.read_cursor(connection, tier)
        begun = tally.bytes_read
        async for place in self._list_from(tier, after):
            left = budget_bytes - (tally.bytes_read - begun)
            if left <= 0:
                break
            block = await self._read_object(place, store, tally, first=block, most_bytes=left)
            after = after if block else place.key
            await self._note(tier, after, block)
            if block:
                break
        else:
            await self._note(tier, "", 0)

    async def _list_from(self, tier: Tier, after: str) -> AsyncIterator[Placement]:
        while True:
            async with self.database.reading() as connection:
                page = await check_records.list_present(connection, tier, after, PAGE)
            for place in page:
                yield place
            if not page:
                return
            after = page[-1].key

    async def _note(self, tier: Tier, after: str, block: int) -> None:
        async with self.database.transaction() as connection:
            await check_records.write_cursor(connection, tier, after, block)

    async def _read_object(
        self,
        place: Placement,
        store: Vault,
        tally: Tally,
        *,
        first: int = 0,
        most_bytes: int = EVERYTHING,
    ) -> int:
        """Read blocks of an object from `first` on; return the next one, 0 at its end."""
        async with self.database.reading() as connection:
            known = await movement_records.find_known(connection, place)
        count = -(-place.size_bytes // BLOCK_BYTES)
        last = (
            count if most_bytes == EVERYTHING else min(count, first + most_bytes // BLOCK_BYTES + 1)
        )
        try:
            with translated():
                async with open_source(await find_given(store, place), known) as source:
                    if known.blocks is None:
                        last = count
                        await self._read_whole(source, place, tally)
                    else:
                        await self._read_blocks(source, range(first, last), tally)
        except NotFound:
            return 0  # the comparison tells what is missing
        except Broken as error:
            if not isinstance(error, SourceWrong) and isinstance(store, S3Store):
                tally.trouble = f"{error.code}: {error}"  # the line's trouble: no byte was wrong
                return 0
            tally.wrong += await self.losses.lose(place, WRONG)
            return 0
        if last < count:
            return last
        if first == 0:
            async with self.database.transaction() as connection:
                await check_records.write_verified(connection, place, self.clock.now())
        return 0

    async def _read_whole(self, source: Source, place: Placement, tally: Tally) -> None:
        if source.known.whole is None:
            return  # nothing is known to hold it to
        read = await source.learn()
        tally.blocks += len(read.blocks or ())
        tally.bytes_read += read.size_bytes
        if place.object_id != place.content_id:
            async with self.database.transaction() as connection:
                await movement_records.record_blocks(
                    connection, place.object_id, place.content_id, read
                )

    async def _read_blocks(self, source: Source, numbers: Iterable[int], tally: Tally) -> None:
        async def prove(number: int) -> None:
            start = number * BLOCK_BYTES
            end = min(start + BLOCK_BYTES, source.known.size_bytes)
            async with self.flow.room(end - start):
                await self.flow.pace(end - start)
                await source.read(start, end)
            tally.blocks += 1
            tally.bytes_read += end - start

        await each(numbers, prove)
