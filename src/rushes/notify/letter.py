"""A letter: one mail to one person, from its wish to its arrival, and the words it is made of.

Rules of this file:
1. Nothing here reads a clock, a file or a row.
2. A letter never waits for another: each has its own time of the next attempt.
3. What people named (files, clients) stands in the text as they wrote it, in the subject on one
   line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from string import Template
from types import MappingProxyType
from typing import Final, Self

from rushes.cron import parse_cron
from rushes.errors import Kind, RushesError
from rushes.events.event import EventType
from rushes.ids import EPOCH
from rushes.schedule_section import OFF
from rushes.steps import After

WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long to wait after each attempt that brought nothing: about two days in all."""

GATHERING: Final = timedelta(minutes=5)
"""Senders, who are strangers, get one mail at most in so long, however many files they send."""

CLAIM: Final = timedelta(minutes=10)
"""A letter that was taken and is not heard of for so long is taken again."""

MAX_ERROR: Final = 500
SUBJECT: Final = "Subject: "


class State(StrEnum):
    """How far a letter is."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Step(StrEnum):
    """What may happen to it."""

    ARRIVE = "arrive"
    MISS = "miss"
    GIVE_UP = "give up"


STEPS: Final = MappingProxyType(
    {
        (State.WAITING, Step.ARRIVE): State.SENT,
        (State.WAITING, Step.MISS): State.WAITING,
        (State.WAITING, Step.GIVE_UP): State.FAILED,
    }
)


class IllegalStep(RushesError):
    """The letter was sent or given up already."""

    code = "mail.letter_step"
    kind = Kind.CONFLICT


class BadTemplate(RushesError):
    """A text of the templates' folder cannot be used."""

    code = "mail.bad_template"
    kind = Kind.INVALID


after: Final = After("A letter", STEPS, IllegalStep)
"""The state after a step."""


class Topic(StrEnum):
    """What a letter is about; also the name of its text, `{topic}.txt`."""

    RECEIVED = "received"
    READY = "ready"
    FAILED = "failed"
    WEEKLY = "weekly"
    TEST = "test"
    DIGEST = "digest"
    CLIENT_RECEIVED = "client_received"
    CLIENT_READY = "client_ready"
    SENDER_RECEIVED = "sender_received"
    SENDER_READY = "sender_ready"


GATHERED: Final = frozenset({Topic.SENDER_RECEIVED, Topic.SENDER_READY})
"""Letters of which all that are due for a person go out as one, with a line for each file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an event says to admins, to the client of the link, and to who sent the file by it."""

    about: str
    to_admins: Topic
    to_client: Topic | None = None
    to_sender: Topic | None = None


PLANS: Final = MappingProxyType(
    {
        EventType.UPLOAD_ACCEPTED: Plan(
            "received", Topic.RECEIVED, Topic.CLIENT_RECEIVED, Topic.SENDER_RECEIVED
        ),
        EventType.ASSET_READY: Plan("ready", Topic.READY, Topic.CLIENT_READY, Topic.SENDER_READY),
        EventType.ASSET_FAILED: Plan("failed", Topic.FAILED),
        EventType.UPLOAD_QUARANTINED: Plan("failed", Topic.FAILED),
        EventType.WEBHOOK_PAUSED: Plan("failed", Topic.FAILED),
        EventType.TIER_ALERT: Plan("failed", Topic.FAILED),
    }
)
"""The events that somebody gets a letter about; `about` is the word of the setting."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person. `cause` is the event's id, or the week; one letter for each."""

    id: str
    topic: Topic
    recipient: str
    cause: str
    facts: Mapping[str, str]
    created_at: datetime
    due_at: datetime
    state: State = State.WAITING
    attempts: int = 0
    error: str | None = None
    sent_at: datetime | None = None

    def tried(self, error: str | None, now: datetime, *, is_final: bool = False) -> Self:
        """Return this letter after an attempt; `error` None: it was taken.

        Raises:
            IllegalStep: it waited for no attempt.
        """
        made = self.attempts + 1
        if error is None:
            state = after(self.state, Step.ARRIVE)
            return replace(self, state=state, attempts=made, error=None, sent_at=now)
        is_over = is_final or made > len(WAITS)
        state = after(self.state, Step.GIVE_UP if is_over else Step.MISS)
        due = self.due_at if is_over else now + WAITS[made - 1]
        return replace(self, state=state, attempts=made, error=error[:MAX_ERROR], due_at=due)


def fill(text: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """Return subject and body of a text: `Subject: ...`, an empty line, the body.

    Raises:
        BadTemplate: it has another form, or names a fact that is not known.
    """
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    if not head.startswith(SUBJECT) or "\n" in head:
        raise BadTemplate(f"A text begins with one line `{SUBJECT}...`, and an empty line.")
    try:
        subject = Template(head.removeprefix(SUBJECT)).substitute(facts)
        filled = Template(body).substitute(facts)
    except (KeyError, ValueError) as wrong:
        known = ", ".join(sorted(facts))
        raise BadTemplate(f"The text names {wrong}. Known are: {known}.") from None
    return on_one_line(subject), filled


def gather(parts: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the facts of a digest of letters, each by its subject and body."""
    told = "\n\n".join(f"{subject}\n\n{body.strip()}" for subject, body in parts)
    return {"count": str(len(parts)), "letters": told}


def list_files(facts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the facts of one letter about many files."""
    lines = [f"{each['file_name']}  {each['size']}  {each['id']}" for each in facts]
    return {**facts[0], "count": str(len(lines)), "files": "\n".join(lines)}


def on_one_line(text: str) -> str:
    """Return text without what would end a header's line, or turn its direction."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028-\u202e\u2066-\u2069]+", " ", text).strip()[:300]


def show_size(size_bytes: int) -> str:
    """Return a size as people read it."""
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004 - the step of SI units
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def find_round(now: datetime, digest: timedelta) -> datetime:
    """Return when a letter of now goes out: at once, or at the end of a digest's time."""
    if not digest:
        return now
    return EPOCH + ((now - EPOCH) // digest + 1) * digest


def find_report_time(line: str, now: datetime) -> datetime | None:
    """Return the last time of the report that is not after now; None where there is none."""
    return None if line == OFF else parse_cron(line).last(now)
