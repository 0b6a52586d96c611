"""Revisions on the wire: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13)."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from fastapi import Header, Response

MAX_DIGITS: Final = 18
"""What fits into a column of 64 bits."""

IfMatch: TypeAlias = Annotated[
    str | None,
    Header(max_length=200, description="The `ETag` as it was read: 412 if somebody was faster"),
]


def tag_of(revision: int) -> str:
    """Return the entity tag of a revision."""
    return f'"{revision}"'


def mark(response: Response, revision: int) -> None:
    """Say which revision an answer holds."""
    response.headers["ETag"] = tag_of(revision)


def read_revision(if_match: str | None) -> int | None:
    """Return the revision in `If-Match`; one that is none of ours matches nothing."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().strip('"').partition("-")[0]  # behind it: the digest of an answer
    is_one = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if is_one else -1
