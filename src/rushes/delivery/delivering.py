"""Delivering: the right thing for other programs by what an asset is, at one address.

film, sound -> its list of qualities     picture -> it at a width     all else -> the file
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rushes.access.permit import Actor, Verb
from rushes.delivery.download import Downloading
from rushes.delivery.image import Imaging
from rushes.delivery.medium import get_permitted
from rushes.delivery.playback import Playing, Waiting
from rushes.delivery.quality import Hints
from rushes.media.facts import MediaKind

PLAYED: Final = frozenset({MediaKind.VIDEO.value, MediaKind.AUDIO.value})
SEEN: Final = frozenset({MediaKind.IMAGE.value, MediaKind.RAW.value})


@dataclass(frozen=True, slots=True)
class Delivering:
    """Chooses between what is played, seen and downloaded."""

    playing: Playing
    imaging: Imaging
    downloading: Downloading

    async def ask(
        self, actor: Actor, asset_id: str, base: str, *, width: int, image_format: str
    ) -> str | Waiting:
        """Return an address of the right thing, or when to ask again.

        Args:
            actor: who asks.
            asset_id: what they want.
            base: what addresses begin with, `https://host`.
            width: of a picture, one of `WIDTHS`.
            image_format: of a picture, one of `FORMATS`.

        Raises:
            AssetNotFound, Forbidden, AssetArriving, ScanPending: see `get_permitted`.
            NotPlayable, ImageNotReady, WidthNotAllowed, FormatNotMade: it cannot be had so.
        """
        async with self.playing.database.reading() as connection:
            medium = await get_permitted(connection, actor, Verb.PLAY_ASSET, asset_id)
        if medium.asset.kind in PLAYED:
            found = await self.playing.ask(actor, asset_id, base, hints=Hints())
            return found if isinstance(found, Waiting) else found.hls_url
        if medium.asset.kind in SEEN:
            return await self.imaging.ask(actor, asset_id, width=width, image_format=image_format)
        return (await self.downloading.original(actor, asset_id, base)).url
