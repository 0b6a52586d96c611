"""A project: a client and a place of theirs; uploads, assets and links belong to one.

Rules of this file:
1. Slugs are fixed at birth, because keys of stores are made of them; names are for people.
2. Names that differ only in case, in spaces or in `-_.` are one name; two names that would get the
   same slug are two, and the later one gets a number.
3. A name is kept as it was given, in NFC; what could fool a reader's eye or a terminal is refused.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rushes.errors import Kind, RushesError

INBOX: Final = "inbox"
"""The project of an account where uploads go that name none."""

MAX_NAME: Final = 200
MAX_SLUG: Final = 64

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LOOSE: Final = re.compile(r"[\s\-_.]+")
_BIDI: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10)}
)


class BadName(RushesError):
    """A client or project cannot bear this name."""

    code = "project.bad_name"
    kind = Kind.UNUSABLE


class ProjectStale(RushesError):
    """The project changed since the caller read it."""

    code = "project.stale"
    kind = Kind.STALE


@dataclass(frozen=True, slots=True)
class Project:
    """One project; sizes in bytes. `owner_id` is set where it is an account's inbox."""

    id: str
    client_slug: str
    project_slug: str
    client_name: str
    project_name: str
    created_at: datetime
    finished_at: datetime | None = None
    used_bytes: int = 0
    used_files: int = 0
    max_total_bytes: int | None = None
    owner_id: str | None = None
    deleted_at: datetime | None = None
    color: str | None = None
    """What films are taken for whose file says nothing of their colour."""
    revision: int = 1

    @property
    def path(self) -> str:
        """How people name it in one word: `client-slug/project-slug`."""
        return f"{self.client_slug}/{self.project_slug}"

    @property
    def slug_when_deleted(self) -> str:
        """A slug that no project can be given, so that another one may have this one's."""
        return f"{self.project_slug}~{self.id}"

    @property
    def as_it_was(self) -> Project:
        """The same with the slug that it had before it was deleted."""
        return replace(self, project_slug=self.project_slug.partition("~")[0])


def parse_name(text: str) -> str:
    """Return a client's or project's name as it is kept.

    Raises:
        BadName: it is empty, too long, or has characters that nobody can see.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise BadName(f"A client's or project's name has 1 to {MAX_NAME} characters.")
    if any(unicodedata.category(sign) in {"Cc", "Cs"} or sign in _BIDI for sign in name):
        raise BadName("A client's or project's name may hold no control characters.")
    return name


def parse_place(text: str) -> tuple[str, str]:
    """Return client and project of `client/project`, split at the first slash.

    Raises:
        BadName: there is no slash, or a side of it is no name.
    """
    client, slash, project = text.partition("/")
    if not slash:
        raise BadName("Name a project as client/project, or by its prj_ id.")
    return parse_name(client), parse_name(project)


def is_slug(text: str) -> bool:
    """Say whether text has the form of a slug."""
    return len(text) <= MAX_SLUG and _SLUG.fullmatch(text) is not None


def fold(name: str) -> str:
    """Return a name as names are compared."""
    return _LOOSE.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()


def slugify(name: str) -> str:
    """Return the slug that a name would like to have.

    Accents go; what has no Latin letter or digit, and what Windows keeps for devices, is told
    apart by a short digest.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG].rstrip("-")
    if slug and slug not in _DEVICES:
        return slug
    digest = hashlib.sha256(fold(name).encode()).hexdigest()[:10]
    return f"{slug or 'n'}-{digest}"


def choose_slug(name: str, taken: Mapping[str, str]) -> str:
    """Return the slug of a name among those `taken` (slug to name): its own, or a free one."""
    for slug, owner in taken.items():
        if fold(owner) == fold(name):
            return slug
    return free_slug(slugify(name), taken)


def free_slug(wished: str, taken: Mapping[str, str]) -> str:
    """Return a slug that nobody has: the wished one, or that with a number."""
    if wished not in taken:
        return wished
    number = 2
    while (numbered := f"{wished[: MAX_SLUG - 6]}-{number}") in taken:
        number += 1
    return numbered
