"""Adopt: what others put into the archive's store becomes assets, and stays where it is.

list a page -> leave out what is ours or known -> find its project -> row, object, event in one
transaction -> the journey of every upload, which reads each object once

1. No object is written, copied or moved. Its key is the placement's.
2. Taken in once by store and key; another version or size there is told, and nothing else.
3. Each object is a transaction of its own: one that may not come stops no other.
4. What others took away again is told, and its copy counts as missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rushes.access.permit import SYSTEM, Actor
from rushes.access.places import Places
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.events.event import EventType
from rushes.stores.store import ObjectInfo, Vault, parse_key
from rushes.tiers.copy import Keeper
from rushes.tiers.foreign import clean, is_same, name_of
from rushes.tiers.gone import Gone
from rushes.tiers.layout import (
    BY_FOLDERS,
    Spot,
    find_prefix,
    find_spot,
    is_own,
    kind_of,
    parse_layout,
)
from rushes.tiers.losses import Losses
from rushes.uploads import direct_records, foreign_records, records
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.commit import complete, tell
from rushes.uploads.direct import Direct
from rushes.uploads.foreign_records import Foreign, Stretch
from rushes.uploads.upload import Owner, Protocol

PAGE: Final = 1_000
"""Objects of one listing: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html."""

NO_PLACE: Final = "import.no_place"
"""Why an object stays out whose key is not of the layout."""

EMPTY: Final = "import.empty"
"""Why an object without bytes stays out: consoles make them as folders."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be taken in: below `prefix`, into one `project` or by a layout of folders."""

    prefix: str = ""
    project: str | None = None
    layout: tuple[str, ...] = parse_layout(BY_FOLDERS)
    dry_run: bool = False


@dataclass(slots=True)
class Survey:
    """What a page of a store's objects holds; `after` is the key to go on from, None at the end.

    `kinds` tells objects and bytes of what is new by file name extension, `refused` a key and why.
    """

    own: int = 0
    known: int = 0
    new: int = 0
    new_bytes: int = 0
    kinds: dict[str, tuple[int, int]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    after: str | None = None

    def count_new(self, found: ObjectInfo) -> None:
        """Count an object that is new."""
        self._count(kind_of(found.key), 1, found.size_bytes)

    def add(self, page: Survey) -> None:
        """Add another page to what this one tells."""
        self.own, self.known = self.own + page.own, self.known + page.known
        self.changed += page.changed
        self.gone += page.gone
        self.refused += page.refused
        for kind, tally in page.kinds.items():
            self._count(kind, *tally)

    def _count(self, kind: str, objects: int, size_bytes: int) -> None:
        self.new, self.new_bytes = self.new + objects, self.new_bytes + size_bytes
        before = self.kinds.get(kind, (0, 0))
        self.kinds[kind] = before[0] + objects, before[1] + size_bytes


@dataclass(frozen=True, slots=True)
class Adopting:
    """Takes in what others put into the archive's store."""

    database: Database
    clock: Clock
    store: Vault
    admission: Admission
    places: Places
    gone: Gone
    daily: str | None = None
    """Layout of what is taken in by itself once a day."""

    async def take_page(self, actor: Actor, order: Order, after: str = "") -> Survey:
        """Take in the new ones of the next `PAGE` objects; a dry run only tells of them.

        Raises:
            Unreachable, Busy, Refused: the store cannot be listed.
            ProjectNotFound, BadName, Forbidden: the one project cannot be had.
        """
        begun_at = self.clock.now()
        found = await self.store.list_objects(order.prefix, after, PAGE)
        survey = Survey(after=found[-1].key if len(found) == PAGE else None)
        theirs = [each for each in found if not is_own(each.key)]
        survey.own = len(found) - len(theirs)
        projects: dict[str, str] = {}
        if order.project is not None and not order.dry_run:
            project = await self.places.resolve_project(actor, order.project)
            projects[order.project] = project.id
        for each in await self._sort_out(theirs, survey):
            try:
                await self._consider(actor, order, each, projects, survey)
            except RushesError as error:
                survey.refused.append((each.key, error.code))
        stretch = Stretch(name_of(self.store), order.prefix, after, survey.after)
        listed = {each.key for each in found}
        survey.gone = await self.gone.find(stretch, listed, begun_at, notes=not order.dry_run)
        return survey

    async def take_all(self, actor: Actor, order: Order) -> Survey:
        """Take in all that is new, page by page; return what all of them hold.

        Raises:
            As `take_page`; what was taken in until then stays.
        """
        whole, after = Survey(), ""
        while True:
            page = await self.take_page(actor, order, after)
            whole.add(page)
            if page.after is None:
                return whole
            after = page.after

    async def sync(self) -> int:
        """Take in what came since the last time, where the settings say so; return how many.

        What changed, and what is gone, is told as an alert.
        """
        if self.daily is None:
            return 0
        layout = parse_layout(self.daily)
        survey = await self.take_all(SYSTEM, Order(find_prefix(layout), layout=layout))
        if survey.changed or survey.gone:
            await self.gone.tell(survey.changed, survey.gone)
        return survey.new

    async def _sort_out(self, theirs: Sequence[ObjectInfo], survey: Survey) -> list[ObjectInfo]:
        """Return the objects that nothing is known of; count the others."""
        keys, name = [each.key for each in theirs], name_of(self.store)
        async with self.database.reading() as connection:
            taken = await foreign_records.list_foreign(connection, name, keys)
            used = await foreign_records.list_used(connection, name, keys)
        survey.known = len(taken)
        survey.own += len(used.difference(taken))
        survey.changed = [
            each.key for each in theirs if each.key in taken and not is_same(taken[each.key], each)
        ]
        return [each for each in theirs if each.key not in taken and each.key not in used]

    async def _consider(
        self,
        actor: Actor,
        order: Order,
        found: ObjectInfo,
        projects: dict[str, str],
        survey: Survey,
    ) -> None:
        parse_key(found.key)
        spot = find_spot(order.layout, found.key)
        if order.project is None and spot is None:
            survey.refused.append((found.key, NO_PLACE))
        elif not found.size_bytes:
            survey.refused.append((found.key, EMPTY))
        elif order.dry_run:
            survey.count_new(found)
        else:
            text = order.project or _tell_place(spot)
            if text not in projects:
                projects[text] = (await self.places.resolve_project(actor, text)).id
            if await self._take(actor, found, projects[text]):
                survey.count_new(found)
            else:
                survey.known += 1

    async def _take(self, actor: Actor, found: ObjectInfo, project_id: str) -> bool:
        """Make an upload of an object, complete as it lies there; False: somebody was faster."""
        name = found.key.rpartition("/")[2]
        wanted = Wanted(Protocol.DIRECT, project_id, Owner(), name, "", "", found.size_bytes)
        upload, store = self.admission.draft(wanted, None), name_of(self.store)
        version, now = clean(found.version), upload.created_at
        foreign = Foreign(store, found.key, version, found.size_bytes, upload.id, False, now)  # noqa: FBT003 - a row
        direct = Direct(upload.id, store, found.key, None, None, None, is_foreign=True)
        quota = self.admission.quota
        async with self.database.transaction() as connection:
            await quota.lock(connection)
            if not await foreign_records.record_foreign(connection, foreign):
                return False
            await quota.take(connection, upload)
            await records.record_upload(connection, upload, None)
            await direct_records.record_direct(connection, direct)
            await direct_records.record_whole(connection, upload.id, found.size_bytes)
            await tell(connection, upload, EventType.UPLOAD_CREATED, self.clock, actor=actor.id)
            await complete(connection, replace(upload, offset=found.size_bytes), self.clock)
        return True


def _tell_place(spot: Spot | None) -> str:
    return f"{spot.client}/{spot.project}" if spot else ""


def open_adopting(
    keeper: Keeper, admission: Admission, places: Places, daily: str | None
) -> Adopting:
    """Return what takes objects of others into the archive of a keeper."""
    database, clock, store = keeper.database, keeper.clock, keeper.archive
    gone = Gone(database, clock, store, Losses(database, clock))
    return Adopting(database, clock, store, admission, places, gone, daily)
