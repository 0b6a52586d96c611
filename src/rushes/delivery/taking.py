"""Taking: what visitors of a share download is counted, one file or many as one ZIP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery import share_records as records
from rushes.delivery.bundle import MOST, BundleAnswer, Bundling
from rushes.delivery.medium import unknown_asset
from rushes.delivery.share import NotShared, Share, Taking, may_take
from rushes.delivery.visiting import Visit, actor_of_share, count_taken


@dataclass(frozen=True, slots=True)
class Packing:
    """Gives what a share shows as one ZIP."""

    database: Database
    clock: Clock
    bundling: Bundling

    async def pack(
        self, visit: Visit, asset_ids: Sequence[str] | None, base: str, *, quality: str
    ) -> BundleAnswer:
        """Return the address of a ZIP; each asset counts once for each visitor.

        Args:
            visit: who asks.
            asset_ids: some of what the share shows; None: all of it.
            base: our own address.
            quality: `original`, `best` for the best that is ready and given, or a quality.

        Raises:
            NotShared: the share does not give this quality.
            AssetNotFound: the share does not list one of them.
            TooManyFiles, QualityNotFound, ScanPending: see `Bundling.ask`.
        """
        share = visit.share
        if not may_take(share, quality):
            raise NotShared("This share does not give this quality. Ask whoever sent it.")
        chosen = await self._choose(share, asset_ids)
        cap = None if share.download in {Taking.NONE, Taking.ALL} else share.download.value
        answer = await self.bundling.ask(
            actor_of_share(share), chosen, base, quality=quality, cap=cap
        )
        async with self.database.transaction() as connection:
            await count_taken(connection, self.clock, visit, chosen, quality)
        return answer

    async def _choose(self, share: Share, asset_ids: Sequence[str] | None) -> list[str]:
        async with self.database.reading() as connection:
            shown = await records.list_shown_ids(connection, share, asset_ids, MOST + 1)
        if asset_ids is None:
            return shown
        if not set(asset_ids) <= set(shown):
            raise unknown_asset()
        return list(asset_ids)
