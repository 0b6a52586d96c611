"""A house that only hands out: rows, two folder stores, and the delivery routes before them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from rushes.access.permit import SYSTEM, Actor
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery.download import Downloading
from rushes.delivery.image import Imaging, Tools
from rushes.delivery.listing import Listing
from rushes.delivery.playback import Playing
from rushes.delivery.serve import Server
from rushes.delivery.sign import Signer
from rushes.http.delivery import Delivery, routes
from rushes.http.problem import Edge as Outermost
from rushes.http.problem import add_problems
from rushes.http.regions import Nearness
from rushes.media.failures import ToolMissing
from rushes.media.layout import Layout, Piece, TrackLayout, format_layout
from rushes.media.toolbox import Toolbox
from rushes.renditions.outcome import Outcomes
from rushes.sections import DeliverySettings
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.scratch import Scratch
from rushes.tiers.by_hand import ByHand
from rushes.tiers.copy import Keeper
from rushes.tiers.edge import Edge, Further
from rushes.tiers.evict import Evicting
from rushes.tiers.locate import Locator
from rushes.tiers.prices import Price
from rushes.tiers.reads import Reads
from rushes.tiers.recall import Recalling
from rushes.tiers.remove import Remover
from rushes.tiers.retain import Retaining
from rushes.tiers.rules import Rules
from tests.support.filed import Filed, Files


@dataclass(slots=True)
class Handing:
    """Everything behind the routes; `actor` is who calls."""

    folder: Path
    database: Database
    clock: Clock
    archive: FolderStore
    edge: FolderStore
    signer: Signer = field(default_factory=lambda: Signer(b"k" * 32))
    actor: Actor = SYSTEM
    tools: Toolbox | None = None
    on_ingest: frozenset[str] | None = None
    further: Further = field(default_factory=dict)
    nearness: Nearness = field(default_factory=Nearness)
    reads: Reads = field(init=False)

    def __post_init__(self) -> None:
        """Count what is read."""
        self.reads = Reads(self.database, self.clock, self.recalling)

    async def open_tools(self) -> Toolbox:
        """Return the toolbox; a house without one makes no pictures."""
        if self.tools is None:
            raise ToolMissing("There are no tools here.")
        return self.tools

    @property
    def files(self) -> Files:
        """What files things."""
        return Files(self.database, self.clock)

    @property
    def keeper(self) -> Keeper:
        """What keeps things."""
        edge = Edge(self.edge, self.on_ingest, self.further)
        return Keeper(self.database, self.clock, self.archive, edge, self.spool_path)

    @property
    def scratch(self) -> Scratch:
        """Where local copies lie."""
        return Scratch(self.folder / "scratch", 2**30)

    @property
    def locator(self) -> Locator:
        """What finds things."""
        return Locator(
            self.database,
            self.archive,
            self.edge,
            self.scratch,
            self.spool_path,
            further=self.further,
        )

    @property
    def recalling(self) -> Recalling:
        """What brings things back."""
        return Recalling(self.database, self.clock, self.keeper, self.locator.find_source)

    def evicting(self, grace: timedelta = timedelta()) -> Evicting:
        """Return what lets things leave the edge, after this long."""
        return Evicting(
            self.database, self.clock, self.archive, self.edge, grace, further=self.further
        )

    def retaining(self, rules: Rules, price: Price | None = None) -> Retaining:
        """Return what applies the rules."""
        return Retaining(
            self.database, self.clock, self.evicting(), rules, price or Price(Decimal(1))
        )

    @property
    def by_hand(self) -> ByHand:
        """What an admin asks for."""
        return ByHand(self.database, self.clock, self.recalling, self.evicting())

    @property
    def remover(self) -> Remover:
        """What removes things."""
        return Remover(self.database, self.archive, self.edge, self.scratch, further=self.further)

    async def spool_path(self, upload_id: str) -> Path:
        """Return where an upload's bytes lie."""
        return self.folder / "spool" / upload_id

    def spool(self, filed: Filed, content: bytes) -> Path:
        """Lay an upload's bytes into the spool."""
        path = self.folder / "spool" / filed.upload_id
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    async def keep(self, rendition_id: str, content: bytes) -> None:
        """Lay a rendition's file down and keep it."""
        path = self.folder / rendition_id
        path.unlink(missing_ok=True)  # the old one may be an object now
        path.write_bytes(content)
        await self.keeper.keep_rendition(rendition_id, path)

    def app(self) -> Outermost:
        """Return the application with the delivery routes alone."""
        settings, signer = DeliverySettings(), self.signer

        async def identify(_request: Request) -> Actor:
            return self.actor

        app = FastAPI()
        add_problems(app)
        delivery = Delivery(
            playing=Playing(self.database, self.clock, signer, settings),
            imaging=Imaging(
                database=self.database,
                clock=self.clock,
                signer=signer,
                settings=settings,
                outcomes=Outcomes(self.database, self.clock, self.keeper.keep_rendition),
                local_path=self.locator.local_path,
                tools=Tools(self.open_tools),
                folder=self.folder,
            ),
            downloading=Downloading(self.database, self.clock, signer, settings),
            listing=Listing(self.database),
            server=Server(self.database, self.clock, signer),
            locator=self.locator,
            reads=self.reads,
            nearness=self.nearness,
        )
        app.include_router(routes(delivery, identify))
        return Outermost(app)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Give a client of the application."""
        transport = httpx.ASGITransport(app=self.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://rushes.test") as client:
            yield client


@asynccontextmanager
async def open_handing(folder: Path, database: Database, clock: Clock) -> AsyncIterator[Handing]:
    """Open the two stores in a folder."""
    async with (
        await open_folder(folder / "archive") as archive,
        await open_folder(folder / "edge") as edge,
    ):
        yield Handing(folder, database, clock, archive, edge)


@pytest.fixture
async def handing(tmp_path: Path, database: Database, clock: Clock) -> AsyncIterator[Handing]:
    """A house that only hands out, on each kind of database."""
    async with open_handing(tmp_path, database, clock) as opened:
        yield opened


def layout_of(
    name: str, content: bytes, *, width: int = 1280, height: int = 720
) -> dict[str, object]:
    """Return the layout of a pretended file of 1,000 bytes or more: two segments, two tracks."""
    video = TrackLayout(
        "avc1.64001f",
        10_000,
        Piece(100, 50, 0),
        (Piece(200, 300, 10_000), Piece(600, 200, 10_000)),
    )
    sound = TrackLayout(
        "mp4a.40.2",
        48_000,
        Piece(150, 50, 0),
        (Piece(500, 100, 48_128), Piece(800, 100, 47_872)),
    )
    digest = hashlib.sha256(content).hexdigest()
    rate = Fraction(30_000, 1_001)
    return format_layout(Layout(name, len(content), digest, width, height, rate, video, sound))


def layout_of_sound(name: str, content: bytes) -> dict[str, object]:
    """Return the layout of a pretended file with sound alone."""
    sound = TrackLayout("mp4a.40.2", 48_000, Piece(100, 50, 0), (Piece(200, 300, 96_000),))
    digest = hashlib.sha256(content).hexdigest()
    return format_layout(Layout(name, len(content), digest, 0, 0, Fraction(0), None, sound))
