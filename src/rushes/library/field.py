"""A field: what kind of value custom metadata holds under a key, and how a value is checked.

1. A field is for every project, or for one; that of a project goes before.
2. Metadata whose key is no field's is kept as it is given: programs may put there what they like.
3. A field that changes leaves the values that are there; they are checked when they are written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from rushes.access.question import ValueKind, read_day
from rushes.errors import Kind, RushesError

MAX_TEXT: Final = 10_000
MAX_LIST: Final = 100
MAX_CHOICES: Final = 500
MAX_LABEL: Final = 200
SHOWN: Final = 10
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")


class FieldNotFound(RushesError):
    """No such field, or none that the caller may know of."""

    code = "field.not_found"
    kind = Kind.MISSING


class FieldExists(RushesError):
    """There is a field with this key."""

    code = "field.exists"
    kind = Kind.CONFLICT


class FieldStale(RushesError):
    """The field changed since the caller read it."""

    code = "field.stale"
    kind = Kind.STALE


class BadField(RushesError):
    """A field cannot be like this."""

    code = "field.bad"
    kind = Kind.UNUSABLE


class BadValue(RushesError):
    """A value does not fit its field."""

    code = "field.bad_value"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `scope` is a project's id, or empty: every project. `choices` may be empty."""

    id: str
    scope: str
    key: str
    label: str
    kind: ValueKind
    choices: tuple[str, ...]
    created_at: datetime
    revision: int = 1

    def check(self) -> None:
        """Return if a field may be like this.

        Raises:
            BadField: the sentence says what to change.
        """
        if _KEY.fullmatch(self.key) is None:
            raise BadField("A key is small letters, digits and `_`, and begins with a letter.")
        if not self.label.strip() or len(self.label) > MAX_LABEL:
            raise BadField(f"A label has 1 to {MAX_LABEL} characters.")
        if self.kind is ValueKind.CHOICE and not self.choices:
            raise BadField("A field of choices needs at least one.")
        if self.choices and self.kind not in {ValueKind.CHOICE, ValueKind.LIST}:
            raise BadField("Only fields of the kinds `choice` and `list` have choices.")
        texts = [each.strip() for each in self.choices]
        if len(set(texts)) != len(texts) or not all(texts) or len(texts) > MAX_CHOICES:
            raise BadField(f"Choices are up to {MAX_CHOICES} texts, and no two are equal.")


def check_values(
    fields: Iterable[Field], project_id: str, change: Mapping[str, object]
) -> dict[str, object]:
    """Return a change of metadata with each value as its field keeps it; None removes.

    Raises:
        BadValue: a value does not fit; the sentence names its field.
    """
    here = [each for each in fields if each.scope in {"", project_id}]
    known = {each.key: each for each in sorted(here, key=lambda one: one.scope)}
    return {
        key: value if value is None or key not in known else check_value(known[key], value)
        for key, value in change.items()
    }


def check_value(field: Field, value: object) -> object:
    """Return a value as its field keeps it.

    Raises:
        BadValue: it does not fit.
    """
    kept = _READ[field.kind](field, value)
    if kept is None:
        raise BadValue(f"`{field.key}` takes {_WANTED[field.kind]}.{_name_choices(field)}")
    return kept


def _name_choices(field: Field) -> str:
    if not field.choices:
        return ""
    shown = ", ".join(field.choices[:SHOWN])
    return f" Choices: {shown}{', ...' if len(field.choices) > SHOWN else ''}."


def _text(_field: Field, value: object) -> object:
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else None


def _number(_field: Field, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    is_exact = isinstance(value, float) or abs(value) < 2**53
    return value if is_exact and math.isfinite(value) else None


def _date(_field: Field, value: object) -> object:
    return read_day(value) if isinstance(value, str) else None


def _boolean(_field: Field, value: object) -> object:
    return value if isinstance(value, bool) else None


def _choice(field: Field, value: object) -> object:
    return value if value in field.choices else None


def _list(field: Field, value: object) -> object:
    if not isinstance(value, list | tuple) or len(value) > MAX_LIST:
        return None
    if not all(isinstance(each, str) and each.strip() for each in value):
        return None
    if field.choices and not set(value) <= set(field.choices):
        return None
    return list(dict.fromkeys(value))


_READ: Final[Mapping[ValueKind, Callable[[Field, object], object]]] = MappingProxyType(
    {
        ValueKind.TEXT: _text,
        ValueKind.NUMBER: _number,
        ValueKind.DATE: _date,
        ValueKind.BOOLEAN: _boolean,
        ValueKind.CHOICE: _choice,
        ValueKind.LIST: _list,
    }
)

_WANTED: Final = MappingProxyType(
    {
        ValueKind.TEXT: f"a text of up to {MAX_TEXT} characters",
        ValueKind.NUMBER: "a number",
        ValueKind.DATE: "a date like 2026-01-31",
        ValueKind.BOOLEAN: "true or false",
        ValueKind.CHOICE: "one of its choices",
        ValueKind.LIST: f"a list of up to {MAX_LIST} texts",
    }
)
