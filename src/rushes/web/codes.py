"""Every code that a problem document can carry, with what it means and what helps.

A code is explained where its class stands: the first sentence of the docstring is what is read
here. Codes of the framework's own answers (a wrong method, an unknown address) come from
`http.problem`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final

from rushes.delivery.ranges import RangeNotSatisfiable
from rushes.errors import Kind, RushesError
from rushes.http.problem import SENTENCES, STATUSES
from rushes.intake.clamd import ScannerAway
from rushes.tiers.editing_pen import TreeTrouble
from rushes.tiers.editing_tree import MountAway
from rushes.uploads.checksum import ChecksumMismatch
from rushes.uploads.sweep import ClockMoved
from rushes.uploads.tus import CHECKSUM_MISMATCH

OURS: Final = "rushes."
OTHER_SHELLS: Final = ("rushes.cli.", "rushes.client.", "rushes.tiers.trace")
"""What is said on a terminal is no answer of the server."""

OF_JOBS: Final[tuple[type[RushesError], ...]] = (
    ClockMoved,
    MountAway,
    ScannerAway,
    TreeTrouble,
)
"""What only jobs end with: the server tells of it, and would not load it otherwise."""

OF_PROTOCOLS: Final = MappingProxyType(
    {ChecksumMismatch.code: CHECKSUM_MISMATCH, RangeNotSatisfiable.code: 416}
)
"""Statuses that a protocol's text asks for: the checksum extension of tus, RFC 9110."""

REMEDIES: Final = MappingProxyType(
    {
        Kind.INVALID: "Correct the request: a parameter, a header or the JSON cannot be read.",
        Kind.UNUSABLE: "Correct the payload; `errors` names each value that is wrong.",
        Kind.UNAUTHENTICATED: "Log in, or send a token that is valid.",
        Kind.FORBIDDEN: "Ask an admin for the role, the project or the scope.",
        Kind.MISSING: "Check the id. What one may not know of looks the same.",
        Kind.GONE: "It was there, and will not come back. Ask for a new one.",
        Kind.CONFLICT: "Read the thing again: it is in another state than the request expects.",
        Kind.STALE: "Read the thing again, and send its new `ETag` or the version asked for.",
        Kind.TOO_LARGE: "Send less, or ask for a higher limit.",
        Kind.UNSUPPORTED: "Send another type; the sentence says which are taken.",
        Kind.LOCKED: "Somebody else is at it. Try again after `Retry-After`.",
        Kind.UNAVAILABLE: "Something the server stands on is away. Try again after `Retry-After`.",
        Kind.FULL: "The disk is full. What was acknowledged is kept; go on once there is room.",
        Kind.LIMITED: "Too often. Try again after `Retry-After`.",
        Kind.BROKEN: "A mistake of ours. Give the `request_id` to whoever runs this server.",
    }
)


@dataclass(frozen=True, slots=True)
class Code:
    """One code; `kind` is empty where only the framework answers with it."""

    code: str
    kind: str
    status: int
    about: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What helps with a kind of error."""

    kind: str
    status: int
    about: str


@dataclass(frozen=True, slots=True)
class Noun:
    """What codes are about: the word before their dot."""

    name: str
    codes: tuple[Code, ...]


def list_nouns() -> tuple[Noun, ...]:
    """Return every code that the loaded program can answer with, by what it is about."""
    ours = {code.code: code for code in _list_ours()}
    known = sorted({**_list_framework(), **ours}.values(), key=lambda code: code.code)
    grouped = groupby(known, key=lambda code: code.code.partition(".")[0])
    return tuple(Noun(name, tuple(codes)) for name, codes in grouped)


def list_remedies() -> tuple[Remedy, ...]:
    """Return what helps, in the order of the kinds."""
    return tuple(Remedy(kind, STATUSES[kind], REMEDIES[kind]) for kind in Kind)


def _list_ours() -> Iterator[Code]:
    for error in {*_list_family(RushesError), *OF_JOBS}:
        is_ours = error.__module__.startswith(OURS)
        if is_ours and not error.__module__.startswith(OTHER_SHELLS):
            yield Code(
                error.code,
                error.kind,
                OF_PROTOCOLS.get(error.code, STATUSES[error.kind]),
                " ".join((inspect.getdoc(error) or "").partition("\n\n")[0].split()),
            )
    yield Code(RushesError.code, RushesError.kind, 500, "Something broke on the server's side.")


def _list_family(family: type[RushesError]) -> Iterator[type[RushesError]]:
    for member in family.__subclasses__():
        yield member
        yield from _list_family(member)


def _list_framework() -> dict[str, Code]:
    return {code: Code(code, "", status, words) for status, (code, words) in SENTENCES.items()}
