"""Keys are rotated: all opens at each moment, and an old key goes when nothing needs it."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from rushes.access.keys import (
    SECRET,
    SIGNING,
    KeysHeld,
    add_key,
    holding,
    load_ring,
)
from rushes.access.link import Link
from rushes.access.linking import LinkWish
from rushes.access.permit import SYSTEM, Role
from rushes.access.rotating import Rotated, Rotating
from rushes.access.seal import Sealer
from rushes.access.sealed_records import SEALED, close_anew
from rushes.clock import Clock
from rushes.db.engine import open_database
from rushes.db.notify_tables import webhooks
from rushes.db.tables import events, links
from rushes.settings import Settings
from tests.support.entrance import ADMIN, Hall, build_hall
from tests.support.moments import Hands

DAY = timedelta(days=1)
HOOK = "whk_1"


@pytest.fixture
async def hall(database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Hall]:
    """A server that runs on while keys change, with an admin, over each kind of database."""
    database = open_database(database_url)
    try:
        built = build_hall(database, clock, Settings(), tmp_path / "keys")
        await built.add(ADMIN, Role.SUPERADMIN)
        yield built
    finally:
        await database.close()


@pytest.fixture
def keys(hall: Hall, tmp_path: Path) -> Rotating:
    """What a command does beside the server."""
    return Rotating(hall.database, hall.clock, tmp_path / "keys")


async def add_links(hall: Hall, count: int = 3) -> list[tuple[Link, str]]:
    """Make upload links; return them with their tokens."""
    made = [
        await hall.entrance.linking.create(SYSTEM, "Acme", "Spring", LinkWish())
        for _ in range(count)
    ]
    return [(link, token) for link, _, token in made]


async def add_hook(hall: Hall) -> None:
    """Keep a webhook with two secrets."""
    sealer, now = hall.entrance.linking.sealer, hall.clock.now()
    kept = {
        "secret_sealed": sealer.close(f"webhooks.secret.{HOOK}", "whsec_new"),
        "old_secret_sealed": sealer.close(f"webhooks.secret.{HOOK}", "whsec_old"),
    }
    facts: dict[str, object] = {
        "id": HOOK,
        "url": "https://a.example",
        "events": [],
        "description": "",
    }
    facts |= {"project_ids": None, "created_by": "system", "created_at": now}
    async with hall.database.transaction() as connection:
        await connection.execute(insert(webhooks).values(**facts, **kept))


async def list_begins(hall: Hall) -> set[bytes]:
    """Return by which keys all that is kept is sealed."""
    found: set[bytes] = set()
    async with hall.database.reading() as connection:
        for sealed in SEALED:
            rows = await connection.execute(select(sealed.column))
            found |= {text.split(b":")[1] for text in rows.scalars() if text is not None}
    return found


async def test_all_is_sealed_anew_while_the_server_runs(hall: Hall, keys: Rotating) -> None:
    """Links, both secrets of a webhook and a second factor; the server opens and closes on."""
    made = await add_links(hall)
    await add_hook(hall)
    admin = await hall.logged_in(ADMIN)
    await admin.post("/api/v1/session/second-factor")

    done = await keys.rotate()
    after = await add_links(hall, 1)
    draft = await admin.get("/api/v1/session/second-factor/code")
    await admin.aclose()

    uses = await keys.list_uses()
    assert (True, 6, 0) == (done.is_new, done.resealed, done.unreadable)
    assert {done.key_id.encode()} == await list_begins(hall)
    assert 200 == draft.status_code
    for link, token in [*made, *after]:
        assert token == hall.entrance.linking.find_token(link_now(link, await rows_of(hall)))
    assert [(SECRET, False, 0), (SECRET, True, 7), (SIGNING, True, None)] == [
        (use.ring, use.is_newest, use.rows) for use in uses
    ]
    async with hall.database.reading() as connection:
        told = await connection.execute(select(events.c.data).where(events.c.type == "key.rotated"))
        assert [{"rows": 6}] == list(told.scalars())


async def rows_of(hall: Hall) -> dict[str, bytes]:
    """Return the sealed tokens of links by id."""
    async with hall.database.reading() as connection:
        return {row.id: row.token_sealed for row in await connection.execute(select(links))}


def link_now(link: Link, rows: dict[str, bytes]) -> Link:
    """Return a link with the sealed token that its row has now."""
    return replace(link, token_sealed=rows[link.id])


async def test_what_ends_in_the_middle_goes_on(hall: Hall, keys: Rotating) -> None:
    """With the new key on disk and one row written, all opens; the next run adds no third key."""
    made = await add_links(hall)
    with holding(keys.folder):
        ring = add_key(keys.folder, SECRET, hall.clock)
    row_id, former = next(iter((await rows_of(hall)).items()))
    sealer = Sealer(ring, hall.clock)
    anew = sealer.close(f"links.token.{row_id}", sealer.open(f"links.token.{row_id}", former))
    async with hall.database.transaction() as connection:
        await close_anew(connection, SEALED[0], row_id, former, anew)

    between = await rows_of(hall)
    for link, token in made:
        assert token == hall.entrance.linking.find_token(link_now(link, between))
    ended = await keys.rotate()

    assert Rotated(ring.newest.id, is_new=False, resealed=2, unreadable=0) == ended
    assert 2 == len(load_ring(keys.folder, SECRET, hall.clock).keys)


async def test_an_old_key_goes_when_nothing_needs_it(
    hall: Hall, keys: Rotating, hands: Hands
) -> None:
    """Not before a day, not while a row names it; of signing keys after eight days."""
    made = await add_links(hall)
    before = await rows_of(hall)
    await keys.rotate()
    await keys.rotate_signing()
    row_id = made[0][0].id
    old = update(links).where(links.c.id == row_id).values(token_sealed=before[row_id])
    async with hall.database.transaction() as connection:
        await connection.execute(old)

    gone = [await keys.forget()]
    hands.advance(DAY)
    gone += [await keys.forget()]
    ended = await keys.rotate()
    gone += [await keys.forget()]
    hands.advance(7 * DAY)
    gone += [await keys.forget(), await keys.forget()]

    assert (False, 1) == (ended.is_new, ended.resealed)
    assert [0, 0, 1, 1, 0] == [len(ids) for ids in gone]
    assert 1 == len(load_ring(keys.folder, SECRET, hall.clock).keys)
    assert 1 == len(load_ring(keys.folder, SIGNING, hall.clock).keys)
    assert 0o600 == stat.S_IMODE((keys.folder / "secret.key").stat().st_mode)
    assert {"secret.key", "signing.key"} == {path.name for path in keys.folder.iterdir()}
    for link, token in made:
        assert token == hall.entrance.linking.find_token(link_now(link, await rows_of(hall)))


async def test_a_row_that_opens_with_no_key_stops_nothing(hall: Hall, keys: Rotating) -> None:
    """It is counted and stays as it is; a further rotation makes a further key."""
    await add_links(hall)
    async with hall.database.transaction() as connection:
        spoiled = {"token_sealed": b"v1:00000000:AAAA:AAAA"}
        first = (await connection.execute(select(links.c.id))).scalars().first()
        await connection.execute(update(links).where(links.c.id == first).values(**spoiled))

    first_run, second_run = await keys.rotate(), await keys.rotate()

    assert [(True, 2, 1)] * 2 == [
        (run.is_new, run.resealed, run.unreadable) for run in (first_run, second_run)
    ]
    assert first_run.key_id != second_run.key_id


async def test_who_wrote_meanwhile_wins_and_one_rotates_at_a_time(
    hall: Hall, keys: Rotating
) -> None:
    """A row that is another one by now is left; a second run is refused while one is at work."""
    (link, _), *_ = await add_links(hall, 1)
    async with hall.database.transaction() as connection:
        is_done = await close_anew(connection, SEALED[0], link.id, b"another", b"anew")

    with holding(keys.folder), pytest.raises(KeysHeld):
        await keys.rotate()

    assert not is_done
    assert [True] == [use.is_newest for use in await keys.list_uses() if use.ring == SECRET]
