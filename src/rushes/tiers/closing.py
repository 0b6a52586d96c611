"""Closing: a project goes for good, with its assets; what that does is said before.

    said (so many assets, this cost) ──yes──> out of sight ──> uploads end ──> pages of assets go

1. Who deletes names the number of assets that they were told; another one is no yes.
2. From one transaction on nothing of the project is seen, found or played.
3. A content that an asset of another project has stays, with all that is kept of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rushes.access import account_records
from rushes.access import records as access_records
from rushes.access.permit import Actor, Verb, permit, unknown_project
from rushes.access.projects import get_for
from rushes.access.telling import tell
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events.event import EventType
from rushes.jobs.engine import Engine
from rushes.library import arriving_records
from rushes.library import records as library_records
from rushes.library.telling import Telling
from rushes.tiers import removal_records
from rushes.tiers.placement import Tier
from rushes.tiers.prices import Price
from rushes.tiers.removal import Chosen, Early, Pile, Removal, RemovalChanged, weigh
from rushes.uploads import records as upload_records
from rushes.uploads.ending import Ending

PAGE: Final = 50
"""Assets that go in one transaction."""

CLOSE: Final = "close"
SECONDS: Final = 1_800.0

RemoveAll = Callable[[list[str], bool], Awaitable[None]]
"""What removes contents; with True also what is billed still."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Says what a deletion does, and deletes projects."""

    database: Database
    clock: Clock
    ending: Ending
    prices: Mapping[Tier, Price]
    store: str
    """The archive's, as objects of others are written down there."""

    async def survey(self, chosen: Chosen) -> Removal:
        """Return what the deletion of these assets would do."""
        async with self.database.reading() as connection:
            return await self._survey(connection, chosen)

    async def survey_project(self, actor: Actor, project_id: str) -> Removal:
        """Return what the deletion of a project would do.

        Raises:
            ProjectNotFound: it is unknown, or not the actor's.
            Forbidden: only admins may.
        """
        async with self.database.reading() as connection:
            await get_for(connection, actor, project_id, Verb.DELETE_PROJECT)
            return await self._survey(connection, Chosen(project_id))

    async def delete_project(
        self, actor: Actor, project_id: str, *, assets: int | None, purge: bool = False
    ) -> Removal:
        """Take a project out of sight at once, with its assets; their bytes follow.

        Args:
            actor: who deletes it.
            project_id: the project.
            assets: how many assets the actor was told would go.
            purge: whether objects go that are billed until the end of a minimum anyway.

        Raises:
            ProjectNotFound: it is unknown, or not the actor's.
            Forbidden: only admins may.
            RemovalChanged: there are more assets now, or fewer.
        """
        async with self.database.transaction() as connection:
            project = await get_for(connection, actor, project_id, Verb.DELETE_PROJECT)
            found = await self._survey(connection, Chosen(project_id))
            if found.assets.objects != assets:
                raise RemovalChanged(
                    f"{found.assets.objects} assets would go, and you agreed to {assets}. Look "
                    "at the removal of the project, and say its number."
                )
            now = self.clock.now()
            if not await access_records.close_project(connection, project, now):
                raise unknown_project()
            await removal_records.delete_shares(connection, project_id)
            await arriving_records.delete_of_project(connection, project_id)
            await removal_records.hide_assets(connection, project_id, now)
            await tell(
                connection,
                self.clock,
                EventType.PROJECT_DELETED,
                actor_id=actor.id,
                subject=project_id,
                project=project,
                assets=assets,
                purge=purge,
            )
        return found

    async def purge(self, actor: Actor) -> Pile:
        """Let go what waits for the end of its minimum; workers remove it. Return what it is.

        Raises:
            Forbidden: only admins may.
        """
        permit(actor, Verb.RUN_TIERS)
        async with self.database.transaction() as connection:
            return await removal_records.hurry(connection, self.clock.now())

    async def end_uploads(self, project_id: str, actor_id: str) -> int:
        """End what is on its way into a project; return how many uploads were."""
        ended: set[str] = set()
        while True:
            async with self.database.reading() as connection:
                page = await removal_records.list_open_uploads(connection, project_id, PAGE)
            if ended.issuperset(page):
                return len(ended)
            for upload_id in page:
                async with self.database.reading() as connection:
                    upload = await upload_records.get_upload(connection, upload_id)
                await self.ending.let_go(upload, actor=actor_id)
            ended.update(page)

    async def list_page(self, project_id: str) -> list[str]:
        """Return the contents of some hidden assets; none where no asset is left."""
        async with self.database.reading() as connection:
            page = await removal_records.list_hidden(connection, project_id, PAGE)
        return sorted({asset.content_id for asset in page})

    async def forget_page(
        self, project_id: str, actor_id: str, content_ids: list[str]
    ) -> list[str]:
        """Remove the rows of hidden assets with these contents, and tell of each.

        Returns those of the contents that nobody has any more; so does a second call, for whom the
        answer of the first one was lost.
        """
        async with self.database.transaction() as connection:
            page = await removal_records.list_hidden(connection, project_id, PAGE, content_ids)
            project = (await access_records.get_project(connection, project_id)).as_it_was
            told = Telling(self.clock, actor_id)
            for asset in page:
                if not await library_records.delete_asset(connection, asset.id):
                    continue  # it was removed by itself meanwhile
                await told.tell(
                    connection, EventType.ASSET_DELETED, asset, project, with_project=True
                )
                size_bytes = asset.size_bytes
                await account_records.give_room_back(connection, asset.created_by, size_bytes)
                await access_records.give_room_back(connection, project_id, size_bytes)
            return await removal_records.list_without_assets(connection, content_ids)

    async def _survey(self, connection: Connection, chosen: Chosen) -> Removal:
        early = [
            await self._weigh(connection, chosen, tier, price)
            for tier, price in self.prices.items()
        ]
        return Removal(
            assets=await removal_records.count_assets(connection, chosen),
            tiers=await removal_records.sum_tiers(connection, chosen, self.store),
            shared=await removal_records.count_shared(connection, chosen),
            imported=await removal_records.count_imported(connection, chosen, self.store),
            early=tuple(each for each in early if each is not None),
        )

    async def _weigh(
        self, connection: Connection, chosen: Chosen, tier: Tier, price: Price
    ) -> Early | None:
        if not price.min_days:
            return None
        now = self.clock.now()
        since = now - timedelta(days=price.min_days)
        kept = await removal_records.list_kept_since(connection, chosen, tier, since, self.store)
        return weigh(tier, price, kept, now)


def tell_closing(engine: Engine, closing: Closing, remove_all: RemoveAll) -> None:
    """Tell the engine the workflow; it orders steps, as those of the journey do."""
    end_uploads = engine.step("end_uploads", timeout_seconds=SECONDS)(closing.end_uploads)
    list_page = engine.step("list_page")(closing.list_page)
    forget = engine.step("forget_page")(closing.forget_page)
    remove = engine.step("remove_page", timeout_seconds=SECONDS)(remove_all)

    @engine.workflow(CLOSE)
    async def close(project_id: str, actor_id: str, purge: bool = False) -> None:  # noqa: FBT001, FBT002 - a job's arguments
        while True:
            await end_uploads(project_id, actor_id)
            page = await list_page(project_id)
            if not page:
                return
            await remove(await forget(project_id, actor_id, page), purge)
