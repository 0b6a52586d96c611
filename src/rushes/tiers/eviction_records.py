"""The queries of eviction: what may leave the edge, what leaves, and what has left.

An object leaves only while the archive's row says present, verified and of the same digest; each
statement that takes it further asks for that again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.engine import Row

from rushes.db.engine import Connection
from rushes.db.tables import placements
from rushes.tiers.placement import LEASE, State, Tier
from rushes.tiers.records import is_on_edge

REST: Final = timedelta(seconds=60)
"""What has left is not filled again for so long: the delete of a dead worker may come late."""

_ON_EDGE: Final = is_on_edge()
_EVICTING: Final = placements.c.state == State.EVICTING.value

_THERE: Final = frozenset({State.PRESENT.value, State.EVICTING.value})

_archived = placements.alias("archived")
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Leaving:
    """An object on its way off an edge, and the archive's copy of it."""

    id: str
    tier: Tier
    object_id: str
    content_id: str
    key: str
    size_bytes: int
    fence: int
    reason: str
    leaving_at: datetime
    last_access_at: datetime | None
    lease_until: datetime | None
    archive_key: str | None
    archive_version: str | None

    @property
    def may_stay(self) -> bool:
        """Say whether its deletion has not begun, so that it is whole for sure."""
        return self.lease_until is None

    @property
    def was_read(self) -> bool:
        """Say whether somebody read it since it was to leave."""
        return self.last_access_at is not None and self.last_access_at >= self.leaving_at


async def mark(
    connection: Connection,
    reasons: Mapping[str, str],
    now: datetime,
    *,
    read_before: datetime | None = None,
) -> list[tuple[str, int]]:
    """Take placements, by id with their reasons, out of every route; return object and size.

    With `read_before`, what was read later than that stays; pinned ones always do, and those
    whose archive copy is not proved.
    """
    marked: list[tuple[str, int]] = []
    known = placements.c.last_access_at
    for reason in sorted(set(reasons.values())):
        statement = (
            update(placements)
            .where(placements.c.id.in_([each for each, why in reasons.items() if why == reason]))
            .where(_ON_EDGE, placements.c.state == State.PRESENT.value, _is_archived())
            .where(or_(placements.c.pinned_until.is_(None), placements.c.pinned_until <= now))
        )
        if read_before is not None:
            statement = statement.where(or_(known.is_(None), known < read_before))
        done = await connection.execute(
            statement.values(
                state=State.EVICTING.value,
                fence=placements.c.fence + 1,
                lease_until=None,
                leaving_at=now,
                leaving_for=reason,
            ).returning(placements.c.object_id, placements.c.size_bytes)
        )
        marked += [(row.object_id, row.size_bytes) for row in done]
    return marked


async def list_due(
    connection: Connection, tier: Tier, before: datetime, now: datetime
) -> list[Leaving]:
    """Return what was marked on an edge before then, and is not being deleted by another worker."""
    is_free = or_(placements.c.lease_until.is_(None), placements.c.lease_until < now)
    archived = and_(
        _archived.c.object_id == placements.c.object_id,
        _archived.c.tier == Tier.ARCHIVE.value,
        *_is_proved(),
    )
    query = (
        select(placements, _archived.c.key.label("archive_key"), _archived.c.version.label("told"))
        .outerjoin(_archived, archived)
        .where(placements.c.tier == tier.value, _EVICTING)
        .where(placements.c.leaving_at <= before, is_free)
        .order_by(placements.c.leaving_at, placements.c.id)
        .limit(PAGE)
    )
    return [_leaving(row) for row in await connection.execute(query)]


async def claim(connection: Connection, leaving: Leaving, now: datetime) -> Leaving | None:
    """Take the right to delete; None if somebody read it, or another worker has it.

    A deletion that another worker began is ended whoever read meanwhile: it may be half done.
    """
    known = placements.c.last_access_at
    is_unread = or_(known.is_(None), known < placements.c.leaving_at)
    done = await connection.execute(
        update(placements)
        .where(placements.c.id == leaving.id, placements.c.fence == leaving.fence, _EVICTING)
        .where(or_(placements.c.lease_until < now, is_unread))
        .values(fence=placements.c.fence + 1, lease_until=now + LEASE)
        .returning(placements.c.fence)
    )
    fence = done.scalar_one_or_none()
    if fence is None:
        return None
    return replace(leaving, fence=fence)


async def keep(connection: Connection, leaving: Leaving) -> bool:
    """Bring an object back whose deletion has not begun; say whether it came back."""
    done = await connection.execute(
        update(placements)
        .where(placements.c.id == leaving.id, placements.c.fence == leaving.fence, _EVICTING)
        .where(placements.c.lease_until.is_(None))
        .values(state=State.PRESENT.value, leaving_at=None, leaving_for=None)
    )
    return done.rowcount == 1


async def write_gone(connection: Connection, held: Leaving, now: datetime) -> bool:
    """Note that an object has left, under the fence of its claim; say whether it still held."""
    done = await connection.execute(
        update(placements)
        .where(placements.c.id == held.id, placements.c.fence == held.fence, _EVICTING)
        .values(
            state=State.ABSENT.value,
            lease_until=None,
            leaving_at=None,
            leaving_for=None,
            version=None,
            is_shared=False,
            verified_at=None,
            arrived_at=None,
            next_try_at=now + REST,
        )
    )
    return done.rowcount == 1


async def write_pin(
    connection: Connection, object_ids: Collection[str], until: datetime | None
) -> int:
    """Keep objects on the edge until then, or as long as the rules say; return how many are there.

    What is not there has its pin as well, for when it comes.
    """
    done = await connection.execute(
        update(placements)
        .where(_ON_EDGE, placements.c.object_id.in_(object_ids))
        .values(pinned_until=until)
        .returning(placements.c.state)
    )
    return sum(state in _THERE for state in done.scalars())


def _is_archived() -> ColumnElement[bool]:
    return exists(
        select(_archived.c.id).where(
            _archived.c.object_id == placements.c.object_id,
            _archived.c.tier == Tier.ARCHIVE.value,
            *_is_proved(),
        )
    )


def _is_proved() -> tuple[ColumnElement[bool], ...]:
    return (
        _archived.c.state == State.PRESENT.value,
        _archived.c.verified_at.is_not(None),
        _archived.c.digest == placements.c.digest,
    )


def _leaving(row: Row[tuple[object, ...]]) -> Leaving:
    told = row._mapping  # noqa: SLF001 - the documented way to a row's columns by name
    known = {name: told[name] for name in Leaving.__slots__ if name in told}
    known |= {"tier": Tier(str(told["tier"])), "reason": row.leaving_for}
    return Leaving(**known | {"archive_version": row.told})
