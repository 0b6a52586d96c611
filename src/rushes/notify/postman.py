"""The postman: what happened becomes letters, and these are sent, tried again, or gathered.

    events ──> letters (in the relay's transaction) ──> claimed when due ──> SMTP ──> written down

1. A letter is a row, once for each cause and person; no upload waits for mail or fails by it.
2. With a digest, all that is due for a person goes out in one mail.
3. A worker that dies between the server's yes and its own note sends again, with the same
   `Message-ID`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from importlib.resources import files
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.errors import RushesError
from rushes.events import outbox
from rushes.events.event import Event
from rushes.ids import Prefix
from rushes.mailing import MailSettings
from rushes.notify import letter_records
from rushes.notify.letter import (
    GATHERED,
    GATHERING,
    PLANS,
    BadTemplate,
    Letter,
    Plan,
    Topic,
    fill,
    find_report_time,
    find_round,
    gather,
    list_files,
    on_one_line,
    show_size,
)
from rushes.notify.mail import (
    UNWRITABLE,
    Failed,
    MailOff,
    MailRefused,
    Words,
    compose_message,
    send_all,
)
from rushes.schedule_section import ScheduleSettings

LOOK_SECONDS: Final = 5.0
LOT: Final = 50
FORGET_SECONDS: Final = 3_600.0
LATE: Final = timedelta(hours=24)
"""A report that is later than this is not sent any more."""

WEEK: Final = timedelta(days=7)
KEPT: Final = timedelta(days=30)
SHOWN_PROJECTS: Final = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Postman:
    """Sends mail, where an SMTP server is named; one runs beside each worker."""

    database: Database
    clock: Clock
    settings: MailSettings
    public_url: str
    report_at: str = ScheduleSettings().report
    """The cron line of the report, or `off`."""
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_on(self) -> bool:
        """Whether mail is sent."""
        return self.settings.host is not None

    def wake(self) -> None:
        """Look now; call it on the event loop of `run`."""
        self._woken.set()

    async def spread(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write letters about events, in the transaction in which they leave the outbox."""
        told = [(each, PLANS[each.type]) for each in events if each.type in PLANS]
        told = [(event, plan) for event, plan in told if plan.about in self.settings.about]
        if not self.is_on or not told:
            return
        admins = await self._list_admins(connection)
        for event, plan in told:
            await letter_records.record_letters(
                connection, await self._write(connection, event, plan, admins)
            )
        await outbox.wake_after(connection)

    async def run(self) -> None:
        """Send what is due, until cancelled."""
        loop, forget_at = asyncio.get_running_loop(), 0.0
        while self.is_on:
            self._woken.clear()
            try:
                if loop.time() >= forget_at:
                    await self.forget_old()
                    forget_at = loop.time() + FORGET_SECONDS
                await self.report()
                while await self.send_due():
                    pass
            except (DatabaseAway, DatabaseFull) as away:
                log.warning("Mail cannot be read", extra={"code": away.code})
            await self._rest()
        await asyncio.Event().wait()

    async def send_due(self) -> int:
        """Send letters that are due; return how many were tried."""
        now = self.clock.now()
        async with self.database.transaction() as connection:
            due = await letter_records.claim_due(connection, now, LOT)
        if not due:
            return 0
        lots = self._sort(due)
        sent = await asyncio.to_thread(self._send, lots)
        async with self.database.transaction() as connection:
            for number, failed in sent.items():
                for each in lots[number]:
                    tried = _note(each, failed, self.clock.now())
                    await letter_records.write_tried(connection, tried, each.due_at)
        return len(due)

    async def forget_old(self) -> None:
        """Forget letters, and with them people's addresses, after `KEPT`."""
        async with self.database.transaction() as connection:
            await letter_records.forget_old(connection, self.clock.now() - KEPT)

    async def report(self) -> bool:
        """Write the report of seven days to each admin, once, within a day of its time."""
        now = self.clock.now()
        until = find_report_time(self.report_at, now)
        if until is None or now - until > LATE or Topic.WEEKLY.value not in self.settings.about:
            return False
        cause = f"week:{until:%Y-%m-%d}"
        async with self.database.reading() as connection:
            if await letter_records.has_letter(connection, cause):
                return False
            admins = await self._list_admins(connection)
            if not admins:  # asked again in a moment, so nothing is counted
                return False
            facts = await self._count(connection, until)
        async with self.database.transaction() as connection:
            made = [self._draft(Topic.WEEKLY, one, cause, facts) for one in admins]
            await letter_records.record_letters(connection, made)
        return True

    async def test(self, recipient: str) -> None:
        """Send a mail now, and wait for what the server says.

        Raises:
            MailOff: no server is named.
            MailRefused: it did not take the mail.
        """
        if not self.is_on:
            raise MailOff("No mail is sent: set RUSHES_MAIL_HOST to your SMTP server.")
        letter = self._draft(Topic.TEST, recipient, "test", {})
        failed = (await asyncio.to_thread(self._send, [[letter]]))[0]
        if failed is not None:
            raise MailRefused(
                f"{failed.words}. Compare the settings of [mail] with your provider's."
            )

    async def _list_admins(self, connection: Connection) -> list[str]:
        return list(self.settings.admins) or await letter_records.list_admins(connection)

    async def _write(
        self, connection: Connection, event: Event, plan: Plan, admins: Sequence[str]
    ) -> list[Letter]:
        about = None
        if event.asset_id is not None:
            about = await letter_records.find_about(connection, event.asset_id)
        facts = self._facts(event, about)
        made = [self._draft(plan.to_admins, one, event.id, facts) for one in admins]
        client = None if about is None else about.client_email
        if client is not None and plan.to_client is not None and client not in admins:
            made.append(self._draft(plan.to_client, client, event.id, facts))
        if about is None or (sender := about.sender_email) is None or plan.to_sender is None:
            return made
        if sender not in {client, *admins}:
            told = self._draft(plan.to_sender, sender, event.id, facts)
            if await letter_records.may_be_told(connection, told, about.link_id):
                made.append(told)
        return made

    def _facts(self, event: Event, about: letter_records.About | None) -> dict[str, str]:
        data, place = event.data, event.asset_id or event.subject
        size = None if about is None else about.size_bytes
        name = str(data.get("file_name", "")) if about is None else about.file_name
        reason = data.get("detail") or data.get("reason") or data.get("because") or ""
        where = f"/app/assets/{event.asset_id}" if event.asset_id else "/app"
        return {
            "what": on_one_line(f"{event.type.value}: {name or place}"),
            "file_name": on_one_line(name),
            "size": "unknown" if size is None else show_size(size),
            "client": str(data.get("client", "")) if about is None else about.client,
            "project": str(data.get("project", "")) if about is None else about.project,
            "date": f"{event.created_at:%Y-%m-%d %H:%M} UTC",
            "id": place,
            "reason": str(reason),
            "url": f"{self.public_url}{where}",
        }

    async def _count(self, connection: Connection, until: datetime) -> dict[str, str]:
        since = until - WEEK
        files_in, size, failed = await letter_records.count_week(connection, since, until)
        by_project = await letter_records.list_week(connection, since, until, SHOWN_PROJECTS)
        held = await letter_records.list_held(connection)
        projects = [f"{name}: {count}, {show_size(bytes_)}" for name, count, bytes_ in by_project]
        return {
            "date": f"{until:%Y-%m-%d}",
            "files": str(files_in),
            "size": show_size(size),
            "failed": str(failed),
            "projects": "\n".join(projects) or "none",
            "tiers": "\n".join(f"{tier}: {show_size(bytes_)}" for tier, bytes_ in held) or "none",
            "url": self.public_url,
        }

    def _draft(self, topic: Topic, recipient: str, cause: str, facts: dict[str, str]) -> Letter:
        now = self.clock.now()
        return Letter(
            id=ids.new(Prefix.LETTER, now, self.clock.entropy(ids.ENTROPY_BYTES)),
            topic=topic,
            recipient=recipient,
            cause=cause,
            facts={"date": f"{now:%Y-%m-%d %H:%M} UTC", "url": self.public_url} | facts,
            created_at=now,
            due_at=find_round(now, self._find_pause(topic)),
        )

    def _find_pause(self, topic: Topic) -> timedelta:
        digest = self.settings.digest
        return max(digest, GATHERING) if topic in GATHERED else digest

    def _sort(self, due: Sequence[Letter]) -> list[list[Letter]]:
        """Return letters as they go out together: alone, or with a digest all of one person.

        Those that are gathered are one of their own for each person and topic.
        """
        lots: dict[tuple[str, str], list[Letter]] = {}
        for each in due:
            apart = "" if self.settings.digest else each.id
            part = each.topic.value if each.topic in GATHERED else apart
            lots.setdefault((each.recipient, part), []).append(each)
        return list(lots.values())

    def _send(self, lots: Sequence[Sequence[Letter]]) -> dict[int, Failed | None]:
        """Send each lot as one mail; it reads files and waits for the network.

        What is not told of was not tried.
        """
        now, messages, outcomes = self.clock.now(), dict[int, EmailMessage](), {}
        for number, lot in enumerate(lots):
            try:
                messages[number] = compose_message(self._say(lot), self.settings.sender, now)
            except (RushesError, OSError) as wrong:  # a template, which somebody can mend
                outcomes[number] = Failed(str(wrong), is_final=False)
            except UNWRITABLE as wrong:
                outcomes[number] = Failed(f"It cannot be written: {wrong}", is_final=True)
        told = send_all(self.settings, list(messages.values()))
        return outcomes | dict(zip(messages, told, strict=False))

    def _say(self, lot: Sequence[Letter]) -> Words:
        if lot[0].topic in GATHERED:
            facts = list_files([each.facts for each in lot])
            subject, body = fill(self._read(lot[0].topic), facts)
            return Words(lot[0].id, lot[0].recipient, subject, body)
        parts = [fill(self._read(each.topic), each.facts) for each in lot]
        subject, body = parts[0]
        if len(parts) > 1:
            subject, body = fill(self._read(Topic.DIGEST), gather(parts))
        return Words(lot[0].id, lot[0].recipient, subject, body)

    def _read(self, topic: Topic) -> str:
        """Return the text of a topic: the operator's own, else ours."""
        name, folder = f"{topic.value}.txt", self.settings.templates
        try:
            if folder is not None and (folder / name).is_file():
                return (folder / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise BadTemplate(f"{name} is no UTF-8 text. Save it as such.") from None
        return (files("rushes.notify") / "letters" / name).read_text(encoding="utf-8")

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            pass


def _note(letter: Letter, failed: Failed | None, now: datetime) -> Letter:
    if failed is None:
        return letter.tried(None, now)
    log.warning("A mail was not taken", extra={"letter": letter.id, "error": failed.words})
    return letter.tried(failed.words, now, is_final=failed.is_final)
