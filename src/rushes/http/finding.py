"""What is looked for among assets, as addresses and bodies say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field

from rushes.http.wishes import Text, Wish
from rushes.library.asset import State
from rushes.library.question import (
    MAX_CONDITIONS,
    BadQuestion,
    Comparison,
    Condition,
    Question,
    Sort,
    parse_condition,
)

METADATA: Final = "metadata."
"""How a parameter begins that asks for a value of metadata."""

Tag = Annotated[Text, Field(min_length=1, max_length=200)]
Where = Annotated[Text, Field(min_length=1, max_length=700)]


class Filter(Wish):
    """What to look for; all of it has to be true. Sizes in bytes, durations in seconds."""

    q: Annotated[Text, Field(max_length=500)] = ""
    """Beginnings of words, all of which are in names, tags, metadata, description or notes."""
    kind: Annotated[Text, Field(max_length=20)] | None = None
    """`video`, `audio`, `image` or another kind."""
    state: State | None = None
    """Only those in this state."""
    client: Annotated[Text, Field(max_length=100)] | None = None
    """Slug of the client."""
    project: Annotated[Text, Field(max_length=100)] | None = None
    """Slug of the project."""
    tag: list[Tag] = Field(default=[], max_length=16)
    """Tags that an asset has, all of them."""
    tier: Literal["edge", "archive", "editing"] | None = None
    """Only those of which something is on this tier."""
    link: Annotated[Text, Field(max_length=100)] | None = None
    """Only those that came by the upload link with this id."""
    created_after: AwareDatetime | None = None
    """Only those that came at this time or later."""
    created_before: AwareDatetime | None = None
    """Only those that came at this time or earlier."""
    min_duration: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """In seconds, at least."""
    max_duration: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """In seconds, at most."""
    min_size: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    """In bytes, at least."""
    max_size: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    """In bytes, at most."""
    min_width: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    """Of the picture in pixels, at least."""
    max_width: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    """Of the picture in pixels, at most."""
    where: list[Where] = Field(default=[], max_length=MAX_CONDITIONS)
    """Conditions on metadata: `camera=Alexa 35`, `take>=3`, `shot<=2026-01-31`."""
    sort: Sort = Sort.NEWEST
    """The order; `-` is downwards."""


def read_question(asked: Filter, more: Mapping[str, str] | None = None) -> Question:
    """Return what is looked for; `more` are parameters of the form `metadata.KEY=value`.

    Raises:
        BadQuestion: it cannot be read.
    """
    conditions = [parse_condition(each) for each in asked.where]
    for name, value in (more or {}).items():
        if name.startswith(METADATA):
            conditions.append(_read_equal(name.removeprefix(METADATA), value))
    if len(conditions) > MAX_CONDITIONS:
        raise BadQuestion(f"A search takes {MAX_CONDITIONS} conditions at most.")
    known: dict[str, Any] = {
        name: getattr(asked, name)
        for name in Question.__dataclass_fields__
        if name not in {"tags", "conditions"}
    }
    return Question(**known, tags=tuple(asked.tag), conditions=tuple(conditions))


def _read_equal(key: str, value: str) -> Condition:
    if not key or "\0" in key + value:
        raise BadQuestion("A condition names a field: `metadata.camera=Alexa`.")
    return Condition(key, Comparison.IS, value)


def write_place(value: str | float | datetime) -> str | float:
    """Return what assets are sorted by, as a cursor holds it."""
    return value.isoformat() if isinstance(value, datetime) else value


def read_place(question: Question, value: str | float) -> str | float | datetime:
    """Return what a cursor holds, as the library sorts."""
    is_moment = question.sort.column == "created_at" and not question.is_full_text
    return datetime.fromisoformat(str(value)) if is_moment else value
