"""What a signed path gives: a playlist, or a file under a name and a type.

index.m3u8            the qualities, the one to start with first
{quality}.m3u8        the pictures of one quality, as byte ranges of its file
sound.m3u8            the sound that all qualities share; sound-2.m3u8 and others: further ones
{quality}.mp4         one quality as a file; a download of it is a plain MP4, for other programs
sound-2.m4a           a further sound as a file
seg/{quality}/...     init.mp4 and {index}.m4s of a quality whose file is not there yet, or was not
stills/{file}         a poster, a thumbnail, a preview
original/{name}       the original; the name in the address is for people
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery.disposition import disposition, renamed
from rushes.delivery.download import ORIGINAL
from rushes.delivery.medium import Medium, get_medium, is_playable
from rushes.delivery.quality import within
from rushes.delivery.sign import Grant, OutOfScope, Scope, Signer
from rushes.delivery.standing import Require
from rushes.delivery.watch import (
    PLAYLIST,
    SEGMENTS,
    Offer,
    find_carrier,
    find_track,
    layout_of,
    list_offers,
    list_sounds,
    list_variants,
    live_playlist,
)
from rushes.errors import Kind, RushesError
from rushes.ids import Prefix, is_id
from rushes.media.encoder import hardware_of
from rushes.media.hls import format_media_playlist, format_multivariant
from rushes.media.ladder import Quality
from rushes.media.layout import Piece, find_plain
from rushes.media.movie import stand_alone
from rushes.media.overlay import WHOLE, Overlay
from rushes.media.tracks import SOUND, is_sound
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import PLAYED, SOUNDING, State
from rushes.renditions.wishing import Wishing

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
INDEX: Final = "index"
STILLS: Final = "stills/"
ORIGINALS: Final = "original/"
SEGMENT_FOLDER: Final = f"{SEGMENTS}/"
SEGMENT_TYPE: Final = "video/mp4"
INIT: Final = "init.mp4"
INDEX_DIGITS: Final = 6

SHORT_SECONDS: Final = 3_600
"""How long a player's own cache may keep bytes of a playback or download."""


class PathNotFound(RushesError):
    """There is nothing at this address, or not any more."""

    code = "delivery.not_found"
    kind = Kind.MISSING


@dataclass(frozen=True, slots=True)
class Playlist:
    """Text for a player; `max_age` in seconds, 0 asks it to look again each time."""

    text: str
    max_age: int
    media_type: str = PLAYLIST_TYPE


@dataclass(frozen=True, slots=True)
class Serving:
    """Bytes of an object; `etag` is strong and has its quotes, `max_age` is in seconds.

    They are those of the file within it that `overlay` names.
    `region` is that of the edge that was chosen for them.
    """

    object_id: str
    media_type: str
    disposition: str
    etag: str
    max_age: int
    overlay: Overlay = WHOLE
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a segment: of an object from `offset` on, or all of the file at `path`.

    `is_second` says that they are of the second track of a file: who began with segments knows the
    sound as a first track, and must go on with it.
    """

    object_id: str
    path: Path | None
    offset: int
    size_bytes: int | None
    max_age: int
    media_type: str = SEGMENT_TYPE
    is_second: bool = False
    region: str | None = None

    def shape(self, content: bytes) -> bytes:
        """Return the bytes as the segment had them before its file was there."""
        return stand_alone(content) if self.is_second else content


@dataclass(frozen=True, slots=True)
class Server:
    """Resolves signed paths. Each look is at the rows of now: what was deleted is gone at once."""

    database: Database
    clock: Clock
    signer: Signer
    wishing: Wishing | None = None
    """What gives segments that may have to be made; None where all must be there."""
    require: Require | None = None
    """Raises where an address was signed for somebody who may not have it now; None: all may."""

    async def resolve(
        self, signed: str, path: str, start: str | None = None, version: str | None = None
    ) -> Playlist | Serving | Part:
        """Return what stands at `/p/{signed}/{path}`; `version` is the id of one rendition,
        or, of segments, the hardware that encodes them.

        Raises:
            SignatureRefused, AddressExpired: see `Signer.verify`.
            ShareRevoked, ShareExpired, AddressRevoked: see `Standing.require`.
            OutOfScope: the address is for something else.
            PathNotFound, AssetNotFound: there is nothing there now.
            SegmentLate, SegmentFailed: see `Wishing.segment`.
        """
        now = self.clock.now()
        grant = self.signer.verify(signed, now)
        is_shared = is_id(Prefix.SHARE, grant.actor)
        if self.require is not None:
            await self.require(grant.actor, grant.epoch)
        with_stream = path.endswith(PLAYLIST) or path.startswith(SEGMENT_FOLDER)
        medium = await self.database.snapshot(
            lambda connection: get_medium(
                connection, grant.asset_id, with_stream=with_stream, for_member=not is_shared
            )
        )
        if path.endswith(PLAYLIST):
            return _playlist(medium, grant, path.removesuffix(PLAYLIST), start, now)
        if path.startswith(STILLS):
            return _still(medium, grant, path.removeprefix(STILLS), now)
        if path.startswith(ORIGINALS):
            return _original(medium, grant, now)
        if path.startswith(SEGMENT_FOLDER):
            piece = path.removeprefix(SEGMENT_FOLDER)
            return await self._segment(medium, grant, piece, now, version)
        return _rung(medium, grant, path, now, version)

    async def _segment(
        self, medium: Medium, grant: Grant, path: str, now: datetime, version: str | None
    ) -> Part:
        """Return a segment: out of the file of its quality, else from where it is made."""
        name, _, piece = path.partition("/")
        if grant.scope is not Scope.PLAY or not _is_within(grant, name):
            raise _out_of_scope()
        max_age = _max_age(grant, now)
        ready = _ready_part(medium, name, piece)
        if ready is not None:
            found, where = ready
            _require_same(found.recipe, version)
            return Part(
                found.id,
                None,
                where.offset,
                where.size_bytes,
                max_age,
                is_second=name == SOUND and layout_of(found).video is not None,
                region=grant.region,
            )
        index, stream = _index_of(piece), medium.stream
        offers = {offer.name for offer in list_offers(medium, grant.cap)}
        if self.wishing is None or stream is None or not (is_sound(name) or name in offers):
            raise _nothing()
        if (index or 0) >= stream.count_of(name):
            raise _nothing()
        _require_same(stream.recipe_of(name), version)
        content_id = medium.content.id
        if index is None:
            made = await self.wishing.init(content_id, stream, name)
        else:
            made = await self.wishing.segment(content_id, stream, name, index)
        return Part(content_id, made, 0, None, max_age)


def _playlist(
    medium: Medium, grant: Grant, name: str, start: str | None, now: datetime
) -> Playlist:
    if grant.scope is not Scope.PLAY:
        raise _out_of_scope()
    offers = list_offers(medium, grant.cap)
    if not offers:
        raise _nothing()
    if name == INDEX:
        return Playlist(_index(offers, medium, start), 0)
    max_age = _max_age(grant, now)
    other = find_carrier(offers) if name == SOUND else find_track(medium, name)
    chosen = next((offer.file for offer in offers if offer.name == name and offer.file), other)
    if chosen is None:
        return Playlist(_live(medium, offers, name), 0)
    layout = layout_of(chosen)
    track = layout.sound if is_sound(name) else layout.tracks[0]
    if track is None:
        raise _nothing()
    # Its ranges are those of this file: a newer one of the name must not be met half-way.
    address = f"{_file_of(chosen)}?v={chosen.id}"
    return Playlist(format_media_playlist(track, address), max_age)


def _index(offers: list[Offer], medium: Medium, start: str | None) -> str:
    """Return the qualities, the one that is asked for first, then from the lowest up."""
    ordered = sorted(offers, key=lambda each: each.name != start)
    variants = list_variants(ordered, medium.stream)
    return format_multivariant(variants, list_sounds(offers, medium))


def _live(medium: Medium, offers: list[Offer], name: str) -> str:
    is_offered = is_sound(name) or any(offer.name == name for offer in offers)
    text = live_playlist(medium.stream, name) if medium.stream and is_offered else None
    if text is None:
        raise _nothing()
    return text


def _ready_part(medium: Medium, name: str, piece: str) -> tuple[Rendition, Piece] | None:
    """Return where a segment lies in the file of its quality, once that is there."""
    files = medium.playable()
    found = next((each for each in files if each.name == name), None)
    if name == SOUND:
        found = next((each for each in files if layout_of(each).sound is not None), None)
    found = found or find_track(medium, name)
    if found is None:
        return None
    layout = layout_of(found)
    track = layout.sound if is_sound(name) else layout.video
    index = _index_of(piece)
    if track is None or (index is not None and index >= len(track.segments)):
        raise _nothing()
    return found, track.init if index is None else track.segments[index]


def _require_same(recipe: str, version: str | None) -> None:
    """Refuse segments to whoever has the init of hardware that has failed since: it fits none."""
    if version is not None and version != hardware_of(recipe):
        raise _nothing()


def _index_of(piece: str) -> int | None:
    """Return the number of a segment, None for the init."""
    name, _, ending = piece.rpartition(".")
    if piece == INIT:
        return None
    if ending != "m4s" or not name.isascii() or not name.isdecimal() or len(name) > INDEX_DIGITS:
        raise _nothing()
    return int(name)


def _still(medium: Medium, grant: Grant, file_name: str, now: datetime) -> Serving:
    found = next((each for each in medium.seen() if each.file_name == file_name), None)
    if found is None:
        raise _nothing()
    if grant.scope is not Scope.STILL and not _is_for(grant, found.name):
        raise _out_of_scope()
    return _serving(medium, grant, found, now)


def _rung(
    medium: Medium, grant: Grant, path: str, now: datetime, version: str | None = None
) -> Serving:
    name, _, ending = path.rpartition(".")
    found = medium.renditions.get(name) if version is None else medium.find_version(version)
    if (
        found is None
        or found.name != name
        or found.kind not in PLAYED
        or found.state is not State.READY
    ):
        raise _nothing()
    if found.file_name.rpartition(".")[2] != ending:
        raise _nothing()
    if not (_may_play(grant, found) or _is_for(grant, name)):
        raise _out_of_scope()
    return _serving(medium, grant, found, now)


def _original(medium: Medium, grant: Grant, now: datetime) -> Serving:
    if not _is_for(grant, ORIGINAL):
        raise _out_of_scope()
    asset, content = medium.asset, medium.content
    return Serving(
        object_id=content.id,
        media_type=content.media_type,
        disposition=disposition(asset.file_name, asset.id, content.media_type, is_download=True),
        etag=f'"{content.root.hex()}"',
        max_age=_max_age(grant, now),
        region=grant.region,
    )


def _serving(medium: Medium, grant: Grant, found: Rendition, now: datetime) -> Serving:
    asset = medium.asset
    name = renamed(asset.file_name, found.name, found.file_name.rpartition(".")[2], asset.id)
    is_download = grant.scope is Scope.FILE
    etag, overlay = found.digest.hex() if found.digest else found.id, WHOLE
    if is_download and (plain := find_plain(found.layout)) is not None:
        etag, overlay = plain.digest, plain.overlay
    return Serving(
        object_id=found.id,
        media_type=found.media_type,
        disposition=disposition(name, asset.id, found.media_type, is_download=is_download),
        etag=f'"{etag}"',
        max_age=_max_age(grant, now),
        overlay=overlay,
        region=grant.region,
    )


def _may_play(grant: Grant, rendition: Rendition) -> bool:
    if grant.scope is not Scope.PLAY or not is_playable(rendition):
        return False
    return rendition.kind in SOUNDING or within(grant.cap, Quality(rendition.name))


def _is_within(grant: Grant, name: str) -> bool:
    known = name in set(Quality)
    return is_sound(name) or (known and within(grant.cap, Quality(name)))


def _is_for(grant: Grant, name: str) -> bool:
    return grant.scope is Scope.FILE and grant.cap == name


def _file_of(rendition: Rendition) -> str:
    return f"{rendition.name}.{rendition.file_name.rpartition('.')[2]}"


def _max_age(grant: Grant, now: datetime) -> int:
    left = max(0, int((grant.expires_at - now).total_seconds()))
    return left if grant.scope is Scope.STILL else min(left, SHORT_SECONDS)


def _nothing() -> PathNotFound:
    return PathNotFound("There is nothing at this address. Ask for playback again.")


def _out_of_scope() -> OutOfScope:
    return OutOfScope("This address was made for something else. Ask for the right one.")
