"""The queries of accounts: one look at all placements, and days that are added up.

The look is one reading statement of a batch; nobody who asks for figures waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select, update

from rushes.db.engine import Connection
from rushes.db.ledger_tables import ledger_marks, tier_days
from rushes.db.statements import insert_or
from rushes.db.tables import assets, placements, projects
from rushes.db.vault_tables import read_counts
from rushes.tiers.accounts import DayPart, Look, Slot
from rushes.tiers.placement import FURTHER, State, Tier
from rushes.tiers.statement import Sums, TierDay

MARK: Final = "accounts"
PART_BYTES: Final = 16 * 2**20
"""An object of more is put in parts of so many: one request each, one to begin, one to end."""

_ADDED: Final = (
    *("byte_hours", "came", "came_bytes", "gone", "gone_bytes"),
    *("writes", "fetched", "fetched_bytes"),
)
_HELD: Final = ("held_objects", "held_bytes")


async def find_mark(connection: Connection) -> datetime | None:
    """Return when the last look was."""
    query = select(ledger_marks.c.reached_at).where(ledger_marks.c.name == MARK)
    found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def move_mark(connection: Connection, since: datetime | None, until: datetime) -> bool:
    """Note a look; False if somebody else has looked meanwhile."""
    if since is None:
        added = insert_or(connection, ledger_marks).values(name=MARK, reached_at=until)
        made = added.on_conflict_do_nothing().returning(ledger_marks.c.name)
        return (await connection.execute(made)).first() is not None
    done = await connection.execute(
        update(ledger_marks)
        .where(ledger_marks.c.name == MARK, ledger_marks.c.reached_at == since)
        .values(reached_at=until)
    )
    return done.rowcount == 1


async def look_around(connection: Connection, since: datetime, now: datetime) -> dict[Slot, Look]:
    """Return what each slot holds now, and what of it has come since."""
    arrived = func.coalesce(placements.c.arrived_at, placements.c.created_at)
    size, owners = placements.c.size_bytes, _owners()
    has_come = arrived > since
    is_regional = placements.c.tier.startswith(FURTHER)  # nothing is made there
    is_recalled = and_(placements.c.tier == Tier.EDGE.value, placements.c.generation > 1)
    was_fetched = and_(has_come, or_(is_regional, is_recalled))
    requests = case((size <= PART_BYTES, 1), else_=size // PART_BYTES + 3)
    slot = (
        placements.c.tier,
        func.coalesce(owners.c.project_id, "").label("owner"),
        (placements.c.object_id == placements.c.content_id).label("is_original"),
    )
    query = (
        select(
            *slot,
            func.count(),
            func.sum(size),
            _sum_if(has_come, 1),
            _sum_if(has_come, size),
            _sum_if(has_come, requests),
            _sum_if(was_fetched, 1),
            _sum_if(was_fetched, size),
        )
        .outerjoin(owners, owners.c.content_id == placements.c.content_id)
        .where(placements.c.state.in_((State.PRESENT.value, State.EVICTING.value)))
        .where(arrived <= now)
        .group_by(*slot)
    )
    rows = await connection.execute(query)
    return {_slot(*row[:3]): Look(*(int(each) for each in row[3:])) for row in rows}


async def list_before(connection: Connection, day: date) -> dict[Slot, tuple[int, int]]:
    """Return what each slot held at the end of what is known of a day."""
    query = select(
        tier_days.c.tier,
        tier_days.c.project_id,
        tier_days.c.is_original,
        tier_days.c.held_objects,
        tier_days.c.held_bytes,
    ).where(tier_days.c.day == day, tier_days.c.held_objects > 0)
    rows = await connection.execute(query)
    return {_slot(*row[:3]): (row.held_objects, row.held_bytes) for row in rows}


async def add_parts(connection: Connection, parts: Iterable[DayPart]) -> None:
    """Add to days what a look has found."""
    rows = [
        {
            "day": part.day,
            "tier": part.slot.tier.value,
            "project_id": part.slot.project_id,
            "is_original": part.slot.is_original,
            **{name: getattr(part, name) for name in (*_HELD, *_ADDED)},
        }
        for part in parts
    ]
    if not rows:
        return
    added = insert_or(connection, tier_days)
    await connection.execute(
        added.on_conflict_do_update(
            index_elements=list(tier_days.primary_key),
            set_={
                **{name: added.excluded[name] for name in _HELD},
                **{name: tier_days.c[name] + added.excluded[name] for name in _ADDED},
            },
        ),
        rows,
    )


async def sum_reads(connection: Connection, since: date) -> list[dict[str, object]]:
    """Return what was read of each slot, of every day since, as rows of `tier_days`."""
    owners, archived = _owners(), placements.alias("archived")
    kept = and_(
        archived.c.object_id == read_counts.c.object_id, archived.c.tier == Tier.ARCHIVE.value
    )
    is_original = func.coalesce(archived.c.object_id == archived.c.content_id, False)
    slot = (
        read_counts.c.day,
        read_counts.c.tier,
        func.coalesce(owners.c.project_id, "").label("owner"),
        is_original.label("is_original"),
    )
    query = (
        select(*slot, func.sum(read_counts.c.reads), func.sum(read_counts.c.bytes))
        .select_from(read_counts)
        .outerjoin(archived, kept)
        .outerjoin(owners, owners.c.content_id == archived.c.content_id)
        .where(read_counts.c.day >= since)
        .group_by(*slot)
    )
    names = ("day", "tier", "project_id", "is_original", "reads", "read_bytes")
    return [_read(names, row) for row in await connection.execute(query)]


async def write_reads(connection: Connection, since: date, rows: list[dict[str, object]]) -> None:
    """Write down anew what was read, of every day since."""
    await connection.execute(
        update(tier_days)
        .where(tier_days.c.day >= since, or_(tier_days.c.reads > 0, tier_days.c.read_bytes > 0))
        .values(reads=0, read_bytes=0)
    )
    if rows:
        added = insert_or(connection, tier_days)
        await connection.execute(
            added.on_conflict_do_update(
                index_elements=list(tier_days.primary_key),
                set_={name: added.excluded[name] for name in ("reads", "read_bytes")},
            ),
            rows,
        )


async def sum_slots(connection: Connection, since: date, until: date) -> list[Sums]:
    """Return what each slot came to from a day to before another."""
    slot = (tier_days.c.tier, tier_days.c.project_id, tier_days.c.is_original)
    names = Sums._fields[1:]
    query = (
        select(*slot, *(func.sum(tier_days.c[name]) for name in names))
        .where(tier_days.c.day >= since, tier_days.c.day < until)
        .group_by(*slot)
    )
    rows = await connection.execute(query)
    return [Sums(_slot(*row[:3]), *(int(each) for each in row[3:])) for row in rows]


async def list_days(connection: Connection, since: date) -> list[TierDay]:
    """Return the days of the tiers since one, in order."""
    names = TierDay.__slots__[2:]
    query = (
        select(tier_days.c.day, tier_days.c.tier, *(func.sum(tier_days.c[name]) for name in names))
        .where(tier_days.c.day >= since)
        .group_by(tier_days.c.day, tier_days.c.tier)
        .order_by(tier_days.c.day, tier_days.c.tier)
    )
    rows = await connection.execute(query)
    return [TierDay(row[0], Tier(row[1]), *(int(each) for each in row[2:])) for row in rows]


async def find_first_day(connection: Connection) -> date | None:
    """Return since when there are accounts."""
    found: date | None = (await connection.execute(select(func.min(tier_days.c.day)))).scalar_one()
    return found


async def list_names(connection: Connection) -> dict[str, str]:
    """Return what projects are called: `client/project`, by id."""
    query = select(projects.c.id, projects.c.client_slug, projects.c.project_slug)
    return {row[0]: f"{row[1]}/{row[2]}" for row in await connection.execute(query)}


def _owners() -> Subquery:
    """Return the project of each content: of several, the first by id."""
    return (
        select(assets.c.content_id, func.min(assets.c.project_id).label("project_id"))
        .group_by(assets.c.content_id)
        .subquery()
    )


def _sum_if(condition: ColumnElement[bool], value: Any) -> ColumnElement[int]:
    return func.sum(case((condition, value), else_=0))


def _slot(tier: str, project_id: str, is_original: object) -> Slot:
    return Slot(Tier(tier), project_id, bool(is_original))


def _read(names: tuple[str, ...], row: Any) -> dict[str, object]:
    told: dict[str, object] = dict(zip(names, row, strict=True))
    counts = {name: int(row[at]) for at, name in enumerate(names) if name.startswith("read")}
    return {**told, "is_original": bool(told["is_original"]), **counts}
