"""What is asked of assets themselves, and which of it is so rare that it alone finds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, literal, literal_column, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import assets, placements, projects, uploads
from rushes.library.asset import State
from rushes.library.question import Comparison, Condition, Question, Sort
from rushes.library.search_order import ordered_by

LITTLE: Final = 2_000
"""Assets that are found one by one, and sorted, sooner than others are looked at in their order."""

MANY_PROJECTS: Final = 32
"""Beyond so many, projects are asked of the assets alone."""

NUMBERS: Final = ("number", "integer", "real")
TEXTS: Final = ("string", "text")
"""What PostgreSQL and SQLite call the values of JSON."""


def of_slugs(query: Select[Any], question: Question) -> Select[Any]:
    if question.client is not None:
        query = query.where(projects.c.client_slug == question.client)
    if question.project is not None:
        query = query.where(projects.c.project_slug == question.project)
    return query


def narrow(
    query: Select[Any],
    question: Question,
    project_ids: Sequence[str] | None,
    *,
    is_sqlite: bool,
) -> Select[Any]:
    """Ask of the assets themselves what is asked of them."""
    query = query.where(assets.c.state != State.DELETING.value)
    is_walked = is_sqlite and question.sort.column != "created_at"
    if project_ids is not None:
        is_long = is_walked and len(project_ids) > MANY_PROJECTS
        query = query.where(_asked("project_id", is_plain=is_long).in_(project_ids))
    if question.client is not None or question.project is not None:
        query = query.where(assets.c.project_id.in_(of_slugs(select(projects.c.id), question)))
    query = query.where(*_list_bounds(question, is_plain=is_walked))
    return query.where(
        *(
            _compared(each, is_sqlite=is_sqlite)
            for each in question.conditions
            if each.comparison is not Comparison.IS
        )
    )


def _asked(name: str, *, is_plain: bool) -> ColumnElement[Any]:
    """Return a column; the plus keeps SQLite from its index, and so in the order of another one."""
    column: ColumnElement[Any] = assets.c[name]
    return literal_column(f"+assets.{name}", column.type) if is_plain else column


def _list_bounds(question: Question, *, is_plain: bool) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of the columns of an asset."""
    for name, value in (("kind", question.kind), ("state", question.state)):
        if value is not None:
            yield _asked(name, is_plain=is_plain) == value
    for name, least, most in (
        ("created_at", question.created_after, question.created_before),
        ("width", question.min_width, question.max_width),
    ):
        if least is not None:
            yield assets.c[name] >= least
        if most is not None:
            yield assets.c[name] <= most
    yield from _of_duration(question)
    yield from _of_size(question)
    if question.link is not None:
        by_link = select(uploads.c.id).where(uploads.c.link_id == question.link)
        yield assets.c.upload_id.in_(by_link)
    if question.tier is not None:
        here = _on_tier(question.tier).where(placements.c.content_id == assets.c.content_id)
        yield here.exists()


def _of_duration(question: Question) -> Iterator[ColumnElement[bool]]:
    duration = ordered_by(Sort.SHORTEST)  # as its index holds it: below 0 where there is none
    if question.min_duration is not None:
        yield duration >= question.min_duration
    if question.max_duration is not None:
        yield duration <= question.max_duration
    if question.min_duration is not None or question.max_duration is not None:
        yield duration >= literal_column("0")


def _of_size(question: Question) -> Iterator[ColumnElement[bool]]:
    if question.min_size is not None:
        yield assets.c.size_bytes >= question.min_size
    if question.max_size is not None:
        yield assets.c.size_bytes <= question.max_size


def _on_tier(tier: str) -> Select[Any]:
    return select(placements.c.content_id).where(
        placements.c.tier == tier, placements.c.state == "present"
    )


async def list_little(connection: AsyncConnection, question: Question) -> list[str] | None:
    """Return the ids that one thing alone leaves over, which is asked for; None: each leaves more.

    What an index gives in the wanted order needs no such help.
    """
    for query in _list_rare(question):
        found = list((await connection.execute(query.limit(LITTLE + 1))).scalars())
        if len(found) <= LITTLE:
            return found
    return None


def _list_rare(question: Question) -> Iterator[Select[Any]]:
    ids = select(assets.c.id)
    for bounds in (_of_duration(question), _of_size(question)):
        asked = list(bounds)
        if asked:
            yield ids.where(*asked)
    if question.tier is not None:
        yield ids.where(assets.c.content_id.in_(_on_tier(question.tier)))
    if question.sort.column != "created_at" or question.is_full_text:
        for name, value in (("kind", question.kind), ("state", question.state)):
            if value is not None:
                yield ids.where(assets.c[name] == value)


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
