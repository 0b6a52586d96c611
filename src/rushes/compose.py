"""The constructor calls of the house: settings become the rooms that answer people.

`open_house` is what every process has; what only a worker needs stands in `workshop`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from rushes.access.accounts import Accounts
from rushes.access.allowance import Allowance
from rushes.access.door import Door, open_door
from rushes.access.hashing import Hashing
from rushes.access.identify import Access
from rushes.access.keys import SECRET, SIGNING, LiveRing, Ring, load_ring
from rushes.access.linking import Linking
from rushes.access.places import Places
from rushes.access.projects import Projects
from rushes.access.rates import Rates
from rushes.access.seal import Sealer
from rushes.access.setup import Setup
from rushes.access.tokens import Tokens
from rushes.clock import SYSTEM, Clock
from rushes.db.engine import Database, open_database
from rushes.db.listen import listen
from rushes.delivery.bundle import Bundling
from rushes.delivery.covers import Covers
from rushes.delivery.download import Downloading
from rushes.delivery.image import Imaging, Tools
from rushes.delivery.listing import Listing
from rushes.delivery.playback import Playing, open_playing
from rushes.delivery.serve import Server
from rushes.delivery.shares import Shares, build_server, build_shares, build_signer
from rushes.delivery.sign import Signer
from rushes.intake.elsewhere import Elsewhere
from rushes.intake.verify import Intake
from rushes.jobs.desk import Desk
from rushes.jobs.remote import Remote
from rushes.library.cataloguing import Cataloguing
from rushes.library.editing import Editing
from rushes.media.box import Level
from rushes.media.ladder import Quality
from rushes.media.toolbox import open_toolbox
from rushes.notify.outlets import Outlets, make_outlets
from rushes.renditions.coloring import Coloring
from rushes.renditions.luts import Luts
from rushes.renditions.ordering import Ordering
from rushes.renditions.outcome import Outcomes
from rushes.renditions.remaking import Remaking
from rushes.settings import Settings
from rushes.stores.s3 import S3Store
from rushes.stores.scratch import Scratch
from rushes.stores.store import Vault
from rushes.tiers.budget import Budget
from rushes.tiers.by_hand import ByHand
from rushes.tiers.check import open_checking
from rushes.tiers.copy import Keeper
from rushes.tiers.doubts import Doubts
from rushes.tiers.edge import edge_of
from rushes.tiers.estate import Estate, open_estate
from rushes.tiers.evict import Evicting
from rushes.tiers.flow import Flow
from rushes.tiers.foreign import name_of
from rushes.tiers.holding import Stores, open_stores
from rushes.tiers.locate import Locator
from rushes.tiers.overview import Overview, Place, list_places
from rushes.tiers.placement import Tier
from rushes.tiers.reads import Reads
from rushes.tiers.recall import Recalling
from rushes.tiers.retain import Retaining
from rushes.tiers.rules import make_rules
from rushes.tiers.upkeep import open_upkeep
from rushes.tiers.vaults import Vaults
from rushes.uploads.admission import Admission
from rushes.uploads.chunk_files import ChunkFiles
from rushes.uploads.commit import Committer
from rushes.uploads.direct_room import DirectRoom
from rushes.uploads.directing import Directing
from rushes.uploads.ending import Ending
from rushes.uploads.finishing import Finisher
from rushes.uploads.grouping import Grouping
from rushes.uploads.hold import Holds
from rushes.uploads.join import Joining
from rushes.uploads.lease_records import WANTED
from rushes.uploads.leases import Leases
from rushes.uploads.processes import name_process
from rushes.uploads.quota import Quota
from rushes.uploads.receive import Receiver
from rushes.uploads.rereading import Rereading
from rushes.uploads.slots import Slots
from rushes.uploads.space import Space
from rushes.uploads.spool import Spool
from rushes.uploads.taking import Taker

SEGMENTS: Final = "segments"
FOLDERS: Final = ("spool", SEGMENTS, "scratch")
"""Folders of the data folder that no store looks after."""


@dataclass(frozen=True, slots=True)
class House:
    """What every process has."""

    settings: Settings
    clock: Clock
    database: Database
    signing: Ring
    archive: Vault
    edge: Vault
    scratch: Scratch
    access: Access
    door: Door
    setup: Setup
    accounts: Accounts
    tokens: Tokens
    projects: Projects
    linking: Linking
    admission: Admission
    joining: Joining
    receiver: Receiver
    taker: Taker
    finisher: Finisher
    slots: Slots
    ending: Ending
    intake: Intake
    editing: Editing
    covers: Covers
    playing: Playing
    imaging: Imaging
    downloading: Downloading
    coloring: Coloring
    remaking: Remaking
    listing: Listing
    server: Server
    locator: Locator
    vaults: Vaults
    estate: Estate
    desk: Desk
    outlets: Outlets
    shares: Shares
    directing: Directing | None
    """What lets clients send into the archive's bucket themselves; None where it is a folder."""

    @property
    def cataloguing(self) -> Cataloguing:
        """What defines fields, writes notes and keeps searches."""
        return Cataloguing(self.database, self.clock)

    @property
    def bundling(self) -> Bundling:
        """What gives many files as one."""
        base = self.database, self.clock, self.server.signer, self.settings.delivery
        return Bundling(*base, self.locator, self.server.require)

    async def drain(self, seconds: float) -> bool:
        """Take no bytes in any more, write down what has come; say whether all came to rest."""
        self.outlets.live.end()
        return all(await asyncio.gather(self.receiver.drain(seconds), self.taker.drain(seconds)))


@asynccontextmanager
async def open_house(settings: Settings, clock: Clock = SYSTEM) -> AsyncIterator[House]:
    """Open databases, stores and keys, and close them at the end.

    Raises:
        RushesError: something that is needed is not there; the sentence says what.
    """
    for name in FOLDERS:
        settings.at(name).mkdir(mode=0o700, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        database = open_database(settings.rooms_url)
        stack.push_async_callback(database.close)
        tiers = await open_stores(settings, database, clock, stack)
        remote = Remote(settings)
        stack.callback(remote.close)
        house = _build(settings, clock, database, tiers, remote)
        await house.linking.require_keys()
        await house.estate.migrating.begin()
        yield house


def _build(
    settings: Settings, clock: Clock, database: Database, tiers: Stores, remote: Remote
) -> House:
    archive, edge = tiers.archive, tiers.edge
    signing, secret = (load_ring(settings.at("keys"), each, clock) for each in (SIGNING, SECRET))
    signer, sealer = build_signer(signing), Sealer(LiveRing(settings.at("keys"), secret), clock)
    spool, ordering = Spool(settings.at("spool")), Ordering(database, clock)
    scratch = Scratch(settings.at("scratch"), settings.tiers.scratch_bytes)
    intake = Intake(database, spool, _elsewhere(archive, scratch))
    uploading = _build_uploading(settings, clock, database, spool)
    ending, admission = uploading.ending, uploading.joining.admission
    files, rereading = ChunkFiles(database, spool), Rereading(database, spool)
    hashing, rates, places = Hashing(), Rates(database, clock), Places(database, clock)
    linking = Linking(database, clock, settings.access, sealer, hashing, places)
    former, further = tiers.former, tiers.further
    locator = Locator(database, archive, edge, scratch, intake.path, former, further)
    held = list_places(settings)
    keeper = _keeper(settings, clock, intake, tiers)
    return House(
        settings=settings,
        clock=clock,
        database=database,
        signing=signing,
        archive=archive,
        edge=edge,
        scratch=scratch,
        access=Access(database, clock, settings.access, signing, hashing, rates, places),
        door=open_door(settings, hashing, rates, sealer),
        setup=Setup(database, clock, Accounts(database, clock, hashing), rates),
        accounts=Accounts(database, clock, hashing),
        tokens=Tokens(database, clock, settings.access),
        projects=Projects(database, clock, places),
        linking=linking,
        admission=admission,
        joining=uploading.joining,
        receiver=uploading,
        taker=_taker(settings, uploading, files, rereading),
        finisher=Finisher(database, clock, settings.uploads, spool, ending, files, rereading),
        slots=Slots(database, clock, settings.uploads, admission, uploading.quota),
        ending=ending,
        intake=intake,
        editing=Editing(database, clock),
        covers=Covers(database, clock, signer, settings.delivery),
        playing=open_playing(database, clock, signer, ordering, settings),
        imaging=_imaging(settings, clock, database, signer=signer, keeper=keeper, locator=locator),
        downloading=Downloading(database, clock, signer, settings.delivery, ordering),
        remaking=Remaking(database, clock, Quality(settings.media.max_rung)),
        coloring=Coloring(database, clock, Luts(database, clock)),
        listing=Listing(database),
        server=build_server(linking, signer, settings.at(SEGMENTS)),
        locator=locator,
        vaults=_vaults(settings, keeper, locator, held),
        estate=open_estate(
            keeper, locator, uploading, places, settings=settings.tiers, places=held
        ),
        desk=Desk(database, clock, remote),
        outlets=make_outlets(settings, clock, database, sealer),
        shares=build_shares(linking, ordering, signer, signing, settings.delivery),
        directing=_directing(settings, archive, uploading),
    )


def _keeper(settings: Settings, clock: Clock, intake: Intake, stores: Stores) -> Keeper:
    """Return what keeps things; all movements of the process share its flow."""
    near = edge_of(stores.edge, settings.tiers.edge.on_ingest, stores.further)
    flow = Flow(settings.tiers.bandwidth_bytes)
    return Keeper(intake.database, clock, stores.archive, near, intake.path, flow)


def _taker(
    settings: Settings, uploading: Receiver, files: ChunkFiles, rereading: Rereading
) -> Taker:
    database, clock, spool = uploading.database, uploading.clock, uploading.spool
    ending, space = uploading.ending, uploading.space
    return Taker(database, clock, settings.uploads, spool, ending, files, rereading, space)


def _vaults(
    settings: Settings, keeper: Keeper, locator: Locator, held: Mapping[Tier, Place]
) -> Vaults:
    database, clock = keeper.database, keeper.clock
    budget = Budget(database, clock, settings.budget.egress_bytes)
    recalling = Recalling(database, clock, keeper, locator.find_source, budget)
    edge, further = keeper.edge.store, keeper.edge.further
    evicting = Evicting(database, clock, keeper.archive, edge, further=further)
    rules, price = make_rules(settings.retention), held[Tier.EDGE].price
    regional = {tier: place for tier, place in held.items() if tier in further}
    doubts = Doubts(database, clock, edge, recalling, further=further)
    tree = settings.tiers.editing.path
    return Vaults(
        reads=Reads(database, clock, recalling, doubts),
        doubts=doubts,
        recalling=recalling,
        evicting=evicting,
        retaining=Retaining(database, clock, evicting, rules, price, regional),
        by_hand=ByHand(database, clock, recalling, evicting),
        overview=Overview(database, clock, held, None if tree is None else str(tree)),
        checking=open_checking(keeper, locator, settings.tiers.scrub_bytes),
        upkeep=open_upkeep(recalling, evicting, held, budget, settings.retention),
    )


def _imaging(
    settings: Settings,
    clock: Clock,
    database: Database,
    *,
    signer: Signer,
    keeper: Keeper,
    locator: Locator,
) -> Imaging:
    """Return what makes pictures at a width; its tools are found when they are first needed."""
    program = None if settings.media.ffmpeg is None else str(settings.media.ffmpeg)
    return Imaging(
        database=database,
        clock=clock,
        signer=signer,
        settings=settings.delivery,
        outcomes=Outcomes(database, clock, keeper.keep_rendition),
        local_path=locator.local_path,
        tools=Tools(partial(open_toolbox, program, Level(settings.box.require))),
        folder=settings.at("segments"),
    )


def _elsewhere(archive: Vault, scratch: Scratch) -> Elsewhere:
    return Elsewhere(archive, name_of(archive), scratch)


def _directing(settings: Settings, archive: Vault, uploading: Receiver) -> Directing | None:
    name = settings.tiers.archive.store
    if name is None or not isinstance(archive, S3Store):
        return None
    return Directing(
        database=uploading.database,
        clock=uploading.clock,
        store=archive,
        store_name=name,
        admission=uploading.joining.admission,
        room=DirectRoom(uploading.database, uploading.clock, uploading.quota),
        quota=uploading.quota,
        ending=uploading.ending,
    )


def _build_uploading(
    settings: Settings, clock: Clock, database: Database, spool: Spool
) -> Receiver:
    quota = Quota(database, clock, _allowance(settings))
    ending, holds = Ending(database, clock, spool), Holds(_leases(settings, database, clock))
    grouping = Grouping(database, spool)
    joining = Joining(
        database=database,
        clock=clock,
        spool=spool,
        admission=Admission(database, clock, settings.uploads, spool, quota, grouping),
        quota=quota,
        ending=ending,
        holds=holds,
    )
    return Receiver(
        database=database,
        clock=clock,
        settings=settings.uploads,
        spool=spool,
        quota=quota,
        ending=ending,
        committer=Committer(database, clock),
        holds=holds,
        joining=joining,
        space=Space(spool, settings.uploads),
    )


def _leases(settings: Settings, database: Database, clock: Clock) -> Leases | None:
    """Return what holds uploads against other processes; SQLite has one that receives."""
    if database.is_sqlite:
        return None
    return Leases(database, name_process(clock), partial(listen, settings.rooms_url, WANTED))


def _allowance(settings: Settings) -> Allowance:
    name = settings.tiers.archive.store
    return Allowance(
        settings.uploads.account_total_bytes,
        settings.uploads.account_uploads_per_day,
        None if name is None else settings.stores[name].limit_bytes,
    )
