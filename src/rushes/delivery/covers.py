"""Covers: what a list shows of each asset: its picture, and on which tiers it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rushes.access.permit import Actor
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery.sign import Grant, Scope, Signer, until
from rushes.library.asset import Asset
from rushes.media.stills import MOTION
from rushes.renditions import records as rendition_records
from rushes.sections import DeliverySettings
from rushes.tiers import records as placement_records

POSTERS: Final = ("poster", "preview-1280", "preview-640", "preview-320")
THUMBNAILS: Final = ("thumbnail-320", "preview-320", "poster")
MOVING: Final = (MOTION,)
STEP: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TierState:
    """Whether an asset's objects are on a tier: the state that is furthest from `present`."""

    tier: str
    state: str


@dataclass(frozen=True, slots=True)
class Cover:
    """Addresses of pictures, None until they are made, and tiers."""

    poster_url: str | None
    thumbnail_url: str | None
    moving_url: str | None
    placements: tuple[TierState, ...]


@dataclass(frozen=True, slots=True)
class Covers:
    """Makes the covers of a page of assets with two questions."""

    database: Database
    clock: Clock
    signer: Signer
    settings: DeliverySettings

    async def list_covers(
        self, assets: Sequence[Asset], actor: Actor, base: str
    ) -> dict[str, Cover]:
        """Return the cover of each asset by its id; `base` begins the addresses."""
        contents = {asset.content_id for asset in assets}
        async with self.database.reading() as connection:
            names = sorted({*POSTERS, *THUMBNAILS, *MOVING})
            stills = await rendition_records.list_ready_ids(connection, contents, names)
            tiers = await placement_records.list_tiers(connection, contents)
        expires_at = until(self.clock.now(), self.settings.still_life, step=STEP)

        def address(asset: Asset, wanted: Sequence[str]) -> str | None:
            ready = stills.get(asset.content_id, {})
            name = next((each for each in wanted if each in ready), None)
            if name is None:
                return None
            signed = self.signer.sign(
                Grant(asset.id, Scope.STILL, None, actor.id, expires_at, actor.epoch)
            )
            return f"{base}/p/{signed}/stills/{name}.webp?v={ready[name]}"  # it may be made anew

        return {
            asset.id: Cover(
                poster_url=address(asset, POSTERS),
                thumbnail_url=address(asset, THUMBNAILS),
                moving_url=address(asset, MOVING),
                placements=tuple(
                    TierState(tier, state)
                    for tier, state in sorted(tiers.get(asset.content_id, {}).items())
                ),
            )
            for asset in assets
        }
