"""Codes of an app and recovery codes: what is taken, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rushes.access.factor import (
    STEP_SECONDS,
    code_at,
    digest_recovery_code,
    find_step,
    fold_code,
    is_code,
    is_required,
    read_secret,
    step_at,
    write_recovery_code,
    write_secret,
)
from rushes.access.permit import Role

SECRET = b"12345678901234567890"
"""The secret of RFC 6238, appendix B, for SHA-1."""

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B; ours are the last six of its eight digits."""
    step = step_at(datetime.fromtimestamp(seconds, UTC))

    assert code[-6:] == code_at(SECRET, step)


@pytest.mark.parametrize(
    ("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_the_neighbours_of_a_step_are_taken(steps: int, *, is_taken: bool) -> None:
    """A clock may be off by half a minute, and no more."""
    code = code_at(SECRET, step_at(NOON + timedelta(seconds=STEP_SECONDS * steps)))

    found = find_step(SECRET, code, NOON, -1)

    assert (step_at(NOON) + steps if is_taken else None) == found


def test_a_step_that_was_used_is_taken_no_more() -> None:
    """Nor is one before it."""
    present = step_at(NOON)

    assert find_step(SECRET, code_at(SECRET, present), NOON, present) is None
    assert find_step(SECRET, code_at(SECRET, present - 1), NOON, present) is None
    assert present + 1 == find_step(SECRET, code_at(SECRET, present + 1), NOON, present)


def test_a_secret_is_read_as_it_was_written() -> None:
    """In base 32, as RFC 6238's is known to apps."""
    text = write_secret(SECRET)

    assert "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" == text
    assert SECRET == read_secret(text)
    assert b"\0" * 7 == read_secret(write_secret(b"\0" * 7))


@pytest.mark.parametrize(
    ("text", "folded", "is_six"),
    [
        (" 123 456 ", "123456", True),
        ("12345", "12345", False),
        ("1234567", "1234567", False),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", "\u0661\u0662\u0663\u0664\u0665\u0666", False),
        ("O1L-i", "0111", False),
    ],
)
def test_codes_are_folded(text: str, folded: str, *, is_six: bool) -> None:
    """What typing adds is left out, and signs that look alike are one."""
    assert folded == fold_code(text)
    assert is_six == is_code(folded)


def test_a_recovery_code_is_one_however_it_is_typed() -> None:
    """Its digest is bound to the account."""
    code = write_recovery_code(b"\x01" * 10)

    assert [4, 4, 4, 4] == [len(group) for group in code.split("-")]
    assert not is_code(fold_code(code))
    kept = digest_recovery_code("acc_1", code)
    assert kept == digest_recovery_code("acc_1", f" {code.upper().replace('-', '')} ")
    assert kept != digest_recovery_code("acc_2", code)
    assert code != write_recovery_code(b"\x01" * 9 + b"\x02")


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("offered", set()),
        ("admins", {Role.SUPERADMIN, Role.ADMIN}),
        ("everybody", {*Role}),
    ],
)
def test_who_has_to_have_one(rule: str, asked: set[Role]) -> None:
    """The setting `access.second_factor` says it."""
    assert asked == {role for role in Role if is_required(rule, role)}
