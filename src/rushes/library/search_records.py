"""The queries that find assets, by what is true of them and by the index of terms.

1. The index narrows, and only narrows: the caller's projects are asked of the assets themselves.
2. Each asset has a place in time, which both indexes are ordered by. SQLite's FTS5 gives its
   matches in that order, so that a page costs what it shows.
3. PostgreSQL's GIN knows no order. Where it finds `FEW` or fewer, these are sorted; where it finds
   more, the newest assets are looked at one after the other until the page is full.
4. So it is on both with every other order: few are sorted, of many the next `FAR` assets are looked
   at. All are sorted only where these do not fill the page.
5. What is so rare that it alone leaves over few assets is found first, and the rest asked of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.catalog_tables import asset_terms
from rushes.db.statements import insert_or
from rushes.db.tables import assets, projects
from rushes.library.asset import Asset
from rushes.library.bounds import MANY_PROJECTS, list_little, narrow, of_slugs
from rushes.library.question import Comparison, Question, Sort
from rushes.library.records import asset_of
from rushes.library.search_order import Place, Value, beyond, page_by, page_by_place
from rushes.library.term_queries import (
    WORDS,
    Group,
    ask_fts5,
    ask_terms,
    ask_tsquery,
    places_of,
)
from rushes.library.terms import FIELD, PROJECT, TAG, ask, facet, fold, form_of

FEW: Final = 10_000
FAR: Final = 50_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

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
    query = narrow(select(assets), question, project_ids, is_sqlite=is_sqlite)
    little = await list_little(connection, question)
    if little is not None:
        query = query.where(assets.c.id.in_(little))
    if not question.is_full_text:
        return await _read(connection, page_by(query, question.sort, after), limit)
    groups = await _groups(connection, question, project_ids)
    if not groups:
        return []
    if little is not None:
        return await _list_of_little(connection, query, groups, Turn(question.sort, after, limit))
    if question.sort.column != "created_at":
        return await _list_sorted(connection, query, groups, Turn(question.sort, after, limit))
    query, ordered = await _in_time(connection, query, groups, question.sort, after)
    query = query.add_columns(ordered.label("sorted_by"))
    # No two places are equal; to sort by the id too, all would have to be read.
    return await _read(connection, page_by_place(query, ordered, question.sort, after), limit)


async def _read(
    connection: AsyncConnection, query: Select[Any], limit: int
) -> list[tuple[Asset, Value]]:
    rows = await connection.execute(query.limit(limit))
    return [(asset_of(row), row.sorted_by) for row in rows]


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page is wanted, and of which order."""

    sort: Sort
    after: Place
    limit: int


async def _list_of_little(
    connection: AsyncConnection, query: Select[Any], groups: Sequence[Group], turn: Turn
) -> list[tuple[Asset, Value]]:
    """Return a page of few assets, whose terms are looked at."""
    is_sqlite = connection.dialect.name == "sqlite"
    query = query.join(asset_terms, assets.c.place == asset_terms.c.place)
    query = query.where(ask_terms(groups) if is_sqlite else ask_tsquery(groups))
    if turn.sort.column != "created_at":
        return await _read(connection, page_by(query, turn.sort, turn.after), turn.limit)
    query = query.add_columns(assets.c.place.label("sorted_by"))
    page = page_by_place(query, assets.c.place, turn.sort, turn.after)
    return await _read(connection, page, turn.limit)


async def _list_sorted(
    connection: AsyncConnection, query: Select[Any], groups: Sequence[Group], turn: Turn
) -> list[tuple[Asset, Value]]:
    """Return a page of those that the index finds, in another order than that of time."""
    page = page_by(query, turn.sort, turn.after)
    few = await _find_few(connection, groups)
    if few is not None:
        return await _read(connection, page.where(assets.c.place.in_(few)), turn.limit)
    found = await _look_near(connection, page, groups, turn)
    if found is not None:
        return found
    is_sqlite = connection.dialect.name == "sqlite"
    some = assets.c.place.in_(places_of(groups, is_sqlite=is_sqlite))
    return await _read(connection, page.where(some), turn.limit)


async def _find_few(connection: AsyncConnection, groups: Sequence[Group]) -> list[int] | None:
    if connection.dialect.name != "sqlite":
        return await _list_few(connection, groups, Sort.NEWEST, None)
    places = places_of(groups, is_sqlite=True).limit(FEW + 1)
    found = list((await connection.execute(places)).scalars())
    return found if len(found) <= FEW else None


async def _look_near(
    connection: AsyncConnection, page: Select[Any], groups: Sequence[Group], turn: Turn
) -> list[tuple[Asset, Value]] | None:
    """Look at the next `FAR` assets one after the other; None: they do not fill the page."""
    is_sqlite = connection.dialect.name == "sqlite"
    following = page_by(select(assets.c.id), turn.sort, turn.after).offset(FAR).limit(1)
    end = (await connection.execute(following)).one_or_none()
    if end is not None:
        page = page.where(beyond(turn.sort, end.sorted_by, end.id, is_before=True))
    if not is_sqlite:
        await _without(connection, _STRAIGHT)
    page = page.join(asset_terms, assets.c.place == asset_terms.c.place)
    held = ask_terms(groups) if is_sqlite else ask_tsquery(groups)
    found = await _read(connection, page.where(held), turn.limit)
    if not is_sqlite:
        await _allow(connection, _STRAIGHT)
    return None if end is not None and len(found) < turn.limit else found


async def list_ids(
    connection: AsyncConnection, question: Question, project_ids: Sequence[str] | None, limit: int
) -> list[str]:
    """Return the ids of all assets that a question finds, `limit` at most."""
    is_sqlite = connection.dialect.name == "sqlite"
    query = narrow(select(assets.c.id), question, project_ids, is_sqlite=is_sqlite)
    if question.is_full_text:
        groups = await _groups(connection, question, project_ids)
        if not groups:
            return []
        query = query.where(assets.c.place.in_(places_of(groups, is_sqlite=is_sqlite)))
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
    query = of_slugs(select(projects.c.id), question)
    if project_ids is not None:
        query = query.where(projects.c.id.in_(project_ids))
    return list((await connection.execute(query.limit(MANY_PROJECTS + 1))).scalars())


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
        query = query.join(WORDS, assets.c.place == literal_column("+asset_words.rowid"))
        return query.where(
            literal_column("asset_words.asset_words").op("MATCH")(ask_fts5(groups))
        ), rowid
    few = await _list_few(connection, groups, sort, after)
    if few is not None:
        return query.where(assets.c.place.in_(few)), assets.c.place
    await _without(connection, _STRAIGHT)
    query = query.join(asset_terms, assets.c.place == asset_terms.c.place)
    return query.where(ask_tsquery(groups)), asset_terms.c.place


async def _list_few(
    connection: AsyncConnection, groups: Sequence[Group], sort: Sort, after: Place
) -> list[int] | None:
    """Return the places of all matches of this page and later ones; None: there are too many."""
    await _without(connection, _INVERTED)
    query = select(asset_terms.c.place).where(ask_tsquery(groups))
    if after is not None:
        place = asset_terms.c.place
        query = query.where(place <= after[0] if sort.is_down else place >= after[0])
    found = list((await connection.execute(query.limit(FEW + 1))).scalars())
    await _allow(connection, _INVERTED)
    return found if len(found) <= FEW else None


async def _without(connection: AsyncConnection, names: Sequence[str]) -> None:
    """Keep PostgreSQL from some ways to go, until the transaction ends."""
    for name in names:
        await connection.execute(text(f"SET LOCAL {name} = off"))


async def _allow(connection: AsyncConnection, names: Sequence[str]) -> None:
    """Take that back."""
    for name in names:
        await connection.execute(text(f"SET LOCAL {name} = on"))
