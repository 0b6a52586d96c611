"""The whole server is killed in mid-upload, again and again: no acknowledged byte is lost."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx
import pytest

from tests.support.aftermath import come_to_rest, kill_house, list_doubled, list_processes
from tests.support.moments import until
from tests.support.parcels import MIB, Parcel, Sender
from tests.support.served import Client, Served, serving

PARCELS = 4
PAUSE = 0.01
"""Seconds between pieces: slow enough for a middle to die in."""


async def send_through_deaths(
    served: Served, client: Client, parcels: list[Parcel], chance: random.Random, rounds: int
) -> None:
    """Send all at once, and kill the server `rounds` times meanwhile."""
    link = client.make_link()
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
        sender = Sender(http, f"{link['url']}/files/", chance, PAUSE)
        for parcel in parcels:
            await sender.begin(parcel)
        for _ in range(rounds):
            sending = asyncio.create_task(sender.send_all(parcels))
            await asyncio.wait([sending], timeout=chance.uniform(0.05, 1.0))
            kill_house(served)
            await sending
            served.start()
        await sender.send_all(parcels)


async def check_kept(client: Client, data: Path, parcel: Parcel) -> None:
    """One asset, its digest that of the file, and nothing told twice."""
    asset = await asyncio.to_thread(client.settled, parcel.name)
    await until(
        lambda: client.get(f"/assets/{asset['id']}")["digest"] is not None, what="the digest"
    )
    assert ("ready", parcel.digest) == (
        asset["state"],
        client.get(f"/assets/{asset['id']}")["digest"],
    )
    assert 1 == len(client.get("/assets", q=parcel.name)["items"])
    assert [] == list_doubled(client, asset["id"])
    (kept,) = (data / "archive" / "originals").rglob(parcel.name)
    assert parcel.content == kept.read_bytes()


@pytest.mark.covers("X-UP-15", "S-UP-11", "S-UP-12")
async def test_a_server_that_is_killed_in_mid_upload_loses_no_acknowledged_byte(
    tmp_path: Path, chance: random.Random, rounds: int
) -> None:
    """Several uploads at once; after each death they go on, and each becomes one asset."""
    sizes = [chance.randrange(6 * MIB, 14 * MIB) for _ in range(PARCELS)]
    parcels = [
        Parcel(f"take_{number}.zip", chance.randbytes(size)) for number, size in enumerate(sizes)
    ]
    with serving(tmp_path) as served:
        with served.client() as client:
            await send_through_deaths(served, client, parcels, chance, rounds)

            assert all(parcel.is_sent for parcel in parcels)
            for parcel in parcels:
                await check_kept(client, served.data, parcel)
            await come_to_rest(client, served.data)
        assert 0 == served.stop()
        assert [] == list_processes(served.data)
