"""Migrate: the archive moves to another store, object by object, while everything goes on.

    settings name both stores ──> what there is belongs to the former one ──> each object is
    copied, proved, then said ──> all have moved ──> a person ends it

1. From the first start on, what is new goes to the new store, and reads take what is there, else
   what is in the former one: nothing waits.
2. An object of another's under our key is never replaced. Equal bytes count as ours; else ours
   gets another name (`keep_both`), or stays where it is (`leave`). Either is told.
3. Nothing is deleted in the former store, but what people delete.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind as ErrorKind
from rushes.errors import RushesError
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.stores.filesystem import FolderStore
from rushes.stores.keys import numbered
from rushes.stores.store import Busy, Exists, Full, NotFound, Refused, Unreachable, Vault
from rushes.tier_section import OUR_FOLDER, ArchiveSettings
from rushes.tiers import migration_records, records
from rushes.tiers.copy import KEYS_AT_MOST, Keeper, Thing
from rushes.tiers.foreign import name_of
from rushes.tiers.locate import Locator
from rushes.tiers.migration_records import MOVED, MOVING, PAUSED, Kind, Migration, Trouble, Way
from rushes.tiers.placement import NotWanted, Placement, PlacementClaimed, State, Tier
from rushes.tiers.sources import Given, open_source

PAGE: Final = 100
LOOK_SECONDS: Final = 15.0
AGAIN: Final = timedelta(minutes=10)
"""An object that failed is tried again after so long."""
NAMED: Final = 100

STORE_FAILED: Final = (Busy, Full, Refused, Unreachable)
"""Errors that the next object would meet as well."""

LOG: Final = logging.getLogger(__name__)


class MigrationUnfinished(RushesError):
    """The archive moves, and the settings or a person say something else."""

    code = "tier.migration_unfinished"
    kind = ErrorKind.CONFLICT


class NoMigration(RushesError):
    """The archive does not move."""

    code = "tier.no_migration"
    kind = ErrorKind.MISSING


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a migration is; pairs are objects and bytes."""

    migration: Migration
    moved: tuple[int, int]
    left: tuple[int, int]
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class Migrating:
    """Moves the archive; one runs beside each worker."""

    keeper: Keeper
    locator: Locator
    former: Vault | None
    names: tuple[str | None, str]
    """Of the former store, and of the archive's."""
    on_conflict: str = "keep_both"

    @property
    def database(self) -> Database:
        """Where the rows are."""
        return self.keeper.database

    @property
    def clock(self) -> Clock:
        """What tells the time."""
        return self.keeper.clock

    async def begin(self) -> None:
        """Begin what the settings say, once; every process calls this at its start.

        Raises:
            MigrationUnfinished: another migration goes on, or the settings know nothing of this
                one, or uploads wait in the former store.
        """
        former, store = self.names
        async with self.database.transaction() as connection:
            known = await migration_records.find_migration(connection)
            if known is not None and (known.former, known.store) == (former, store):
                return
            if known is not None:
                raise MigrationUnfinished(
                    f"The archive still moves from {known.former} to {known.store}. Set "
                    f"tiers.archive.former and tiers.archive.store to them until "
                    "`rushes tiers migration --finish` has ended it."
                )
            if former is None or self.former is None:
                return
            if await migration_records.is_finished(connection, former, store):
                return  # the settings name the former store still
            waiting = await migration_records.count_direct(connection, name_of(self.former))
            if waiting:
                raise MigrationUnfinished(
                    f"{waiting} uploads lie in {former} and are not filed yet. Set "
                    "tiers.archive.store back, and wait until they are, or cancel them."
                )
            await migration_records.forget_finished(connection)
            begun = Migration(former, store, MOVING, self.clock.now())
            if await migration_records.record_migration(connection, begun):
                count = await migration_records.turn_former(connection)
                LOG.info("the archive moves from %s to %s: %d objects", former, store, count)

    async def run(self) -> None:
        """Go on until cancelled; a store that fails is asked again in the next round."""
        while self.former is not None:
            try:
                await self.move_all()
            except (RushesError, OSError) as error:
                LOG.warning("the archive rests on its way: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def move_all(self) -> int:
        """Move everything that may; return how many objects were.

        Raises:
            Busy, Full, Refused, Unreachable: the new store failed; another round goes on.
        """
        count, after = 0, ""
        while await self._is_moving():
            async with self.database.reading() as connection:
                now = await records.read_clock(connection, self.clock.now())
                page = await migration_records.list_unmoved(connection, now, after, PAGE)
            if not page:
                await self._end_if_moved()
                return count
            for place in page:
                if not await self._is_moving():
                    return count
                count += await self.move(place)
            after = page[-1].object_id
        return count

    async def move(self, place: Placement) -> bool:
        """Move one object; say whether it was.

        Raises:
            Busy, Full, Refused, Unreachable: the new store failed.
        """
        try:
            thing = replace(await self.keeper.thing_of(place), may_replace=False)
            return await self._keep(thing, place)
        except (NotWanted, PlacementClaimed):
            return False  # it was removed, or another worker moves it
        except STORE_FAILED:
            raise
        except (RushesError, OSError) as error:
            again = self.clock.now() + AGAIN
            await self._note(place, "failed", place.key, f"{error}", again=again)
            return False

    async def _keep(self, thing: Thing, place: Placement) -> bool:
        async def find() -> Given:
            source = await self.locator.find_source(place.object_id, but=Tier.ARCHIVE)
            if isinstance(source, Path) and isinstance(self.keeper.archive, FolderStore):
                async with open_source(source, thing.known) as opened:
                    await opened.learn()  # a second name would make it the object unread
            return source

        for number in range(1, KEYS_AT_MOST + 1):
            key = place.key if number == 1 else numbered(place.key, number)
            if await self._is_others(key, thing.known.size_bytes):
                taken = True
            else:
                await self._aim(place.object_id, key)
                try:
                    await self.keeper.keep(thing, Tier.ARCHIVE, key, find)
                    taken = False
                except Exists:
                    taken = True
            if not taken:
                await self._settle_trouble(place.object_id)
                return True
            said = f"Another object has the name {key} in the archive; it stays as it is."
            if self.on_conflict == "leave":
                await self._note(place, "conflict", key, said, again=self.clock.now() + AGAIN)
                return False
            await self._note(place, "conflict", key, said)
        raise Exists("Too many objects have this name already.")

    async def _is_others(self, key: str, size_bytes: int) -> bool:
        """Say whether an object of another size has a key; those of ours are proved by reading."""
        try:
            found = await self.keeper.archive.head(key)
        except NotFound:
            return False
        return found.size_bytes != size_bytes

    async def _aim(self, object_id: str, key: str) -> None:
        """Forget an earlier wish for another key: nothing was kept there."""
        async with self.database.transaction() as connection:
            wish = await records.find_placement(connection, object_id, Tier.ARCHIVE)
            if wish is not None and wish.state is State.ABSENT and wish.key != key:
                await records.delete_placements(connection, [wish.id])

    async def _note(
        self,
        place: Placement,
        kind: Kind,
        key: str,
        said: str,
        *,
        again: datetime | None = None,
    ) -> None:
        LOG.warning("the archive moves, but %s: %s", key, said)
        trouble = Trouble(place.object_id, kind, key, said, self.clock.now(), again)
        async with self.database.transaction() as connection:
            await migration_records.record_trouble(connection, trouble)

    async def _settle_trouble(self, object_id: str) -> None:
        async with self.database.transaction() as connection:
            await migration_records.forget_failure(connection, object_id)

    async def _is_moving(self) -> bool:
        async with self.database.reading() as connection:
            known = await migration_records.find_migration(connection)
        return known is not None and known.state == MOVING

    async def _end_if_moved(self) -> None:
        """Tell that everything has moved, once."""
        async with self.database.transaction() as connection:
            moved, left = await migration_records.sum_moved(connection)
            now = self.clock.now()
            if left[0] or not await migration_records.write_state(connection, MOVING, MOVED, now):
                return
            former, store = self.names
            event = Event(
                id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
                type=EventType.TIER_MOVED,
                created_at=now,
                actor=SYSTEM_ACTOR,
                subject=Tier.ARCHIVE.value,
                data={
                    "former": former,
                    "store": store,
                    "objects": moved[0],
                    "size_bytes": moved[1],
                },
            )
            await outbox.record(connection, event)

    async def show(self) -> Progress:
        """Return how far it is.

        Raises:
            NoMigration: the archive does not move.
        """
        async with self.database.reading() as connection:
            known = await migration_records.find_migration(connection)
            if known is None:
                raise NoMigration("The archive does not move. tiers.archive.former makes it.")
            moved, left = await migration_records.sum_moved(connection)
            troubles = await migration_records.list_troubles(connection, NAMED)
        return Progress(known, moved, left, tuple(troubles))

    async def pause(self) -> Progress:
        """Let it rest after the object that moves now."""
        return await self._turn(MOVING, PAUSED)

    async def resume(self) -> Progress:
        """Let it go on."""
        return await self._turn(PAUSED, MOVING)

    async def _turn(self, before: Way, after: Way) -> Progress:
        async with self.database.transaction() as connection:
            await migration_records.write_state(connection, before, after)
        return await self.show()

    async def finish(self) -> Progress:
        """Forget the former store; what lies there stays.

        Raises:
            NoMigration: the archive does not move.
            MigrationUnfinished: something has not moved.
        """
        last = await self.show()
        async with self.database.transaction() as connection:
            _, left = await migration_records.sum_moved(connection)
            if left[0]:
                raise MigrationUnfinished(
                    f"{left[0]} objects have not moved. `rushes tiers migration` tells why."
                )
            await migration_records.finish(connection)
        return last


def open_migrating(keeper: Keeper, locator: Locator, chosen: ArchiveSettings) -> Migrating:
    """Return what moves the archive of a keeper, as its settings say."""
    names = chosen.former, chosen.store or OUR_FOLDER
    return Migrating(keeper, locator, locator.former, names, chosen.on_conflict)
