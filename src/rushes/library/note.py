"""A note: what a person wrote on an asset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes.errors import Kind, RushesError

MAX_NOTE: Final = 10_000
"""Characters of a note."""

MAX_NOTES: Final = 1_000
"""Notes of an asset."""


class NoteNotFound(RushesError):
    """No such note, or none that the caller may know of."""

    code = "note.not_found"
    kind = Kind.MISSING


class NoteStale(RushesError):
    """The note changed since the caller read it."""

    code = "note.stale"
    kind = Kind.STALE


class NoteOfAnother(RushesError):
    """Somebody else wrote the note."""

    code = "note.of_another"
    kind = Kind.FORBIDDEN


class TooManyNotes(RushesError):
    """The asset has as many notes as are kept."""

    code = "note.too_many"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote; `author` is how they were called then."""

    id: str
    asset_id: str
    author_id: str
    author: str
    text: str
    created_at: datetime
    updated_at: datetime
    revision: int = 1
