"""What an S3 server's error means."""

from __future__ import annotations

import pytest

from rushes.errors import RushesError
from rushes.stores.s3_meaning import meaning_of, read_retry_after
from rushes.stores.store import (
    Broken,
    Busy,
    Changed,
    Full,
    NotFound,
    Refused,
    Unsupported,
)


@pytest.mark.covers("X-ST-03")
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "404", NotFound),
        (404, "NoSuchUpload", NotFound),
        (404, "NoSuchBucket", Refused),
        (412, "412", Changed),
        (409, "ConditionalRequestConflict", Changed),
        (409, "Other", Busy),
        (429, "429", Busy),
        (400, "RequestTimeout", Busy),
        (500, "InternalError", Busy),
        (502, "", Busy),
        (503, "SlowDown", Busy),
        (504, "", Busy),
        (507, "", Full),
        (403, "QuotaExceeded", Full),
        (301, "301", Refused),
        (400, "Other", Refused),
        (401, "", Refused),
        (403, "RequestTimeTooSkewed", Refused),
        (400, "BadDigest", Broken),
        (416, "InvalidRange", Broken),
        (200, "Other", Broken),
        (200, "InternalError", Busy),
        (501, "NotImplemented", Unsupported),
    ],
)
def test_each_status_and_code_is_one_of_our_errors(
    status: int, code: str, expected: type[RushesError]
) -> None:
    """The code counts before the status."""
    assert expected is type(meaning_of(status, code))


def test_the_sentence_ends_with_the_servers_word_and_keeps_its_patience() -> None:
    """So that a person can look it up."""
    error = meaning_of(503, "SlowDown", 4)

    assert "The store asks for patience. (It said 503 SlowDown.)" == error.message
    assert 4 == error.retry_after
    assert meaning_of(404, "404").message.endswith("(It said 404.)")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), ("7", 7), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)],
)
def test_retry_after_is_read_in_seconds(value: str | None, expected: float | None) -> None:
    """A date counts as absent."""
    assert expected == read_retry_after(value)
