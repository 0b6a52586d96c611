"""A log line is one line of JSON, and tells no secret."""

from __future__ import annotations

import json
import logging

import pytest

from rushes.cli.logs import JsonLines, mask


def write(message: str, *args: object, **extra: object) -> dict[str, object]:
    """Return what a record looks like in the log."""
    record = logging.LogRecord("rushes.small", logging.INFO, "f.py", 1, message, args, None)
    vars(record).update(extra)
    line = JsonLines().format(record)
    assert "\n" not in line
    parsed: dict[str, object] = json.loads(line)
    return parsed


def test_a_line_names_time_level_logger_message_and_what_was_added() -> None:
    """Programs read it."""
    line = write("took %d", 3, request_id="req_1", color_message="x")

    assert ("info", "rushes.small", "took 3", "req_1") == (
        line["level"],
        line["logger"],
        line["message"],
        line["request_id"],
    )
    assert str(line["at"]).endswith("+00:00")
    assert "color_message" not in line


def test_a_file_name_cannot_forge_a_line() -> None:
    """Control characters are escaped."""
    assert 'a\n{"level": "info"}' == write("%s", 'a\n{"level": "info"}')["message"]


@pytest.mark.covers("M-SEC-01")
@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("token rsh_pat_abcDEF123-x end", "token rsh_pat_*** end"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw= end", "whsec_*** end"),
        ("GET /u/rsh_lnk_abcdef1234567/files/", "GET /u/***/files/"),
        ("GET /p/WzEsIjIyMDUzNTEw.xlIhXR-f/index.m3u8", "GET /p/***/index.m3u8"),
        ("GET /s/abcdefgh12345", "GET /s/***"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("'cookie': 'rushes=abc'", "'cookie': '***'"),
        ("?X-Amz-Signature=abcdef&x=1", "?X-Amz-Signature=***&x=1"),
        ("nothing to hide: /app/u/x", "nothing to hide: /app/u/x"),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    """Whoever wrote them into the line."""
    assert masked == mask(text)


def test_an_error_brings_its_trace_in_the_same_line() -> None:
    """Masked as the rest."""
    failure = ValueError("rsh_pat_abcdefgh")

    line = write("broke", exc_info=(ValueError, failure, None))

    assert "ValueError: rsh_pat_***" in str(line["trace"])
