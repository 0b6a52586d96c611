"""Answers of IETF resumable uploads: statuses, headers and problem types, version by version.

Source: draft-ietf-httpbis-resumable-upload, -01 to -11. What differs between versions stands in
`resumable.Rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from rushes.errors import Kind, RushesError
from rushes.uploads.checksum import Algorithm, Checksum, ChecksumMismatch
from rushes.uploads.digests import format_digest_field, parse_digest_word
from rushes.uploads.resumable import (
    NEWEST,
    PARTIAL_TYPE,
    VERSION_HEADER,
    DigestMismatch,
    LengthInconsistent,
    Limits,
    Rules,
    UploadComplete,
)
from rushes.uploads.tus import Answer
from rushes.uploads.upload import (
    DIGEST_MISMATCH,
    Append,
    LengthChanged,
    OffsetMismatch,
    State,
    Upload,
)

SUPPORTED: Final = 104
"""Upload Resumption Supported: an interim answer."""

TYPES: Final = "https://iana.org/assignments/http-problem-types#"
MISMATCHING: Final = f"{TYPES}mismatching-upload-offset"
COMPLETED: Final = f"{TYPES}completed-upload"
INCONSISTENT: Final = f"{TYPES}inconsistent-upload-length"

KEPT: Final = frozenset({State.COMPLETED, State.ACCEPTED})
"""States in which the digest that a row names is that of its bytes."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the draft wants of an error's answer; `type` None: the error's own."""

    status: int
    headers: Mapping[str, str]
    type: str | None = None
    members: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


def announce(rules: Rules, location: str, limits: Limits) -> Answer:
    """Say, before the body is read, where an upload can be resumed."""
    return Answer(SUPPORTED, {**_echo(rules), "Location": location, **_limit(rules, limits)})


def tell_progress(rules: Rules, upload: Upload) -> Answer:
    """Say, while the body is read, what is kept of it."""
    return Answer(SUPPORTED, {**_echo(rules), "Upload-Offset": str(upload.offset)})


def answer_creation(rules: Rules, upload: Upload, location: str, limits: Limits) -> Answer:
    """Say where the upload is, what is kept, and whether that is all."""
    return Answer(201, {**_state(rules, upload), "Location": location, **_limit(rules, limits)})


def answer_append(rules: Rules, upload: Upload, limits: Limits) -> Answer:
    """Say what is kept; the last append is answered as a creation with the whole file is."""
    status = rules.appended if upload.is_open else 201
    return Answer(status, {**_state(rules, upload), **_limit(rules, limits)})


def answer_state(rules: Rules, upload: Upload, limits: Limits) -> Answer:
    """Say where to go on."""
    headers = {**_state(rules, upload), **_limit(rules, limits), "Cache-Control": "no-store"}
    if upload.size_bytes is not None:
        headers["Upload-Length"] = str(upload.size_bytes)
    return Answer(204, headers)


def answer_options(rules: Rules, limits: Limits) -> Answer:
    """Say that uploads can be resumed here, and within which limits."""
    headers = {**_echo(rules), "Accept-Patch": PARTIAL_TYPE}
    if rules.tells_limits:
        headers["Upload-Limit"] = _format_limits(rules, limits, least=0)
    return Answer(204, headers)


def answer_gone(rules: Rules) -> Answer:
    """Say that the upload was ended."""
    return Answer(204, _echo(rules))


def tell_digest(upload: Upload, wanted: Algorithm | None) -> Mapping[str, str]:
    """Return Repr-Digest, where somebody wants it and the digest is known."""
    asked = wanted or upload.wanted_digest
    known = next((found for found in _list_known(upload) if found.algorithm == asked), None)
    return {} if known is None else {"Repr-Digest": format_digest_field([known])}


def require_digest(upload: Upload) -> None:
    """Refuse an upload that turned out not to be what its digest said.

    Raises:
        DigestMismatch: it did.
    """
    if upload.state is State.QUARANTINED and upload.reason == DIGEST_MISMATCH:
        raise DigestMismatch(
            "The file does not have the Repr-Digest that was told, and is set aside. "
            "Start a new upload.",
            offset=upload.offset,
        )


def explain(
    rules: Rules, error: RushesError, status: int, upload: Upload | None, append: Append | None
) -> Refusal:
    """Return what the draft wants of an error's answer, whose own status is given.

    `upload` is the upload as it stands now, where there is one; `append` what was asked of it.
    """
    headers = _echo(rules)
    offset = error.facts.get("offset")
    if upload is not None:
        headers |= _state(rules, upload)
    elif offset is not None:
        headers["Upload-Offset"] = str(offset)
    match error:
        case OffsetMismatch() if append is not None:
            members = {"expected-offset": offset, "provided-offset": append.offset}
            return Refusal(409, headers, MISMATCHING, members)
        case UploadComplete():
            return Refusal(400, headers, INCONSISTENT if rules.version >= NEWEST else COMPLETED)
        case LengthInconsistent() | LengthChanged():
            return Refusal(400, headers, INCONSISTENT)
        case ChecksumMismatch() | DigestMismatch():
            return Refusal(400, headers)
        case _:
            return Refusal(status, headers)


def add_limits(rules: Rules, refusal: Refusal, error: RushesError, limits: Limits) -> Refusal:
    """Return a refusal that names the limits which it is about."""
    if error.kind is not Kind.TOO_LARGE:
        return refusal
    headers = {**refusal.headers, **_limit(rules, limits)}
    return Refusal(refusal.status, headers, refusal.type, refusal.members)


def _echo(rules: Rules) -> dict[str, str]:
    return {} if rules.told is None else {VERSION_HEADER: str(rules.told)}


def _state(rules: Rules, upload: Upload) -> dict[str, str]:
    is_complete = not upload.is_open
    name = "Upload-Incomplete" if rules.is_inverted else "Upload-Complete"
    value = "?1" if is_complete is not rules.is_inverted else "?0"
    return {**_echo(rules), "Upload-Offset": str(upload.offset), name: value}


def _limit(rules: Rules, limits: Limits) -> dict[str, str]:
    return {"Upload-Limit": _format_limits(rules, limits)} if rules.tells_limits else {}


def _format_limits(rules: Rules, limits: Limits, least: int | None = None) -> str:
    words = {
        "max-size": limits.max_size,
        "min-size": least,
        "max-append-size": limits.max_append_size,
        rules.lifetime: limits.max_age,
    }
    return ", ".join(f"{key}={value}" for key, value in words.items() if value is not None)


def _list_known(upload: Upload) -> list[Checksum]:
    """Return the digests of the whole that are sure."""
    known = [] if upload.digest is None else [Checksum(Algorithm.SHA256, upload.digest)]
    if upload.told_digest is not None and upload.state in KEPT:
        known.append(parse_digest_word(upload.told_digest))
    return known
