"""What a signed path gives: a playlist, or a file under a name and a type.

index.m3u8            the qualities, the one to start with first
{quality}.m3u8        the pictures of one quality, as byte ranges of its file
sound.m3u8            the sound that all qualities share
{quality}.mp4         one quality as a file
stills/{file}         a poster, a thumbnail, a preview
original/{name}       the original; the name in the address is for people
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery.disposition import disposition, renamed
from rushes.delivery.download import ORIGINAL
from rushes.delivery.medium import Medium, get_medium, is_playable
from rushes.delivery.quality import within
from rushes.delivery.sign import Grant, OutOfScope, Scope, Signer
from rushes.errors import Kind, RushesError
from rushes.media.hls import Variant, format_media_playlist, format_multivariant
from rushes.media.ladder import Quality
from rushes.media.layout import Layout, parse_layout
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import PLAYED, State
from rushes.renditions.rendition import Kind as RenditionKind

PLAYLIST: Final = ".m3u8"
PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
INDEX: Final = "index"
SOUND: Final = "sound"
STILLS: Final = "stills/"
ORIGINALS: Final = "original/"

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
    """Bytes of an object; `etag` is strong and has its quotes, `max_age` is in seconds."""

    object_id: str
    media_type: str
    disposition: str
    etag: str
    max_age: int


@dataclass(frozen=True, slots=True)
class Server:
    """Resolves signed paths. Each look is at the rows of now: what was deleted is gone at once."""

    database: Database
    clock: Clock
    signer: Signer

    async def resolve(self, signed: str, path: str, start: str | None = None) -> Playlist | Serving:
        """Return what stands at `/p/{signed}/{path}`.

        Raises:
            SignatureRefused, AddressExpired: see `Signer.verify`.
            OutOfScope: the address is for something else.
            PathNotFound, AssetNotFound: there is nothing there now.
        """
        now = self.clock.now()
        grant = self.signer.verify(signed, now)
        async with self.database.reading() as connection:
            medium = await get_medium(connection, grant.asset_id)
        if path.endswith(PLAYLIST):
            return _playlist(medium, grant, path.removesuffix(PLAYLIST), start, now)
        if path.startswith(STILLS):
            return _still(medium, grant, path.removeprefix(STILLS), now)
        if path.startswith(ORIGINALS):
            return _original(medium, grant, now)
        return _rung(medium, grant, path, now)


def _playlist(
    medium: Medium, grant: Grant, name: str, start: str | None, now: datetime
) -> Playlist:
    if grant.scope is not Scope.PLAY:
        raise _out_of_scope()
    there = medium.playable(grant.cap)
    if not there:
        raise _nothing()
    if name == INDEX:
        return Playlist(_index(there, start), 0)
    max_age = _max_age(grant, now)
    if name == SOUND:
        carrier, layout = _sound(there)
        if layout is None or layout.sound is None:
            raise _nothing()
        return Playlist(format_media_playlist(layout.sound, _file_of(carrier)), max_age)
    chosen = next((each for each in there if each.name == name), None)
    if chosen is None:
        raise _nothing()
    return Playlist(format_media_playlist(_layout(chosen).tracks[0], _file_of(chosen)), max_age)


def _index(there: list[Rendition], start: str | None) -> str:
    """Return the qualities, the one that is asked for first, then from the lowest up."""
    ordered = sorted(there, key=lambda each: each.name != start)
    variants = [Variant(_layout(each), f"{each.name}{PLAYLIST}") for each in ordered]
    _, sound = _sound(there)
    has_pictures = there[0].kind is RenditionKind.PROXY
    address = f"{SOUND}{PLAYLIST}" if sound is not None and has_pictures else None
    return format_multivariant(variants, address)


def _sound(there: list[Rendition]) -> tuple[Rendition, Layout | None]:
    """Return the lowest rendition that has sound: all have the same."""
    for each in there:
        layout = _layout(each)
        if layout.sound is not None:
            return each, layout
    return there[0], None


def _still(medium: Medium, grant: Grant, file_name: str, now: datetime) -> Serving:
    found = next((each for each in medium.seen() if each.file_name == file_name), None)
    if found is None:
        raise _nothing()
    if grant.scope is not Scope.STILL and not _is_for(grant, found.name):
        raise _out_of_scope()
    return _serving(medium, grant, found, now)


def _rung(medium: Medium, grant: Grant, path: str, now: datetime) -> Serving:
    name, _, ending = path.rpartition(".")
    found = medium.renditions.get(name)
    if found is None or found.kind not in PLAYED or found.state is not State.READY:
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
    )


def _serving(medium: Medium, grant: Grant, found: Rendition, now: datetime) -> Serving:
    asset = medium.asset
    name = renamed(asset.file_name, found.name, found.file_name.rpartition(".")[2], asset.id)
    is_download = grant.scope is Scope.FILE
    return Serving(
        object_id=found.id,
        media_type=found.media_type,
        disposition=disposition(name, asset.id, found.media_type, is_download=is_download),
        etag=f'"{found.digest.hex()}"' if found.digest else f'"{found.id}"',
        max_age=_max_age(grant, now),
    )


def _may_play(grant: Grant, rendition: Rendition) -> bool:
    if grant.scope is not Scope.PLAY or not is_playable(rendition):
        return False
    is_sound = rendition.kind is RenditionKind.AUDIO
    return is_sound or within(grant.cap, Quality(rendition.name))


def _is_for(grant: Grant, name: str) -> bool:
    return grant.scope is Scope.FILE and grant.cap == name


def _file_of(rendition: Rendition) -> str:
    return f"{rendition.name}.{rendition.file_name.rpartition('.')[2]}"


def _layout(rendition: Rendition) -> Layout:
    return parse_layout(rendition.layout or {})


def _max_age(grant: Grant, now: datetime) -> int:
    left = max(0, int((grant.expires_at - now).total_seconds()))
    return left if grant.scope is Scope.STILL else min(left, SHORT_SECONDS)


def _nothing() -> PathNotFound:
    return PathNotFound("There is nothing at this address. Ask for playback again.")


def _out_of_scope() -> OutOfScope:
    return OutOfScope("This address was made for something else. Ask for the right one.")
