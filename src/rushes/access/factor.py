"""The second factor of a log-in: codes of an app (RFC 6238), and recovery codes on paper.

Rules of this file:
1. A code is six digits of HMAC-SHA-1 over the count of 30 seconds since 1970 (RFC 6238, section
   4.2; RFC 4226, section 5.3): what every app knows without being told.
2. The step before and after are taken too, for clocks that are off (RFC 6238, section 5.2). A step
   that was used, and every one before it, is taken no more.
3. A recovery code is 80 random bits; its SHA-256 is kept, and it is good once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes.access.permit import Role
from rushes.errors import Kind, RushesError
from rushes.ids import ALPHABET

STEP_SECONDS: Final = 30
DIGITS: Final = 6
DRIFT: Final = 1
"""How many steps before and after the present one are taken."""

SECRET_BYTES: Final = 20
"""160 bits: RFC 4226, section 4, R6."""

RECOVERY_BYTES: Final = 10
RECOVERY_CODES: Final = 10
GROUP: Final = 4

_CODE: Final = re.compile(rf"[0-9]{{{DIGITS}}}", re.ASCII)
_ALIKE: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
"""What people read instead of a sign of the alphabet, and what they type between signs."""


class CodeNeeded(RushesError):
    """The password is right; the account asks for a code of its second factor, too."""

    code = "session.code_needed"
    kind = Kind.UNAUTHENTICATED


class CodeRefused(RushesError):
    """The code of the second factor is wrong, too old, or was used before."""

    code = "session.code_refused"
    kind = Kind.UNAUTHENTICATED


class FactorCodeWrong(RushesError):
    """The code that proves a second factor is wrong, too old, or was used before."""

    code = "factor.code_wrong"
    kind = Kind.UNUSABLE


class FactorPresent(RushesError):
    """The account has a second factor already."""

    code = "factor.present"
    kind = Kind.CONFLICT


class FactorMissing(RushesError):
    """The account has no second factor."""

    code = "factor.missing"
    kind = Kind.MISSING


class FactorRequired(RushesError):
    """This server asks for a second factor, and the account has none yet."""

    code = "session.factor_required"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Factor:
    """An account's second factor; without `confirmed_at` it is none yet.

    `last_step` is the newest step whose code was taken.
    """

    account_id: str
    secret_sealed: bytes
    last_step: int
    created_at: datetime
    confirmed_at: datetime | None = None


def is_required(rule: str, role: Role) -> bool:
    """Say whether the setting `access.second_factor` asks an account of this role for one."""
    if rule == "admins":
        return role in {Role.SUPERADMIN, Role.ADMIN}
    return rule == "everybody"


def write_secret(secret: bytes) -> str:
    """Return a secret as apps take it when it is typed: base 32 (RFC 4648), unpadded."""
    return base64.b32encode(secret).decode().rstrip("=")


def read_secret(text: str) -> bytes:
    """Return the secret that `write_secret` wrote."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def step_at(now: datetime) -> int:
    """Return the count of whole steps since 1970."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """Return the code of one step."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def find_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step whose code this is; None: of none that may be used (still)."""
    present = step_at(now)
    found = None
    for step in range(max(present - DRIFT, last_step + 1), present + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def fold_code(text: str) -> str:
    """Return a code as it is compared: without what typing adds or mixes up."""
    return text.strip().lower().translate(_ALIKE)


def is_code(folded: str) -> bool:
    """Say whether a folded text is a code of an app; else it may be a recovery code."""
    return _CODE.fullmatch(folded) is not None


def write_recovery_code(entropy: bytes) -> str:
    """Return a recovery code of `RECOVERY_BYTES` random bytes, in groups that can be typed."""
    number = int.from_bytes(entropy, "big")
    count = len(entropy) * 8 // 5
    signs = "".join(ALPHABET[number >> (5 * place) & 31] for place in range(count))
    return "-".join(signs[place : place + GROUP] for place in range(0, count, GROUP))


def digest_recovery_code(account_id: str, text: str) -> bytes:
    """Return what is kept of a recovery code, bound to its account."""
    return hashlib.sha256(f"{account_id}:{fold_code(text)}".encode()).digest()
