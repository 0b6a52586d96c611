"""kill -9 between partial uploads and their final: nothing is lost, and it is made in the end."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx
import pytest

from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.upload import State
from tests.support.parting import begin_partial, id_of, join
from tests.support.receiving import Sender, make_parts, metadata, start

LONG_ROUNDS = 20


async def send(sender: Sender, url: str, body: bytes) -> None:
    """Send what is missing of a partial, or as much as the server lives to see."""
    try:
        offset = await sender.offset(url)
        if offset < len(body):
            await sender.append(url, offset, body[offset:])
    except httpx.TransportError:
        return


async def find_state(url: str, folder: Path, final: str, body: bytes) -> tuple[State, bool]:
    """Return the state of a final as the sweep leaves it, and whether its bytes are right."""
    parts = make_parts(url, folder)
    try:
        await parts.sweep.run()
        upload = await parts.upload(id_of(final))
        return upload.state, body == await parts.content(upload.id)
    finally:
        await parts.database.close()
        parts.spool.threads.shutdown()


async def kill_and_join(
    url: str, folder: Path, token: str, *, seed: int, grouped: bool, deaths: int = 1
) -> None:
    """Kill the server while the last bytes arrive; go on with the next until all are there."""
    chance = random.Random(seed)  # noqa: S311 - when to pull the plug
    bodies = [chance.randbytes(BLOCK_BYTES), chance.randbytes(700_000)]
    places = (0, BLOCK_BYTES)
    words = [
        metadata(
            rushes_group=f"{seed:032x}",
            rushes_start=str(place),
            rushes_total=str(sum(map(len, bodies))),
        )
        if grouped
        else ""
        for place in places
    ]
    paths: list[str] = []
    async with httpx.AsyncClient(timeout=30) as http:
        for number in range(deaths + 1):
            server = await start(url, folder, token)
            sender = Sender(http, f"{server.address}/u/{token}/files/")
            if not paths:
                made = [
                    await begin_partial(
                        sender, len(body), **({"upload_metadata": told} if told else {})
                    )
                    for body, told in zip(bodies, words, strict=True)
                ]
                answer = await join(sender, *made)
                assert answer.status_code == 201, answer.text
                urls = [*made, answer.headers["Location"]]
                paths = [one.removeprefix(server.address) for one in urls]
            sending = asyncio.gather(
                *(
                    send(sender, f"{server.address}{path}", body)
                    for path, body in zip(paths, bodies, strict=False)
                )
            )
            if number < deaths:
                await asyncio.wait([sending], timeout=chance.uniform(0.05, 0.6))
                await server.kill()
            await sending
            await server.kill()
    state, is_right = await find_state(url, folder, paths[-1], b"".join(bodies))
    assert (state, is_right) == (State.COMPLETED, True)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("grouped", [False, True], ids=["files", "group"])
async def test_a_final_is_made_whatever_was_killed(
    sqlite_url: str, tmp_path: Path, link_token: str, *, grouped: bool
) -> None:
    """The partials are whole in the end, so the final is; by the last of them, or by the sweep."""
    await kill_and_join(sqlite_url, tmp_path / "house", link_token, seed=1, grouped=grouped)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("grouped", [False, True], ids=["files", "group"])
async def test_a_final_is_made_after_many_deaths(
    database_url: str, tmp_path: Path, link_token: str, *, grouped: bool
) -> None:
    """The same, more often, and on PostgreSQL."""
    for seed in range(LONG_ROUNDS):
        await kill_and_join(
            database_url, tmp_path / "house", link_token, seed=seed, grouped=grouped, deaths=3
        )
