"""The books: batches account what is there, once, and the ledger tells of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from rushes.db.tables import placements
from rushes.tiers.books import Books
from rushes.tiers.overview import Place
from rushes.tiers.placement import Tier
from rushes.tiers.prices import LISTS
from rushes.tiers.statement import Moved
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of
from tests.support.moments import NOON, Hands

HOUR = timedelta(hours=1)
ORIGINAL, PROXY = b"original" * 1000, b"proxy" * 1000
TODAY = NOON.date()
MONTH = TODAY.replace(day=1)


def books_of(handing: Handing) -> Books:
    """Return the books of a house whose edge is R2, and whose archive is Wasabi."""
    places = {
        tier: Place(name, "s3", None, LISTS[name])
        for tier, name in ((Tier.EDGE, "r2"), (Tier.ARCHIVE, "wasabi"))
    }
    return Books(handing.database, handing.clock, places)


async def keep(handing: Handing, filed: Filed, name: str = "720p") -> str:
    """Keep an original and one quality, on both tiers; return the quality's id."""
    handing.spool(filed, ORIGINAL)
    await handing.keeper.keep_original(filed.content_id)
    made = await handing.files.rendition(filed, name, content=PROXY, layout=layout_of(name, PROXY))
    await handing.keep(made, PROXY)
    return made


async def arrive(handing: Handing, **values: object) -> None:
    """Let everything have arrived now by the clock of the test, whatever the machine's says."""
    async with handing.database.transaction() as connection:
        await connection.execute(
            update(placements).values(arrived_at=handing.clock.now(), **values)
        )


@pytest.fixture(autouse=True)
def _by_the_test_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PostgreSQL's own clock not be asked: the test moves time by the hour."""

    async def ours(_connection: object, now: object) -> object:
        return now

    monkeypatch.setattr("rushes.tiers.books.records.read_clock", ours)


@pytest.mark.covers("T-OB-02", "M-OB-01")
async def test_an_hour_is_accounted_to_the_byte_by_tier_and_project(
    handing: Handing, hands: Hands
) -> None:
    """What came after the first look has come; what it held is counted from then on."""
    books = books_of(handing)
    await books.account()
    hands.advance(HOUR)
    filed = await handing.files.asset(ORIGINAL)
    await keep(handing, filed)
    await arrive(handing)
    await books.account()
    hands.advance(HOUR)
    await books.account()

    told = await books.tell()

    edge, archive = told.statement.tiers
    both = len(ORIGINAL) + len(PROXY)
    assert (1, len(PROXY), 2, both) == (
        edge.held_objects, edge.held_bytes, archive.held_objects, archive.held_bytes
    )  # fmt: skip
    assert len(PROXY) * 3 // 2 == edge.used.byte_hours
    assert [
        Moved(MONTH, Tier.ARCHIVE, came=2, came_bytes=both),
        Moved(MONTH, Tier.EDGE, came=1, came_bytes=len(PROXY)),
    ] == told.movements
    [project] = told.statement.projects
    assert {Tier.EDGE: len(PROXY), Tier.ARCHIVE: both} == project.held
    assert (filed.project_id, "acme/spring") == (
        project.project_id, told.names[filed.project_id]
    )  # fmt: skip
    assert (TODAY, NOON + 2 * HOUR) == (told.since, told.statement.until)


async def test_what_leaves_or_is_removed_has_gone(handing: Handing, hands: Hands) -> None:
    """The second look misses it; its row stays, with nothing held."""
    books = books_of(handing)
    filed = await handing.files.asset(ORIGINAL)
    made = await keep(handing, filed)
    await arrive(handing)
    await books.account()
    async with handing.database.transaction() as connection:
        gone = update(placements).where(
            placements.c.object_id == made, placements.c.tier == Tier.EDGE.value
        )
        await connection.execute(gone.values(state="absent", arrived_at=None))
    hands.advance(HOUR)
    await books.account()

    told = await books.tell()

    assert 0 == told.statement.tiers[0].held_bytes
    assert [Moved(MONTH, Tier.EDGE, gone=1, gone_bytes=len(PROXY))] == [
        each for each in told.movements if each.tier is Tier.EDGE
    ]


@pytest.mark.covers("M-OB-01")
async def test_reads_are_counted_by_tier_and_recalls_leave_the_archive(
    handing: Handing, hands: Hands
) -> None:
    """Three reads at the edge, one at the archive; what was wished for came from there."""
    books = books_of(handing)
    filed = await handing.files.asset(ORIGINAL)
    made = await keep(handing, filed)
    await books.account()
    hands.advance(HOUR)
    await arrive(handing, generation=2)
    for tier, reads in ((Tier.EDGE, 3), (Tier.ARCHIVE, 1)):
        for _ in range(reads):
            handing.reads.note(made, tier, 1000)
    handing.reads.note(filed.content_id, Tier.ARCHIVE, 50)
    await handing.reads.flush()
    await books.account()
    hands.advance(HOUR)
    await books.account()

    told = await books.tell()

    edge, archive = told.statement.tiers
    assert 0.75 == told.statement.hit_rate
    assert (3, 3000, 3000) == (edge.used.reads, edge.used.read_bytes, edge.used.egress_bytes)
    assert (3, 1050 + len(PROXY)) == (archive.used.reads, archive.used.egress_bytes)


async def test_two_workers_account_an_hour_once(handing: Handing, hands: Hands) -> None:
    """The second one finds the mark moved on, and writes nothing."""
    books = books_of(handing)
    await keep(handing, await handing.files.asset(ORIGINAL))
    await arrive(handing)

    first = [await books.account(), await books.account()]
    hands.advance(HOUR)
    second = [await books.account(), await books.account()]

    assert [[True, False], [True, False]] == [first, second]
    assert len(PROXY) == (await books.tell()).statement.tiers[0].used.byte_hours


async def test_a_month_that_is_over_keeps_its_figures(handing: Handing, hands: Hands) -> None:
    """What it held at its end is what its last day says."""
    books = books_of(handing)
    await keep(handing, await handing.files.asset(ORIGINAL))
    await arrive(handing)
    await books.account()
    hands.advance(timedelta(days=20))
    await books.account()

    told = await books.tell(MONTH)

    [edge] = [each for each in told.statement.tiers if each.tier is Tier.EDGE]
    hours = 12 + 9 * 24
    assert (len(PROXY), len(PROXY) * hours) == (edge.held_bytes, edge.used.byte_hours)
    assert edge.bill.total == edge.month
    assert [30, 90] == [each.days for each in told.trends if each.tier is Tier.EDGE]


async def test_before_the_first_look_there_are_no_figures(handing: Handing) -> None:
    """And none are made up."""
    told = await books_of(handing).tell(date(2026, 2, 3))

    assert (None, None, None, Decimal(0), [], []) == (
        told.since,
        told.statement.until,
        told.statement.hit_rate,
        told.statement.saving,
        told.statement.projects,
        told.movements,
    )
