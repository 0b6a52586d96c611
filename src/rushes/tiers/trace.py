"""Traces: who read what and when, a line of JSON each, and a maker of plausible ones.

A line is `{"t": seconds, "asset": "a1", "quality": "720p", "bytes": 1000, "region": "EU",
"event": "made" | "read" | "delete"}`. `t` counts from any moment, or is an ISO 8601 time; `region`
may be left out. A `delete` without `quality` is of all qualities.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from rushes.errors import Kind, RushesError


class TraceRefused(RushesError):
    """A line of a trace cannot be read."""

    code = "trace.refused"
    kind = Kind.UNUSABLE


class Event(StrEnum):
    """What happened to a rendition."""

    MADE = "made"
    READ = "read"
    DELETE = "delete"


class Line(NamedTuple):
    """One thing that happened; `at` in seconds."""

    at: float
    asset: str
    quality: str
    size_bytes: int
    region: str
    event: Event


def parse_trace(lines: Iterable[str]) -> list[Line]:
    """Return the lines of a trace in the order of time; empty ones are left out.

    Raises:
        TraceRefused: a line is not what this module says, or there is none.
    """
    numbered = enumerate(lines, start=1)
    found = [_parse_line(text, number) for number, text in numbered if text.strip()]
    if not found:
        raise TraceRefused("The trace has no lines. Give a file with one JSON object a line.")
    return sorted(found, key=lambda line: line.at)


def _parse_line(text: str, number: int) -> Line:
    try:
        told = json.loads(text)
        event = Event(told["event"])
        is_gone = event is Event.DELETE
        quality = str(told.get("quality") or "") if is_gone else str(told["quality"])
        size_bytes = 0 if is_gone else _size(told["bytes"])
        region = str(told.get("region") or "")
        return Line(_moment(told["t"]), str(told["asset"]), quality, size_bytes, region, event)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TraceRefused(
            f"Line {number} of the trace cannot be read: {error}. It should be like"
            ' {"t": 0, "asset": "a1", "quality": "720p", "bytes": 1000, "event": "read"}.'
        ) from None


def _size(told: object) -> int:
    if not isinstance(told, int) or told <= 0:
        raise ValueError("bytes is no size")
    return told


def _moment(told: object) -> float:
    if isinstance(told, str):
        moment = datetime.fromisoformat(told)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise TypeError("t is no time")
    return float(told)


def format_trace(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the lines as JSON."""
    for line in lines:
        yield json.dumps(
            {
                "t": round(line.at, 3),
                "asset": line.asset,
                "quality": line.quality,
                "bytes": line.size_bytes,
                "region": line.region,
                "event": line.event.value,
            }
        )
