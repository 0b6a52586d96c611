"""Keeping, finding and removing objects, on every database."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from rushes.db.tables import block_hashes, contents, events, placements, renditions
from rushes.events.event import EventType
from rushes.library import records as library_records
from rushes.renditions.rendition import Kind, State
from rushes.stores.blocks import Fingerprint
from rushes.stores.store import Broken, NotFound
from rushes.tiers.placement import ClaimLost, NoCopy, NotWanted, PlacementClaimed, Tier
from rushes.tiers.placement import State as Placed
from tests.support.filed import Filed
from tests.support.handing import Handing

FILM = bytes(range(256)) * 5_000
PROXY = b"proxy" * 300
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)


async def arrive(handing: Handing, content: bytes = FILM, file_name: str = "clip.mov") -> Filed:
    """File an asset whose bytes lie in the spool."""
    filed = await handing.files.asset(content, file_name=file_name)
    handing.spool(filed, content)
    return filed


async def rows_of(handing: Handing, object_id: str) -> dict[str, tuple[str, str, bool]]:
    """Return state, key and whether it is shared, by tier."""
    async with handing.database.reading() as connection:
        found = await connection.execute(
            select(placements).where(placements.c.object_id == object_id)
        )
        return {row.tier: (row.state, row.key, row.is_shared) for row in found}


async def told(handing: Handing) -> list[tuple[str, object, object]]:
    """Return subject, tier and kind of each event of an arrival."""
    async with handing.database.reading() as connection:
        found = await connection.execute(
            select(events)
            .where(events.c.type == EventType.PLACEMENT_PRESENT.value)
            .order_by(events.c.seq)
        )
        return [(row.subject, row.data["tier"], row.data["kind"]) for row in found]


async def leave_copying(handing: Handing, filed: Filed, until: datetime) -> str:
    """Leave what a killed copier leaves: a claim until then; return the key."""
    key = f"originals/acme/spring/{filed.asset_id}/clip.mov"
    await handing.files.placement(
        object_id=filed.content_id,
        content_id=filed.content_id,
        tier="archive",
        state="copying",
        key=key,
        size_bytes=len(FILM),
        fence=4,
        lease_until=until,
    )
    return key


@pytest.mark.covers("BG-63", "T-TI-03", "T-TI-04", "T-OB-01")
async def test_an_original_goes_into_the_archive_and_nowhere_else(handing: Handing) -> None:
    """By a link, once, and one event says so; a second call changes nothing."""
    filed = await arrive(handing)

    for _ in range(2):
        await handing.keeper.keep_original(filed.content_id)

    key = f"originals/acme/spring/{filed.asset_id}/clip.mov"
    assert {"archive": ("present", key, False)} == await rows_of(handing, filed.content_id)
    assert handing.archive.path(key).samefile(await handing.spool_path(filed.upload_id))
    assert [] == await handing.edge.list_keys()
    assert [(filed.content_id, "archive", "original")] == await told(handing)
    assert await handing.keeper.is_original_kept(filed.content_id)


@pytest.mark.covers("BG-63", "T-TI-04", "M-ST-05", "T-OB-01")
async def test_a_rendition_goes_into_the_archive_and_to_the_edge(
    handing: Handing, caplog: pytest.LogCaptureFixture
) -> None:
    """On one filesystem the two are one file, and the row says so; each has a line in the log."""
    caplog.set_level("INFO")
    filed = await arrive(handing)
    proxy = await handing.files.rendition(filed, "720p", content=PROXY)
    poster = await handing.files.rendition(
        filed, "poster", content=PROXY, kind=Kind.STILL, file_name="poster.webp"
    )

    await handing.keep(proxy, PROXY)
    await handing.keep(poster, PROXY)

    folder = f"proxies/acme/spring/{filed.asset_id}"
    assert {
        "archive": ("present", f"{folder}/720p.mp4", False),
        "edge": ("present", f"proxies/{filed.asset_id}/720p.mp4", True),
    } == await rows_of(handing, proxy)
    assert {
        "archive": ("present", f"{folder}/poster.webp", False),
        "edge": ("present", f"stills/{filed.asset_id}/poster.webp", True),
    } == await rows_of(handing, poster)
    assert 4 == len(await told(handing))
    moved = [vars(record) for record in caplog.records if hasattr(record, "deed")]
    assert [("written", "archive"), ("written", "edge")] * 2 == [
        (one["deed"], one["tier"]) for one in moved
    ]


@pytest.mark.covers("BG-11")
async def test_a_hostile_name_stays_in_its_folder(handing: Handing) -> None:
    """The name is data; the key is ours."""
    filed = await arrive(handing, file_name="../../../../etc/passwd\x1b.mov")

    await handing.keeper.keep_original(filed.content_id)

    [key] = await handing.archive.list_keys()
    assert key.startswith(f"originals/acme/spring/{filed.asset_id}/")
    assert 4 == key.count("/")


async def test_of_two_copiers_one_copies(handing: Handing) -> None:
    """The other waits and finds the object there."""
    filed = await arrive(handing)
    keeper = handing.keeper

    await asyncio.gather(*(keeper.keep_original(filed.content_id) for _ in range(4)))

    assert [(filed.content_id, "archive", "original")] == await told(handing)


async def test_a_dead_copiers_claim_is_taken_over(handing: Handing) -> None:
    """Once its lease has run out."""
    filed = await arrive(handing)
    key = await leave_copying(handing, filed, LONG_AGO)

    await handing.keeper.keep_original(filed.content_id)

    assert {"archive": ("present", key, False)} == await rows_of(handing, filed.content_id)


async def test_an_object_that_a_killed_copier_published_is_found_whole(handing: Handing) -> None:
    """It is read, and counts because its bytes are right."""
    filed = await arrive(handing)
    key = await leave_copying(handing, filed, LONG_AGO)
    before = await handing.archive.adopt(
        key, await handing.spool_path(filed.upload_id), Fingerprint(len(FILM))
    )

    await handing.keeper.keep_original(filed.content_id)

    assert before == await handing.archive.head(key)
    assert [(filed.content_id, "archive", "original")] == await told(handing)


async def test_an_object_with_wrong_bytes_under_our_key_is_copied_again(handing: Handing) -> None:
    """What is there is believed only when it was read."""
    filed = await arrive(handing)
    key = await leave_copying(handing, filed, LONG_AGO)
    wrong = handing.folder / "wrong"
    wrong.write_bytes(FILM[::-1])
    await handing.archive.adopt(key, wrong, Fingerprint(len(FILM)))

    await handing.keeper.keep_original(filed.content_id)

    assert FILM == handing.archive.path(key).read_bytes()


async def test_a_live_claim_of_another_is_respected(handing: Handing) -> None:
    """Its holder is told when to come again."""
    filed = await arrive(handing)
    await leave_copying(handing, filed, NEVER)
    claims = handing.keeper.claims

    async with handing.database.reading() as connection:
        row = (await connection.execute(select(placements))).one()
    with pytest.raises(PlacementClaimed):
        await asyncio.wait_for(claims.take_now(row.object_id, Tier.ARCHIVE), 5)

    assert [] == await told(handing)


async def test_who_was_overtaken_writes_nothing(handing: Handing) -> None:
    """A higher fence makes every later word of the old copier void."""
    filed = await arrive(handing)

    async def overtaken(upload_id: str) -> Path:
        async with handing.database.transaction() as connection:
            await connection.execute(update(placements).values(fence=99))
        return await handing.spool_path(upload_id)

    keeper = replace(handing.keeper, spool_path=overtaken)
    with pytest.raises(ClaimLost):
        await keeper.keep_original(filed.content_id)

    [(state, _, _)] = (await rows_of(handing, filed.content_id)).values()
    assert (Placed.COPYING, []) == (state, await told(handing))


async def test_a_copy_that_is_given_up_frees_its_claim(handing: Handing) -> None:
    """The next worker need not wait for a lease to run out."""
    filed = await arrive(handing)
    begun = asyncio.Event()

    async def endless(_upload_id: str) -> Path:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    keeper = replace(handing.keeper, spool_path=endless)
    copying = asyncio.create_task(keeper.keep_original(filed.content_id))
    await asyncio.wait_for(begun.wait(), 10)
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying

    [(state, _, _)] = (await rows_of(handing, filed.content_id)).values()
    assert Placed.ABSENT == state


@pytest.mark.covers("T-OR-03")
async def test_damaged_bytes_are_never_present(handing: Handing) -> None:
    """Where they are copied they are compared, block by block; the row says what happened."""
    filed = await arrive(handing)
    elsewhere = Path("/dev/shm") / f"rushes-{os.getpid()}"  # noqa: S108 - another filesystem
    elsewhere.write_bytes(FILM[:-1] + b"x")

    async def damaged(_upload_id: str) -> Path:
        return elsewhere

    try:
        with pytest.raises(Broken):
            await replace(handing.keeper, spool_path=damaged).keep_original(filed.content_id)
    finally:
        elsewhere.unlink()

    [(state, _, _)] = (await rows_of(handing, filed.content_id)).values()
    assert (Placed.ABSENT, [], []) == (
        state,
        await handing.archive.list_keys(),
        await told(handing),
    )
    await handing.keeper.keep_original(filed.content_id)
    assert 1 == len(await told(handing))


async def test_a_rendition_that_is_not_what_was_made_is_refused(handing: Handing) -> None:
    """Its row has the digest."""
    filed = await arrive(handing)
    proxy = await handing.files.rendition(filed, "720p", content=PROXY, state=State.MAKING)

    with pytest.raises(Broken):
        await handing.keep(proxy, PROXY[::-1])

    assert {} == await rows_of(handing, proxy)


async def test_what_nobody_saw_is_replaced_when_it_is_made_again(handing: Handing) -> None:
    """A killed worker kept it before its rendition was ready; the new bytes need not be equal."""
    filed = await arrive(handing)
    proxy = await handing.files.rendition(filed, "720p", state=State.MAKING)
    await handing.keep(proxy, PROXY)

    await handing.keep(proxy, PROXY[::-1])

    path = await handing.locator.local_path(proxy)
    assert PROXY[::-1] == path.read_bytes()


async def test_what_people_may_have_seen_is_never_replaced(handing: Handing) -> None:
    """A rendition that is ready stays as it is."""
    filed = await arrive(handing)
    proxy = await handing.files.rendition(filed, "720p")
    await handing.keep(proxy, PROXY)

    with pytest.raises(Broken):
        await handing.keep(proxy, PROXY[::-1])

    assert PROXY == (await handing.locator.local_path(proxy)).read_bytes()


@pytest.mark.covers("CF-06")
async def test_a_remade_rendition_gets_a_key_of_its_own(handing: Handing) -> None:
    """Nothing is overwritten."""
    filed = await arrive(handing)
    old = await handing.files.rendition(filed, "720p")
    new = await handing.files.rendition(filed, "720p", recipe="r2")

    await handing.keep(old, PROXY)
    await handing.keep(new, PROXY[::-1])

    folder = f"proxies/{filed.asset_id}"
    assert [f"{folder}/720p.mp4", f"{folder}/720p.r2.mp4"] == await handing.edge.list_keys()


async def test_what_nobody_has_any_more_is_not_kept(handing: Handing) -> None:
    """Neither an original nor a rendition."""
    filed = await arrive(handing)
    proxy = await handing.files.rendition(filed, "720p")
    async with handing.database.transaction() as connection:
        await library_records.delete_asset(connection, filed.asset_id)

    with pytest.raises(NotWanted):
        await handing.keeper.keep_original(filed.content_id)
    with pytest.raises(NotWanted):
        await handing.keep(proxy, PROXY)
    with pytest.raises(NotWanted):
        await handing.keep("rnd_unknown", PROXY)

    assert [] == await handing.archive.list_keys()


async def test_an_original_is_kept_only_while_the_archive_holds_it(handing: Handing) -> None:
    """A row alone frees no spool."""
    filed = await arrive(handing)
    before = await handing.keeper.is_original_kept(filed.content_id)
    await handing.keeper.keep_original(filed.content_id)
    [key] = await handing.archive.list_keys()

    await handing.archive.delete(key)

    assert (False, False) == (before, await handing.keeper.is_original_kept(filed.content_id))


async def test_a_reader_gets_the_nearest_copy(handing: Handing) -> None:
    """The spool, then the archive, for an original; the edge before the archive otherwise."""
    filed = await arrive(handing)
    proxy = await handing.files.rendition(filed, "720p")
    spooled = await handing.locator.local_path(filed.content_id)
    await handing.keeper.keep_original(filed.content_id)
    await handing.keep(proxy, PROXY)

    found = [await handing.locator.local_path(each) for each in (filed.content_id, proxy)]
    [edge_key] = await handing.edge.list_keys()
    await handing.edge.delete(edge_key)
    fallback = await handing.locator.local_path(proxy)

    assert await handing.spool_path(filed.upload_id) == spooled
    roots = [root_of(path, handing) for path in found]
    assert [handing.archive.root, handing.edge.root] == roots
    assert handing.archive.root == root_of(fallback, handing)


async def test_a_reader_without_a_copy_is_told_so(handing: Handing) -> None:
    """Nothing in the spool, a spool file that is too short, and an id that nobody knows."""
    filed = await handing.files.asset(FILM)
    locator = handing.locator

    for object_id in (filed.content_id, "rnd_unknown"):
        with pytest.raises(NoCopy):
            await locator.local_path(object_id)
        with pytest.raises(NoCopy):
            await locator.open_copy(object_id)
    handing.spool(filed, FILM[:-1])
    with pytest.raises(NoCopy):
        await locator.open_copy(filed.content_id)


@pytest.mark.covers("BG-61", "M-ST-20")
async def test_content_goes_when_its_last_asset_went(handing: Handing) -> None:
    """Objects of all tiers and every row; while another asset has it, nothing goes."""
    filed = await arrive(handing)
    twin = await handing.files.asset(FILM, project_id=filed.project_id)
    proxy = await handing.files.rendition(filed, "720p")
    await handing.keeper.keep_original(filed.content_id)
    await handing.keep(proxy, PROXY)
    answers = []

    for each in (filed, twin):
        async with handing.database.transaction() as connection:
            await library_records.delete_asset(connection, each.asset_id)
        answers.append(await handing.remover.remove_content(filed.content_id))

    assert (filed.content_id, [False, True]) == (twin.content_id, answers)
    assert [] == [*await handing.archive.list_keys(), *await handing.edge.list_keys()]
    async with handing.database.reading() as connection:
        for table in (contents, renditions, placements):
            assert [] == list(await connection.execute(select(table)))
        digests = (await connection.execute(select(block_hashes.c.upload_id))).scalars()
        assert {twin.upload_id} == set(digests)


async def test_a_removal_that_was_interrupted_is_finished(handing: Handing) -> None:
    """The placements tell what is left to do."""
    filed = await arrive(handing)
    await handing.keeper.keep_original(filed.content_id)
    async with handing.database.transaction() as connection:
        await library_records.delete_asset(connection, filed.asset_id)
        await library_records.delete_content(connection, filed.content_id)

    counts = [await handing.remover.remove_orphans() for _ in range(2)]

    assert ([1, 0], []) == (counts, await handing.archive.list_keys())


async def test_equal_bytes_that_arrive_during_a_removal_are_kept_anew(handing: Handing) -> None:
    """Their content is another one, with keys of its own: the removal cannot reach them."""
    filed = await arrive(handing)
    await handing.keeper.keep_original(filed.content_id)
    async with handing.database.transaction() as connection:
        await library_records.delete_asset(connection, filed.asset_id)
        await library_records.delete_content(connection, filed.content_id)
    again = await handing.files.asset(FILM, project_id=filed.project_id)
    handing.spool(again, FILM)

    await handing.keeper.keep_original(again.content_id)
    await handing.remover.remove_orphans()

    with pytest.raises(NotFound):
        await handing.archive.head(f"originals/acme/spring/{filed.asset_id}/clip.mov")
    assert FILM == (await handing.locator.local_path(again.content_id)).read_bytes()


def root_of(path: Path, handing: Handing) -> Path:
    stores = (handing.archive, handing.edge)
    return next(store.root for store in stores if store.root in path.parents)
