"""The queries of a plan: what is on the edge, judged by the database with the cutoffs of the rules.

Of most objects columns alone tell that they stay. The others are looked up (what they are, whose,
whether the archive has them) and come as sums and ids, not as rows: a million objects of Python's
cost more than the query. Only where there is no room, some come one by one, oldest first.
`retention.plan` says the same of rows in memory; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from rushes.db.columns import Moment
from rushes.db.engine import Connection
from rushes.db.tables import assets, contents, placements, renditions
from rushes.db.vault_tables import read_counts
from rushes.renditions.rendition import Kind as RenditionKind
from rushes.tiers.cutoffs import CLOCK_MOVED, Cutoffs
from rushes.tiers.placement import State, Tier
from rushes.tiers.retention import GIVES_WAY, KIND_OF, Kept, reason_of
from rushes.tiers.rules import Kind

BUCKETS: Final = 16
"""Ids come in so many strings for each verdict, so that none grows beyond what databases take."""

_arrived = func.coalesce(placements.c.arrived_at, placements.c.created_at)
_since = case((placements.c.last_access_at > _arrived, placements.c.last_access_at), else_=_arrived)
_archived = placements.alias("archived")


class Sums(NamedTuple):
    """What a tier holds, and what of it is small: objects and bytes.

    `is_ahead`: something was read so far in the future that a clock must have moved.
    """

    objects: int
    size_bytes: int
    small_objects: int
    small_bytes: int
    is_ahead: bool


class Group(NamedTuple):
    """Objects of one verdict, the word of a `Kept` or of a `Reason`; the latter with their ids."""

    verdict: str
    objects: int
    size_bytes: int
    placement_ids: Sequence[str]


class Next(NamedTuple):
    """An object that gives way in its turn; `verdict` is the word of the `Kept` it was."""

    placement_id: str
    size_bytes: int
    verdict: str


async def sum_up(connection: Connection, tier: Tier, cutoffs: Cutoffs) -> Sums:
    """Return what is told without a look at each object; nothing but an index is read for it."""
    size = placements.c.size_bytes
    held = (placements.c.tier == tier.value, placements.c.state == State.PRESENT.value)
    sums = select(func.count(), func.coalesce(func.sum(size), 0)).select_from(placements)
    found = (await connection.execute(sums.where(*held))).one()
    small = (await connection.execute(sums.where(*held, _is_small(cutoffs)))).one()
    limit = cutoffs.now + CLOCK_MOVED
    ahead = select(placements.c.id).where(
        *_is_there(connection, tier),
        or_(placements.c.last_access_at > limit, _arrived > limit),
    )
    is_ahead = (await connection.execute(ahead.limit(1))).first() is not None
    return Sums(int(found[0]), int(found[1]), int(small[0]), int(small[1]), is_ahead)


async def judge(
    connection: Connection, tier: Tier, cutoffs: Cutoffs, plays_since: date
) -> list[Group]:
    """Return all objects but the small ones and those that were read since `newest`."""
    verdict = _look_up(cutoffs, plays_since)
    query = (
        select(
            placements.c.id,
            placements.c.size_bytes,
            verdict.of(_since).label("verdict"),
            (placements.c.size_bytes % BUCKETS).label("bucket"),
        )
        .select_from(verdict.tables)
        .where(*_is_there(connection, tier), not_(_is_small(cutoffs)))
        .where(or_(_is_pinned(cutoffs), _since < cutoffs.newest))
    )
    judged = query.subquery("judged")
    goes = case((judged.c.verdict == reason_of(cutoffs).value, judged.c.id))
    grouped = select(
        judged.c.verdict,
        func.count(),
        func.sum(judged.c.size_bytes),
        func.aggregate_strings(goes, ","),
    ).group_by(judged.c.verdict, judged.c.bucket)
    rows = await connection.execute(grouped)
    return [
        Group(word, int(objects), int(size), ids.split(",") if ids else ())
        for word, objects, size, ids in rows
    ]


async def sum_by_hour(
    connection: Connection, tier: Tier, cutoffs: Cutoffs
) -> list[tuple[datetime, int]]:
    """Return the bytes last read in each hour before the grace, the first hour first.

    To know where to look costs less than to sort a million objects.
    """
    hour: ColumnElement[datetime] = func.date_trunc("hour", _since, type_=Moment)
    if connection.dialect.name == "sqlite":
        begins = func.substr(type_coerce(_since, Text), 1, len("2026-11-21 12"))
        hour = type_coerce(begins.concat(":00:00.000000"), Moment)
    query = select(hour.label("hour"), func.sum(placements.c.size_bytes))
    query = query.where(*_may_go(connection, tier, cutoffs)).group_by("hour").order_by("hour")
    return [(at, int(size)) for at, size in await connection.execute(query)]


async def list_oldest(
    connection: Connection,
    tier: Tier,
    cutoffs: Cutoffs,
    plays_since: date,
    span: tuple[datetime, datetime],
) -> list[Next]:
    """Return what gives way if there is no room, last read in a span, longest unread first."""
    verdict = _look_up(cutoffs, plays_since)
    word, begin, end = verdict.of(_since), *span
    query = (
        select(placements.c.id, placements.c.size_bytes, word)
        .select_from(verdict.tables)
        .where(*_may_go(connection, tier, cutoffs), _since >= begin, _since < end)
        .where(verdict.is_limited, word.in_([why.value for why in GIVES_WAY]), _is_archived())
        .order_by(_since, placements.c.id)
    )
    return [Next(*row) for row in await connection.execute(query)]


def _may_go(
    connection: Connection, tier: Tier, cutoffs: Cutoffs
) -> tuple[ColumnElement[bool], ...]:
    keeps = or_(_is_small(cutoffs), _is_pinned(cutoffs))
    return *_is_there(connection, tier), not_(keeps), _since < cutoffs.graced


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is looked up to judge an object, and how it is judged."""

    cutoffs: Cutoffs
    tables: FromClause
    cutoff: ColumnElement[datetime]
    is_popular: ColumnElement[bool]

    @property
    def is_limited(self) -> ColumnElement[bool]:
        """Whether the rules let it go at all."""
        return and_(renditions.c.id.is_not(None), self.cutoff.is_not(None))

    def of(self, since: ColumnElement[datetime]) -> ColumnElement[str]:
        """Return the word of a `Kept`, or of the one `Reason`, in the order of `retention`."""
        rules, now = self.cutoffs.rules, self.cutoffs.now
        return case(
            (_is_pinned(self.cutoffs), Kept.PINNED.value),
            (since >= self.cutoffs.newest, Kept.WATCHED.value),
            (not_(self.is_limited), Kept.ALWAYS.value),
            (since >= self.cutoff, Kept.WATCHED.value),
            (_arrived > now - rules.new_for, Kept.NEW.value),
            (self.is_popular, Kept.POPULAR.value),
            (_is_archived(), reason_of(self.cutoffs).value),
            else_=Kept.NOT_ARCHIVED.value,
        )


def _look_up(cutoffs: Cutoffs, plays_since: date) -> _Verdict:
    projects, popular = _projects(), _popular(cutoffs.rules.popular_plays, plays_since)
    tables = placements.outerjoin(renditions, renditions.c.id == placements.c.object_id)
    tables = tables.outerjoin(popular, popular.c.object_id == placements.c.object_id)
    if cutoffs.rules.by_project:
        tables = tables.outerjoin(projects, projects.c.content_id == placements.c.content_id)
    cutoff = _cutoff(cutoffs, projects.c.project_id)
    return _Verdict(cutoffs, tables, cutoff, popular.c.object_id.is_not(None))


def _is_there(connection: Connection, tier: Tier) -> tuple[ColumnElement[bool], ...]:
    """Return what is true of what a tier holds.

    SQLite is kept from its index of tiers: that leads to rows in the order of their sizes, a page
    for each, where all are read anyway.
    """
    column: ColumnElement[str] = placements.c.tier
    if connection.dialect.name == "sqlite":
        column = UnaryExpression(column, operator=custom_op("+"), type_=column.type)
    return column == tier.value, placements.c.state == State.PRESENT.value


def _is_pinned(cutoffs: Cutoffs) -> ColumnElement[bool]:
    until = placements.c.pinned_until
    return and_(until.is_not(None), until > cutoffs.now)


def _is_small(cutoffs: Cutoffs) -> ColumnElement[bool]:
    return placements.c.size_bytes < cutoffs.rules.keep_below_bytes


def _is_archived() -> ColumnElement[bool]:
    """Return whether the archive surely has an object; looked up only where that matters."""
    return exists(
        select(_archived.c.id)
        .where(
            _archived.c.object_id == placements.c.object_id,
            _archived.c.tier == Tier.ARCHIVE.value,
            _archived.c.state == State.PRESENT.value,
            _archived.c.verified_at.is_not(None),
            _archived.c.digest == placements.c.digest,
        )
        .correlate(placements)
    )


def _projects() -> FromClause:
    """Return the project of each content; the first, where several have it."""
    first = func.min(assets.c.project_id).label("project_id")
    return select(assets.c.content_id, first).group_by(assets.c.content_id).subquery("projects")


def _popular(most: int, since: date) -> FromClause:
    """Return the objects that were played more often since then."""
    query = select(read_counts.c.object_id).where(read_counts.c.day >= since)
    query = query.group_by(read_counts.c.object_id).having(func.sum(read_counts.c.plays) > most)
    return query.subquery("popular")


def _cutoff(cutoffs: Cutoffs, project_id: ColumnElement[str]) -> ColumnElement[datetime]:
    """Return before which moment an object goes by the rules; null: never."""
    rules, kind = cutoffs.rules, renditions.c.kind
    cases: list[tuple[ColumnElement[bool], timedelta | None]] = [
        (and_(not_(_is_kind(Kind.STILL)), project_id.in_(ids)), span)
        for span, ids in _by_span(rules.by_project).items()
    ]
    is_proxy = kind == RenditionKind.PROXY.value
    cases += [
        (and_(is_proxy, renditions.c.name.in_(names)), span)
        for span, names in _by_span(rules.by_quality).items()
    ]
    cases += [(_is_kind(each), span) for each, span in rules.by_kind.items()]
    otherwise = _moment(cutoffs, rules.otherwise)
    if not cases:
        return otherwise
    return case(*((is_it, _moment(cutoffs, span)) for is_it, span in cases), else_=otherwise)


def _by_span(told: Mapping[str, timedelta | None]) -> Mapping[timedelta | None, list[str]]:
    found: dict[timedelta | None, list[str]] = {}
    for name, span in told.items():
        found.setdefault(span, []).append(name)
    return found


def _moment(cutoffs: Cutoffs, span: timedelta | None) -> ColumnElement[datetime]:
    cutoff = cutoffs.of_span(span)
    return cast(null(), Moment) if cutoff is None else literal(cutoff, Moment)


def _is_kind(kind: Kind) -> ColumnElement[bool]:
    """Return whether a rendition is what the rules call so."""
    found = Kind.IMAGE if kind is Kind.DOCUMENT else kind
    names = [rendition.value for rendition, each in KIND_OF.items() if each is found]
    is_it = renditions.c.kind.in_(names)
    if found is not Kind.IMAGE:
        return is_it
    document = exists(
        select(contents.c.id)
        .where(contents.c.id == placements.c.content_id, contents.c.kind == "document")
        .correlate(placements)
    )
    return and_(is_it, document if kind is Kind.DOCUMENT else not_(document))
