"""An upload link: a token by which somebody sends files into one project, without logging in.

Rules of this file:
1. Unknown, switched off and expired are one answer (`LinkNotFound`); only the page that a holder of
   the token opens says which.
2. A link that is used up takes no new upload; those that have begun go on.
3. Project and limits come from the link's row, never from what is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from rushes.access.question import FormField
from rushes.errors import Kind, RushesError

MAX_TEXT: Final = 2_000
MAX_TYPES: Final = 64

_TYPE: Final = re.compile(r"[a-z0-9*][a-z0-9.+*/-]{0,126}", re.ASCII)


class LinkNotFound(RushesError):
    """No such link, or one that is off or past its time."""

    code = "link.not_found"
    kind = Kind.MISSING


class LinkLocked(RushesError):
    """The link has a password, and it was not given yet."""

    code = "link.locked"
    kind = Kind.UNAUTHENTICATED


class LinkStale(RushesError):
    """The link changed since the caller read it."""

    code = "link.stale"
    kind = Kind.STALE


class BadLinkWish(RushesError):
    """A link cannot be as asked."""

    code = "link.bad_wish"
    kind = Kind.UNUSABLE


class LinkState(StrEnum):
    """What a holder of the token may know."""

    LIVE = "live"
    USED_UP = "used_up"
    EXPIRED = "expired"
    OFF = "off"


class Preview(StrEnum):
    """What a sender may watch of what they sent."""

    OFF = "off"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Link:
    """One upload link; sizes in bytes. `types` empty means what the server takes."""

    id: str
    project_id: str
    created_by: str
    token_sealed: bytes = field(repr=False)
    title: str
    message: str
    notes: str
    expires_at: datetime | None
    is_active: bool
    password_hash: str | None = field(repr=False)
    max_files: int | None
    max_file_bytes: int | None
    max_total_bytes: int | None
    types: tuple[str, ...]
    fields: tuple[FormField, ...]
    client_email: str | None
    notify: bool
    keep_parts_days: int
    preview: Preview
    color: str | None
    logo_id: str | None
    used_bytes: int
    used_files: int
    upload_count: int
    last_used_at: datetime | None
    created_at: datetime
    revision: int


def judge(link: Link, now: datetime) -> LinkState:
    """Return what a link is good for now."""
    if not link.is_active:
        return LinkState.OFF
    if link.expires_at is not None and link.expires_at <= now:
        return LinkState.EXPIRED
    return LinkState.USED_UP if _is_full(link) else LinkState.LIVE


def is_open(link: Link, now: datetime) -> bool:
    """Say whether the link lets its holder in at all; one that is used up still does."""
    return judge(link, now) in {LinkState.LIVE, LinkState.USED_UP}


def unknown_link() -> LinkNotFound:
    """Return what is said of a link that is unknown, off or expired."""
    return LinkNotFound("This upload link does not work. Ask whoever sent it for a new one.")


def missing_link() -> LinkNotFound:
    """Return what is said to people who manage links of an id that is unknown or foreign."""
    return LinkNotFound("There is no such upload link. Check its id.")


def parse_types(types: tuple[str, ...]) -> tuple[str, ...]:
    """Return extensions, media types or names of presets as they are kept: lower case, once each.

    Raises:
        BadLinkWish: one of them cannot be such a word, or there are too many.
    """
    words = tuple(dict.fromkeys(word.strip().lower().removeprefix(".") for word in types))
    if len(words) > MAX_TYPES:
        raise BadLinkWish(f"A link takes {MAX_TYPES} types at most.")
    if any(_TYPE.fullmatch(word) is None for word in words):
        raise BadLinkWish("A type is an extension (mov), a media type (video/*) or a preset.")
    return words


def _is_full(link: Link) -> bool:
    is_last = link.max_files is not None and link.used_files >= link.max_files
    return is_last or (link.max_total_bytes is not None and link.used_bytes >= link.max_total_bytes)
