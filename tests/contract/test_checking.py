"""Rows against stores both ways, bytes read again, and what is lost mended from elsewhere."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from rushes.clock import Clock, utc_now
from rushes.db.engine import open_database
from rushes.db.tables import events, placements
from rushes.events.event import SYSTEM_ACTOR, EventType
from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.folder import translated
from rushes.stores.store import Unreachable
from rushes.tiers.check import Checking, CheckNotFound, open_checking
from rushes.tiers.check_records import Check
from rushes.tiers.placement import NoCopy, Tier
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of, open_handing

PROXY = b"proxy" * 300
PERSON = "acc_1"


@pytest.fixture
async def kept(handing: Handing) -> tuple[Handing, Filed, str]:
    """An asset whose original is in the archive, and one quality there and on the edge."""
    filed = await handing.files.asset(b"original")
    handing.spool(filed, b"original")
    await handing.keeper.keep_original(filed.content_id)
    (handing.folder / "spool" / filed.upload_id).unlink()
    made = await handing.files.rendition(
        filed, "720p", content=PROXY, layout=layout_of("720p", PROXY)
    )
    await handing.keep(made, PROXY)
    return handing, filed, made


def checking(handing: Handing, scrub_bytes: int = 2**30) -> Checking:
    """Return what checks this house."""
    return open_checking(handing.keeper, handing.locator, scrub_bytes)


def alter(handing: Handing, key: str, tier: Tier = Tier.ARCHIVE) -> None:
    """Change a bit of an object by hand; what shares its bytes is parted from it first."""
    store = handing.archive if tier is Tier.ARCHIVE else handing.edge
    path = store.path(key)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


async def states(handing: Handing, object_id: str) -> dict[str, str]:
    """Return the state of an object by tier."""
    async with handing.database.reading() as connection:
        query = select(placements.c.tier, placements.c.state)
        rows = await connection.execute(query.where(placements.c.object_id == object_id))
        return {str(tier): str(state) for tier, state in rows}


async def key_of(handing: Handing, object_id: str, tier: str = "archive") -> str:
    async with handing.database.reading() as connection:
        mine = (placements.c.object_id == object_id, placements.c.tier == tier)
        return str((await connection.execute(select(placements.c.key).where(*mine))).scalar_one())


async def told(handing: Handing, what: EventType) -> list[Any]:
    async with handing.database.reading() as connection:
        query = select(events).where(events.c.type == what.value).order_by(events.c.seq)
        return list((await connection.execute(query)).all())


def found(check: Check, tier: str) -> dict[str, object]:
    """Return what a check found on a tier, but what is nothing."""
    tally: dict[str, object] = check.report["tiers"][tier]
    return {name: value for name, value in tally.items() if value}


async def test_a_house_in_order_is_left_alone(kept: tuple[Handing, Filed, str]) -> None:
    """Everything is read; nothing is told."""
    handing, _, _ = kept

    check = await checking(handing).run_now(PERSON, is_full=True)

    size = len(PROXY) + len(b"original")
    archive = {"rows": 2, "objects": 2, "blocks": 2, "bytes_read": size}
    edge = {"rows": 1, "objects": 1, "blocks": 1, "bytes_read": len(PROXY)}
    assert ("done", archive, edge) == (check.state, found(check, "archive"), found(check, "edge"))
    assert [] == await told(handing, EventType.TIER_ALERT)


@pytest.mark.covers("T-TI-08")
async def test_an_altered_archive_object_is_found_and_mended_from_the_edge(
    kept: tuple[Handing, Filed, str],
) -> None:
    """Until then it answers nobody; the right bytes are verified before the wrong ones go."""
    handing, _, made = kept
    key = await key_of(handing, made)
    alter(handing, key)

    seen = await checking(handing).run_now(PERSON, is_full=True, repairs=False)
    lost = await states(handing, made)
    mended = await checking(handing).run_now(PERSON, repairs=True)

    assert (1, 1) == (found(seen, "archive")["wrong"], found(seen, "archive")["lost"])
    assert {"archive": "lost", "edge": "present"} == lost
    assert 1 == found(mended, "archive")["repaired"]
    assert PROXY == handing.archive.path(key).read_bytes()
    assert {"archive": "present", "edge": "present"} == await states(handing, made)
    [loss] = await told(handing, EventType.PLACEMENT_LOST)
    assert (made, "wrong bytes", key) == (loss.subject, loss.data["reason"], loss.data["key"])
    assert [made] == [one.subject for one in await told(handing, EventType.PLACEMENT_REPAIRED)]
    assert 2 == len(await told(handing, EventType.TIER_ALERT))


@pytest.mark.covers("T-LI-03")
async def test_what_has_no_other_copy_stays_lost_and_untouched(
    kept: tuple[Handing, Filed, str],
) -> None:
    """The last bytes of an original are never deleted, whatever they are."""
    handing, filed, _ = kept
    key = await key_of(handing, filed.content_id)
    alter(handing, key)
    altered = handing.archive.path(key).read_bytes()

    checks = [await checking(handing).run_now(PERSON, is_full=True) for _ in range(2)]

    assert [1, 1] == [found(check, "archive")["lost"] for check in checks]
    assert {"archive": "lost"} == await states(handing, filed.content_id)
    assert altered == handing.archive.path(key).read_bytes()
    assert 1 == len(await told(handing, EventType.PLACEMENT_LOST))
    with pytest.raises(NoCopy):
        await handing.locator.open_copy(filed.content_id)


async def test_what_is_missing_is_doubted_and_ten_minutes_later_lost(
    kept: tuple[Handing, Filed, str],
) -> None:
    """The daily check waits for the second miss, and mends then; nobody has to ask."""
    handing, _, made = kept
    await handing.edge.delete(await key_of(handing, made, "edge"))

    first = await checking(handing).run_now(SYSTEM_ACTOR)
    between = await states(handing, made)
    handing.clock = Clock(now=lambda: utc_now() + timedelta(minutes=11))
    second = await checking(handing).run_now(SYSTEM_ACTOR)

    assert 1 == found(first, "edge")["doubted"]
    assert "present" == between["edge"]
    assert (1, 1) == (found(second, "edge")["missing"], found(second, "edge")["repaired"])
    assert PROXY == handing.edge.path(await key_of(handing, made, "edge")).read_bytes()


@pytest.mark.covers("T-TI-08")
async def test_an_edge_that_was_wiped_plays_on_and_is_filled_again_by_hand(
    kept: tuple[Handing, Filed, str],
) -> None:
    """The archive answers meanwhile; a person's word is enough for what is missing."""
    handing, _, made = kept
    for key in await handing.edge.list_keys():
        await handing.edge.delete(key)

    copy = await handing.locator.open_copy(made)
    check = await checking(handing).run_now(PERSON, repairs=True)

    assert Tier.ARCHIVE is copy.tier
    assert 1 == found(check, "edge")["repaired"]
    assert {"archive": "present", "edge": "present"} == await states(handing, made)


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_small_pages_find_the_same(kept: tuple[Handing, Filed, str], page: int) -> None:
    """A stretch with more rows than objects, or the contrary, is compared piece by piece."""
    handing, filed, _ = kept
    for name in ("360p", "540p", "1080p"):
        other = await handing.files.rendition(
            filed, name, content=PROXY, layout=layout_of(name, PROXY)
        )
        await handing.keep(other, PROXY)
    for key in await handing.edge.list_keys():
        await handing.edge.delete(key)
    for name in ("A/strange", "Zebra/strange", "Zebra/stranger"):
        handing.archive.path(name).parent.mkdir(exist_ok=True)
        handing.archive.path(name).write_bytes(b"whose?")
    few = replace(checking(handing, scrub_bytes=0), page=page)

    check = await few.run_now(SYSTEM_ACTOR, repairs=False)

    assert {"rows": 4, "doubted": 4} == found(check, "edge")
    assert {"rows": 5, "objects": 8, "unknown": 3} == found(check, "archive")


async def test_what_no_row_tells_of_is_named_and_stays(kept: tuple[Handing, Filed, str]) -> None:
    """Nothing is deleted for want of a row."""
    handing, _, _ = kept
    strange = handing.archive.path("Zebra/strange.mov")
    strange.parent.mkdir()
    strange.write_bytes(b"whose?")

    check = await checking(handing).run_now(PERSON, repairs=True)

    assert 1 == found(check, "archive")["unknown"]
    assert ["archive: Zebra/strange.mov"] == check.report["unknown"]
    assert b"whose?" == strange.read_bytes()


async def test_a_scrub_goes_on_where_the_last_one_ended(handing: Handing) -> None:
    """Three blocks of one object and one of another take as many days as the budget says."""
    filed = await handing.files.asset(b"original")
    for name, content in (("1080p", b"1" * (2 * BLOCK_BYTES + 9)), ("720p", b"7")):
        made = await handing.files.rendition(
            filed, name, content=content, layout=layout_of(name, PROXY)
        )
        await handing.keep(made, content)
    await handing.edge.delete("proxies/none")

    days = [await checking(handing, scrub_bytes=1).run_now(SYSTEM_ACTOR) for _ in range(5)]

    read = [found(check, "archive")["bytes_read"] for check in days]
    assert [BLOCK_BYTES, BLOCK_BYTES, 9, 1, BLOCK_BYTES] == read


async def test_a_store_that_is_away_fails_the_check_and_loses_nothing(
    kept: tuple[Handing, Filed, str],
) -> None:
    """The other tier is checked all the same."""
    handing, _, made = kept
    asked = checking(handing)

    class Away:
        async def list_sizes(self, *_given: object) -> list[tuple[str, int]]:
            raise Unreachable("The edge is away.")

    away: Any = Away()
    check = await replace(asked, stores={**asked.stores, Tier.EDGE: away}).run_now(PERSON)

    assert ("failed", 2) == (check.state, found(check, "archive")["rows"])
    assert "store.unreachable: The edge is away." == found(check, "edge")["trouble"]
    assert {"archive": "present", "edge": "present"} == await states(handing, made)
    assert "failed" == (await told(handing, EventType.TIER_ALERT))[0].data["state"]


async def test_a_check_that_is_asked_for_is_a_row_and_an_event(handing: Handing) -> None:
    """The job follows the event; a check that nobody knows is missing."""
    asked = await checking(handing).ask(PERSON, is_full=True, repairs=False)

    await checking(handing).run(asked.id)

    [event] = await told(handing, EventType.TIER_CHECK_ASKED)
    assert (asked.id, PERSON) == (event.subject, event.actor)
    assert ["done"] == [check.state for check in await checking(handing).list_newest()]
    with pytest.raises(CheckNotFound):
        await checking(handing).get("chk_unknown")


@pytest.fixture
async def many(
    sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Handing, list[str]]]:
    """Small qualities, each in the archive and on the edge: a hundred in a long run."""
    database = open_database(sqlite_url)
    async with open_handing(tmp_path, database, Clock()) as handing:
        filed = await handing.files.asset(b"original")
        made = []
        for number in range(100 if request.config.getoption("--long") else 20):
            content = PROXY + str(number).encode()
            each = await handing.files.rendition(
                filed, f"q{number}", content=content, layout=layout_of(f"q{number}", content)
            )
            await handing.keep(each, content)
            made.append(each)
        yield handing, made
    await database.close()


@pytest.mark.covers("T-TI-08")
async def test_every_altered_object_is_found_and_mended(
    many: tuple[Handing, list[str]],
) -> None:
    """As many as there are."""
    handing, made = many
    keys = [await key_of(handing, each) for each in made]
    for key in keys:
        alter(handing, key)

    check = await checking(handing).run_now(PERSON, is_full=True, repairs=True)

    assert (len(made), len(made)) == (
        found(check, "archive")["wrong"],
        found(check, "archive")["repaired"],
    )
    assert "lost" not in found(check, "archive")
    ends = [handing.archive.path(key).read_bytes() for key in keys]
    assert [PROXY + str(number).encode() for number in range(len(made))] == ends


async def test_what_is_back_where_it_was_counts_again(kept: tuple[Handing, Filed, str]) -> None:
    """Of an original there is no other copy: a person restores it, and the next check reads it."""
    handing, filed, _ = kept
    key = await key_of(handing, filed.content_id)
    alter(handing, key)
    await checking(handing).run_now(PERSON, is_full=True)

    handing.archive.path(key).write_bytes(b"original")
    check = await checking(handing).run_now(SYSTEM_ACTOR)

    assert 1 == found(check, "archive")["repaired"]
    assert {"archive": "present"} == await states(handing, filed.content_id)


async def test_a_miss_that_was_none_is_forgotten(kept: tuple[Handing, Filed, str]) -> None:
    """Only two misses in a row are a loss."""
    handing, _, made = kept
    path = handing.edge.path(await key_of(handing, made, "edge"))
    aside = path.with_name("aside")

    path.rename(aside)
    await checking(handing).run_now(SYSTEM_ACTOR)
    aside.rename(path)
    await checking(handing).run_now(SYSTEM_ACTOR)
    path.rename(aside)
    handing.clock = Clock(now=lambda: utc_now() + timedelta(minutes=11))
    check = await checking(handing).run_now(SYSTEM_ACTOR)

    assert 1 == found(check, "edge")["doubted"]
    assert "present" == (await states(handing, made))["edge"]


@pytest.mark.parametrize("state", ["copying", "absent"])
async def test_a_repair_that_was_killed_is_done_again(
    kept: tuple[Handing, Filed, str], state: str
) -> None:
    """Its claim has run out, or it was given back: the object is lost all the same."""
    handing, _, made = kept
    key = await key_of(handing, made)
    handing.archive.path(key).unlink()
    async with handing.database.transaction() as connection:
        mine = (placements.c.object_id == made, placements.c.tier == "archive")
        lease_until = handing.clock.now() - timedelta(minutes=1) if state == "copying" else None
        values = {"state": state, "lease_until": lease_until}
        await connection.execute(update(placements).where(*mine).values(**values))

    check = await checking(handing).run_now(SYSTEM_ACTOR)

    assert 1 == found(check, "archive")["repaired"]
    assert PROXY == handing.archive.path(key).read_bytes()


async def test_no_unread_file_becomes_the_object_that_was_lost(
    kept: tuple[Handing, Filed, str],
) -> None:
    """The edge lies on the same disk: a second name of its file would be made in no time."""
    handing, _, made = kept
    key = await key_of(handing, made)
    alter(handing, await key_of(handing, made, "edge"), Tier.EDGE)
    handing.archive.path(key).unlink()

    check = await checking(handing, scrub_bytes=0).run_now(PERSON)

    assert 1 == found(check, "archive")["lost"]
    assert not handing.archive.path(key).exists()


async def test_a_machine_without_files_to_give_loses_nothing(
    kept: tuple[Handing, Filed, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That says nothing of the bytes: the check fails, and comes again."""
    handing, _, made = kept
    asked = checking(handing)

    class Short:
        async def head(self, _key: str) -> None:
            with translated():
                raise OSError(errno.EMFILE, "too many open files")

    short: Any = Short()
    monkeypatch.setattr(short, "list_sizes", handing.edge.list_sizes, raising=False)
    check = await replace(asked, stores={**asked.stores, Tier.EDGE: short}).run_now(PERSON)

    assert str(found(check, "edge")["trouble"]).startswith("store.busy")
    assert "present" == (await states(handing, made))["edge"]
