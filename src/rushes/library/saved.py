"""A search that somebody keeps, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes.errors import Kind, RushesError

MAX_NAME: Final = 200


class SearchNotFound(RushesError):
    """No such search, or none that the caller may know of."""

    code = "search.not_found"
    kind = Kind.MISSING


class SearchOfAnother(RushesError):
    """Somebody else keeps the search; it is shared, and theirs to change."""

    code = "search.of_another"
    kind = Kind.FORBIDDEN


class SearchStale(RushesError):
    """The search changed since the caller read it."""

    code = "search.stale"
    kind = Kind.STALE


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search of an account; `question` holds the parameters of `GET /assets`."""

    id: str
    account_id: str
    name: str
    question: Mapping[str, object]
    is_shared: bool
    created_at: datetime
    revision: int = 1
