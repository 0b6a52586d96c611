"""The pass of a visitor: bound to a share, a password and a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rushes.delivery.share_pass import make_pass, read_pass, split

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
VISITOR = bytes(range(9))
END = NOON + timedelta(hours=12)
PASS = make_pass(KEY, "shr_1", "hash", VISITOR, END)


def test_a_pass_names_its_visitor_until_its_end() -> None:
    """The end itself is too late."""
    assert read_pass(KEY, PASS, "shr_1", "hash", NOON) == "AAECAwQFBgcI"
    assert read_pass(KEY, PASS, "shr_1", "hash", END) is None


def test_two_visitors_are_told_apart() -> None:
    """Each has a name of their own."""
    other = make_pass(KEY, "shr_1", "hash", VISITOR[::-1], END)

    assert read_pass(KEY, other, "shr_1", "hash", NOON) not in {None, "AAECAwQFBgcI"}


@pytest.mark.parametrize(
    ("key", "share_id", "password_hash"),
    [(OTHER_KEY, "shr_1", "hash"), (KEY, "shr_2", "hash"), (KEY, "shr_1", None)],
)
def test_a_pass_is_for_one_share_and_one_password(
    key: bytes, share_id: str, password_hash: str | None
) -> None:
    """Of another key, share or password it is worth nothing."""
    assert read_pass(key, PASS, share_id, password_hash, NOON) is None


@pytest.mark.parametrize("proof", ["", "!", "A", "\u00e9", PASS[:-1], PASS + "A", "A" * 40])
def test_a_damaged_pass_is_none(proof: str) -> None:
    """Whatever is sent in its place."""
    assert read_pass(KEY, proof, "shr_1", "hash", NOON) is None


def test_a_token_is_split_from_its_pass() -> None:
    """At the first mark; without one there is no pass."""
    assert split("rsh_shr_x~AbC") == ("rsh_shr_x", "AbC")
    assert split("rsh_shr_x") == ("rsh_shr_x", "")
