"""Playback: what can be shown of an asset now, at which qualities, and from where.

1. The answer is made of rows; nothing is fetched or waited for.
2. A rung is offered as soon as it is finished, copied from the original, or made in time while it
   is watched; the others say how far they are.
3. When nothing can be played yet, that is an answer too: try again soon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from rushes.access.permit import Actor, Verb
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.delivery.medium import Medium, get_permitted, is_playable
from rushes.delivery.quality import AUTO, Hints, select
from rushes.delivery.sign import Grant, Scope, Signer, until
from rushes.delivery.watch import Offer, layout_of, list_first, list_offers
from rushes.errors import Kind, RushesError
from rushes.jobs import records as job_records
from rushes.jobs.job import JobState
from rushes.jobs.records import JobFilter
from rushes.library.asset import State as AssetState
from rushes.media.ladder import Quality
from rushes.media.path import Path
from rushes.media.timecode import parse_timecode
from rushes.renditions.ordering import Ordering
from rushes.renditions.outcome import ENDED
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import State
from rushes.sections import DeliverySettings
from rushes.settings import Settings
from rushes.tiers.budget import Budget

PLAYED_KINDS: Final = frozenset({"video", "audio"})
POSTERS: Final = ("poster-jpg", "poster")
STORYBOARD: Final = "storyboard"
LADDER, COPY, JIT = "ladder", "copy", "jit"
WAVEFORM: Final = "waveform"
ASK_AGAIN_SECONDS: Final = 2.0
STILL_STEP: Final = timedelta(hours=1)


class NotPlayable(RushesError):
    """Nothing of this asset can be played, now or later."""

    code = "playback.not_playable"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Rung:
    """One quality; `url` is its whole file, once that is there. Rates in bit/s, `progress` 0-1."""

    quality: str
    state: str
    url: str | None
    width: int | None
    height: int | None
    bitrate: int | None
    size_bytes: int | None
    progress: float


@dataclass(frozen=True, slots=True)
class Playback:
    """What a player needs; durations in seconds, `timecode` is that of the first picture."""

    asset_id: str
    ready: bool
    path: str
    reason: str
    hls_url: str
    poster_url: str | None
    storyboard_url: str | None
    waveform_url: str | None
    selected_quality: str
    qualities: list[Rung]
    duration: float | None
    width: int | None
    height: int | None
    frame_rate: str | None
    timecode: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing can be had yet: ask again after `retry_after` seconds; `job` makes it, if known."""

    asset_id: str
    job: str | None
    retry_after: float
    reason: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Playing:
    """Answers players."""

    database: Database
    clock: Clock
    signer: Signer
    settings: DeliverySettings
    ordering: Ordering | None = None
    """Orders qualities that rest; None where nothing does."""
    budget: Budget | None = None
    """What may leave the archive; None is any number of bytes."""

    async def ask(
        self, actor: Actor, asset_id: str, base: str, *, quality: str = AUTO, hints: Hints
    ) -> Playback | Waiting:
        """Return how to play an asset, or when to ask again.

        Args:
            actor: who asks.
            asset_id: what they want to see.
            base: what addresses begin with, `https://host`.
            quality: `auto`, or a quality by name.
            hints: what the player knows of its place.

        Raises:
            AssetNotFound, Forbidden: see `get_permitted`.
            NotPlayable: it is no video or sound, or it failed.
        """
        medium, cap, job = await self.database.snapshot(
            lambda connection: self._find(connection, actor, asset_id)
        )
        offers = list_offers(medium, cap)
        if job is None:
            await self._order(medium, offers, quality, hints, actor)
        if not offers:
            return Waiting(asset_id, job, ASK_AGAIN_SECONDS, "The first quality is being made.")
        grant = Grant(
            asset_id=asset_id,
            scope=Scope.PLAY,
            cap=cap,
            actor=actor.id,
            expires_at=until(self.clock.now(), self.settings.playback_life),
            epoch=actor.epoch,
            region=hints.region,
        )
        return self._answer(medium, actor, base, _start(offers, quality, hints), grant)

    async def _find(
        self, connection: Connection, actor: Actor, asset_id: str
    ) -> tuple[Medium, str | None, str | None]:
        """Return what is asked for, up to which quality, and a job where nothing is there."""
        medium = await get_permitted(connection, actor, Verb.PLAY_ASSET, asset_id, with_stream=True)
        cap = await self._find_cap(connection, medium)
        if list_offers(medium, cap):
            return medium, cap, None
        _refuse_unplayable(medium)
        return medium, cap, await _find_job(connection, medium)

    async def _find_cap(self, connection: Connection, medium: Medium) -> str | None:
        """Return the best quality there is to have while the budget is spent; None is any.

        Nobody is refused for it: where there is nothing up to it, there is no cap.
        """
        cap = None
        if self.budget is not None:  # by the same connection: a second one could be long in coming
            cap = await self.budget.find_cap(connection, medium.content.id)
        return cap if list_offers(medium, cap) else None

    async def _order(
        self, medium: Medium, offers: list[Offer], quality: str, hints: Hints, actor: Actor
    ) -> None:
        """Order the quality that is asked for, if it rests and cannot be watched meanwhile."""
        resting = [each.name for each in medium.rungs() if each.state is State.RESTING]
        offered = {offer.name for offer in offers}
        if self.ordering is None or not resting or (offers and quality not in resting):
            return
        chosen = select(quality, hints, [Quality(name) for name in resting])
        if chosen is not None and chosen.value not in offered:
            await self.ordering.order(medium.content.id, [chosen.value], actor.id)

    def _answer(
        self, medium: Medium, actor: Actor, base: str, start: Offer, grant: Grant
    ) -> Playback:
        asset, folder = medium.asset, f"{base}/p/{self.signer.sign(grant)}"
        rungs = medium.rungs(grant.cap) or list(medium.sounds())
        path, reason = _path(medium, rungs)
        rate, stills = _rate(medium, start), {still.name: still for still in medium.seen()}
        timecode = parse_timecode(medium.timecode, Fraction(rate) if rate else None)
        poster = next((stills[name] for name in POSTERS if name in stills), None)
        storyboard, waveform = stills.get(STORYBOARD), stills.get(WAVEFORM)
        return Playback(
            asset_id=asset.id,
            ready=all(each.state in ENDED for each in rungs),
            path=path,
            reason=reason,
            hls_url=f"{folder}/index.m3u8?start={start.name}",
            poster_url=None if poster is None else self._still(medium, poster, actor, base),
            storyboard_url=(
                None if storyboard is None else self._still(medium, storyboard, actor, base)
            ),
            waveform_url=(None if waveform is None else self._still(medium, waveform, actor, base)),
            selected_quality=start.name,
            qualities=[_rung(each, folder) for each in rungs],
            duration=asset.duration,
            width=asset.width,
            height=asset.height,
            frame_rate=rate,
            timecode=None if timecode is None else timecode.text,
            expires_at=grant.expires_at,
        )

    def _still(self, medium: Medium, still: Rendition, actor: Actor, base: str) -> str:
        expires_at = until(self.clock.now(), self.settings.still_life, step=STILL_STEP)
        grant = Grant(medium.asset.id, Scope.STILL, None, actor.id, expires_at, actor.epoch)
        return f"{base}/p/{self.signer.sign(grant)}/stills/{still.file_name}?v={still.id}"


def open_playing(
    database: Database, clock: Clock, signer: Signer, ordering: Ordering, settings: Settings
) -> Playing:
    """Return what answers players of a house."""
    budget = Budget(database, clock, settings.budget.egress_bytes)
    return Playing(database, clock, signer, settings.delivery, ordering, budget)


async def _find_job(connection: Connection, medium: Medium) -> str | None:
    """Return a job that works for this content."""
    wanted = JobFilter(states=(JobState.RUNNING, JobState.WAITING), subject=medium.content.id)
    jobs = await job_records.list_jobs(connection, wanted, 1)
    return jobs[0].id if jobs else None


def _start(offers: list[Offer], quality: str, hints: Hints) -> Offer:
    first = list_first(offers)
    named = [offer for offer in offers if offer.name == quality] or first
    by_quality = {Quality(each.name): each for each in named if each.name in set(Quality)}
    chosen = select(quality, hints, by_quality)
    return named[0] if chosen is None else by_quality[chosen]


def _path(medium: Medium, rungs: list[Rendition]) -> tuple[str, str]:
    """Return the path of playback, and one sentence that says why."""
    ready = [each for each in rungs if each.state is State.READY]
    stream = medium.stream
    if stream is None or (ready and len(ready) == len(rungs)):
        return LADDER, f"{len(ready)} of {len(rungs)} qualities can be played."
    return (COPY if stream.path is Path.COPY else JIT), stream.reason


def _rate(medium: Medium, start: Offer) -> str | None:
    """Return the frame rate, None where it varies or there is no picture."""
    if start.file is not None:
        rate = layout_of(start.file).rate
        return str(rate) if rate else None
    grid = None if medium.stream is None else medium.stream.grid
    return None if grid is None or grid.rate is None else str(grid.rate)


def _rung(rendition: Rendition, folder: str) -> Rung:
    ending = rendition.file_name.rpartition(".")[2]
    all_segments = rendition.all_segments or 1
    is_ready = rendition.state is State.READY
    return Rung(
        quality=rendition.name,
        state=rendition.state.value,
        url=f"{folder}/{rendition.name}.{ending}" if is_playable(rendition) else None,
        width=rendition.width,
        height=rendition.height,
        bitrate=rendition.bitrate,
        size_bytes=rendition.size_bytes,
        progress=1.0 if is_ready else min(1.0, rendition.done_segments / all_segments),
    )


def _refuse_unplayable(medium: Medium) -> None:
    asset = medium.asset
    if asset.state is AssetState.FAILED:
        why = asset.error_detail or "Its processing failed."
        raise NotPlayable(f"This asset cannot be played: {why} The original can be downloaded.")
    if asset.kind not in PLAYED_KINDS:
        raise NotPlayable(f"An asset of kind {asset.kind} is not played. Download it, or look.")
