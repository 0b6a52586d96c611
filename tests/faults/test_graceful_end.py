"""A server that is asked to end does so in time, keeps what it has, and goes on when started."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.aftermath import come_to_rest, list_doubled, list_jobs, list_processes
from tests.support.clips import PIECEWISE, await_middle, check_made, make_clip, send_clip
from tests.support.moments import until
from tests.support.parcels import MIB, Parcel, Sender
from tests.support.served import Client, serving

END_SECONDS = 10
PARCELS = 3
PAUSE = 0.05
"""Seconds between pieces: an upload takes half a minute."""


async def await_bytes(data: Path, parcels: Iterable[Parcel]) -> None:
    """Wait until something of each has reached the disk."""

    def is_there() -> bool:
        ids = [parcel.path.rpartition("/")[2] for parcel in parcels]
        return all((data / "spool" / each[-2:] / f"{each}.0").stat().st_size for each in ids)

    await until(is_there, what="bytes of every upload", pause=0.05)


def is_working(client: Client) -> bool:
    """Return whether a job runs just now."""
    return "running" in {job["state"] for job in list_jobs(client)}


async def check_kept(client: Client, parcel: Parcel) -> None:
    """The upload became one asset, of the bytes that were sent."""
    asset = await asyncio.to_thread(client.settled, parcel.name)
    original = client.get(f"/assets/{asset['id']}/download", quality="original")["url"]
    assert "ready" == asset["state"]
    assert parcel.content == client.http.get(original).content
    assert [] == list_doubled(client, asset["id"])


@pytest.mark.covers("S-UP-11", "S-UP-12")
@pytest.mark.timeout(120)
async def test_a_server_that_is_asked_to_end_keeps_everything_and_goes_on(
    tmp_path: Path, media_files: MediaFiles, chance: random.Random
) -> None:
    """TERM while uploads run and a ladder is made: gone in ten seconds, ended by the next start."""
    parcels = [Parcel(f"take_{n}.zip", chance.randbytes(32 * MIB)) for n in range(PARCELS)]
    clip = make_clip(media_files, chance)
    with serving(tmp_path, **PIECEWISE) as served, served.client() as client:
        link = client.make_link()
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:
            sender = Sender(http, f"{link['url']}/files/", chance, PAUSE)
            for parcel in parcels:
                await sender.begin(parcel)
            sending = asyncio.create_task(sender.send_all(parcels))
            await await_bytes(served.data, parcels)
            await send_clip(served, client, clip, chance)
            await await_middle(served.data, chance, 1)
            await until(lambda: is_working(client), what="a job that runs")

            code = await asyncio.to_thread(served.stop, END_SECONDS)

            await sending
            assert not any(parcel.is_sent for parcel in parcels)
            assert (0, []) == (code, list_processes(served.data))
            served.start()
            await replace(sender, pause=0).send_all(parcels)
        assert all(parcel.is_sent for parcel in parcels)
        for parcel in parcels:
            await check_kept(client, parcel)
        await check_made(client, clip)
        await come_to_rest(client, served.data)
