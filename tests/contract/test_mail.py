"""Mail over every database, read back from a real SMTP server."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from rushes import ids
from rushes.access import records as access_records
from rushes.access.project import Project
from rushes.access.rates import Rule
from rushes.cli.main import build_app
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.letter_tables import letters
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.mailing import MailSettings
from rushes.notify import letter_records
from rushes.notify.letter import CLAIM, GATHERING, WAITS, find_report_time
from rushes.notify.mail import MailOff, MailRefused
from rushes.notify.postman import Postman
from rushes.uploads import records as upload_records
from tests.support.an_upload import upload as an_upload
from tests.support.moments import NOON, Hands, until
from tests.support.postbox import Postbox, postbox
from tests.unit.access.test_link import LINK

ADMIN, CLIENT = "ada@example.org", "client@example.net"
Make = Callable[..., Postman]


@pytest.fixture
async def box() -> AsyncIterator[Postbox]:
    """An SMTP server."""
    async with postbox() as running:
        yield running


@pytest.fixture
async def make(database: Database, clock: Clock, box: Postbox) -> Make:
    """Make postmen; a client's file is in the database."""
    project = Project("prj_1", "acme", "spring", "Acme Corp", "Spring", NOON, None)
    link = replace(LINK, project_id="prj_1", client_email=CLIENT)
    name = "Ü\r\nBcc: eve@example.org\r\n.mov"
    async with database.transaction() as connection:
        await access_records.record_project(connection, project)
        await access_records.record_link(connection, link, b"digest")
        await upload_records.record_upload(connection, an_upload(file_name=name), None)

    def make_one(**settings: object) -> Postman:
        told = {"host": "127.0.0.1", "port": box.port, "security": "none", "admins": [ADMIN]}
        chosen = MailSettings.model_validate(told | settings)
        return Postman(database, clock, chosen, "https://media.example.com")

    return make_one


async def tell(postman: Postman, what: EventType, asset_id: str | None = "ast_1") -> None:
    """Let an event leave the outbox."""
    now = postman.clock.now()
    event = Event(
        id=ids.new(Prefix.EVENT, now, postman.clock.entropy(ENTROPY_BYTES)),
        type=what,
        created_at=now,
        actor="system",
        subject=asset_id or "whk_1",
        asset_id=asset_id,
        data={"because": "It answered 410."},
    )
    async with postman.database.transaction() as connection:
        await outbox.record(connection, event)
        await postman.spread(connection, [event])
        await postman.spread(connection, [event])  # as after a crash


def body_of(box: Postbox, address: str, number: int = -1) -> str:
    """Return the text of a mail."""
    text: str = box.to(address)[number].get_content()
    return text


@pytest.mark.covers("M-NO-01", "M-NO-02", "BG-92", "BG-80")
async def test_admins_and_the_client_get_a_mail_each(make: Make, box: Postbox) -> None:
    """What came in, and what is ready; nothing in a file's name becomes a header."""
    postman = make(sender="rushes@media.example.com")
    running = asyncio.create_task(postman.run())
    await tell(postman, EventType.UPLOAD_ACCEPTED)
    await tell(postman, EventType.ASSET_READY)
    postman.wake()
    await until(lambda: len(box.mail) == 4, seconds=120)
    await tell(postman, EventType.WEBHOOK_PAUSED, None)
    postman.wake()
    await until(lambda: len(box.mail) == 5, seconds=120)
    running.cancel()
    await asyncio.wait({running})

    first = next(each for each in box.to(ADMIN) if "came in" in each["Subject"])
    assert "Ü Bcc: eve@example.org .mov came in (Spring)" == first["Subject"]
    assert "Rushes <rushes@media.example.com>" == first["From"]
    assert "auto-generated" == first["Auto-Submitted"]
    assert first["Message-ID"].endswith("@media.example.com>")
    assert "mailto:rushes@media.example.com" in first["List-Unsubscribe"]
    assert first["Bcc"] is None
    for fact in ("100 bytes", "Acme Corp", "Spring", "2026-11-21 12:00 UTC", "ast_1"):
        assert fact in first.get_content(), fact
    name = "Ü Bcc: eve@example.org .mov"
    told = {each["Subject"] for each in box.to(CLIENT)}
    assert {f"We have received {name}", f"{name} is ready"} == told
    assert "It answered 410." in body_of(box, ADMIN)


@pytest.mark.covers("BG-93")
async def test_mail_that_is_not_taken_is_tried_again(
    make: Make, box: Postbox, hands: Hands, database: Database
) -> None:
    """Later where the server may change its mind, never where it will not; the upload is fine."""
    postman = make()
    box.refused = {ADMIN: ["451 Come back later"], CLIENT: ["550 Nobody of that name"]}
    await tell(postman, EventType.UPLOAD_ACCEPTED)

    tried = await postman.send_due()
    at_once = await postman.send_due()
    hands.advance(WAITS[0])
    later = await postman.send_due()
    hands.advance(timedelta(days=3))
    at_last = await postman.send_due()

    assert (2, 0, 1, 0) == (tried, at_once, later, at_last)
    assert (1, 0) == (len(box.to(ADMIN)), len(box.to(CLIENT)))
    async with database.reading() as connection:
        assert (await upload_records.get_upload(connection, "upl_1")).id


async def test_one_letter_that_cannot_be_sent_holds_up_no_other(
    make: Make, box: Postbox, hands: Hands, database: Database
) -> None:
    """Addresses that older rows may have, and one that the server cannot take."""
    postman = make(admins=["j\u00fcrgen@example.org", ADMIN])
    await tell(postman, EventType.UPLOAD_ACCEPTED)
    async with database.transaction() as connection:
        await connection.execute(
            update(letters).where(letters.c.recipient == CLIENT).values(recipient="a@[")
        )

    tried = await postman.send_due()
    hands.advance(timedelta(days=3))
    again = await postman.send_due()

    assert (3, 0) == (tried, again)
    assert 1 == len(box.to(ADMIN)) == len(box.mail)


async def test_a_letter_that_another_took_is_left_to_it(make: Make, database: Database) -> None:
    """What comes late of an attempt does not undo what was written meanwhile."""
    postman = make()
    await tell(postman, EventType.ASSET_READY)
    now = postman.clock.now()

    async with database.transaction() as connection:
        late, *_ = await letter_records.claim_due(connection, now, 10)
        mine, *_ = await letter_records.claim_due(connection, now + CLAIM, 10)
        await letter_records.write_tried(connection, mine.tried(None, now), mine.due_at)
        await letter_records.write_tried(connection, late.tried("Late.", now), late.due_at)
        rows = (await connection.execute(select(letters.c.state, letters.c.error))).all()

    assert ("sent", None) in [tuple(row) for row in rows]


async def test_old_letters_are_forgotten(make: Make, hands: Hands, database: Database) -> None:
    """With the addresses in them; what still waits stays."""
    postman = make()
    await tell(postman, EventType.ASSET_READY)
    await postman.send_due()
    hands.advance(timedelta(days=40))
    await tell(postman, EventType.ASSET_FAILED)

    await postman.forget_old()

    async with database.reading() as connection:
        topics = set((await connection.execute(select(letters.c.topic))).scalars())
    assert {"failed"} == topics


async def test_a_server_that_is_away_loses_nothing(make: Make, box: Postbox, hands: Hands) -> None:
    """All letters wait, and go out when it is back."""
    away = make(port=1)
    await tell(away, EventType.UPLOAD_ACCEPTED)

    tried = await away.send_due()
    with pytest.raises(MailRefused):
        await away.test(ADMIN)
    hands.advance(WAITS[0])
    await make().send_due()

    assert 2 == tried
    assert (1, 1) == (len(box.to(ADMIN)), len(box.to(CLIENT)))


async def test_a_digest_gathers_what_happens(make: Make, box: Postbox, hands: Hands) -> None:
    """One mail for each person at the end of its time, however much there is to tell."""
    postman = make(digest="PT1H")
    await tell(postman, EventType.UPLOAD_ACCEPTED)
    hands.advance(timedelta(minutes=30))
    await tell(postman, EventType.ASSET_READY)

    early = await postman.send_due()
    hands.advance(timedelta(minutes=30))
    late = await postman.send_due()

    assert (0, 4) == (early, late)
    assert "2 pieces of news from Rushes" == box.to(ADMIN)[0]["Subject"]
    assert "Every quality of this file is made" in body_of(box, ADMIN)
    assert (1, 1) == (len(box.to(ADMIN)), len(box.to(CLIENT)))


@pytest.mark.covers("M-NO-01", "BG-92")
async def test_a_sender_gets_one_receipt_of_many_files(
    make: Make, box: Postbox, hands: Hands, database: Database
) -> None:
    """A line for each file, once in five minutes; a client who sends gets no second mail."""
    postman = make()
    told = f"sender_email {base64.b64encode(b'Eve@example.com').decode()}"
    async with database.transaction() as connection:
        for name in ("one", "two"):
            sent = an_upload(
                id=f"upl_{name}", asset_id=f"ast_{name}", file_name=f"{name}.mov", metadata=told
            )
            await upload_records.record_upload(connection, sent, None)
    await tell(postman, EventType.UPLOAD_ACCEPTED, "ast_one")
    await tell(postman, EventType.UPLOAD_ACCEPTED, "ast_two")

    await postman.send_due()
    early = len(box.to("eve@example.com"))
    hands.advance(GATHERING)
    await postman.send_due()
    await postman.send_due()

    assert (0, 1) == (early, len(box.to("eve@example.com")))
    assert "We have received 2 of your files" == box.to("eve@example.com")[0]["Subject"]
    assert "one.mov  100 bytes  ast_one" in body_of(box, "eve@example.com")
    assert "two.mov  100 bytes  ast_two" in body_of(box, "eve@example.com")


@pytest.mark.parametrize("calls", [(1, 9), (9, 1)], ids=["an address", "a link"])
async def test_a_link_is_no_way_to_write_to_the_world(
    make: Make,
    hands: Hands,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    calls: tuple[int, int],
) -> None:
    """One address is told so often, and by one link so many are; a file is taken all the same."""
    rules = [Rule(name, many, 86_400.0) for name, many in zip("ab", calls, strict=True)]
    monkeypatch.setattr(letter_records, "RULES", rules)
    postman = make()
    for number, name in enumerate(("eve", "eve", "mallory", "eve")):
        metadata = f"sender_email {base64.b64encode(f'{name}@example.com'.encode()).decode()}"
        one = an_upload(id=f"upl_x{number}", asset_id=f"ast_x{number}", metadata=metadata)
        async with database.transaction() as connection:
            await upload_records.record_upload(connection, one, None)
        await tell(postman, EventType.UPLOAD_ACCEPTED, f"ast_x{number}")
        if number:  # the first two are told together
            hands.advance(GATHERING)
    async with database.reading() as connection:
        found = select(letters.c.recipient).where(letters.c.topic == "sender_received")
        told = sorted((await connection.execute(found)).scalars())

    others = ["mallory@example.com"] if calls[1] > 1 else []
    assert ["eve@example.com", "eve@example.com", *others] == told


async def test_texts_can_be_replaced(
    make: Make, box: Postbox, hands: Hands, tmp_path: Path
) -> None:
    """By a folder with files of the same names; a text that cannot be used waits to be mended."""
    postman = make(templates=tmp_path)
    (tmp_path / "received.txt").write_text("Subject: Neu: $file_name\n\nGröße $size\n", "utf-8")
    (tmp_path / "client_received.txt").write_text("Hello $nobody")
    await tell(postman, EventType.UPLOAD_ACCEPTED)

    await postman.send_due()
    (tmp_path / "client_received.txt").write_bytes(b"\xff")
    hands.advance(WAITS[0])
    await postman.send_due()
    (tmp_path / "client_received.txt").unlink()
    hands.advance(WAITS[1])
    await postman.send_due()

    assert "Größe 100 bytes\n" == body_of(box, ADMIN).replace("\r\n", "\n")
    assert ["We have received Ü Bcc: eve@example.org .mov"] == [
        each["Subject"] for each in box.to(CLIENT)
    ]


@pytest.mark.covers("M-JOB-03")
async def test_the_report_of_the_week_is_sent_once(make: Make, box: Postbox, hands: Hands) -> None:
    """On Sunday at 01:00, or up to a day late."""
    postman = make()

    on_saturday = await postman.report()
    sunday = find_report_time(postman.report_at, hands.now) or hands.now
    hands.now = sunday + timedelta(days=7, minutes=5)
    on_sunday, again = await postman.report(), await postman.report()
    await postman.send_due()
    hands.advance(timedelta(days=2))
    on_tuesday = await postman.report()

    assert (False, True, False, False) == (on_saturday, on_sunday, again, on_tuesday)
    assert ["Rushes, the week to 2026-11-22"] == [each["Subject"] for each in box.to(ADMIN)]
    assert "Files that came in    0" in body_of(box, ADMIN)


async def test_without_a_server_there_are_no_letters(make: Make, hands: Hands) -> None:
    """And what is not asked for is not written."""
    off, quiet = make(host=None), make(about=["weekly"])
    await tell(off, EventType.UPLOAD_ACCEPTED)
    await tell(quiet, EventType.UPLOAD_ACCEPTED)
    hands.advance(timedelta(days=1))

    assert 0 == await quiet.send_due()
    with pytest.raises(MailOff):
        await off.test(ADMIN)


async def test_the_command_sends_a_test(
    box: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rushes mail test` says that the server took it."""
    settings = {"DATA": tmp_path, "MAIL_HOST": "127.0.0.1", "MAIL_PORT": box.port,
                "MAIL_SECURITY": "none", "MAIL_SENDER": "r@example.com"}  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"RUSHES_{name}", str(value))
    words = ["mail", "test", ADMIN]

    run = await asyncio.to_thread(CliRunner().invoke, build_app(words), words)

    assert (0, f"The mail server took a mail to {ADMIN}.\n") == (run.exit_code, run.stdout)
    assert ["A test of mail from Rushes"] == [each["Subject"] for each in box.to(ADMIN)]
