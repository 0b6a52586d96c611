"""An upload becomes an asset, or it ends; never both."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from rushes.db.engine import Database
from rushes.db.tables import assets, projects
from rushes.intake.sniff import Sniffed
from rushes.library.filing import Filing
from rushes.media.facts import MediaKind
from rushes.uploads import records
from rushes.uploads.upload import State, UploadGone
from tests.support.receiving import receiving

TEN = b"0123456789"
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


async def await_a_waiter(database: Database) -> None:
    """Return once somebody waits for a row that another transaction holds."""
    async with asyncio.timeout(10):
        while True:
            async with database.reading() as connection:
                if (await connection.execute(WAITING)).scalar_one():
                    return
            await asyncio.sleep(0.02)


async def test_an_upload_that_is_cancelled_at_the_gate_becomes_no_asset(
    postgres_url: str, tmp_path: Path
) -> None:
    """Its sender ends it while another worker is about to accept it."""
    async with receiving(postgres_url, tmp_path / "house") as house:
        sender = await house.sender()
        url = await sender.begin(10)
        await sender.append(url, 0, TEN)
        upload = await house.parts.upload(url.rpartition("/")[2])
        filing = Filing(house.parts.database, house.parts.clock)
        sniffed = Sniffed("text", MediaKind.OTHER, "text/plain")

        async with house.parts.database.transaction() as connection:
            await records.mark_cancelled(connection, upload, "cancelled", upload.updated_at)
            accepting = asyncio.create_task(filing.accept(upload.id, sniffed))
            await await_a_waiter(house.parts.database)

        with pytest.raises(UploadGone):
            await accepting
        async with house.parts.database.reading() as connection:
            filed = (
                await connection.execute(select(func.count()).select_from(assets))
            ).scalar_one()
        assert 0 == filed
        assert State.CANCELLED is (await house.parts.upload(upload.id)).state


async def test_an_upload_into_a_project_that_was_deleted_becomes_no_asset(
    postgres_url: str, tmp_path: Path
) -> None:
    """It was whole before; nobody would ever take the asset away again."""
    async with receiving(postgres_url, tmp_path / "house") as house:
        sender = await house.sender()
        url = await sender.begin(10)
        await sender.append(url, 0, TEN)
        upload = await house.parts.upload(url.rpartition("/")[2])
        async with house.parts.database.transaction() as connection:
            await connection.execute(update(projects).values(deleted_at=upload.updated_at))

        with pytest.raises(UploadGone):
            await Filing(house.parts.database, house.parts.clock).accept(
                upload.id, Sniffed("text", MediaKind.OTHER, "text/plain")
            )

        assert State.COMPLETED is (await house.parts.upload(upload.id)).state
