"""What was done stands in a chain, and one altered row of it is found."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from rushes import ids
from rushes.clock import SYSTEM
from rushes.db.engine import Database
from rushes.events import outbox
from rushes.events.auditing import AuditBroken, Auditing, BadHead, Proof, parse_head
from rushes.events.chain_records import Wanted
from rushes.events.event import Event, EventType
from rushes.events.origin import Caller, called_by
from rushes.events.relay import Call, Relay
from rushes.ids import ENTROPY_BYTES, Prefix

CALLER = Caller("192.0.2.7", "curl/8", "req_1")


@pytest.fixture
def auditing(database: Database) -> Auditing:
    """What reads the chain."""
    return Auditing(database, SYSTEM)


async def record(database: Database, *types: EventType, actor: str = "acc_1") -> list[Event]:
    """Record events of these types, as deeds do, and let the relay carry them."""
    made = []
    for what in types:
        now = SYSTEM.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, SYSTEM.entropy(ENTROPY_BYTES)),
            type=what,
            created_at=now,
            actor=actor,
            subject="ast_1",
            asset_id="ast_1",
            data={"file_name": "Übung 1.mov", "size_bytes": 7, "tags": ["b", "a"], "rate": 29.97},
        )
        async with database.transaction() as connection:
            await outbox.record(connection, event)
        made.append(event)

    async def start(_call: Call) -> None:
        raise AssertionError("Nothing follows.")

    await Relay(database, {}, start).relay_all()
    return made


async def alter(database: Database, statement: str) -> None:
    """Change a row as somebody with the database in hand would: without its triggers."""
    async with database.transaction() as connection:
        if database.is_sqlite:
            for table in ("events", "event_chain"):
                for verb in ("update", "delete"):
                    await connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
        else:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text(statement))


@pytest.mark.covers("S-RT-02", "T-OB-01")
async def test_what_was_done_is_a_chain_that_holds(database: Database, auditing: Auditing) -> None:
    """Each event is one link, in order, with from where it came; the head proves all of it."""
    assert Proof(0, f"0:{bytes(32).hex()}") == await auditing.verify()

    with called_by(CALLER):
        first = await record(database, EventType.ASSET_CREATED, EventType.ASSET_UPDATED)
    second = await record(database, EventType.ASSET_DELETED, actor="system")

    proof = await auditing.verify()
    rows = await auditing.list(Wanted(), 10)
    assert 3 == proof.links
    assert [*reversed(first + second)] == [row.event for row in rows]
    assert [3, 2, 1] == [row.link.number for row in rows]
    assert [None, "192.0.2.7"] == [row.origin and row.origin.address for row in rows[:2]]
    assert proof == await auditing.verify(parse_head(proof.head))


TAMPERED = {
    "a word of an event": (
        "UPDATE events SET actor = 'acc_2' WHERE id = '{event}'",
        "Link 2 does not fit",
    ),
    "a hash": (
        "UPDATE event_chain SET hash = origin_digest WHERE number = 2",
        "Link 2 does not fit",
    ),
    "a link that is cut out": ("DELETE FROM event_chain WHERE number = 2", "links 2 to 2"),
    "an event that is cut out": ("DELETE FROM events WHERE id = '{event}'", "is missing"),
    "an address": (
        "UPDATE event_origins SET address = '192.0.2.8' WHERE event_id = '{event}'",
        "From where event",
    ),
    "the end that is cut off": ("DELETE FROM event_chain WHERE number > 1", "stand in no link"),
}


@pytest.mark.covers("S-RT-02")
@pytest.mark.parametrize("what", TAMPERED)
async def test_one_altered_row_is_found(database: Database, auditing: Auditing, what: str) -> None:
    """Whatever is changed, cut or added, verifying says where."""
    with called_by(CALLER):
        made = await record(database, *([EventType.ASSET_UPDATED] * 3))
    statement, said = TAMPERED[what]
    if what == "an event that is cut out":
        await alter(database, "DELETE FROM event_origins")

    await alter(database, statement.format(event=made[1].id))

    with pytest.raises(AuditBroken, match=said):
        await auditing.verify()


async def test_a_chain_that_is_written_anew_differs_from_a_head_that_was_put_away(
    database: Database, auditing: Auditing
) -> None:
    """Somebody who computes every hash anew is found by the head alone."""
    await record(database, EventType.ASSET_UPDATED)
    head = parse_head((await auditing.verify()).head)
    later = replace(head, number=2)
    other = replace(head, hash=bytes(32))

    with pytest.raises(AuditBroken, match="was there before"):
        await auditing.verify(later)
    with pytest.raises(AuditBroken, match="not the one"):
        await auditing.verify(other)
    with pytest.raises(BadHead, match="NUMBER:HASH"):
        parse_head("1:xyz")


async def test_the_database_refuses_to_change_a_link(database: Database) -> None:
    """As it does with events."""
    await record(database, EventType.ASSET_UPDATED)

    for statement in ("UPDATE event_chain SET number = 9", "DELETE FROM event_chain"):
        with pytest.raises(Exception, match="append-only"):
            async with database.transaction() as connection:
                await connection.execute(text(statement))


async def test_the_audit_is_filtered_and_taken_away(database: Database, auditing: Auditing) -> None:
    """By type, family, actor, subject, asset and time; as lines of JSON, newest first."""
    started = SYSTEM.now()
    made = await record(database, EventType.ASSET_CREATED, EventType.ASSET_UPDATED)
    made += await record(database, EventType.LINK_CREATED, EventType.UPLOAD_READABLE, actor="b")

    async def found(**wanted: object) -> list[int]:
        rows = await auditing.list(replace(Wanted(), **wanted), 10)  # type: ignore[arg-type]
        return [row.link.number for row in rows]

    assert [2, 1] == await found(type="asset.")
    assert [2] == await found(type="asset.updated")
    assert [3] == await found(actor="b")  # what only the journey follows is no news
    assert [3, 2, 1] == await found(subject="ast_1", asset_id="ast_1", since=started)
    assert [] == await found(until=started)
    assert [] == await found(project_ids=["prj_1"])
    assert [1] == await found(before=2)
    lines = [json.loads(line) async for line in auditing.export(Wanted())]
    assert [each.id for each in reversed(made[:3])] == [line["id"] for line in lines]
    assert "Übung 1.mov" == lines[0]["data"]["file_name"]


async def test_addresses_are_forgotten_and_the_chain_still_holds(
    database: Database, auditing: Auditing
) -> None:
    """What was done stays for ever; from where, for 90 days."""
    with called_by(CALLER):
        await record(database, EventType.ASSET_UPDATED)
    assert 0 == await auditing.forget_origins()
    await alter(database, "UPDATE event_origins SET created_at = '2020-01-01 00:00:00'")

    assert 1 == await auditing.forget_origins()
    assert 1 == (await auditing.verify()).links
