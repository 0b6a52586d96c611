"""The queries of letters: written once for each cause and person, claimed, sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Row

from rushes.access.account_records import take_rate
from rushes.access.permit import Role
from rushes.access.rates import Rule
from rushes.access.sender import find_sender
from rushes.db.engine import Connection
from rushes.db.letter_tables import letters
from rushes.db.statements import insert_or, values_of
from rushes.db.tables import accounts, assets, links, placements, projects, uploads
from rushes.notify.letter import CLAIM, GATHERED, Letter, State, Topic

MOST_ALONG: Final = 2_000
"""Lines of one letter."""

RULES: Final = (Rule("mail-to-sender", 48, 86_400.0), Rule("mail-by-link", 60, 3_600.0))
"""Mails that a sender gets, and those that go out by a link, to whomever."""

_NAMES: Final = tuple(one.name for one in fields(Letter))


@dataclass(frozen=True, slots=True)
class About:
    """What an event's letter tells, as rows know it."""

    file_name: str
    size_bytes: int | None
    client: str
    project: str
    client_email: str | None
    sender_email: str | None
    link_id: str | None


async def record_letters(connection: Connection, made: Sequence[Letter]) -> None:
    """Insert letters; one of the same cause to the same person stays as it is."""
    if made:
        statement = insert_or(connection, letters).on_conflict_do_nothing()
        await connection.execute(statement, [values_of(each) for each in made])


async def claim_due(connection: Connection, now: datetime, limit: int) -> list[Letter]:
    """Take letters that are due, oldest first; nobody else gets them for a while.

    Of those that are gathered, all that are due for the same person come along.
    """
    due = (
        select(letters.c.id)
        .where(letters.c.state == State.WAITING.value, letters.c.due_at <= now)
        .order_by(letters.c.due_at, letters.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await connection.execute(due)).scalars().all()
    if not ids:
        return []
    topics = [topic.value for topic in GATHERED]
    people = select(letters.c.recipient).where(letters.c.id.in_(ids), letters.c.topic.in_(topics))
    along = (
        select(letters.c.id)
        .where(letters.c.state == State.WAITING.value, letters.c.due_at <= now)
        .where(letters.c.topic.in_(topics), letters.c.recipient.in_(people))
        .order_by(letters.c.id)
        .limit(MOST_ALONG)
        .with_for_update(skip_locked=True)
    )
    more = (await connection.execute(along)).scalars().all()
    taken = letters.c.id.in_({*ids, *more})
    await connection.execute(update(letters).where(taken).values(due_at=now + CLAIM))
    rows = await connection.execute(select(letters).where(taken).order_by(letters.c.id))
    return [_letter(row) for row in rows]


async def write_tried(connection: Connection, letter: Letter, claimed_until: datetime) -> None:
    """Write what an attempt brought, unless the letter was taken by somebody else meanwhile."""
    values = values_of(letter)
    kept = {name: values[name] for name in ("state", "attempts", "due_at", "error", "sent_at")}
    is_ours = (letters.c.id == letter.id, letters.c.due_at == claimed_until)
    await connection.execute(update(letters).where(*is_ours).values(**kept))


async def forget_old(connection: Connection, before: datetime) -> None:
    """Forget what was sent or given up long ago."""
    await connection.execute(
        delete(letters).where(letters.c.created_at < before, letters.c.state != State.WAITING.value)
    )


async def list_admins(connection: Connection) -> list[str]:
    """Return the addresses of the admins that may log in."""
    query = select(accounts.c.email).where(
        accounts.c.role.in_([Role.ADMIN.value, Role.SUPERADMIN.value]), accounts.c.is_active
    )
    return list((await connection.execute(query.order_by(accounts.c.email))).scalars())


async def find_about(connection: Connection, asset_id: str) -> About | None:
    """Return what is known of an asset's upload; a client who is not to be told has no address."""
    query = (
        select(
            *(uploads.c.file_name, uploads.c.size_bytes, uploads.c.offset, uploads.c.metadata),
            uploads.c.link_id,
            *(
                projects.c.client_name,
                projects.c.project_name,
                links.c.client_email,
                links.c.notify,
            ),
        )
        .join(projects, projects.c.id == uploads.c.project_id)
        .outerjoin(links, links.c.id == uploads.c.link_id)
        .where(uploads.c.asset_id == asset_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return About(
        file_name=row.file_name,
        size_bytes=row.size_bytes or row.offset,
        client=row.client_name,
        project=row.project_name,
        client_email=row.client_email if row.notify else None,
        sender_email=find_sender(row.metadata) if row.notify else None,
        link_id=row.link_id,
    )


async def may_be_told(connection: Connection, letter: Letter, link_id: str | None) -> bool:
    """Say whether a letter to a sender is written: where a mail waits already, or within `RULES`.

    Whoever knows a link names any address, so that each mail counts against both.
    """
    same = (letters.c.recipient == letter.recipient, letters.c.topic == letter.topic.value)
    waits = (letters.c.state == State.WAITING.value, letters.c.due_at == letter.due_at)
    if (await connection.execute(select(letters.c.id).where(*waits, *same).limit(1))).first():
        return True
    now = letter.created_at.timestamp()
    for rule, whom in zip(RULES, (letter.recipient, link_id or ""), strict=True):
        key = f"{rule.name}:{sha256(whom.encode()).hexdigest()}"
        step, window = rule.step_seconds, rule.window_seconds
        if not await take_rate(connection, key, now=now, step=step, window=window):
            return False
    return True


async def has_letter(connection: Connection, cause: str) -> bool:
    """Say whether there is a letter of this cause."""
    query = select(letters.c.id).where(letters.c.cause == cause).limit(1)
    return (await connection.execute(query)).first() is not None


async def count_week(
    connection: Connection, since: datetime, until: datetime
) -> tuple[int, int, int]:
    """Return how many files came in within a time, their bytes, and how many of them failed."""
    came = assets.c.created_at.between(since, until)
    query = select(func.count(), func.coalesce(func.sum(assets.c.size_bytes), 0)).where(came)
    count, size = (await connection.execute(query)).one()
    lost = select(func.count()).select_from(assets).where(came, assets.c.state == "failed")
    return count, int(size), (await connection.execute(lost)).scalar_one()


async def list_week(
    connection: Connection, since: datetime, until: datetime, limit: int
) -> list[tuple[str, int, int]]:
    """Return projects with the files and bytes that came in within a time, the largest first."""
    size = func.sum(assets.c.size_bytes)
    query = (
        select(projects.c.client_name, projects.c.project_name, func.count(), size)
        .join(projects, projects.c.id == assets.c.project_id)
        .where(assets.c.created_at.between(since, until))
        .group_by(projects.c.id, projects.c.client_name, projects.c.project_name)
        .order_by(size.desc())
        .limit(limit)
    )
    rows = await connection.execute(query)
    return [(f"{row[0]} / {row[1]}", row[2], int(row[3])) for row in rows]


async def list_held(connection: Connection) -> list[tuple[str, int]]:
    """Return each tier with the bytes that it holds."""
    query = (
        select(placements.c.tier, func.sum(placements.c.size_bytes))
        .where(placements.c.state == "present")
        .group_by(placements.c.tier)
        .order_by(placements.c.tier)
    )
    return [(row[0], int(row[1])) for row in await connection.execute(query)]


def _letter(row: Row[Any]) -> Letter:
    known = {name: getattr(row, name) for name in _NAMES}
    return Letter(**known | {"topic": Topic(row.topic), "state": State(row.state)})
