"""A question: what is looked for among assets, and in which order it is wanted.

1. All of it has to be true of an asset.
2. What an asset may be found by at all is the caller's projects; they are no part of the question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rushes.errors import Kind, RushesError

MAX_CONDITIONS: Final = 16
_CONDITION: Final = re.compile(r"([^<>=\x22\\]{1,100}?)\s*(>=|<=|=)\s*(.{0,500})", re.DOTALL)


class BadQuestion(RushesError):
    """What is looked for cannot be read."""

    code = "search.bad_question"
    kind = Kind.INVALID


class Sort(StrEnum):
    """In which order assets come; `-` is downwards."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    NAME = "file_name"
    NAME_DOWN = "-file_name"
    SMALLEST = "size_bytes"
    LARGEST = "-size_bytes"
    SHORTEST = "duration"
    LONGEST = "-duration"

    @property
    def column(self) -> str:
        """The column of assets."""
        return self.value.removeprefix("-")

    @property
    def is_down(self) -> bool:
        """Whether the greatest comes first."""
        return self.value.startswith("-")


class Comparison(StrEnum):
    """How a field's value is compared."""

    IS = "="
    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Condition:
    """What has to be true of a field."""

    key: str
    comparison: Comparison
    value: str

    @property
    def number(self) -> float | None:
        """The value as a number, where it is one."""
        try:
            return float(self.value)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; None asks for nothing. Sizes in bytes, durations in seconds."""

    q: str = ""
    kind: str | None = None
    state: str | None = None
    client: str | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    tier: str | None = None
    link: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    min_duration: float | None = None
    max_duration: float | None = None
    min_size: int | None = None
    max_size: int | None = None
    min_width: int | None = None
    max_width: int | None = None
    conditions: tuple[Condition, ...] = ()
    sort: Sort = Sort.NEWEST

    @property
    def is_full_text(self) -> bool:
        """Whether the index of terms has to answer it."""
        is_asked = any(each.comparison is Comparison.IS for each in self.conditions)
        return bool(self.q.strip() or self.tags or is_asked)


def parse_condition(text: str) -> Condition:
    """Return a condition of the form `key=value`, `key>=value` or `key<=value`.

    Raises:
        BadQuestion: it has none of these forms.
    """
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise BadQuestion("A condition is `field=value`, `field>=value` or `field<=value`.")
    key, comparison, value = found.groups()
    return Condition(key.strip(), Comparison(comparison), value.strip())
