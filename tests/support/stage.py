"""A whole house with its worker in this process: files go in, assets come out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rushes import compose, ids, workshop
from rushes.access import account_records
from rushes.access.account import Account
from rushes.access.permit import Actor, ActorKind, Role
from rushes.clock import SYSTEM
from rushes.compose import House
from rushes.events import outbox
from rushes.events.event import Event
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.jobs import engine
from rushes.library import records as library_records
from rushes.library.asset import Asset, State
from rushes.renditions import records as rendition_records
from rushes.renditions.records import Rendition
from rushes.settings import Settings
from rushes.uploads.admission import Wanted
from rushes.uploads.upload import Append, Owner, Protocol, Upload

SETTLED = frozenset({State.READY, State.FAILED})
SECONDS = 50.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A house, and an admin who sends files."""

    house: House
    admin: Actor

    async def send(self, name: str, content: bytes, place: str = "Acme Corp/Spring") -> Upload:
        """Upload a file in one append."""
        project = await self.house.access.resolve_project(self.admin, place)
        upload = await self.house.admission.create(
            Wanted(
                protocol=Protocol.TUS,
                project_id=project.id,
                owner=Owner(account_id=self.admin.id),
                file_name=name,
                media_type="application/octet-stream",
                metadata="",
                size_bytes=len(content),
            )
        )
        if not content:
            return upload

        async def body() -> AsyncIterator[bytes]:
            yield content

        append = Append(offset=0, length=len(content))
        return await self.house.receiver.append(upload.id, append, body(), lambda _upload: None)

    async def settled(self, upload: Upload) -> Asset:
        """Return the upload's asset when it is ready or failed, and all its renditions ended."""
        async with asyncio.timeout(SECONDS):
            while True:
                asset = await self.find(upload)
                if asset is not None and asset.state in SETTLED:
                    return asset
                await asyncio.sleep(0.05)

    async def find(self, upload: Upload) -> Asset | None:
        """Return the upload's asset, once it is filed."""
        async with self.house.database.reading() as connection:
            return await library_records.find_asset_of_upload(connection, upload.id)

    async def renditions(self, asset: Asset) -> dict[str, Rendition]:
        """Return what was made of an asset, by name."""
        async with self.house.database.reading() as connection:
            found = await rendition_records.list_of_content(connection, asset.content_id)
        return {each.name: each for each in found}

    async def events(self, asset_id: str) -> list[Event]:
        """Return what happened to an asset, oldest first."""
        async with self.house.database.reading() as connection:
            found = await outbox.list_events(connection, asset_id=asset_id, limit=500)
        return [event for _, event in reversed(found)]

    def files(self, place: str) -> set[str]:
        """Return the files below a folder of the data folder, without the stores' own."""
        top = self.house.settings.at(place)
        found = {
            (Path(folder) / name).relative_to(top).as_posix()
            for folder, _, names in os.walk(top)  # a folder may go while we look
            for name in names
        }
        return {name for name in found if not name.startswith(".rushes")}


@asynccontextmanager
async def set_stage(data: Path, database_url: str, **more: object) -> AsyncIterator[Stage]:
    """Open a house and run its worker; `database_url` is migrated, SQLite in the data folder."""
    address = None if database_url.startswith("sqlite") else database_url
    settings = Settings.load(data=data, database_url=address, **more)
    await asyncio.to_thread(engine.migrate, settings)
    async with workshop.open_worker(settings) as worker, compose.open_house(settings) as house:
        ended, begun = asyncio.Event(), asyncio.Event()
        house.database.told = worker.wake
        working = asyncio.create_task(worker.run(ended, begun, 0))
        await asyncio.wait(
            {working, asyncio.ensure_future(begun.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        try:
            yield Stage(house, await _admin(house))
        finally:
            ended.set()
            await working


async def _admin(house: House) -> Actor:
    now = house.clock.now()
    account = Account(
        id=ids.new(Prefix.ACCOUNT, now, SYSTEM.entropy(ENTROPY_BYTES)),
        email="admin@example.com",
        role=Role.SUPERADMIN,
        is_active=True,
        created_at=now,
        password_changed_at=now,
    )
    async with house.database.transaction() as connection:
        await account_records.record_account(connection, account, "unused")
    return Actor(ActorKind.ACCOUNT, account.id, Role.SUPERADMIN, project_ids=None)
