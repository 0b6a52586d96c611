"""Which bytes a request gets: one range or the whole (RFC 9110 sections 13 and 14).

Several ranges get the whole, as the standard allows: nobody needs them, and they cost most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rushes.errors import Kind, RushesError

_RANGE: Final = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.ASCII | re.IGNORECASE)
"""18 digits: beyond any size, and no number to choke on."""


class RangeNotSatisfiable(RushesError):
    """No byte of the range exists. The shell answers 416 with `Content-Range: bytes */size`."""

    code = "delivery.range_not_satisfiable"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to, not including, `end` of `size_bytes`."""

    start: int
    end: int
    size_bytes: int
    is_partial: bool

    @property
    def length(self) -> int:
        """Return how many bytes that are."""
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """Return the value of `Content-Range`."""
        return f"bytes {self.start}-{self.end - 1}/{self.size_bytes}"


def plan_span(wanted: str | None, if_range: str | None, etag: str, size_bytes: int) -> Span:
    """Return the bytes that are sent.

    Args:
        wanted: the header `Range`; what cannot be read is ignored, as the standard says.
        if_range: the header `If-Range`; a range counts only for exactly this strong tag.
        etag: the strong tag of the bytes, with its quotes.
        size_bytes: how many there are.

    Raises:
        RangeNotSatisfiable: the range lies beyond the end.
    """
    whole = Span(0, size_bytes, size_bytes, is_partial=False)
    found = _RANGE.fullmatch(wanted or "")
    if found is None or (if_range is not None and if_range.strip() != etag):
        return whole
    first, last = found.groups()
    if not first and not last:
        return whole
    if first and last and int(last) < int(first):
        return whole
    start = int(first) if first else max(0, size_bytes - int(last))
    end = min(int(last) + 1, size_bytes) if first and last else size_bytes
    if start >= end:
        raise RangeNotSatisfiable(
            f"There are {size_bytes} bytes; the range lies beyond them.", size_bytes=size_bytes
        )
    return Span(start, end, size_bytes, is_partial=True)


def is_unchanged(if_none_match: str | None, etag: str) -> bool:
    """Say whether the caller has these bytes already (weak comparison, as the standard says)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def share_out(size_bytes: int, block_bytes: int, streams: int) -> list[Span]:
    """Return as many spans as there are streams, in order, each of whole blocks but the last.

    What has fewer blocks than streams has a span for each block; no bytes have none.
    """
    blocks = -(-size_bytes // block_bytes)
    count = min(blocks, streams)
    edges = [blocks * number // count for number in range(count + 1)] if count else []
    return [
        Span(first * block_bytes, min(last * block_bytes, size_bytes), size_bytes, is_partial=True)
        for first, last in pairwise(edges)
    ]
