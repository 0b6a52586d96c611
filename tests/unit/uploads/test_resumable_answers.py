"""Answers of the IETF draft say what each version wants to hear."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from rushes.errors import RushesError
from rushes.uploads.checksum import Algorithm, ChecksumMismatch
from rushes.uploads.resumable import (
    DigestMismatch,
    LengthInconsistent,
    Limits,
    Rules,
    UploadComplete,
)
from rushes.uploads.resumable_answers import (
    COMPLETED,
    INCONSISTENT,
    MISMATCHING,
    Refusal,
    add_limits,
    announce,
    answer_append,
    answer_creation,
    answer_gone,
    answer_options,
    answer_state,
    explain,
    require_digest,
    tell_digest,
    tell_progress,
)
from rushes.uploads.upload import (
    DIGEST_MISMATCH,
    Append,
    LengthChanged,
    OffsetMismatch,
    State,
    UploadMissing,
    UploadTooLarge,
)
from tests.unit.uploads.test_resumable import NEW, OLD, RULES, upload

LIMITS = Limits(100, 50, 3600)
DIGEST = hashlib.sha256(b"x").digest()
TOLD = "sha-512:" + hashlib.sha512(b"x").hexdigest()
SILENT = Rules(None, 8)


def test_an_upload_is_announced() -> None:
    """104 with its address, with limits since draft -04, and the version."""
    old, new = announce(OLD, "/u", LIMITS), announce(NEW, "/u", LIMITS)

    assert (104, {"Upload-Draft-Interop-Version": "3", "Location": "/u"}) == (
        old.status,
        old.headers,
    )
    limit = "max-size=100, max-append-size=50, max-age=3600"
    assert {"Upload-Draft-Interop-Version": "8", "Location": "/u", "Upload-Limit": limit} == (
        new.headers
    )


def test_progress_is_an_offset_and_nothing_else() -> None:
    """An address would be wrong here."""
    answer = tell_progress(NEW, upload())

    assert (104, {"Upload-Draft-Interop-Version": "8", "Upload-Offset": "4"}) == (
        answer.status,
        answer.headers,
    )


def test_a_creation_is_answered() -> None:
    """201, with the state by the version's own name."""
    old = answer_creation(OLD, upload(), "/u", LIMITS)
    whole = answer_creation(SILENT, upload(10, 10, State.COMPLETED), "/u", Limits(100, None, None))

    assert (201, "?1") == (old.status, old.headers["Upload-Incomplete"])
    assert {
        "Upload-Offset": "10",
        "Upload-Complete": "?1",
        "Location": "/u",
        "Upload-Limit": "max-size=100",
    } == whole.headers


@pytest.mark.parametrize(("version", "status"), [(3, 201), (5, 201), (6, 204), (8, 204)])
def test_an_append_is_answered(version: int, status: int) -> None:
    """201 in old drafts, 204 since -04; the last one as a creation."""
    going = answer_append(RULES[version], upload(), LIMITS)
    whole = answer_append(RULES[version], upload(10, 10, State.ACCEPTED), LIMITS)

    assert (status, 201) == (going.status, whole.status)
    assert "?0" == going.headers.get("Upload-Complete", "?0")
    assert ("expires=3600" in going.headers.get("Upload-Limit", "")) == (version == 6)


def test_the_state_is_told() -> None:
    """204 with offset, completeness, limits, and the length where it is known."""
    known = answer_state(NEW, upload(), LIMITS)
    unknown = answer_state(NEW, upload(None), LIMITS)

    assert (204, "4", "?0", "10", "no-store") == (
        known.status,
        known.headers["Upload-Offset"],
        known.headers["Upload-Complete"],
        known.headers["Upload-Length"],
        known.headers["Cache-Control"],
    )
    assert "Upload-Length" not in unknown.headers


def test_options_and_endings_are_answered() -> None:
    """OPTIONS tells limits since draft -04."""
    limit = "max-size=100, min-size=0, max-append-size=50, max-age=3600"

    assert {"Accept-Patch": "application/partial-upload", "Upload-Limit": limit} == (
        answer_options(SILENT, LIMITS).headers
    )
    assert "Upload-Limit" not in answer_options(RULES[5], LIMITS).headers
    assert (204, {}) == (answer_gone(SILENT).status, answer_gone(SILENT).headers)


def test_a_digest_is_told_to_whom_wants_it() -> None:
    """Where it is known, and the bytes were taken for what they are."""
    whole = replace(upload(10, 10, State.COMPLETED), digest=DIGEST, told_digest=TOLD)
    bad = replace(whole, state=State.QUARANTINED, digest=None)

    assert {} == tell_digest(whole, None)
    assert {} == tell_digest(upload(), Algorithm.SHA256)
    assert tell_digest(whole, Algorithm.SHA256)["Repr-Digest"].startswith("sha-256=:")
    assert tell_digest(whole, Algorithm.SHA512)["Repr-Digest"].startswith("sha-512=:")
    assert tell_digest(replace(whole, wanted_digest="sha512"), None)["Repr-Digest"]
    assert {} == tell_digest(bad, Algorithm.SHA512)


def test_an_upload_that_was_set_aside_is_refused() -> None:
    """For its digest; what was quarantined for another reason is not."""
    bad = replace(upload(10, 10, State.QUARANTINED), reason=DIGEST_MISMATCH)

    with pytest.raises(DigestMismatch):
        require_digest(bad)
    require_digest(replace(bad, reason="virus"))
    require_digest(upload())


ERRORS: list[tuple[RushesError, int, int, str | None]] = [
    (OffsetMismatch("x", offset=4), 409, 409, MISMATCHING),
    (UploadComplete("x"), 400, 400, INCONSISTENT),
    (LengthInconsistent("x"), 400, 400, INCONSISTENT),
    (LengthChanged("x"), 400, 400, INCONSISTENT),
    (ChecksumMismatch("x", offset=4), 422, 400, None),
    (DigestMismatch("x"), 400, 400, None),
    (UploadTooLarge("x"), 413, 413, None),
]


@pytest.mark.parametrize(("error", "status", "expected", "kind"), ERRORS)
def test_an_error_is_explained(
    error: RushesError, status: int, expected: int, kind: str | None
) -> None:
    """With the draft's status and problem type, and with where the upload stands."""
    refusal = explain(NEW, error, status, upload(), Append(9))

    assert (expected, kind) == (refusal.status, refusal.type)
    assert ("4", "?0") == (refusal.headers["Upload-Offset"], refusal.headers["Upload-Complete"])


def test_an_offset_that_does_not_match_names_both() -> None:
    """What is expected, and what was sent."""
    refusal = explain(NEW, OffsetMismatch("x", offset=4), 409, None, Append(9))

    assert {"expected-offset": 4, "provided-offset": 9} == refusal.members
    assert "4" == refusal.headers["Upload-Offset"]


def test_older_drafts_have_a_type_of_their_own_for_the_complete() -> None:
    """`completed-upload`; the newest says that the length is inconsistent."""
    error = UploadComplete("x")

    assert COMPLETED == explain(RULES[7], error, 400, None, None).type
    assert INCONSISTENT == explain(SILENT, error, 400, None, None).type


def test_an_error_without_an_upload_is_left_alone() -> None:
    """The version is echoed, and that is all; nobody asked to append."""
    missing = explain(NEW, UploadMissing("x"), 404, None, None)
    looked = explain(NEW, OffsetMismatch("x"), 409, None, None)

    assert Refusal(404, {"Upload-Draft-Interop-Version": "8"}) == missing
    assert (409, None) == (looked.status, looked.type)


def test_what_is_too_large_is_told_the_limits() -> None:
    """Other errors are not about limits."""
    large, missing = UploadTooLarge("x"), UploadMissing("x")

    told = add_limits(NEW, explain(NEW, large, 413, None, None), large, LIMITS)
    untold = add_limits(NEW, explain(NEW, missing, 404, None, None), missing, LIMITS)

    assert "max-size=100, max-append-size=50, max-age=3600" == told.headers["Upload-Limit"]
    assert "Upload-Limit" not in untold.headers
