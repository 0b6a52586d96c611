"""Identifiers: sortable, prefixed, and safe in a path, a key and a log line.

An id is a prefix, `_`, then 48 bits of milliseconds and 128 random bits in Crockford's base 32,
lower case: ids of one kind sort by the time they were made, and nobody guesses one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o, u. Its characters stand in ASCII order, so ids sort."""

ENTROPY_BYTES: Final = 16
LENGTH: Final = 36
"""176 bits in groups of five."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Prefix(StrEnum):
    """What an id names."""

    ACCOUNT = "acc"
    ASSET = "ast"
    CHECK = "chk"
    BUNDLE = "bdl"
    CONTENT = "cnt"
    DELIVERY = "dlv"
    EVENT = "evt"
    FIELD = "fld"
    LETTER = "ltr"
    LINK = "lnk"
    NOTE = "nte"
    PARTNER_COPY = "pcp"
    PLACEMENT = "plc"
    PROJECT = "prj"
    RENDITION = "rnd"
    SEARCH = "sch"
    SESSION = "ses"
    SHARE = "shr"
    TOKEN = "tok"  # noqa: S105 - a prefix, no secret
    UPLOAD = "upl"
    WEBHOOK = "whk"


_PATTERNS: Final = {
    prefix: re.compile(f"{prefix}_[{ALPHABET}]{{{LENGTH}}}", re.ASCII) for prefix in Prefix
}


def new(prefix: Prefix, now: datetime, entropy: bytes) -> str:
    """Return a new id.

    Args:
        prefix: what it names.
        now: the aware time of making; milliseconds count.
        entropy: `ENTROPY_BYTES` random bytes.
    """
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"An id takes {ENTROPY_BYTES} random bytes, not {len(entropy)}.")
    milliseconds = (now - EPOCH) // timedelta(milliseconds=1)
    number = int.from_bytes(milliseconds.to_bytes(6, "big") + entropy, "big")
    digits = [ALPHABET[number >> (5 * place) & 31] for place in reversed(range(LENGTH))]
    return f"{prefix}_{''.join(digits)}"


def is_id(prefix: Prefix, text: str) -> bool:
    """Say whether text has the form of an id of this kind."""
    return _PATTERNS[prefix].fullmatch(text) is not None
