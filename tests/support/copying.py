"""A house whose tiers are buckets of one real S3 server, and what a proxy saw of them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.sections import StoreSettings
from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.filesystem import open_folder
from rushes.stores.patience import Patience
from rushes.stores.s3 import S3Store, open_s3
from rushes.tiers.copy import Keeper
from rushes.tiers.edge import Edge
from rushes.tiers.flow import Flow
from rushes.tiers.recall import Recalling
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of
from tests.support.lying_proxy import LyingProxy, Request
from tests.support.stored import FOUND

HASTE = Patience(first_wait=0.01, longest_wait=0.05, down=0.2)
FILM = random.Random(7).randbytes(2**20) * 50  # noqa: S311 - four blocks: the last is smaller


@dataclass(slots=True)
class Pair:
    """A house with an archive and an edge of any kind, and the flow of its movements."""

    house: Handing
    flow: Flow
    project_id: str | None = None

    @property
    def keeper(self) -> Keeper:
        """What keeps things, by this flow."""
        house = self.house
        edge = Edge(house.edge, frozenset())
        return Keeper(house.database, house.clock, house.archive, edge, house.spool_path, self.flow)

    @property
    def recalling(self) -> Recalling:
        """What brings things to the edge, by this flow."""
        house = self.house
        return Recalling(house.database, house.clock, self.keeper, house.locator.find_source)

    async def make(self, content: bytes = FILM) -> tuple[Filed, str]:
        """Keep a quality in the archive alone; return its asset and its id."""
        self.project_id = self.project_id or await self.house.files.project()
        original = b"original" + content[:9]
        filed = await self.house.files.asset(original, project_id=self.project_id)
        made = await self.house.files.rendition(
            filed, "1080p", content=content, layout=layout_of("1080p", content)
        )
        path = self.house.folder / made
        path.write_bytes(content)
        await self.keeper.keep_rendition(made, path)
        return filed, made


@asynccontextmanager
async def open_pair(
    folder: Path,
    database: Database,
    *,
    archive: StoreSettings | None,
    edge: StoreSettings | None,
    provider: str = "ceph",
) -> AsyncIterator[Pair]:
    """Open a house with these tiers; None is a folder."""
    async with AsyncExitStack() as stack:
        opened: dict[str, Any] = {}
        for name, settings in (("archive", archive), ("edge", edge)):
            store: Any
            if settings is None:
                store = await open_folder(folder / name)
            else:
                store = await open_s3(name, settings, FOUND[provider], HASTE)
            opened[name] = await stack.enter_async_context(store)
        house = Handing(
            folder, database, Clock(), opened["archive"], opened["edge"], on_ingest=frozenset()
        )
        yield Pair(house, Flow())


def bucket(store: object) -> S3Store:
    """Return a tier's store that is a bucket."""
    return cast("S3Store", store)


def through(proxy: LyingProxy, settings: StoreSettings) -> StoreSettings:
    """Return the same place, asked by way of the proxy."""
    return settings.model_copy(update={"endpoint": proxy.endpoint})


def parts_sent(proxy: LyingProxy) -> list[int]:
    """Return the numbers of the parts whose bytes went by, in order."""
    return [
        int(request.target.partition("partNumber=")[2].partition("&")[0])
        for request in proxy.seen
        if request.method == "PUT" and "partNumber=" in request.target and request.body
    ]


def is_read_of(request: Request, number: int) -> bool:
    """Say whether a request asks for the block `number` of an object."""
    asked = request.headers.get("range", "")
    return request.method == "GET" and asked.startswith(f"bytes={number * BLOCK_BYTES}-")


def blocks_read(proxy: LyingProxy) -> list[int]:
    """Return the numbers of the blocks that were asked for, in order."""
    return [
        number
        for request in proxy.seen
        for number in range(len(FILM) // BLOCK_BYTES + 1)
        if is_read_of(request, number)
    ]
