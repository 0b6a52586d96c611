"""Edges of several regions: filled by who watches there, each with rows and rules of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from rushes.db.tables import placements
from rushes.delivery.region import Regions
from rushes.delivery.sign import Grant, Scope
from rushes.http.regions import Nearness
from rushes.library import records as library_records
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.store import Unreachable
from rushes.tiers import eviction_records
from rushes.tiers.check import open_checking
from rushes.tiers.overview import Place
from rushes.tiers.placement import RegionUnknown, Tier, edge_in
from rushes.tiers.reads import Reads
from rushes.tiers.rules import PRESETS, Preset
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of

US = edge_in("us")
PROXY = b"proxy" * 300


@pytest.fixture
async def spread(handing: Handing) -> AsyncIterator[tuple[Handing, Filed, str, FolderStore]]:
    """A quality on the home edge, and an edge in the US that holds nothing yet."""
    async with await open_folder(handing.folder / "us") as store:
        handing.further = {US: store}
        handing.nearness = Nearness(Regions({"us": ("US",)}), "CF-IPCountry")
        handing.reads = Reads(handing.database, handing.clock, handing.recalling)
        filed = await handing.files.asset(b"original")
        made = await handing.files.rendition(
            filed, "360p", content=PROXY, layout=layout_of("360p", PROXY)
        )
        await handing.keep(made, PROXY)
        yield handing, filed, made, store


async def watch(
    handing: Handing, filed: Filed, country: str, region: str | None = None
) -> tuple[int, bytes]:
    """Read the file from a country, as a player that may have chosen a region."""
    ends = handing.clock.now() + timedelta(hours=1)
    grant = Grant(filed.asset_id, Scope.PLAY, None, "acc_1", ends, region=region)
    async with handing.client() as client:
        address = f"/p/{handing.signer.sign(grant)}/360p.mp4"
        got = await client.get(address, headers={"CF-IPCountry": country})
    await handing.reads.flush()
    return got.status_code, got.content


async def states(handing: Handing, object_id: str) -> dict[str, str]:
    """Return the state of an object on each tier that knows it."""
    async with handing.database.reading() as connection:
        query = select(placements.c.tier, placements.c.state)
        found = await connection.execute(query.where(placements.c.object_id == object_id))
        return {row.tier: row.state for row in found}


@pytest.mark.covers("C-PV-06", "M-PB-22", "T-TI-02")
async def test_what_is_watched_in_a_region_comes_to_its_edge(
    spread: tuple[Handing, Filed, str, FolderStore],
) -> None:
    """The first viewer has the bytes of the home edge; the next ones have them near."""
    handing, filed, made, store = spread

    at_home = await watch(handing, filed, "DE")
    untouched = await states(handing, made)
    first = await watch(handing, filed, "US")
    await handing.recalling.fill(made, US.value)
    copy = await handing.locator.open_copy(made, near=US)

    assert [(200, PROXY)] * 2 == [at_home, first]
    assert {"archive": "present", "edge": "present"} == untouched
    assert untouched | {"edge-us": "present"} == await states(handing, made)
    assert [f"proxies/{filed.asset_id}/360p.mp4"] == await store.list_keys()
    assert US is copy.tier


async def test_a_region_that_a_player_chose_wins_over_its_country(
    spread: tuple[Handing, Filed, str, FolderStore],
) -> None:
    """It has timed the edges; the address that it got says so in each range it asks for."""
    handing, filed, made, _ = spread

    await watch(handing, filed, "US", region="home")
    chose_home = await states(handing, made)
    await watch(handing, filed, "DE", region="us")

    assert "edge-us" not in chose_home
    assert "absent" == (await states(handing, made))["edge-us"]


@pytest.mark.covers("CF-03")
async def test_each_edge_is_emptied_by_its_own_reads(
    spread: tuple[Handing, Filed, str, FolderStore],
) -> None:
    """What is watched at home stays there, and leaves the region where nobody watches it."""
    handing, filed, made, store = spread
    await watch(handing, filed, "US")
    await handing.recalling.fill(made, US.value)
    async with handing.database.transaction() as connection:
        old = handing.clock.now() - timedelta(days=60)
        await connection.execute(
            update(placements).values(arrived_at=old, last_access_at=old, created_at=old)
        )
    await watch(handing, filed, "DE")
    rules = replace(PRESETS[Preset.DEFAULT], keep_below_bytes=0)
    place = Place("us", "folder", 10**9)
    retaining = replace(handing.retaining(rules), further={US: place})

    plans = [await retaining.plan(tier) for tier in (Tier.EDGE, US)]
    marked = await retaining.carry_out(at_most=5, edge=US.value)
    gone = await handing.evicting().finish_due()

    assert [0, 1] == [each.leaving.objects for each in plans]
    assert (1, 1, []) == (marked, gone, await store.list_keys())
    found = await states(handing, made)
    assert ("present", "absent") == (found["edge"], found["edge-us"])
    with pytest.raises(RegionUnknown):
        await retaining.plan(edge_in("mars"))


async def test_a_region_is_checked_and_mended_like_any_tier(
    spread: tuple[Handing, Filed, str, FolderStore],
) -> None:
    """Its copy is damaged by hand; the check reads it, and makes it anew of another one."""
    handing, filed, made, store = spread
    await watch(handing, filed, "US")
    await handing.recalling.fill(made, US.value)
    [key] = await store.list_keys()
    path = store.path(key)
    path.unlink()
    path.write_bytes(PROXY[:-1] + b"X")

    checking = open_checking(handing.keeper, handing.locator, 10**9)
    check = await checking.run_now("acc_1", is_full=True)

    assert {"archive", "edge", "edge-us"} == set(check.report["tiers"])
    assert (1, 1) == tuple(check.report["tiers"]["edge-us"][name] for name in ("wrong", "repaired"))
    assert PROXY == path.read_bytes()


async def test_a_region_that_is_taken_out_of_the_settings_answers_nobody(
    spread: tuple[Handing, Filed, str, FolderStore],
) -> None:
    """Other copies do; what lies there is neither lost nor deleted, and the trouble is named."""
    handing, filed, made, store = spread
    await watch(handing, filed, "US")
    await handing.recalling.fill(made, US.value)
    handing.further = {}

    copy = await handing.locator.open_copy(made, near=US)
    with pytest.raises(Unreachable, match="region us"):
        await handing.recalling.keeper.edge.store_of(US).head("any")

    assert Tier.EDGE is copy.tier
    assert "present" == (await states(handing, made))["edge-us"]
    assert [f"proxies/{filed.asset_id}/360p.mp4"] == await store.list_keys()


@pytest.mark.parametrize(("country", "state"), [("DE", "evicting"), ("US", "present")])
async def test_what_leaves_a_region_is_brought_back_by_its_own_viewers_alone(
    spread: tuple[Handing, Filed, str, FolderStore], country: str, state: str
) -> None:
    """Else what is watched at home would never leave a region."""
    handing, filed, made, _ = spread
    await watch(handing, filed, "US")
    await handing.recalling.fill(made, US.value)
    handing.reads = Reads(handing.database, handing.clock, handing.recalling)
    async with handing.database.transaction() as connection:
        leaving = {"state": "evicting", "leaving_at": handing.clock.now(), "leaving_for": "unread"}
        in_us = placements.c.tier == US.value
        await connection.execute(update(placements).where(in_us).values(**leaving))

    await watch(handing, filed, country)

    assert state == (await states(handing, made))["edge-us"]


async def test_a_region_that_lets_nothing_go_keeps_no_other_edge_full(
    spread: tuple[Handing, Filed, str, FolderStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was marked before; the home edge has a page of its own."""
    handing, filed, made, _ = spread
    await watch(handing, filed, "US")
    await handing.recalling.fill(made, US.value)
    async with handing.database.transaction() as connection:
        old = handing.clock.now() - timedelta(hours=1)
        marked = {"state": "evicting", "leaving_at": old, "leaving_for": "unread"}
        gone = {**marked, "leaving_at": old - timedelta(days=1)}
        on_edge = placements.c.tier == Tier.EDGE.value
        await connection.execute(update(placements).where(on_edge).values(**marked))
        in_us = placements.c.tier == US.value
        await connection.execute(update(placements).where(in_us).values(**gone))
        await connection.execute(update(placements).values(last_access_at=None))
    monkeypatch.setattr(eviction_records, "PAGE", 1)
    handing.further = {}

    left = await handing.evicting().finish_due()

    found = await states(handing, made)
    assert (1, "absent", "evicting") == (left, found["edge"], found["edge-us"])


async def test_a_deleted_asset_leaves_every_edge(
    spread: tuple[Handing, Filed, str, FolderStore],
) -> None:
    """And its wish for a region is told with the name of that region."""
    handing, filed, made, store = spread
    await watch(handing, filed, "US")
    await handing.recalling.fill(made, US.value)
    async with handing.database.transaction() as connection:
        await library_records.delete_asset(connection, filed.asset_id)

    await handing.remover.remove_content(filed.content_id)

    assert ([], []) == (await store.list_keys(), await handing.edge.list_keys())
    assert {} == await states(handing, made)
