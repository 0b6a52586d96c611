"""Problem documents, whatever status a protocol asks for."""

from __future__ import annotations

import json

import pytest

from rushes.http.problem import answer, answer_error, title_of
from rushes.uploads.upload import OffsetMismatch


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, "Not Found"),
        (460, "Client Error"),
        (599, "Server Error"),
        (799, "Unknown Status"),
    ],
)
def test_every_status_has_words(status: int, expected: str) -> None:
    """Also one that no registry has: tus asks for 460."""
    response = answer(status, "a.code", "A sentence.", "req_1")

    document = json.loads(bytes(response.body))
    assert (status, status, expected) == (
        response.status_code,
        document["status"],
        document["title"],
    )
    assert expected == title_of(status)


def test_a_protocol_may_name_status_headers_and_members() -> None:
    """Facts of an error never take a member's place; members of a protocol do."""
    error = OffsetMismatch("Go on from there.", retry_after=1, offset=4, status=1)

    response = answer_error(
        error,
        "req_1",
        status=460,
        headers={"Upload-Offset": "4"},
        members={"type": "https://example.org/type", "expected-offset": 4},
    )

    assert (460, "4", "1") == (
        response.status_code,
        response.headers["Upload-Offset"],
        response.headers["Retry-After"],
    )
    assert {
        "type": "https://example.org/type",
        "title": "Client Error",
        "status": 460,
        "detail": "Go on from there.",
        "code": "upload.offset_mismatch",
        "request_id": "req_1",
        "offset": 4,
        "expected-offset": 4,
    } == json.loads(bytes(response.body))
