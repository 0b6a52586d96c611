"""Downloads: an address for the original or for one quality, and never another one instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from rushes.access.permit import Actor, Verb
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery.disposition import clean_name
from rushes.delivery.medium import Medium, get_permitted
from rushes.delivery.playback import ASK_AGAIN_SECONDS, Waiting
from rushes.delivery.sign import Grant, Scope, Signer, until
from rushes.errors import Kind, RushesError
from rushes.renditions.ordering import Ordering
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import PLAYED, State
from rushes.sections import DeliverySettings

ORIGINAL: Final = "original"


class QualityNotFound(RushesError):
    """The asset has no such quality, and will have none."""

    code = "download.quality_not_found"
    kind = Kind.MISSING


class QualityFailed(RushesError):
    """This quality could not be made."""

    code = "download.quality_failed"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Download:
    """An address that gives the file until `expires_at`."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Downloading:
    """Answers who wants a file."""

    database: Database
    clock: Clock
    signer: Signer
    settings: DeliverySettings
    ordering: Ordering | None = None
    """Orders qualities that rest; None where nothing does."""

    async def ask(
        self,
        actor: Actor,
        asset_id: str,
        base: str,
        *,
        quality: str = ORIGINAL,
        region: str | None = None,
    ) -> Download | Waiting:
        """Return the address of the original or of one quality, or when to ask again.

        `region` is that of the edge to take the bytes from; None leaves it to each request.

        A quality that rests is ordered by this.

        Raises:
            AssetNotFound, Forbidden: see `get_permitted`.
            QualityNotFound, QualityFailed: it is not, and will not be there.
        """
        if quality == ORIGINAL:
            return await self.original(actor, asset_id, base)
        async with self.database.reading() as connection:
            medium = await get_permitted(connection, actor, Verb.PLAY_ASSET, asset_id)
        rendition = medium.renditions.get(quality)
        if rendition is None:
            raise QualityNotFound(
                "This asset has no such quality. Ask for playback to see which it has."
            )
        if rendition.state is State.FAILED:
            raise QualityFailed("This quality could not be made. Take another, or the original.")
        if rendition.state is State.RESTING and self.ordering is not None:
            await self.ordering.order(medium.content.id, [quality], actor.id)
        if rendition.state is not State.READY:
            return Waiting(asset_id, None, ASK_AGAIN_SECONDS, f"{quality} is being made.")
        return self._sign(medium, actor, quality, f"{base}/p/{{}}/{_place(rendition)}", region)

    async def original(self, actor: Actor, asset_id: str, base: str) -> Download:
        """Return the address of the original, whatever became of its renditions.

        Raises:
            AssetNotFound, Forbidden: see `get_permitted`.
        """
        async with self.database.reading() as connection:
            medium = await get_permitted(connection, actor, Verb.GET_ORIGINAL, asset_id)
        name = clean_name(medium.asset.file_name, medium.asset.id)
        return self._sign(medium, actor, ORIGINAL, f"{base}/p/{{}}/original/{quote(name)}")

    def _sign(
        self, medium: Medium, actor: Actor, what: str, address: str, region: str | None = None
    ) -> Download:
        expires_at = until(self.clock.now(), self.settings.download_life)
        asset_id = medium.asset.id
        grant = Grant(asset_id, Scope.FILE, what, actor.id, expires_at, actor.epoch, region)
        return Download(address.replace("{}", self.signer.sign(grant), 1), expires_at)


def _place(rendition: Rendition) -> str:
    if rendition.kind not in PLAYED:
        return f"stills/{rendition.file_name}"
    return f"{rendition.name}.{rendition.file_name.rpartition('.')[2]}"
