"""An account: who may log in, by mail address and password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes.access.permit import Role
from rushes.errors import Kind, RushesError

MAX_EMAIL: Final = 254
"""RFC 5321, section 4.5.3.1.3, less the angle brackets."""

_WORD: Final = r"[^@\s\x00-\x1f\x7f<>()\[\],;:\\\"]"
_EMAIL: Final = re.compile(rf"{_WORD}{{1,64}}@(?!\.){_WORD}+(?<!\.)")


class BadEmail(RushesError):
    """The text is no mail address."""

    code = "account.bad_email"
    kind = Kind.UNUSABLE


class AccountNotFound(RushesError):
    """No such account."""

    code = "account.not_found"
    kind = Kind.MISSING


class AccountExists(RushesError):
    """Another account has this mail address."""

    code = "account.exists"
    kind = Kind.CONFLICT


class AccountStale(RushesError):
    """The account changed since the caller read it."""

    code = "account.stale"
    kind = Kind.STALE


class LastSuperadmin(RushesError):
    """Nobody would be left who may do everything."""

    code = "account.last_superadmin"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Account:
    """One account; its password's hash stays with the records.

    `epoch` stands in the addresses that are signed for it: those of an older one open nothing.
    `used_bytes` is what its uploads have reserved and received; the limits (None: what the settings
    say) are those of `allowance`.
    """

    id: str
    email: str
    role: Role
    is_active: bool
    created_at: datetime
    password_changed_at: datetime
    time_zone: str = "UTC"
    used_bytes: int = 0
    max_total_bytes: int | None = None
    max_uploads_per_day: int | None = None
    has_factor: bool = False
    epoch: int = 0
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in that lasts; `by_provider` says that a provider of identities vouched for it."""

    account: Account
    began_at: datetime
    seen_at: datetime
    expires_at: datetime
    by_provider: bool = False


def parse_email(text: str) -> str:
    """Return a mail address as it is kept: trimmed, in lower case.

    Raises:
        BadEmail: it does not look like one.
    """
    email = text.strip().lower()
    if len(email) > MAX_EMAIL or _EMAIL.fullmatch(email) is None or ".." in email:
        raise BadEmail("That is no mail address. Give one like name@example.org.")
    return email
