"""The queries that find assets, by what is true of them and by the index of terms.

1. The index narrows, and only narrows: the caller's projects are asked of the assets themselves.
2. Each asset has a place in time, which both indexes are ordered by. SQLite's FTS5 gives its
   matches in that order, so that a page costs what it shows.
3. PostgreSQL's GIN knows no order. Where it finds `FEW` or fewer, these are sorted; where it finds
   more, the newest assets are looked at one after the other until the page is full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.catalog_tables import asset_terms
from rushes.db.statements import insert_or
from rushes.db.tables import assets, placements, projects, uploads
from rushes.library.asset import Asset, State
from rushes.library.question import Comparison, Condition, Question, Sort
from rushes.library.records import asset_of
from rushes.library.terms import FIELD, PROJECT, TAG, ask, facet, fold, form_of

FEW: Final = 10_000
MANY_PROJECTS: Final = 32
"""Beyond so many, projects are asked of the assets alone."""

NUMBERS: Final = ("number", "integer", "real")
TEXTS: Final = ("string", "text")
"""What PostgreSQL and SQLite call the values of JSON."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Value: TypeAlias = str | float | datetime
Place: TypeAlias = tuple[Value, str] | None
"""The value that is sorted by, and the id, of the last asset of the page before."""

Group: TypeAlias = tuple[str, ...]
"""Terms of which one has to be there; those that are no facets may go on."""

_WORDS: Final = table("asset_words", column("rowid"), column("asset_words"))
_STRAIGHT: Final = ("enable_bitmapscan", "enable_seqscan", "enable_hashjoin", "enable_mergejoin")
_INVERTED: Final = ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan")


async def find_assets(
    connection: AsyncConnection,
    question: Question,
    project_ids: Sequence[str] | None,
    after: Place,
    limit: int,
) -> list[tuple[Asset, Value]]:
    """Return a page of assets, each with what it is sorted by; `project_ids` None: of all."""
    is_sqlite = connection.dialect.name == "sqlite"
    query = _narrow(select(assets), question, project_ids, is_sqlite=is_sqlite)
    ordered: ColumnElement[Any] = assets.c[question.sort.column]
    if question.sort.column == "duration":
        ordered = func.coalesce(ordered, -1.0)  # what has none is shorter than all others
    is_in_time = question.is_full_text and question.sort.column == "created_at"
    if question.is_full_text:
        groups = await _groups(connection, question, project_ids)
        if not groups:
            return []
        if is_in_time:
            query, ordered = await _in_time(connection, query, groups, question.sort, after)
        else:
            query = query.where(assets.c.place.in_(_places(groups, is_sqlite=is_sqlite)))
    query = query.add_columns(ordered.label("sorted_by"))
    if is_in_time:  # no two places are equal; to sort by the id too, all would have to be read
        query = _page_by_place(query, ordered, question.sort, after)
    else:
        query = _page(query, ordered, question.sort, after)
    rows = await connection.execute(query.limit(limit))
    return [(asset_of(row), row.sorted_by) for row in rows]


def _page_by_place(
    query: Select[Any], ordered: ColumnElement[Any], sort: Sort, after: Place
) -> Select[Any]:
    """Go through time, and begin behind the page before."""
    if after is not None:
        query = query.where(ordered < after[0] if sort.is_down else ordered > after[0])
    return query.order_by(ordered.desc() if sort.is_down else ordered)


def _page(query: Select[Any], ordered: ColumnElement[Any], sort: Sort, after: Place) -> Select[Any]:
    """Bring assets into their order, and begin behind the page before."""
    by_id = assets.c.id
    if after is not None:
        value, asset_id = after
        is_beyond, goes_on = ordered > value, by_id > asset_id
        if sort.is_down:
            is_beyond, goes_on = ordered < value, by_id < asset_id
        query = query.where(or_(is_beyond, and_(ordered == value, goes_on)))
    if sort.is_down:
        return query.order_by(ordered.desc(), by_id.desc())
    return query.order_by(ordered, by_id)


async def list_ids(
    connection: AsyncConnection, question: Question, project_ids: Sequence[str] | None, limit: int
) -> list[str]:
    """Return the ids of all assets that a question finds, `limit` at most."""
    is_sqlite = connection.dialect.name == "sqlite"
    query = _narrow(select(assets.c.id), question, project_ids, is_sqlite=is_sqlite)
    if question.is_full_text:
        groups = await _groups(connection, question, project_ids)
        if not groups:
            return []
        query = query.where(assets.c.place.in_(_places(groups, is_sqlite=is_sqlite)))
    return list((await connection.execute(query.order_by(assets.c.id).limit(limit))).scalars())


async def put_terms(connection: AsyncConnection, asset: Asset, terms: Sequence[str]) -> None:
    """Let an asset be found by these terms alone."""
    is_sqlite = connection.dialect.name == "sqlite"
    value: Any = " ".join(terms) if is_sqlite else func.array_to_tsvector(list(terms))
    of_it = select(assets.c.place).where(assets.c.id == asset.id)
    place = (await connection.execute(of_it)).scalar_one_or_none()
    if place is not None:
        same = asset_terms.c.place == place
        await connection.execute(update(asset_terms).where(same).values(terms=value))
        return
    place = (asset.created_at - EPOCH) // timedelta(microseconds=1)
    while not await _insert(connection, place, value):
        place += 1
    await connection.execute(update(assets).where(assets.c.id == asset.id).values(place=place))


async def _insert(connection: AsyncConnection, place: int, terms: Any) -> bool:
    statement = insert_or(connection, asset_terms).values(place=place, terms=terms)
    made = statement.on_conflict_do_nothing().returning(asset_terms.c.place)
    return (await connection.execute(made)).first() is not None


async def _groups(
    connection: AsyncConnection, question: Question, project_ids: Sequence[str] | None
) -> list[Group]:
    """Return what the index is asked; nothing: no asset can be meant."""
    words = ask(question.q)
    if question.q.strip() and not words:
        return []
    groups: list[Group] = [*words]
    groups += [(facet(TAG, fold(tag).strip()),) for tag in question.tags]
    groups += [
        (facet(FIELD, each.key, form_of(each.value)),)
        for each in question.conditions
        if each.comparison is Comparison.IS
    ]
    chosen = await _list_projects(connection, question, project_ids)
    if chosen is not None and not chosen:
        return []
    if chosen is not None and len(chosen) <= MANY_PROJECTS:
        groups.append(tuple(facet(PROJECT, each) for each in chosen))
    return groups


async def _list_projects(
    connection: AsyncConnection, question: Question, project_ids: Sequence[str] | None
) -> Sequence[str] | None:
    if question.client is None and question.project is None:
        return project_ids
    query = _of_slugs(select(projects.c.id), question)
    if project_ids is not None:
        query = query.where(projects.c.id.in_(project_ids))
    return list((await connection.execute(query.limit(MANY_PROJECTS + 1))).scalars())


def _of_slugs(query: Select[Any], question: Question) -> Select[Any]:
    if question.client is not None:
        query = query.where(projects.c.client_slug == question.client)
    if question.project is not None:
        query = query.where(projects.c.project_slug == question.project)
    return query


async def _in_time(
    connection: AsyncConnection,
    query: Select[Any],
    groups: Sequence[Group],
    sort: Sort,
    after: Place,
) -> tuple[Select[Any], ColumnElement[Any]]:
    """Return a query for those that the index finds, and their place in time.

    It is asked in the way that costs least.
    """
    if connection.dialect.name == "sqlite":
        # The plus keeps SQLite from going through the assets and asking the index for each.
        rowid: ColumnElement[int] = literal_column("asset_words.rowid")
        query = query.join(_WORDS, assets.c.place == literal_column("+asset_words.rowid"))
        return query.where(
            literal_column("asset_words.asset_words").op("MATCH")(_fts5(groups))
        ), rowid
    few = await _list_few(connection, groups, sort, after)
    if few is not None:
        return query.where(assets.c.place.in_(few)), assets.c.place
    await _without(connection, _STRAIGHT)
    query = query.join(asset_terms, assets.c.place == asset_terms.c.place)
    return query.where(_tsquery(groups)), asset_terms.c.place


async def _list_few(
    connection: AsyncConnection, groups: Sequence[Group], sort: Sort, after: Place
) -> list[int] | None:
    """Return the places of all matches of this page and later ones; None: there are too many."""
    await _without(connection, _INVERTED)
    query = select(asset_terms.c.place).where(_tsquery(groups))
    if after is not None:
        place = asset_terms.c.place
        query = query.where(place <= after[0] if sort.is_down else place >= after[0])
    found = list((await connection.execute(query.limit(FEW + 1))).scalars())
    for name in _INVERTED:
        await connection.execute(text(f"SET LOCAL {name} = on"))
    return found if len(found) <= FEW else None


async def _without(connection: AsyncConnection, names: Sequence[str]) -> None:
    """Keep PostgreSQL from some ways to go, until the transaction ends."""
    for name in names:
        await connection.execute(text(f"SET LOCAL {name} = off"))


def _places(groups: Sequence[Group], *, is_sqlite: bool) -> Select[Any]:
    """Return the places of all that the index finds."""
    if is_sqlite:
        found = literal_column("asset_words.asset_words").op("MATCH")(_fts5(groups))
        return select(_WORDS.c.rowid).where(found)
    return select(asset_terms.c.place).where(_tsquery(groups))


def _fts5(groups: Sequence[Group]) -> str:
    return " AND ".join(
        "(" + " OR ".join(_quoted(each, '"', "*") for each in group) + ")" for group in groups
    )


def _tsquery(groups: Sequence[Group]) -> ColumnElement[bool]:
    asked = " & ".join(
        "(" + " | ".join(_quoted(each, "'", ":*") for each in group) + ")" for group in groups
    )
    found: ColumnElement[bool] = asset_terms.c.terms.op("@@")(cast(literal(asked), TSQUERY))
    return found


def _quoted(term: str, quote: str, goes_on: str) -> str:
    """Return a term for a query; no term holds a quote."""
    return f"{quote}{term}{quote}" + ("" if term.startswith(":") else goes_on)


def _narrow(
    query: Select[Any],
    question: Question,
    project_ids: Sequence[str] | None,
    *,
    is_sqlite: bool,
) -> Select[Any]:
    """Ask of the assets themselves what is asked of them."""
    query = query.where(assets.c.state != State.DELETING.value)
    if project_ids is not None:
        query = query.where(assets.c.project_id.in_(project_ids))
    if question.client is not None or question.project is not None:
        query = query.where(assets.c.project_id.in_(_of_slugs(select(projects.c.id), question)))
    query = query.where(*_list_bounds(question))
    return query.where(
        *(
            _compared(each, is_sqlite=is_sqlite)
            for each in question.conditions
            if each.comparison is not Comparison.IS
        )
    )


def _list_bounds(question: Question) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of the columns of an asset."""
    for name, value in (("kind", question.kind), ("state", question.state)):
        if value is not None:
            yield assets.c[name] == value
    for name, least, most in (
        ("created_at", question.created_after, question.created_before),
        ("duration", question.min_duration, question.max_duration),
        ("size_bytes", question.min_size, question.max_size),
        ("width", question.min_width, question.max_width),
    ):
        if least is not None:
            yield assets.c[name] >= least
        if most is not None:
            yield assets.c[name] <= most
    if question.link is not None:
        by_link = select(uploads.c.id).where(uploads.c.link_id == question.link)
        yield assets.c.upload_id.in_(by_link)
    if question.tier is not None:
        yield (
            select(placements.c.id)
            .where(
                placements.c.content_id == assets.c.content_id,
                placements.c.tier == question.tier,
                placements.c.state == "present",
            )
            .exists()
        )


def _compared(condition: Condition, *, is_sqlite: bool) -> ColumnElement[bool]:
    """Compare a field: numbers with numbers, texts (and dates, as they are written) with texts."""
    value = assets.c.metadata[condition.key]
    kind: ColumnElement[str] = func.jsonb_typeof(value)
    kept: ColumnElement[Any] = value.as_string()
    if is_sqlite:
        kind = func.json_type(assets.c.metadata, f'$."{condition.key}"')
    else:
        kept = kept.collate("C")  # as SQLite compares
    told: ColumnElement[Any] = literal(condition.value)
    kinds: tuple[str, ...] = TEXTS
    if condition.number is not None:
        kept, told, kinds = value.as_float(), literal(condition.number), NUMBERS
    # What the value is is asked first: PostgreSQL reads no number from what is none.
    same = case((kind.in_(kinds), kept), else_=null())
    return same >= told if condition.comparison is Comparison.AT_LEAST else same <= told
