"""What accounts, links and projects may take is exact on every database, however many ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rushes.access import account_records
from rushes.access.account import Account
from rushes.access.allowance import Allowance, UploadsPerDayExceeded
from rushes.access.limits import FilesExceeded, NoSpace, QuotaExceeded
from rushes.access.permit import Role
from rushes.access.project import Project
from rushes.clock import Clock
from rushes.db.engine import open_database
from rushes.errors import RushesError
from rushes.ids import Prefix, new
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.quota import Quota
from rushes.uploads.upload import Owner, Protocol, Upload
from tests.support.moments import Hands
from tests.support.receiving import Parts, People, make_parts

GB = 10**9
MB = 10**6


@pytest.fixture
async def parts(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Parts]:
    """The deeds, where an account may have 1 GB and begin 10 uploads in a day."""
    made = make_parts(
        database_url, tmp_path / "house", clock, account_total_bytes=GB, account_uploads_per_day=10
    )
    yield made
    await made.database.close()
    made.spool.threads.shutdown()


@pytest.fixture
async def project(parts: Parts) -> Project:
    """Where all of it goes."""
    return await People(parts).project()


async def make_account(parts: Parts, role: Role = Role.EDITOR, **known: object) -> str:
    now = parts.clock.now()
    account_id = new(Prefix.ACCOUNT, now, parts.clock.entropy(16))
    account = Account(account_id, f"{account_id[-9:]}@example.org", role, True, now, now)  # noqa: FBT003
    account = replace(account, **known)  # type: ignore[arg-type]
    async with parts.database.transaction() as connection:
        await account_records.record_account(connection, account, "no hash")
    return account_id


async def find_used(parts: Parts, account_id: str) -> int:
    async with parts.database.reading() as connection:
        account = await account_records.find_account(connection, account_id)
    assert account is not None
    return account.used_bytes


async def begin(parts: Parts, project: Project, account_id: str, size_bytes: int) -> Upload:
    return await parts.admission.create(
        Wanted(Protocol.TUS, project.id, Owner(account_id), "a.mov", "", "", size_bytes)
    )


async def race(
    parts: Parts, project: Project, account_id: str, count: int, size_bytes: int
) -> list[RushesError | Upload]:
    async def one() -> RushesError | Upload:
        try:
            return await begin(parts, project, account_id, size_bytes)
        except RushesError as refused:
            return refused

    return await asyncio.gather(*(one() for _ in range(count)))


@pytest.mark.covers("X-UP-22", "BG-16", "BG-09")
async def test_of_200_that_race_for_a_gigabyte_10_get_100_megabytes_each(
    parts: Parts, project: Project
) -> None:
    """Room is one statement that says its limit itself; nothing of the others is left."""
    account_id = await make_account(parts, max_uploads_per_day=1_000)

    ends = await race(parts, project, account_id, 200, 100 * MB)

    refused = [end for end in ends if isinstance(end, QuotaExceeded)]
    assert (10, 190) == (sum(isinstance(end, Upload) for end in ends), len(refused))
    assert GB == await find_used(parts, account_id)
    assert "Storage limit reached (1GB)" in refused[0].message
    assert (GB, GB) == (refused[0].facts["used_bytes"], refused[0].facts["max_bytes"])
    assert 10 == sum(path.is_file() for path in parts.spool.folder.glob("*/*"))


@pytest.mark.covers("X-UP-21")
async def test_of_40_that_race_for_a_day_10_begin(parts: Parts, project: Project) -> None:
    """The day is counted in the same transaction; what is refused takes no room."""
    account_id = await make_account(parts)

    ends = await race(parts, project, account_id, 40, 1)

    refused = [end for end in ends if isinstance(end, UploadsPerDayExceeded)]
    assert (10, 30) == (sum(isinstance(end, Upload) for end in ends), len(refused))
    assert 10 == await find_used(parts, account_id)
    assert refused[0].message.startswith("Daily upload limit reached (10 uploads per day)")


@pytest.mark.covers("BG-16")
async def test_of_40_that_race_through_a_link_as_many_get_in_as_it_takes(
    parts: Parts, project: Project
) -> None:
    """The same for bytes and files of a link."""
    people = People(parts)
    token = await people.link(project, max_files=7, max_total_bytes=50)
    _, link = await parts.access.identify_link(token)
    wanted = Wanted(Protocol.TUS, project.id, Owner(link_id=link.id), "a.mov", "", "", 10)

    async def one() -> str:
        try:
            await parts.admission.create(wanted, link)
        except (QuotaExceeded, FilesExceeded) as refused:
            return refused.code
        return "in"

    ends = await asyncio.gather(*(one() for _ in range(40)))

    assert {"in": 5, "quota.bytes": 35} == {end: ends.count(end) for end in set(ends)}


@pytest.mark.covers("X-UP-21", "X-UP-22")
async def test_abandoned_uploads_are_given_back(
    parts: Parts, project: Project, hands: Hands
) -> None:
    """Cancelled or expired, they count for no day and take no room."""
    account_id = await make_account(parts)
    begun = [await begin(parts, project, account_id, 50 * MB) for _ in range(10)]

    await parts.ending.cancel(begun[0], "cancelled")
    hands.advance(timedelta(hours=25))
    await parts.ending.expire(begun[1])
    hands.advance(-timedelta(hours=25))
    again = await race(parts, project, account_id, 3, 50 * MB)

    assert 2 == sum(isinstance(end, Upload) for end in again)
    assert 500 * MB == await find_used(parts, account_id)


@pytest.mark.covers("X-UP-21")
async def test_a_day_ends_at_midnight_where_the_account_is(
    parts: Parts, project: Project, hands: Hands
) -> None:
    """At noon UTC it is 23:00 of the next time zone but one; an hour later a day has begun."""
    near_midnight = await make_account(parts, time_zone="Pacific/Noumea", max_uploads_per_day=1)
    far = await make_account(parts, time_zone="UTC", max_uploads_per_day=1)
    for account_id in (near_midnight, far):
        await begin(parts, project, account_id, 1)

    hands.advance(timedelta(hours=1, minutes=1))
    there = await race(parts, project, near_midnight, 2, 1)
    here = await race(parts, project, far, 2, 1)

    assert [1, 0] == [sum(isinstance(end, Upload) for end in ends) for ends in (there, here)]


@pytest.mark.covers("X-UP-21", "X-UP-22")
async def test_admins_have_no_limit_and_an_account_may_have_its_own(
    parts: Parts, project: Project
) -> None:
    """What stands at an account wins over the settings, in both directions."""
    admin = await make_account(parts, Role.ADMIN, max_total_bytes=1, max_uploads_per_day=0)
    small = await make_account(parts, max_total_bytes=10)
    none_at_all = await make_account(parts, max_uploads_per_day=0)

    ends = [
        await race(parts, project, account_id, 1, 100) for account_id in (admin, small, none_at_all)
    ]

    kinds = [type(end[0]) for end in ends]
    assert [Upload, QuotaExceeded, UploadsPerDayExceeded] == kinds


@pytest.mark.covers("BG-16")
async def test_two_processes_cannot_pass_the_limit_of_the_archive_together(
    parts: Parts, database_url: str, clock: Clock
) -> None:
    """Nothing is shared but the archive, and its limit stands in no row: the sum has a lock."""
    owners = [(await make_account(parts), await People(parts).project()) for _ in range(20)]
    databases = [open_database(database_url) for _ in range(2)]  # as two processes have them
    allowance = Allowance(archive_bytes=500 * MB)
    doors = [
        replace(parts.admission, database=database, quota=Quota(database, clock, allowance))
        for database in databases
    ]

    async def one(door: Admission, account_id: str, project: Project) -> RushesError | Upload:
        wanted = Wanted(Protocol.TUS, project.id, Owner(account_id), "a.mov", "", "", 100 * MB)
        try:
            return await door.create(wanted)
        except NoSpace as refused:
            return refused

    ends = await asyncio.gather(
        *(one(doors[number % 2], *owner) for number, owner in enumerate(owners))
    )
    for database in databases:
        await database.close()

    kinds = [sum(isinstance(end, kind) for end in ends) for kind in (Upload, NoSpace)]
    assert [5, 15] == kinds
