"""Downloads of many: one ZIP, streamed, whose length and every range are known from the start.

1. What a bundle holds is fixed when it is asked for; its address may be read as often as its time
   lasts, from any byte on.
2. A CRC-32 is learned when an entry is read and kept with the bundle. Who begins behind an entry
   that was never read waits while it is read.
3. An asset that was deleted meanwhile ends the download: nothing else is given in its place.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes import ids
from rushes.access.permit import Actor, Verb
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery import bundle_records
from rushes.delivery.bundle_records import Bundle, Item
from rushes.delivery.disposition import clean_name, renamed
from rushes.delivery.download import ORIGINAL, QualityNotFound
from rushes.delivery.medium import Medium, get_permitted
from rushes.delivery.serve import PathNotFound
from rushes.delivery.sign import Grant, Scope, Signer, until
from rushes.delivery.standing import Require
from rushes.delivery.zip64 import (
    Entry,
    Layout,
    format_descriptor,
    format_directory,
    format_head,
    plan,
)
from rushes.errors import Kind, RushesError
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.media.layout import find_plain
from rushes.media.overlay import WHOLE
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import PLAYED, State
from rushes.sections import DeliverySettings
from rushes.stores.store import Broken
from rushes.tiers.editing_names import Names, wished_name
from rushes.tiers.locate import Locator
from rushes.tiers.piecing import stream_parts

MOST: Final = 1_000
BEST: Final = "best"
SUBJECT: Final = "zip"


class TooManyFiles(RushesError):
    """A download holds from 1 to 1,000 files."""

    code = "download.too_many"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class BundleAnswer:
    """An address that gives the ZIP until `expires_at`; sizes in bytes."""

    url: str
    expires_at: datetime
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle that can be read."""

    bundle: Bundle
    layout: Layout

    @property
    def etag(self) -> str:
        """Return its strong tag; what a bundle holds never changes."""
        return f'"{self.bundle.id}"'


@dataclass(frozen=True, slots=True)
class Bundling:
    """Answers who wants many files at once."""

    database: Database
    clock: Clock
    signer: Signer
    settings: DeliverySettings
    locator: Locator
    require: Require | None = None
    """Raises where an address was signed for somebody who may not have it now; None: all may."""

    async def ask(
        self,
        actor: Actor,
        asset_ids: Sequence[str],
        base: str,
        *,
        quality: str = ORIGINAL,
        cap: str | None = None,
    ) -> BundleAnswer:
        """Return the address of a ZIP of these assets: originals, one quality, or the `best`.

        `cap` is the best quality that `best` may be; None: any.

        Raises:
            TooManyFiles: there are none, or more than 1,000.
            AssetNotFound, Forbidden: see `get_permitted`.
            QualityNotFound: an asset lacks the quality; the sentence names its file.
        """
        wanted = list(dict.fromkeys(asset_ids))
        if not 1 <= len(wanted) <= MOST:
            raise TooManyFiles(f"A download holds 1 to {MOST} files. Choose fewer.")
        verb = Verb.GET_ORIGINAL if quality == ORIGINAL else Verb.PLAY_ASSET
        items: list[Item] = []
        names = Names()
        async with self.database.reading() as connection:
            for asset_id in wanted:
                medium = await get_permitted(connection, actor, verb, asset_id)
                items.append(_item(medium, quality, names, cap))
        now = self.clock.now()
        bundle_id = ids.new(Prefix.BUNDLE, now, self.clock.entropy(ENTROPY_BYTES))
        expires_at = until(now, self.settings.playback_life)
        bundle = Bundle(bundle_id, tuple(items), {}, now, expires_at)
        async with self.database.transaction() as connection:
            await bundle_records.record_bundle(connection, bundle, actor.id)
        grant = Grant(bundle_id, Scope.FILE, SUBJECT, actor.id, expires_at, actor.epoch)
        signed = self.signer.sign(grant)
        url = f"{base}/p/zip/{signed}/rushes-{now:%Y%m%d-%H%M%S}.zip"
        return BundleAnswer(url, expires_at, len(items), _plan(bundle).size_bytes)

    async def open(self, signed: str) -> Opened:
        """Return what a signed address gives.

        Raises:
            SignatureRefused, AddressExpired: see `Signer.verify`.
            ShareRevoked, ShareExpired, AddressRevoked: see `Standing.require`.
            PathNotFound: it is for something else, or an asset was deleted meanwhile.
        """
        grant = self.signer.verify(signed, self.clock.now())
        if self.require is not None:
            await self.require(grant.actor, grant.epoch)
        async with self.database.reading() as connection:
            bundle = await bundle_records.find_bundle(connection, grant.asset_id)
            if bundle is None or grant.cap != SUBJECT:
                raise PathNotFound("There is no such download any more. Ask for a new one.")
            asset_ids = [item.asset_id for item in bundle.items]
            if await bundle_records.list_gone(connection, asset_ids):
                raise PathNotFound("A file of this download was deleted. Ask for a new one.")
        return Opened(bundle, _plan(bundle))

    async def read(self, opened: Opened, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end`.

        Raises:
            NoCopy, Broken: a file cannot be read now; the answer ends early.
        """
        layout, crcs = opened.layout, dict(opened.bundle.crcs)
        for index in range(len(layout.entries)):
            next_at = (*layout.offsets, layout.directory_at)[index + 1]
            if next_at > start and layout.offsets[index] < end:
                async for piece in self._read_entry(opened, index, crcs, (start, end)):
                    yield piece
        if end > layout.directory_at:
            known = [await self._learn(opened, index, crcs) for index in range(len(layout.entries))]
            yield _cut(format_directory(layout, known), layout.directory_at, (start, end))

    async def _read_entry(
        self, opened: Opened, index: int, crcs: dict[int, int], span: tuple[int, int]
    ) -> AsyncIterator[bytes]:
        layout, item = opened.layout, opened.bundle.items[index]
        entry, data_at = layout.entries[index], layout.data_at(index)
        yield _cut(format_head(entry), layout.offsets[index], span)
        skipped, crc, at = max(0, span[0] - data_at), 0, data_at
        if skipped < item.size_bytes and span[1] > data_at:
            at += skipped
            async with aclosing(self._stream(item, skipped)) as pieces:
                async for piece in pieces:
                    if not skipped:
                        crc = await asyncio.to_thread(zlib.crc32, piece, crc)
                    yield _cut(piece, at, span)
                    at += len(piece)
                    if at >= span[1]:
                        break
            if at != data_at + item.size_bytes and at < span[1]:
                raise Broken("A file of this download is not what it was. Ask for a new one.")
            if not skipped and at == data_at + item.size_bytes:
                await self._keep(opened, index, crcs, crc)
        descriptor_at = data_at + item.size_bytes
        if span[1] > descriptor_at:
            crc = await self._learn(opened, index, crcs)
            yield _cut(format_descriptor(entry, crc), descriptor_at, span)

    async def _learn(self, opened: Opened, index: int, crcs: dict[int, int]) -> int:
        """Return the CRC-32 of an entry, read for it where nobody knows it."""
        if index not in crcs:
            crc = 0
            async for piece in self._stream(opened.bundle.items[index]):
                crc = await asyncio.to_thread(zlib.crc32, piece, crc)
            await self._keep(opened, index, crcs, crc)
        return crcs[index]

    def _stream(self, item: Item, start: int = 0) -> AsyncGenerator[bytes, None]:
        """Give the bytes of an item from `start` on."""
        parts = item.overlay.parts_of(start, item.size_bytes)
        return stream_parts(self.locator, item.object_id, parts)

    async def _keep(self, opened: Opened, index: int, crcs: dict[int, int], crc: int) -> None:
        if index in crcs:
            return
        crcs[index] = crc
        async with self.database.transaction() as connection:
            await bundle_records.record_crc(connection, opened.bundle.id, index, crc)


def _plan(bundle: Bundle) -> Layout:
    made_at = bundle.created_at
    return plan([Entry(item.name, item.size_bytes, made_at) for item in bundle.items])


def _item(medium: Medium, quality: str, names: Names, cap: str | None) -> Item:
    """Return what an asset gives: its original, or a finished rendition."""
    asset, content = medium.asset, medium.content
    name = clean_name(asset.file_name, asset.id)
    if quality == ORIGINAL:
        return Item(asset.id, content.id, names.take(_safe(name, asset.id)), asset.size_bytes)
    for found in _candidates(medium, quality, cap):
        if found.state is State.READY and found.size_bytes is not None:
            ending = found.file_name.rpartition(".")[2]
            wished = renamed(asset.file_name, found.name, ending, asset.id)
            plain = find_plain(found.layout)
            overlay = WHOLE if plain is None else plain.overlay
            size_bytes = overlay.size_of(found.size_bytes)
            name = names.take(_safe(wished, asset.id))
            return Item(asset.id, found.id, name, size_bytes, overlay)
    raise QualityNotFound(f"{name} has no finished quality {quality}. Take it out, or originals.")


def _candidates(medium: Medium, quality: str, cap: str | None) -> Iterator[Rendition]:
    if quality == BEST:
        yield from reversed(medium.rungs(cap))
        yield from medium.sounds()
    elif (found := medium.renditions.get(quality)) is not None and found.kind in PLAYED:
        yield found


def _safe(name: str, asset_id: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return wished_name(name, ending, asset_id) if stem and ending.isalnum() and dot else name


def _cut(piece: bytes, at: int, span: tuple[int, int]) -> bytes:
    """Return those bytes of a piece at `at` that lie in the span."""
    return piece[max(0, span[0] - at) : max(0, span[1] - at)]
