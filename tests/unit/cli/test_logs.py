"""A log line is one line of JSON, and tells no secret."""

from __future__ import annotations

import json
import logging
import random
import string

import pytest

from rushes.access.token import ENTROPY_BYTES, TokenKind, make_token
from rushes.cli.logs import JsonLines, is_news_of_engine, mask
from rushes.log_context import telling
from rushes.notify.signature import make_secret


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


def test_a_line_names_its_request_or_job() -> None:
    """Whoever wrote it, and unless it says so itself."""
    with telling(request_id="req_1", job="ladder:con_1"):
        said = write("made")
        corrected = write("made", request_id="req_2")

    assert ("req_1", "ladder:con_1") == (said["request_id"], said["job"])
    assert "req_2" == corrected["request_id"]
    assert "request_id" not in write("made")


@pytest.mark.covers("M-SEC-01")
def test_no_secret_stands_in_ten_thousand_lines() -> None:
    """Tokens, webhook secrets, signed addresses and cookies, wherever a line may hold them."""
    chance = random.Random(20261121)  # noqa: S311 - the test's own
    lines, secrets = [], []

    for number in range(10_000):
        secret, told = _tell_secret(number, chance)
        secrets.append(secret)
        lines.append(_write_somewhere(number, told))

    assert 10_000 == len({*secrets})
    assert [] == [line for line, secret in zip(lines, secrets, strict=True) if secret in line]


def _tell_secret(number: int, chance: random.Random) -> tuple[str, str]:
    """Return a secret, and how it is met: as it is, in an address, or in a header."""
    secret = "".join(chance.choices(string.ascii_letters + string.digits, k=32))
    token = make_token(TokenKind.API, chance.randbytes(ENTROPY_BYTES))
    webhook = make_secret(chance.randbytes(32))
    ways = (
        (token, token),
        (token, f"Authorization: Bearer {token}"),
        (token, f"GET /u/{token}/files/upl_1"),
        (webhook, f"signed by {webhook}, sent"),
        (webhook.removeprefix("whsec_"), f"{{'secret': '{webhook}'}}"),
        (secret, f"/p/{secret}.aGVsbG8gd29y/720p/index.m3u8"),
        (secret, f"https://b.example/k?X-Amz-Signature={secret}&X-Amz-Date=1"),
        (secret, f"'cookie': '__Host-rushes={secret}'"),
        (secret, f"https://media.example.com/s/{secret}?t=4"),
    )
    return ways[number % len(ways)]


def _write_somewhere(number: int, told: str) -> str:
    """Return a line that holds what is told in its message, an argument, a fact or an error."""
    error = ValueError(told)
    record = logging.LogRecord("rushes.small", logging.INFO, "f.py", 1, "%s", ("ended",), None)
    where = number // 9 % 4
    if where == 0:
        record.msg, record.args = told.replace("%", "%%"), ()
    elif where == 1:
        record.args = (told,)
    elif where == 2:
        record.__dict__["url"] = told
    else:
        record.exc_info = (ValueError, error, None)
    return JsonLines().format(record)


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("Workflow ladder:cnt_1:r1 was cancelled during execution. Waiting for it", False),
        ("Workflow keep:cnt_1:1 is no longer owned by this execution. Waiting for it", False),
        ("Workflow a outcome was not recorded: the workflow is no longer owned by it", False),
        ("Asyncio task cancelled", False),
        ("Workflow ladder:cnt_1:r1 cannot be found", True),
    ],
)
def test_what_a_worker_tells_in_words_of_ours_is_not_told_twice(text: str, is_told: bool) -> None:  # noqa: FBT001 - a column of the table
    """Of a job that was cancelled, or went on in another worker."""
    record = logging.LogRecord("dbos", logging.WARNING, "", 0, text, (), None)

    assert is_told is is_news_of_engine(record)
