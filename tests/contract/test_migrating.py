"""The archive moves to another store: proved, read from both meanwhile, over nothing of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from rushes.db.tables import events, placements, uploads
from rushes.db.upload_tables import direct_uploads
from rushes.events.event import EventType
from rushes.library import records as library_records
from rushes.sections import StoreSettings
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.s3 import S3Store, open_s3
from rushes.stores.store import NotFound
from rushes.tiers.edge import Edge
from rushes.tiers.gone import Gone
from rushes.tiers.locate import Away, Copy, Locator
from rushes.tiers.losses import Losses
from rushes.tiers.migrate import AGAIN, Migrating, MigrationUnfinished, NoMigration
from rushes.tiers.migration_plan import MigrationPlan, plan_migration
from rushes.tiers.placement import State, Tier
from rushes.tiers.prices import Price
from rushes.tiers.remove import Remover
from rushes.uploads import foreign_records
from rushes.uploads.foreign_records import Foreign, Stretch
from tests.support.copying import HASTE
from tests.support.filed import Filed
from tests.support.handing import Handing
from tests.support.moments import Hands
from tests.support.object_stores import ObjectServer
from tests.support.stored import FOUND, read


@dataclass(frozen=True, slots=True)
class Move:
    """A house whose archive was a folder, and is another store now."""

    before: Handing
    new: FolderStore | S3Store
    on_conflict: str = "keep_both"
    names: tuple[str | None, str] = ("folder", "new")

    @property
    def after(self) -> Handing:
        """The house over the new store."""
        house = self.before
        return Handing(house.folder, house.database, house.clock, self.new, house.edge)  # type: ignore[arg-type]

    @property
    def locator(self) -> Locator:
        """What finds bytes in both."""
        house = self.after
        return Locator(
            house.database,
            self.new,
            house.edge,
            house.scratch,
            house.spool_path,
            self.before.archive,
        )

    @property
    def migrating(self) -> Migrating:
        """What moves."""
        keeper = replace(self.after.keeper, edge=Edge(self.before.edge, frozenset()))
        former = self.before.archive if self.names[0] else None
        return Migrating(keeper, self.locator, former, self.names, self.on_conflict)

    @property
    def remover(self) -> Remover:
        """What removes from both."""
        return replace(self.after.remover, former=self.before.archive)

    async def fill(self, *numbers: int) -> list[Filed]:
        """Keep originals and qualities in the archive, none on the edge."""
        project_id = await self.before.files.project()
        self.before.on_ingest = frozenset()
        filed = []
        for number in numbers:
            original = f"original {number}".encode()
            one = await self.before.files.asset(original, project_id=project_id)
            self.before.spool(one, original)
            await self.before.keeper.keep_original(one.content_id)
            (self.before.folder / "spool" / one.upload_id).unlink()
            proxy = f"proxy {number}".encode()
            await self.before.keep(
                await self.before.files.rendition(one, "720p", content=proxy), proxy
            )
            filed.append(one)
        return filed

    async def read(self, object_id: str) -> tuple[bytes, Tier | None]:
        """Return an object's bytes, and the tier that a reader gets."""
        copy: Copy | Away = await self.locator.open_copy(object_id)
        return b"".join([piece async for piece in self.locator.stream(object_id)]), copy.tier

    async def rows(self, tier: Tier) -> list[tuple[str, str]]:
        """Return key and state of what is on a tier, by key."""
        async with self.before.database.reading() as connection:
            query = select(placements.c.key, placements.c.state)
            query = query.where(placements.c.tier == tier.value).order_by(placements.c.key)
            return [(key, state) for key, state in await connection.execute(query)]


@pytest.fixture
async def move(handing: Handing, tmp_path: Path) -> AsyncIterator[Move]:
    """From one folder to another."""
    async with AsyncExitStack() as stack:
        yield Move(handing, await stack.enter_async_context(await open_folder(tmp_path / "new")))


async def put(store: FolderStore | S3Store, folder: Path, key: str, content: bytes) -> None:
    """Put an object of somebody else somewhere."""
    path = folder / "new" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert len(content) == (await store.head(key)).size_bytes


@pytest.mark.covers("M-ST-16")
async def test_everything_moves_and_is_read_meanwhile(move: Move) -> None:
    """It begins once; what is new goes to the new store; nothing is deleted in the former one."""
    first, second = await move.fill(1, 2)
    kept = sorted(await move.before.archive.list_keys())
    await move.migrating.begin()
    await move.migrating.begin()
    at_first = await move.read(first.content_id)
    third = await move.after.files.asset(b"original 3", project_id=first.project_id)
    move.after.spool(third, b"original 3")
    await move.after.keeper.keep_original(third.content_id)
    begun = await move.migrating.show()

    moved = await move.migrating.move_all()
    again = await move.migrating.move_all()
    at_last = await move.read(second.content_id)
    over = await move.migrating.show()
    await move.migrating.finish()

    assert (b"original 1", Tier.FORMER) == at_first
    assert ("moving", (0, 0), (4, 2 * 17)) == (begun.migration.state, begun.moved, begun.left)
    assert (4, 0) == (moved, again)
    assert (b"original 2", Tier.ARCHIVE) == at_last
    assert ("moved", (4, 2 * 17), (0, 0), ()) == (
        over.migration.state,
        over.moved,
        over.left,
        over.troubles,
    )
    assert kept == sorted(await move.before.archive.list_keys())
    assert 5 == len(await move.new.list_keys())
    assert [] == await move.rows(Tier.FORMER)
    assert {State.PRESENT.value} == {state for _, state in await move.rows(Tier.ARCHIVE)}
    async with move.before.database.reading() as connection:
        told = select(events.c.data).where(events.c.type == EventType.TIER_MOVED.value)
        [data] = (await connection.execute(told)).scalars()
    assert {"former": "folder", "store": "new", "objects": 4, "size_bytes": 34} == data
    with pytest.raises(NoMigration):
        await move.migrating.show()


@pytest.mark.covers("M-ST-16")
async def test_it_moves_into_a_bucket(handing: Handing, radosgw: ObjectServer) -> None:
    """Of a real S3 server, and what is there is what was here."""
    settings = StoreSettings.model_validate(
        {
            "kind": "s3",
            "provider": radosgw.provider,
            "endpoint": radosgw.endpoint,
            "bucket": radosgw.make_bucket(),
            "access_key": radosgw.access_key,
            "secret_key": radosgw.secret_key,
        }
    )
    async with await open_s3("new", settings, FOUND["ceph"], HASTE) as bucket:
        move = Move(handing, bucket)
        [filed] = await move.fill(1)
        await move.migrating.begin()

        moved = await move.migrating.move_all()

        [(key, _)] = [row for row in await move.rows(Tier.ARCHIVE) if "originals" in row[0]]
        assert (2, b"original 1") == (moved, await read(bucket, key))
        assert (b"original 1", Tier.ARCHIVE) == await move.read(filed.content_id)


@pytest.mark.covers("M-ST-16")
async def test_an_object_of_others_keeps_its_name_and_its_bytes(move: Move) -> None:
    """Equal bytes count as ours; of other bytes, also as many, both are kept, and it is told."""
    await move.fill(1, 2, 3)
    same, longer, other = [
        key for key in sorted(await move.before.archive.list_keys()) if "original" in key
    ]
    content = (move.before.archive.root / same).read_bytes()
    await put(move.new, move.before.folder, same, content)
    await put(move.new, move.before.folder, longer, b"something longer")
    await put(move.new, move.before.folder, other, b"0riginal 3")
    planned = await plan_migration(move.before.database, move.new)
    await move.migrating.begin()

    moved = await move.migrating.move_all()
    over = await move.migrating.show()

    assert (planned.alike, planned.conflicts) == ((2, 20), [longer])
    assert 6 == moved
    assert ("moved", {longer, other}) == (
        over.migration.state,
        {each.key for each in over.troubles},
    )
    assert {"conflict"} == {each.kind for each in over.troubles}
    assert [b"something longer", b"0riginal 3"] == [
        await read(move.new, key) for key in (longer, other)
    ]
    keys = {key for key, _ in await move.rows(Tier.ARCHIVE)}
    assert same in keys
    assert not {longer, other} & keys
    assert 8 == len(await move.new.list_keys())


async def test_left_where_it_is_it_answers_from_there_until_the_name_is_free(
    move: Move, hands: Hands
) -> None:
    """The move cannot end before."""
    leaving = replace(move, on_conflict="leave")
    [filed] = await leaving.fill(1)
    [key] = [key for key in await move.before.archive.list_keys() if "original" in key]
    await put(move.new, move.before.folder, key, b"another")
    await leaving.migrating.begin()

    first = await leaving.migrating.move_all()
    at_first = await leaving.read(filed.content_id)
    with pytest.raises(MigrationUnfinished, match="1 objects have not moved"):
        await leaving.migrating.finish()
    await move.new.delete(key)
    hands.advance(AGAIN)
    second = await leaving.migrating.move_all()

    assert (1, (b"original 1", Tier.FORMER), 1) == (first, at_first, second)
    assert (b"original 1", Tier.ARCHIVE) == await leaving.read(filed.content_id)


async def test_an_object_that_fails_stops_no_other(move: Move, hands: Hands) -> None:
    """It is told, tried again later, and is no more told when it has moved."""
    first, _ = await move.fill(1, 2)
    [key] = [
        key
        for key in await move.before.archive.list_keys()
        if first.asset_id in key and "original" in key
    ]
    path = move.before.archive.root / key
    content = path.read_bytes()
    path.unlink()
    await move.migrating.begin()

    moved = await move.migrating.move_all()
    told = (await move.migrating.show()).troubles
    path.write_bytes(content)
    hands.advance(AGAIN)
    later = await move.migrating.move_all()

    assert (3, 1) == (moved, later)
    assert [("failed", key)] == [(each.kind, each.key) for each in told]
    assert () == (await move.migrating.show()).troubles


async def test_it_rests_and_goes_on(move: Move) -> None:
    """By a person's word, over restarts."""
    await move.fill(1)
    await move.migrating.begin()

    paused = await move.migrating.pause()
    nothing = await move.migrating.move_all()
    resumed = await move.migrating.resume()
    moved = await move.migrating.move_all()

    assert ["paused", "moving"] == [paused.migration.state, resumed.migration.state]
    assert (0, 2) == (nothing, moved)


async def test_settings_that_know_nothing_of_it_are_refused(move: Move) -> None:
    """Nobody reads an archive that is half elsewhere."""
    await move.fill(1)
    await move.migrating.begin()

    for names in ((None, "new"), ("folder", "third"), (None, "folder")):
        with pytest.raises(MigrationUnfinished, match="still moves from folder to new"):
            await replace(move, names=names).migrating.begin()


async def test_uploads_that_lie_in_the_former_store_come_first(move: Move) -> None:
    """They would be looked for in the new one."""
    filed = await move.before.files.asset(b"original 9")
    async with move.before.database.transaction() as connection:
        now = move.before.clock.now()
        await connection.execute(
            insert(uploads).values(
                id=filed.upload_id,
                protocol="direct",
                state="completed",
                project_id=filed.project_id,
                asset_id=filed.asset_id,
                file_name="clip.mov",
                created_at=now,
                updated_at=now,
                expires_at=now,
            )
        )
        await connection.execute(
            insert(direct_uploads).values(upload_id=filed.upload_id, store="", key="a/b")
        )

    with pytest.raises(MigrationUnfinished, match="1 uploads lie in folder"):
        await move.migrating.begin()

    assert [] == await move.rows(Tier.FORMER)


@pytest.mark.covers("M-ST-20")
async def test_what_people_delete_meanwhile_goes_from_both(move: Move) -> None:
    """Moved or not."""
    moved, left = await move.fill(1, 2)
    await move.migrating.begin()
    async with move.before.database.reading() as connection:
        query = select(placements.c.key).where(placements.c.object_id == moved.content_id)
        key = (await connection.execute(query)).scalar_one()
    await move.migrating.move_all()
    for filed in (moved, left):
        async with move.before.database.transaction() as connection:
            await library_records.delete_asset(connection, filed.asset_id)
        await move.remover.remove_content(filed.content_id)

    assert [[], []] == [await store.list_keys() for store in (move.before.archive, move.new)]
    with pytest.raises(NotFound):
        await move.new.head(key)


async def test_what_is_over_begins_no_more(move: Move) -> None:
    """Settings that name the former store still do not turn the archive back to it."""
    await move.fill(1)
    await move.migrating.begin()
    await move.migrating.move_all()
    await move.migrating.finish()
    kept = await move.rows(Tier.ARCHIVE)

    await move.migrating.begin()
    after = await move.rows(Tier.FORMER)
    await replace(move, names=("new", "third")).migrating.begin()

    assert (2, []) == (len(kept), after)
    assert kept == await move.rows(Tier.FORMER)
    assert ("new", "third") == (
        (found := (await move.migrating.show()).migration).former,
        found.store,
    )


async def test_who_copied_into_the_former_store_says_nothing_any_more(move: Move) -> None:
    """The object would be looked for in the new one."""
    [filed] = await move.fill(1)
    mine = placements.c.object_id == filed.content_id
    async with move.before.database.transaction() as connection:
        copying = update(placements).where(mine).values(state="copying", fence=7)
        await connection.execute(copying)

    await move.migrating.begin()

    async with move.before.database.reading() as connection:
        query = select(placements.c.tier, placements.c.state, placements.c.fence).where(mine)
        assert ("archive", "absent", 8) == tuple((await connection.execute(query)).one())


async def test_a_copy_of_other_bytes_is_no_object_of_ours(move: Move) -> None:
    """Also on one disk, where a second name would do."""
    [filed] = await move.fill(1)
    [key] = [key for key in await move.before.archive.list_keys() if "original" in key]
    path = move.before.archive.root / key
    path.chmod(0o600)
    path.write_bytes(b"0riginal 1")
    await move.migrating.begin()

    moved = await move.migrating.move_all()

    assert 1 == moved
    [told] = (await move.migrating.show()).troubles
    assert ("failed", filed.content_id) == (told.kind, told.object_id)
    assert key not in await move.new.list_keys()


async def test_what_others_put_there_stays_when_ours_is_deleted(move: Move) -> None:
    """Under the name that ours did not get, and as long."""
    leaving = replace(move, on_conflict="leave")
    [filed] = await leaving.fill(1)
    [key] = [key for key in await move.before.archive.list_keys() if "original" in key]
    await put(move.new, move.before.folder, key, b"0riginal 1")
    await leaving.migrating.begin()
    await leaving.migrating.move_all()
    async with move.before.database.transaction() as connection:
        await library_records.delete_asset(connection, filed.asset_id)

    await leaving.remover.remove_content(filed.content_id)

    assert [] == await move.before.archive.list_keys()
    assert b"0riginal 1" == await read(move.new, key)


async def test_an_imported_object_that_has_not_moved_is_not_forgotten(move: Move) -> None:
    """Two folders have one name in the rows of what was imported."""
    [filed] = await move.fill(1)
    [key] = [key for key in await move.before.archive.list_keys() if "original" in key]
    database, clock = move.before.database, move.before.clock
    foreign = Foreign("", key, "1", 10, filed.upload_id, False, clock.now())  # noqa: FBT003 - a row
    async with database.transaction() as connection:
        await foreign_records.record_foreign(connection, foreign)
    await move.migrating.begin()

    gone = Gone(database, clock, move.new, Losses(database, clock))
    found = await gone.find(
        Stretch("", "", "", None), (), clock.now() + timedelta(days=1), notes=True
    )
    async with database.transaction() as connection:
        await library_records.delete_asset(connection, filed.asset_id)
    await move.remover.remove_content(filed.content_id)

    assert [] == found
    assert [key] == await move.before.archive.list_keys()


@pytest.mark.parametrize(("hours", "stays"), [(2, True), (-2, False)])
async def test_a_store_of_another_name_holds_what_others_put_there(
    move: Move, *, hours: int, stays: bool
) -> None:
    """What was there before it was taken in is theirs; what came later is our copy."""
    [filed] = await move.fill(1)
    archive, database = move.before.archive, move.before.database
    [key] = [key for key in await archive.list_keys() if "original" in key]
    found = await archive.head(key)
    taken_at = found.modified + timedelta(hours=hours)
    foreign = Foreign("before", key, found.version, 10, filed.upload_id, False, taken_at)  # noqa: FBT003 - a row
    async with database.transaction() as connection:
        await foreign_records.record_foreign(connection, foreign)
        await library_records.delete_asset(connection, filed.asset_id)

    await move.before.remover.remove_content(filed.content_id)

    assert ([key] if stays else []) == await archive.list_keys()


def test_a_move_costs_what_leaves_and_what_is_asked() -> None:
    """A read of each object there, a write of it here, and what leaves beyond what is free."""
    plan = MigrationPlan(moving=(2_000_000, 100 * 10**9))
    former = Price(reads=Decimal("0.40"), egress=Decimal("0.09"))
    new = Price(writes=Decimal("4.50"))

    assert Decimal("18.80") == plan.cost(former, new)
    assert Decimal("9.80") == plan.cost(replace(former, free_egress=Decimal(1)), new)
