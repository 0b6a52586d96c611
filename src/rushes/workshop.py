"""The constructor calls of a worker: a house, and with it the tools, the engine and the journey."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import httpcore

from rushes import journey
from rushes.access.answers import Answers
from rushes.clock import SYSTEM, Clock
from rushes.compose import SEGMENTS, House, open_house
from rushes.deeds import Deeds
from rushes.events.auditing import Auditing
from rushes.events.relay import Relay
from rushes.intake.early import Early
from rushes.intake.glimpse import Glimpses
from rushes.intake.scanners import open_scanner
from rushes.jobs.engine import Engine
from rushes.jobs.liveness import Liveness
from rushes.jobs.worker import Beside, Worker
from rushes.library.arriving import Arriving
from rushes.library.filing import Filing
from rushes.library.originals import Originals
from rushes.library.screening import Screening, Sources
from rushes.media.box import Level
from rushes.media.copier import Copier
from rushes.media.encoder import Encoder, word_of
from rushes.media.encoding import choose_encoder
from rushes.media.gallery import Gallery
from rushes.media.ladder import Quality
from rushes.media.listening import Listening
from rushes.media.speed import Speed
from rushes.media.standby import Standby
from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox, open_toolbox
from rushes.notify.courier import Courier
from rushes.notify.guard import open_way_out
from rushes.notify.posting import Posting
from rushes.partners.arranging import Arranging
from rushes.partners.hosting import Hosting
from rushes.partners.opening import make_hosts, spread_to
from rushes.partners.wire import Wire
from rushes.renditions.attend import Attending
from rushes.renditions.completing import Completing
from rushes.renditions.glimpsing import Glimpsing
from rushes.renditions.grading import Grading
from rushes.renditions.hearing import Hearing
from rushes.renditions.keeping import Keeping
from rushes.renditions.look import Looking
from rushes.renditions.make import Making
from rushes.renditions.opening import Opening
from rushes.renditions.openings import Openings
from rushes.renditions.ordering import Ordering
from rushes.renditions.outcome import Outcomes
from rushes.renditions.reaching import Reaching, Stretch
from rushes.renditions.segments import Segments
from rushes.renditions.sharing import Sharing
from rushes.renditions.stills import Stills
from rushes.settings import Settings
from rushes.stores.filesystem import FolderStore
from rushes.stores.s3 import S3Store
from rushes.tiers.editing_pen import pen_of
from rushes.tiers.grow import Carrying
from rushes.tiers.leftovers import Leftovers
from rushes.tiers.mirror import Mirroring
from rushes.tiers.placement import Tier
from rushes.tiers.probes import Asking, Probes
from rushes.tiers.remove import Remover
from rushes.tiers.repair import Repairing
from rushes.tiers.tend import Tending
from rushes.uploads.growing import Growing
from rushes.uploads.processes import name_process
from rushes.uploads.sweep import Sweep


@asynccontextmanager
async def open_worker(settings: Settings, clock: Clock = SYSTEM) -> AsyncIterator[Worker]:
    """Open a house with its workshop, and close both at the end.

    Raises:
        RushesError: something that is needed is not there; the sentence says what.
    """
    async with (
        open_house(settings, clock) as house,
        Courier(settings.webhooks.allow_private) as courier,
        open_way_out(settings.partners.allow_private) as elsewhere,
    ):
        program = None if settings.media.ffmpeg is None else str(settings.media.ffmpeg)
        house.scratch.sweep()
        tools = await open_toolbox(program, Level(settings.box.require), settings.box.user)
        chosen = await choose_encoder(tools, Encoder(settings.media.encoder))
        engine = Engine(settings, house.database, clock, tools.level.value)
        deeds = _deeds(house, tools, chosen.encoder)
        journey.tell(engine, deeds)
        completing = Completing(deeds.making.segments, Ordering(house.database, clock))
        attending = Attending(
            house.database,
            clock,
            deeds.making.segments,
            url=settings.rooms_url,
            landed=completing.look,
            openings=Openings() if deeds.opening is None else deeds.opening.openings,
        )
        posting = Posting(house.database, clock, house.outlets.webhooks, courier)
        watching = [attending.run, posting.run, house.outlets.postman.run]
        if not settings.is_embedded:
            watching.append(Sharing(settings.at(SEGMENTS), engine.executor_id).run)
        hosting = _hosting(house, elsewhere)
        arranging = Arranging(house.database, clock, settings.partners)
        spread = spread_to(arranging, house.outlets.spread)
        if hosting.hosts:  # what ends beside a worker ends the worker
            watching.append(hosting.run)
        relay = Relay(house.database, journey.STORY, engine.follow, spread)
        liveness = None
        if not settings.is_embedded:
            liveness = Liveness(
                settings.engine_url,
                engine.executor_id,
                version("rushes"),
                settings.jobs.dead_after,
                house.desk.remote,
                box=tools.level.value,
            )
        yield Worker(
            database=house.database,
            clock=clock,
            database_url=settings.rooms_url,
            engine=engine,
            relay=relay,
            remote=house.desk.remote,
            liveness=liveness,
            beside=(*_beside(house), *_ready(deeds), *watching),
            woken=(attending.wake, posting.wake, house.outlets.postman.wake, hosting.wake),
            box=tools.level.value,
        )


def _hosting(house: House, elsewhere: httpcore.AsyncConnectionPool) -> Hosting:
    told = house.settings.partners
    wire = Wire(elsewhere, house.clock, frozenset(told.allow_private))
    hosts = make_hosts(told, wire)
    base = house.database, house.clock, house.linking.sealer
    return Hosting(*base, hosts, house.locator.stream, told.at_once)


def _ready(deeds: Deeds) -> list[Beside]:
    """Return what keeps a program ready for the next file, and measures before the first."""
    standby, speed = deeds.looking.studio.standby, deeds.looking.speed
    return [speed.run] if standby is None else [standby.run, speed.run]


def _beside(house: House) -> tuple[Beside, ...]:
    """Return what goes on beside the jobs of a worker."""
    database, clock, archive = house.database, house.clock, house.archive
    probes, leaving = Probes(database, clock), house.vaults.evicting.run
    former, further = house.locator.former, house.locator.further
    buckets = [each for each in (house.edge, *further.values()) if isinstance(each, S3Store)]
    edges = [Asking(probes, bucket).run for bucket in buckets]
    edges.append(Leftovers(database, clock, house.archive, house.edge, former, further).run)
    if former is not None:
        edges.append(house.estate.migrating.run)
    if (tree := house.settings.tiers.editing.path) is not None:
        holder = name_process(clock)
        edges.append(Mirroring(database, clock, house.locator, pen_of(tree), holder).run)
    if not isinstance(archive, S3Store) or house.directing is None:
        return leaving, *edges
    tending = Tending(database, clock, archive, house.directing)
    carrying = Carrying(database, clock, archive, house.intake.spool)
    asking = Asking(probes, archive)
    repairing = Repairing(database, clock, archive, house.desk)
    always = (leaving, *edges, tending.run, asking.run, repairing.run)
    return (*always, carrying.run) if house.settings.uploads.grow_to_archive else always


def _remover(house: House) -> Remover:
    return Remover(
        house.database,
        house.archive,
        house.edge,
        house.scratch,
        house.settings.delivery.playback_life,
        house.estate.closing.prices[Tier.ARCHIVE].min_days,
        house.clock,
        house.locator.former,
        house.locator.further,
    )


def _deeds(house: House, tools: Toolbox, encoder: Encoder) -> Deeds:
    settings, database, clock = house.settings, house.database, house.clock
    folder, top = settings.at(SEGMENTS), Quality(settings.media.max_rung)
    keeper = house.vaults.recalling.keeper
    outcomes = Outcomes(database, clock, keeper.keep_rendition)
    original = house.locator.local_path
    nearby = None if isinstance(house.archive, FolderStore) else house.scratch
    studio = Studio(tools, folder, standby=Standby(tools))
    gallery, copier = Gallery(tools, folder), Copier()
    grading = Grading(database)
    reaching = _reaching(house)
    segments = _segments(house, studio, copier, encoder, reaching.stretch)
    glimpsing = _glimpsing(house, studio)
    return Deeds(
        intake=house.intake,
        early=glimpsing.early,
        filing=Filing(database, clock),
        editing=house.editing,
        originals=Originals(database, house.intake.spool, original, nearby, house.locator.read),
        screening=glimpsing.screening,
        looking=Looking(
            database=database,
            clock=clock,
            studio=studio,
            gallery=gallery,
            copier=copier,
            speed=Speed(tools, folder),
            original=reaching.begin,
            top=top,
            playback=settings.playback,
            ladder=settings.ladder,
            recipe=word_of(encoder),
        ),
        opening=Opening(database, clock, segments) if settings.playback.jit else None,
        stills=Stills(database, gallery, outcomes, original, grading, folder),
        hearing=Hearing(database, Listening(tools, folder), outcomes, original, folder),
        making=Making(database, segments, outcomes, settings.media.run_segments),
        glimpsing=glimpsing,
        keeping=Keeping(database, folder, settings.playback.keep_bytes),
        remaking=house.remaking,
        outcomes=outcomes,
        keeper=keeper,
        recalling=house.vaults.recalling,
        retaining=house.vaults.retaining,
        checking=house.vaults.checking,
        upkeep=house.vaults.upkeep,
        adopting=house.estate.adopting,
        remover=_remover(house),
        closing=house.estate.closing,
        sweep=Sweep(database, clock, house.intake.spool, house.ending, house.joining),
        rates=house.access.rates,
        answers=Answers(database, clock, house.linking.sealer),
        auditing=Auditing(database, clock),
        desk=house.desk,
        clock=clock,
    )


def _glimpsing(house: House, studio: Studio) -> Glimpsing:
    database, clock, spool = house.database, house.clock, house.intake.spool
    types = house.settings.uploads.account_types
    early = Early(database, clock, Growing(database, spool), house.ending, studio, types)
    arriving = Arriving(database, clock)
    return Glimpsing(database, early, _screening(house), arriving, house.intake.elsewhere)


def _segments(
    house: House, studio: Studio, copier: Copier, encoder: Encoder, stretch: Stretch
) -> Segments:
    media = house.settings.media
    return Segments(
        house.database,
        house.clock,
        studio,
        copier,
        house.locator.local_path,
        Grading(house.database),
        folder=studio.folder,
        top=Quality(media.max_rung),
        threads=media.threads,
        encoder=encoder,
        stretch=stretch,
    )


def _reaching(house: House) -> Reaching:
    elsewhere = house.intake.elsewhere
    glimpses = None
    if elsewhere is not None and isinstance(elsewhere.store, S3Store):
        glimpses = Glimpses(elsewhere.store, elsewhere.name, elsewhere.scratch)
    return Reaching(house.database, house.locator.local_path, glimpses)


def _screening(house: House) -> Screening:
    return Screening(
        database=house.database,
        clock=house.clock,
        settings=house.settings.scan,
        scanner=open_scanner(house.settings.scan),
        sources=Sources(house.intake.path, house.locator.local_path),
        editing=house.editing,
        ending=house.ending,
    )
