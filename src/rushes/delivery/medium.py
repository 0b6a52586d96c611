"""An asset with its content and its renditions: what handing out is decided from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rushes.access.permit import Actor, ActorKind, Verb, permit
from rushes.db.engine import Connection
from rushes.delivery.quality import within
from rushes.intake.verdict import Scan
from rushes.library import records as library_records
from rushes.library.asset import Asset, AssetArriving, AssetNotFound, ScanPending
from rushes.library.asset import State as AssetState
from rushes.library.records import Identity
from rushes.media.ladder import Quality
from rushes.renditions import records as rendition_records
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import PLAYED, Kind, State
from rushes.renditions.stream import Stream, parse_stream
from rushes.renditions.versions import list_current

PENDING_SECONDS: Final = 30
HEIGHTS: Final = {quality.value: quality.height for quality in Quality}


@dataclass(frozen=True, slots=True)
class Medium:
    """What the rows say; `renditions` holds that of each name which counts."""

    asset: Asset
    content: Identity
    renditions: dict[str, Rendition]
    stream: Stream | None = None
    """How it is watched meanwhile; None where nothing can be, or nobody asked."""
    versions: tuple[Rendition, ...] = ()
    """All of them, older ones as well."""
    timecode: str | None = None
    """What its container says of its first picture; None where nobody asked for the stream."""

    def find_version(self, rendition_id: str) -> Rendition | None:
        """Return one version by its id."""
        return next((each for each in self.versions if each.id == rendition_id), None)

    def rungs(self, cap: str | None = None) -> list[Rendition]:
        """Return the proxies, lowest first, up to the quality `cap`."""
        proxies = (each for each in self.renditions.values() if each.kind is Kind.PROXY)
        known = (each for each in proxies if each.name in HEIGHTS)
        allowed = (each for each in known if within(cap, Quality(each.name)))
        return sorted(allowed, key=lambda each: HEIGHTS[each.name])

    def playable(self, cap: str | None = None) -> list[Rendition]:
        """Return what a playlist can list: finished rungs, lowest first, or the sound alone."""
        return [each for each in self.rungs(cap) or self.sounds() if is_playable(each)]

    def sounds(self) -> Iterator[Rendition]:
        """Yield what is made of a sound alone."""
        return (each for each in self.renditions.values() if each.kind is Kind.AUDIO)

    def stills(self) -> Iterator[Rendition]:
        """Yield the finished stills."""
        return (each for each in self.seen() if each.kind is Kind.STILL)

    def seen(self) -> Iterator[Rendition]:
        """Yield all that is finished and looked at, not played: stills and what tells of it."""
        for each in self.renditions.values():
            if each.kind not in PLAYED and each.state is State.READY:
                yield each


def is_playable(rendition: Rendition) -> bool:
    """Say whether a rendition is finished and its file can be played by ranges."""
    return rendition.state is State.READY and rendition.layout is not None


async def get_medium(
    connection: Connection,
    asset_id: str,
    *,
    with_stream: bool = False,
    for_member: bool = False,
) -> Medium:
    """Return an asset with what belongs to it, whoever asks; its stream only where it is wanted.

    Raises:
        AssetNotFound: it is unknown, being deleted, known to be harmful, or arrives and is not
            asked for by a member.
    """
    asset = await library_records.find_asset(connection, asset_id)
    if asset is None or asset.scan is Scan.INFECTED:
        raise unknown_asset()
    if asset.state is AssetState.ARRIVING and not for_member:
        raise unknown_asset()
    content = await library_records.find_identity(connection, asset.content_id)
    if content is None:
        raise unknown_asset()
    found = await rendition_records.list_of_content(connection, content.id)
    stream, timecode = None, None
    if with_stream and content.opened_at is not None:
        facts = await library_records.find_facts(connection, content.id)
        stream = parse_stream((facts or {}).get("stream"))
        timecode = _timecode_of((facts or {}).get("media"))
    return Medium(asset, content, list_current(found), stream, tuple(found), timecode)


def _timecode_of(media: object) -> str | None:
    match media:
        case {"timecode": str(timecode)}:
            return timecode
    return None


async def get_permitted(
    connection: Connection,
    actor: Actor,
    verb: Verb,
    asset_id: str,
    *,
    with_stream: bool = False,
) -> Medium:
    """Return an asset to somebody who may do this with it.

    Raises:
        AssetNotFound: there is none that they may know of.
        Forbidden: they may not do this.
        AssetArriving: they want more than to watch it, and nobody has read it yet.
        ScanPending: they want the original, and nobody has looked through it yet.
    """
    is_member = actor.kind not in {ActorKind.LINK, ActorKind.SHARE}
    medium = await get_medium(connection, asset_id, with_stream=with_stream, for_member=is_member)
    permit(actor, verb, medium.asset.project_id, missing=unknown_asset())
    if medium.asset.state is AssetState.ARRIVING and verb not in {Verb.SEE_ASSET, Verb.PLAY_ASSET}:
        raise AssetArriving(
            "The bytes of this file are being read. Ask again in a minute.",
            retry_after=PENDING_SECONDS,
        )
    if verb is Verb.GET_ORIGINAL and medium.asset.scan is Scan.PENDING:
        raise ScanPending(
            "The original is being looked through for viruses. Ask again in a minute.",
            retry_after=PENDING_SECONDS,
        )
    return medium


def unknown_asset() -> AssetNotFound:
    """Return what is said of an asset that is unknown or foreign."""
    return AssetNotFound("There is no such asset. Check its id.")
