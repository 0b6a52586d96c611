"""Render manifests: all that a render node needs to read one file in ranges, and to prove them.

1. The address is good for hours, takes any range in any order, and each range finds the best copy
   of its moment: a bucket answers by a short address of its own, a folder by its bytes.
2. Each block of 16 MiB has its SHA-256, as it was computed when the file came in; what a node has
   read it can prove without the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from rushes.access.permit import Actor, Verb
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.delivery.download import ORIGINAL, Downloading
from rushes.delivery.medium import get_permitted
from rushes.delivery.playback import Waiting
from rushes.delivery.ranges import share_out
from rushes.errors import Kind, RushesError
from rushes.library import records as library_records
from rushes.renditions import records as rendition_records
from rushes.stores.blocks import BLOCK_BYTES, Fingerprint
from rushes.tiers import movement_records
from rushes.tiers import records as tier_records

STREAMS: Final = 8
MOST_STREAMS: Final = 64
HOURS: Final = 6
MOST_HOURS: Final = 24


class ManifestStale(RushesError):
    """The file was made anew while its manifest was put together."""

    code = "render.stale"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included, as the header `Range` says it."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """How to read one file in ranges until `expires_at`.

    `digest` is the SHA-256 of the whole, `sha-256:` and hex, and null until it is known.
    `block_digests` are the SHA-256 of each `block_bytes` in order, hex, the last block is smaller;
    null where nobody computed them. `ranges` are whole blocks, one for each stream.
    """

    asset_id: str
    quality: str
    url: str
    expires_at: datetime
    media_type: str
    size_bytes: int
    digest: str | None
    block_bytes: int
    block_digests: list[str] | None
    ranges: list[ByteRange]


@dataclass(frozen=True, slots=True)
class Rendering:
    """Answers render nodes."""

    database: Database
    clock: Clock
    downloading: Downloading

    async def ask(
        self,
        actor: Actor,
        asset_id: str,
        base: str,
        *,
        quality: str = ORIGINAL,
        hours: int = HOURS,
        streams: int = STREAMS,
    ) -> Manifest | Waiting:
        """Return how to read the original or one quality, or when to ask again.

        Raises:
            AssetNotFound, Forbidden: see `get_permitted`.
            QualityNotFound, QualityFailed: it is not, and will not be there.
            ManifestStale: it changed in this moment.
        """
        settings = self.downloading.settings.model_copy(
            update={"download_life": timedelta(hours=hours)}
        )
        downloading = replace(self.downloading, settings=settings)
        found = await downloading.ask(actor, asset_id, base, quality=quality)
        if isinstance(found, Waiting):
            return found
        verb = Verb.GET_ORIGINAL if quality == ORIGINAL else Verb.PLAY_ASSET
        async with self.database.reading() as connection:
            medium = await get_permitted(connection, actor, verb, asset_id)
            if quality == ORIGINAL:
                media_type = medium.content.media_type
                known = await _know_original(connection, medium.content.id)
            else:
                rendition = medium.renditions.get(quality)
                if rendition is None:  # it was there when its address was signed
                    raise _stale()
                media_type = rendition.media_type
                known = await _know_rendition(connection, rendition.id)
        ranges = share_out(known.size_bytes, BLOCK_BYTES, streams)
        return Manifest(
            asset_id=asset_id,
            quality=quality,
            url=found.url,
            expires_at=found.expires_at,
            media_type=media_type,
            size_bytes=known.size_bytes,
            digest=None if known.whole is None else f"sha-256:{known.whole.hex()}",
            block_bytes=BLOCK_BYTES,
            block_digests=None if known.blocks is None else [each.hex() for each in known.blocks],
            ranges=[ByteRange(each.start, each.end - 1) for each in ranges],
        )


async def _know_original(connection: Connection, content_id: str) -> Fingerprint:
    content = await library_records.find_content(connection, content_id)
    if content is None:
        raise _stale()
    blocks = await tier_records.list_block_digests(connection, content.upload_id)
    return Fingerprint(content.size_bytes, blocks or None, content.digest)


async def _know_rendition(connection: Connection, rendition_id: str) -> Fingerprint:
    rendition = await rendition_records.find_rendition(connection, rendition_id)
    if rendition is None or rendition.size_bytes is None:
        raise _stale()
    known = Fingerprint(rendition.size_bytes, whole=rendition.digest)
    return await movement_records.with_blocks(connection, rendition_id, known)


def _stale() -> ManifestStale:
    return ManifestStale("The file was made anew or removed in this moment. Ask again.")
