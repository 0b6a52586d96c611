"""Tokens: secrets that can be told from other text, checked without a look-up, and kept as digests.

The form is `rsh_<kind>_` + 32 base62 characters (190 bits) + 6 of the CRC-32 of all before them.
The CRC finds typing errors and lets scanners find leaked tokens; it proves nothing.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rushes.access.permit import Scope
from rushes.errors import Kind, RushesError

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BODY: Final = 32
CHECK: Final = 6
SHOWN: Final = 16
"""`rsh_pat_` and the first 8 of the body: enough to recognise one, nothing to guess by."""

ENTROPY_BYTES: Final = 32


class TokenKind(StrEnum):
    """What a token opens."""

    API = "pat"
    LINK = "lnk"
    SHARE = "shr"


_FORM: Final = re.compile(r"rsh_(pat|lnk|shr)_([0-9A-Za-z]{32})([0-9A-Za-z]{6})", re.ASCII)


class TokenStale(RushesError):
    """The token changed since the caller read it."""

    code = "token.stale"
    kind = Kind.STALE


class TokenNotFound(RushesError):
    """No such token among those that the caller may see."""

    code = "token.not_found"
    kind = Kind.MISSING


class BadTokenWish(RushesError):
    """A token cannot be made as asked: a name, a scope or a life does not fit."""

    code = "token.bad_wish"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class Token:
    """One API token, without its secret. `project_ids` None: all that its account has."""

    id: str
    account_id: str
    name: str
    shown: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    project_ids: frozenset[str] | None = None
    revision: int = 1

    def is_live(self, now: datetime) -> bool:
        """Say whether it opens anything."""
        return self.revoked_at is None and now < self.expires_at


def make_token(kind: TokenKind, entropy: bytes) -> str:
    """Return a new token made of `ENTROPY_BYTES` random bytes."""
    number = int.from_bytes(entropy, "big")
    text = f"rsh_{kind}_{_digits(number, BODY)}"
    return text + _check(text)


def is_token(kind: TokenKind, text: str) -> bool:
    """Say whether text is a well-formed token of this kind."""
    form = _FORM.fullmatch(text)
    return form is not None and form[1] == kind.value and form[3] == _check(text[:-CHECK])


def digest_of(text: str) -> bytes:
    """Return what is kept of a secret: its SHA-256 (it has 190 bits or more, so no salt)."""
    return hashlib.sha256(text.encode()).digest()


def shown_of(text: str) -> str:
    """Return the part of a token that lists may show."""
    return text[:SHOWN]


def _check(text: str) -> str:
    return _digits(zlib.crc32(text.encode()), CHECK)


def _digits(number: int, count: int) -> str:
    digits = []
    for _ in range(count):
        number, digit = divmod(number, len(BASE62))
        digits.append(BASE62[digit])
    return "".join(reversed(digits))
