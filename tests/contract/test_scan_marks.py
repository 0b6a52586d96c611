"""What a scan said stands on an asset, whoever changes it meanwhile."""

from __future__ import annotations

from rushes.clock import SYSTEM as CLOCK
from rushes.db.engine import Database
from rushes.intake.verdict import Scan
from rushes.library import records
from rushes.library.asset import Asset
from tests.support.filed import Files


async def read(database: Database, asset_id: str) -> Asset:
    async with database.reading() as connection:
        asset = await records.find_asset(connection, asset_id)
    assert asset is not None
    return asset


async def test_a_verdict_stands_though_somebody_was_faster(database: Database) -> None:
    """The asset was changed between the look at its row and the verdict."""
    filed = await Files(database, CLOCK).asset(b"film")
    before = await read(database, filed.asset_id)
    async with database.transaction() as connection:
        values = {"title": "New"}
        await records.change_asset(
            connection, before.id, before.revision, values, before.created_at
        )

    async with database.transaction() as connection:
        await records.mark_scan(connection, before, Scan.CLEAN, CLOCK.now())

    after = await read(database, filed.asset_id)
    assert (Scan.CLEAN, "New", before.revision + 2) == (after.scan, after.title, after.revision)


async def test_a_bad_verdict_is_of_all_with_the_same_bytes_and_stays(database: Database) -> None:
    """Another asset with these bytes is harmful too, whatever its own scan says later."""
    files = Files(database, CLOCK)
    project_id = await files.project()
    one = await files.asset(b"film", project_id=project_id)
    two = await files.asset(b"film", project_id=project_id)
    other = await files.asset(b"another", project_id=project_id)

    async with database.transaction() as connection:
        first = await read(database, one.asset_id)
        await records.mark_scan(connection, first, Scan.INFECTED, CLOCK.now())
    async with database.transaction() as connection:
        second = await read(database, two.asset_id)
        await records.mark_scan(connection, second, Scan.FAILED, CLOCK.now())

    scans = [(await read(database, each.asset_id)).scan for each in (one, two, other)]
    assert [Scan.INFECTED, Scan.INFECTED] == scans[:2]
    assert Scan.INFECTED is not scans[2]


async def test_bytes_that_are_found_harmful_outside_are_harmful_inside(database: Database) -> None:
    """They came in before anybody looked; now the same bytes were found before the door."""
    files = Files(database, CLOCK)
    one = await files.asset(b"film")
    other = await files.asset(b"another", project_id=one.project_id)
    async with database.reading() as connection:
        content = await records.find_content(connection, one.content_id)
    assert content is not None

    async with database.transaction() as connection:
        await records.mark_harmful(connection, content.root, CLOCK.now())

    scans = [(await read(database, each.asset_id)).scan for each in (one, other)]
    assert Scan.INFECTED is scans[0]
    assert Scan.INFECTED is not scans[1]
