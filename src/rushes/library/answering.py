"""Answering: what senders were asked becomes metadata, of the kinds of the library's fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rushes.access.link import Link
from rushes.access.question import FormField
from rushes.library.field import Field


def with_fields(link: Link, fields: Iterable[Field]) -> Link:
    """Return a link whose questions are of the kinds of the fields that will keep the answers.

    A field of the link's project goes before one of every project.
    """
    here = sorted((one for one in fields if one.scope in {"", link.project_id}), key=_scope)
    known = {one.key: one for one in here}
    return replace(link, fields=tuple(_typed(one, known.get(one.key)) for one in link.fields))


def _scope(field: Field) -> str:
    return field.scope


def _typed(question: FormField, field: Field | None) -> FormField:
    if field is None:
        return question
    return replace(question, kind=field.kind, choices=field.choices)
