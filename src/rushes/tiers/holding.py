"""Holding: the stores of the tiers, opened as the settings name them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.settings import Settings
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.s3 import S3Store, open_s3
from rushes.stores.store import Vault
from rushes.tier_section import list_chosen
from rushes.tiers.edge import Further
from rushes.tiers.placement import edge_in
from rushes.tiers.probes import Probes


@dataclass(frozen=True, slots=True)
class Stores:
    """The open stores of the tiers; `former` is the one from which the archive moves."""

    archive: Vault
    edge: Vault
    former: Vault | None
    further: Further


async def open_stores(
    settings: Settings, database: Database, clock: Clock, stack: AsyncExitStack
) -> Stores:
    """Open them; the stack closes them.

    Raises:
        RushesError: a store cannot be used; the sentence says why.
    """
    probes = Probes(database, clock)

    async def hold(name: str | None, folder: str) -> Vault:
        store = await open_store(settings, name, folder)
        stack.push_async_callback(store.close)
        if isinstance(store, S3Store):
            await probes.recall(store)
        return store

    archive, edge, *others = [await hold(*chosen) for chosen in list_chosen(settings.tiers)]
    edges = settings.tiers.edges.items()
    further = {edge_in(region): await hold(told.store, "") for region, told in edges}
    return Stores(archive, edge, others[0] if others else None, further)


async def open_store(settings: Settings, name: str | None, folder: str) -> FolderStore | S3Store:
    """Open a store by its name in the settings; None: a folder in the data folder."""
    if name is None:
        return await open_folder(settings.at(folder))
    store = settings.stores[name]
    return await (open_s3(name, store) if store.path is None else open_folder(store.path))
