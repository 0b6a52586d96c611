"""The relay loses nothing and starts nothing twice, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import insert, literal, select

from rushes.db import counts, tables
from rushes.db.engine import Database, open_database
from rushes.db.listen import listen
from rushes.db.tables import events
from rushes.events import outbox
from rushes.events.event import EventType
from rushes.events.relay import LOT, Call, Relay, Start
from tests.support.moments import until
from tests.support.working import record

STORY = {EventType.UPLOAD_COMPLETED: (Start("ingest"), Start("count"))}


class Engine:
    """Remembers what it was asked to start; each id counts once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refused: set[str] = set()

    async def start(self, call: Call) -> None:
        """Start a workflow, or fail."""
        if call.id in self.refused:
            raise RuntimeError("not now")
        self.asked.append(call.id)


async def count_waiting(database: Database) -> int:
    """Return how many events wait."""
    async with database.reading() as connection:
        return await counts.count_unrelayed(connection)


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    """Run a relay meanwhile."""
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.covers("BG-79")
async def test_everything_that_follows_from_an_event_is_started_in_order(
    database: Database,
) -> None:
    """Two starts for each event, then the outbox is empty."""
    engine = Engine()
    await record(database, "upl_1", "upl_2")

    assert 2 == await Relay(database, STORY, engine.start).relay_all()

    assert ["ingest:upl_1:1", "count:upl_1:1", "ingest:upl_2:1", "count:upl_2:1"] == engine.asked
    assert 0 == await count_waiting(database)


async def test_an_event_from_which_nothing_follows_is_taken_out(database: Database) -> None:
    """The outbox holds what waits, not what happened."""
    await record(database, "upl_1")

    assert 1 == await Relay(database, {}, Engine().start).relay_all()

    assert 0 == await count_waiting(database)


async def test_what_could_not_be_started_stays_and_the_rest_goes_on(database: Database) -> None:
    """It is asked for again at the next look, once it can be started."""
    engine = Engine()
    engine.refused = {"count:upl_1:1"}
    relay = Relay(database, STORY, engine.start)
    await record(database, "upl_1", "upl_2")

    await relay.relay_all()
    waiting = await count_waiting(database)
    engine.refused = set()
    await relay.relay_all()

    assert 1 == waiting
    assert 0 == await count_waiting(database)
    assert {"ingest:upl_1:1", "count:upl_1:1", "ingest:upl_2:1", "count:upl_2:1"} == set(
        engine.asked
    )


async def test_a_whole_lot_that_cannot_be_started_holds_up_nobody(database: Database) -> None:
    """What waits behind it is reached in the same round."""
    engine = Engine()
    stuck = [f"upl_{number}" for number in range(LOT)]
    engine.refused = {f"ingest:{subject}:1" for subject in stuck}
    await record(database, *stuck, "upl_last")

    relayed = await Relay(database, STORY, engine.start).relay_all()

    assert 1 == relayed
    assert ["ingest:upl_last:1", "count:upl_last:1"] == engine.asked
    assert LOT == await count_waiting(database)


async def test_an_event_of_a_newer_version_waits_for_its_workers(database: Database) -> None:
    """While both versions run, the older one passes over what it does not know."""
    engine = Engine()
    await record(database, "upl_1")
    async with database.transaction() as connection:
        await connection.execute(
            insert(events).from_select(
                ["id", "type", "created_at", "actor", "subject", "data"],
                select(
                    literal("evt_new"),
                    literal("moon.risen"),
                    events.c.created_at,
                    events.c.actor,
                    events.c.subject,
                    events.c.data,
                ),
            )
        )
        await connection.execute(insert(tables.outbox).values(event_id="evt_new"))

    relayed = await Relay(database, STORY, engine.start).relay_all()

    assert 1 == relayed
    assert 1 == await count_waiting(database)


async def test_a_relay_that_ends_between_start_and_delete_asks_again(database: Database) -> None:
    """The start was asked for, the row is still there: the next relay asks for the same id."""
    engine = Engine()
    await record(database, "upl_1")

    async def start_and_end(call: Call) -> None:
        await engine.start(call)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Relay(database, STORY, start_and_end).relay_all()
    await Relay(database, STORY, engine.start).relay_all()

    assert ["ingest:upl_1:1", "ingest:upl_1:1", "count:upl_1:1"] == engine.asked
    assert 0 == await count_waiting(database)


async def test_a_commit_wakes_the_relay_of_its_process(database: Database) -> None:
    """Nothing has to be looked for every second."""
    engine = Engine()
    relay = Relay(database, STORY, engine.start)
    database.told = relay.wake
    async with running(relay):
        await record(database, *(f"upl_{number}" for number in range(LOT + 1)))

        await until(lambda: len(engine.asked) == 2 * (LOT + 1))
        for _ in range(1_000):  # the last one is deleted after it was handed on
            if not await count_waiting(database):
                break
            await asyncio.sleep(0.01)

    assert 0 == await count_waiting(database)


async def test_relays_side_by_side_share_the_events(postgres_url: str) -> None:
    """On PostgreSQL a row that one relay holds is passed over by the other."""
    database = open_database(postgres_url)
    held, release = asyncio.Event(), asyncio.Event()
    slow, quick = Engine(), Engine()

    async def start_slowly(call: Call) -> None:
        held.set()
        await release.wait()
        await slow.start(call)

    await record(database, "upl_1")
    first = asyncio.create_task(Relay(database, STORY, start_slowly).relay_all())
    await held.wait()
    await record(database, "upl_2")
    assert 1 == await Relay(database, STORY, quick.start).relay_all()
    release.set()

    assert 1 == await first

    assert ["ingest:upl_2:1", "count:upl_2:1"] == quick.asked
    assert ["ingest:upl_1:1", "count:upl_1:1"] == slow.asked
    await database.close()


async def test_postgresql_wakes_the_relays_of_other_processes(postgres_url: str) -> None:
    """A notice comes with the commit, and once at the beginning for what was missed."""
    database = open_database(postgres_url)
    heard = asyncio.Queue[None]()
    listening = asyncio.create_task(
        listen(postgres_url, outbox.WAKE, lambda: heard.put_nowait(None))
    )
    async with asyncio.timeout(10):
        await heard.get()

        await record(database, "upl_1")

        await heard.get()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    await database.close()
