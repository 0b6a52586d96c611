"""Who reserves room in an archive with a limit waits before it holds any row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from rushes.access.allowance import Allowance
from rushes.access.link import Link
from rushes.clock import Clock
from rushes.db.tables import links, projects, uploads
from rushes.uploads.admission import Wanted
from rushes.uploads.join import Joining
from rushes.uploads.quota import Quota
from rushes.uploads.slots import Binding, Slots
from rushes.uploads.upload import Owner, Protocol, Upload
from tests.support.receiving import Parts, People, make_parts

WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)

Deed = Callable[["Town", Upload], Awaitable[Upload | int]]


class Town:
    """Deeds over an archive with a limit, and a link to send through."""

    def __init__(self, parts: Parts, link: Link) -> None:
        self.parts, self.link = parts, link
        self.quota = Quota(parts.database, parts.clock, Allowance(archive_bytes=10**9))
        self.joining: Joining = replace(parts.joining, quota=self.quota)
        self.slots: Slots = replace(parts.slots, quota=self.quota)

    def want(self, concat: str | None = None) -> Wanted:
        """Ask for an upload; of unknown length if it is no part of another."""
        size_bytes = None if concat is None else 0
        owner = Owner(link_id=self.link.id)
        return Wanted(
            Protocol.TUS, self.link.project_id, owner, "a", "", "", size_bytes, concat=concat
        )

    async def begin(self, deed: Deed) -> Upload:
        """Begin what the deed works on."""
        wanted = replace(self.want("partial" if deed is join else None), is_slot=deed is bind)
        return await self.parts.admission.create(wanted, self.link)


@pytest.fixture
async def town(postgres_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Town]:
    """On PostgreSQL: on SQLite who writes is alone anyway."""
    parts = make_parts(postgres_url, tmp_path / "house", clock)
    people = People(parts)
    _, link = await parts.access.identify_link(await people.link(await people.project()))
    yield Town(parts, link)
    await parts.database.close()
    parts.spool.threads.shutdown()


async def reserve(town: Town, upload: Upload) -> Upload | int:
    return await town.quota.reserve_to(upload, 100)


async def tell(town: Town, upload: Upload) -> Upload:
    return await town.quota.tell_length(upload, 100)


async def bind(town: Town, upload: Upload) -> Upload:
    binding = Binding("a", "", "", 100)
    return await town.slots.bind(upload.id, binding, lambda _: None, town.link)


async def join(town: Town, upload: Upload) -> Upload:
    return await town.joining.create(town.want(f"final;{upload.id}"), [upload.id], town.link)


@pytest.mark.covers("BG-16")
@pytest.mark.parametrize("deed", [reserve, tell, bind, join])
async def test_who_waits_for_the_archive_holds_no_row(town: Town, deed: Deed) -> None:
    """Or the one before him, who needs that row, would wait for him: a deadlock."""
    upload = await town.begin(deed)

    async with town.parts.database.transaction() as first:
        await town.quota.lock(first)
        second = asyncio.ensure_future(deed(town, upload))
        async with asyncio.timeout(60):
            while not (await first.execute(WAITING)).scalar_one():
                assert not second.done(), second
                await asyncio.sleep(0.01)
        for table in (uploads, links, projects):
            rows = select(func.count()).select_from(
                select(table.c.id).with_for_update(nowait=True).subquery()
            )
            assert (await first.execute(rows)).scalar_one(), table
    async with asyncio.timeout(60):
        await second
