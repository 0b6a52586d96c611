"""Deleting a project: what goes and costs is said before, nothing of another project is touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from rushes.access.permit import SYSTEM, ProjectNotFound
from rushes.access.places import Places
from rushes.access.projects import Projects
from rushes.db.tables import assets, contents, events, placements, projects, renditions
from rushes.events.event import EventType
from rushes.library import records as library_records
from rushes.library.asset import State as AssetState
from rushes.tiers.closing import Closing
from rushes.tiers.placement import Tier
from rushes.tiers.prices import Price
from rushes.tiers.removal import Chosen, Pile, RemovalChanged
from rushes.tiers.remove import Remover
from rushes.uploads.ending import Ending
from rushes.uploads.spool import Spool
from tests.support.filed import Filed
from tests.support.handing import Handing
from tests.support.moments import Hands

WASABI = Price(Decimal("0.0059"), min_days=90)
FREE = Price()


@dataclass(frozen=True, slots=True)
class Town:
    """Two projects of one client; some contents belong to both."""

    handing: Handing
    spring: str
    autumn: str
    price: Price = FREE

    @property
    def closing(self) -> Closing:
        """What deletes projects."""
        handing = self.handing
        ending = Ending(handing.database, handing.clock, Spool(handing.folder / "spool"))
        prices = {Tier.EDGE: FREE, Tier.ARCHIVE: self.price}
        return Closing(handing.database, handing.clock, ending, prices, "")

    @property
    def projects(self) -> Projects:
        """What lists projects."""
        handing = self.handing
        return Projects(handing.database, handing.clock, Places(handing.database, handing.clock))

    async def fill(self, count: int, project_id: str, first: int = 0) -> list[Filed]:
        """File so many assets, each with its original and a rendition on the edge and behind."""
        return [await self._file(project_id, number) for number in range(first, first + count)]

    async def _file(self, project_id: str, number: int) -> Filed:
        content = f"original {number}".encode()
        filed = await self.handing.files.asset(content, project_id=project_id)
        self.handing.spool(filed, content)
        async with self.handing.database.reading() as connection:
            is_known = len(await library_records.list_of_content(connection, filed.content_id)) > 1
        if not is_known:
            await self.handing.keeper.keep_original(filed.content_id)
            proxy = await self.handing.files.rendition(filed, "360p")
            await self.handing.keep(proxy, f"proxy {number}".encode())
        return filed

    async def carry_out(self, *, purge: bool = False) -> None:
        """Do what the job of a deletion does."""
        remover = self.remover
        while True:
            await self.closing.end_uploads(self.spring, "acc_1")
            page = await self.closing.list_page(self.spring)
            if not page:
                return
            for content_id in await self.closing.forget_page(self.spring, "acc_1", page):
                await remover.remove_content(content_id, purge=purge)

    @property
    def remover(self) -> Remover:
        """What removes objects."""
        return replace(self.handing.remover, min_days=self.price.min_days, clock=self.handing.clock)

    async def list_objects(self) -> list[list[str]]:
        """Return the keys of both tiers."""
        return [
            sorted(await store.list_keys()) for store in (self.handing.edge, self.handing.archive)
        ]


@pytest.fixture
async def town(handing: Handing) -> Town:
    """Two projects."""
    spring = await handing.files.project("acme", "spring")
    return Town(handing, spring, await handing.files.project("acme", "autumn"))


async def close(town: Town, *, purge: bool = False) -> None:
    """Delete the first project with a yes to what is told."""
    told = await town.closing.survey_project(SYSTEM, town.spring)
    await town.closing.delete_project(SYSTEM, town.spring, assets=told.assets.objects, purge=purge)


@pytest.mark.covers("M-ST-20", "BG-61")
@pytest.mark.parametrize(
    ("count", "own"),
    [(30, 20), pytest.param(1_000, 900, marks=[pytest.mark.long, pytest.mark.timeout(1_800)])],
)
async def test_a_project_goes_and_nothing_of_another_one_does(
    town: Town, count: int, own: int
) -> None:
    """Some of the assets have contents that another project has as well."""
    common = count - own
    await town.fill(count, town.spring)
    kept = await town.fill(common + 5, town.autumn, first=own)
    told = await town.closing.survey_project(SYSTEM, town.spring)

    await close(town)
    hidden = await town.closing.survey(Chosen(town.spring))
    await town.carry_out()

    size = sum(len(f"original {number}") for number in range(count))
    shared = sum(len(f"original {number}") for number in range(own, count))
    proxies = sum(len(f"proxy {number}") for number in range(own))
    assert (Pile(count, size), Pile(common, shared)) == (told.assets, told.shared)
    assert {
        Tier.EDGE: Pile(own, proxies),
        Tier.ARCHIVE: Pile(2 * own, size - shared + proxies),
    } == told.tiers
    assert Pile() == hidden.assets
    edge, archive = await town.list_objects()
    assert (len(kept), 2 * len(kept)) == (len(edge), len(archive))
    async with town.handing.database.reading() as connection:
        left = set((await connection.execute(select(assets.c.id))).scalars())
        known = set((await connection.execute(select(contents.c.id))).scalars())
        rows = [
            len((await connection.execute(select(table.c.id))).all())
            for table in (renditions, placements)
        ]
        told_of = (
            await connection.execute(
                select(events.c.data).where(events.c.type == EventType.ASSET_DELETED.value)
            )
        ).scalars()
        places = [(each["client"], each["project"], each["with_project"]) for each in told_of]
    assert {each.asset_id for each in kept} == left
    assert {each.content_id for each in kept} == known
    assert [len(kept), 3 * len(kept)] == rows
    assert [("acme", "spring", True)] * count == places


async def test_a_deleted_project_is_unknown_and_its_name_is_free(town: Town) -> None:
    """From the one transaction on; its row stays, as uploads name it."""
    await town.fill(2, town.spring)

    await close(town)
    names = [each.project_slug for each in await town.projects.list(SYSTEM, None, 10)]
    with pytest.raises(ProjectNotFound):
        await town.projects.get(SYSTEM, town.spring)
    with pytest.raises(ProjectNotFound):
        await town.closing.survey_project(SYSTEM, town.spring)
    again = await town.projects.create(SYSTEM, "Acme", "Spring")

    assert ["autumn"] == names
    assert ("acme", "spring") == (again.client_slug, again.project_slug)
    assert again.id != town.spring


async def test_who_was_told_another_number_deletes_nothing(town: Town) -> None:
    """What came since was not seen by them."""
    await town.fill(2, town.spring)

    with pytest.raises(RemovalChanged, match="2 assets would go, and you agreed to 1"):
        await town.closing.delete_project(SYSTEM, town.spring, assets=1)

    assert Pile(2, 20) == (await town.closing.survey_project(SYSTEM, town.spring)).assets


@pytest.mark.covers("M-ST-20")
async def test_what_is_billed_anyway_stays_until_the_end_of_its_minimum(
    town: Town, hands: Hands
) -> None:
    """In the archive; the edge is free at once. The cost is told before."""
    wasabi = replace(town, price=WASABI)
    await wasabi.fill(3, town.spring)
    hands.advance(timedelta(days=30))
    await wasabi.fill(2, town.spring, first=3)
    told = await wasabi.closing.survey_project(SYSTEM, town.spring)

    await close(wasabi)
    await wasabi.carry_out()
    after_deletion = [len(keys) for keys in await wasabi.list_objects()]
    hands.advance(timedelta(days=60, seconds=1))
    await wasabi.remover.remove_orphans()
    at_first_end = [len(keys) for keys in await wasabi.list_objects()]
    hands.advance(timedelta(days=30))
    await wasabi.remover.remove_orphans()
    at_last_end = [len(keys) for keys in await wasabi.list_objects()]

    [early] = told.early
    old, new = 3 * (10 + 7), 2 * (10 + 7)
    assert (Tier.ARCHIVE, 10, old + new) == (early.tier, early.objects, early.size_bytes)
    assert WASABI.deleting(old, 30) + WASABI.deleting(new, 0) == early.cost
    assert [[0, 10], [0, 4], [0, 0]] == [after_deletion, at_first_end, at_last_end]
    async with town.handing.database.reading() as connection:
        assert [] == (await connection.execute(select(placements.c.id))).all()


async def test_purge_lets_go_at_once_before_or_after(town: Town) -> None:
    """With the deletion, or of what waits already."""
    wasabi = replace(town, price=WASABI)
    await wasabi.fill(2, town.spring)
    [other] = await wasabi.fill(1, town.autumn, first=7)

    await close(wasabi, purge=True)
    await wasabi.carry_out(purge=True)
    after_deletion = [len(keys) for keys in await wasabi.list_objects()]
    async with town.handing.database.transaction() as connection:
        await library_records.delete_asset(connection, other.asset_id)
    await wasabi.remover.remove_content(other.content_id)
    waiting = [len(keys) for keys in await wasabi.list_objects()]
    hurried = await wasabi.closing.purge(SYSTEM)
    await wasabi.remover.remove_orphans()

    assert [[1, 2], [0, 2]] == [after_deletion, waiting]
    assert Pile(2, 10 + 7) == hurried
    assert [[], []] == await wasabi.list_objects()


async def test_a_deletion_that_broke_off_between_rows_and_objects_is_finished(town: Town) -> None:
    """A content that no asset has is found by the sweep."""
    await town.fill(2, town.spring)
    await close(town)
    page = await town.closing.list_page(town.spring)
    await town.closing.forget_page(town.spring, "acc_1", page)

    finished = await town.handing.remover.remove_orphans()

    assert 2 == finished
    assert [[], []] == await town.list_objects()


async def test_an_answer_that_was_lost_with_its_worker_is_given_again(town: Town) -> None:
    """So what a purge takes is known still, though the rows of the assets are gone."""
    await town.fill(2, town.spring)
    await close(town, purge=True)
    page = await town.closing.list_page(town.spring)

    lost = await town.closing.forget_page(town.spring, "acc_1", page)
    again = await town.closing.forget_page(town.spring, "acc_1", page)

    assert 2 == len(page)
    assert (sorted(page), sorted(page)) == (sorted(lost), sorted(again))
    assert [] == await town.closing.list_page(town.spring)


async def test_what_arrives_goes_with_its_project_and_gives_no_room_back(town: Town) -> None:
    """Nobody was told of it; its upload gives back itself what it took."""
    content = b"nobody has read it"
    arriving = await town.handing.files.asset(
        content, project_id=town.spring, state=AssetState.ARRIVING
    )
    async with town.handing.database.transaction() as connection:
        await connection.execute(update(projects).values(used_bytes=100, used_files=1))

    await close(town)
    await town.carry_out()

    async with town.handing.database.reading() as connection:
        left = list((await connection.execute(select(assets.c.id))).scalars())
        query = select(projects.c.used_bytes, projects.c.used_files)
        room = (await connection.execute(query.where(projects.c.id == town.spring))).one()
        told = select(events.c.id).where(events.c.type == EventType.ASSET_DELETED.value)
        deleted = list((await connection.execute(told)).scalars())
    assert ([], (100, 1), []) == (left, tuple(room), deleted)
    assert 1 == await town.handing.remover.remove_orphans()
    async with town.handing.database.reading() as connection:
        assert not await library_records.list_known_contents(connection, {arriving.content_id})
