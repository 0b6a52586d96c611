"""The proof that a link's password was given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rushes.access.grant import is_grant, make_grant, split

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
GRANT = make_grant(KEY, "lnk_1", "hash", NOON + timedelta(days=7))


def test_a_grant_is_good_until_its_end() -> None:
    """The end itself is too late."""
    assert is_grant(KEY, GRANT, "lnk_1", "hash", NOON)
    assert is_grant(KEY, GRANT, "lnk_1", "hash", NOON + timedelta(days=7, seconds=-1))
    assert not is_grant(KEY, GRANT, "lnk_1", "hash", NOON + timedelta(days=7))


@pytest.mark.parametrize(
    ("key", "link_id", "password_hash"),
    [(OTHER_KEY, "lnk_1", "hash"), (KEY, "lnk_2", "hash"), (KEY, "lnk_1", "another")],
)
def test_a_grant_is_for_one_link_and_one_password(
    key: bytes, link_id: str, password_hash: str
) -> None:
    """Of another key, link or password it is worth nothing."""
    assert not is_grant(key, GRANT, link_id, password_hash, NOON)


@pytest.mark.parametrize("grant", ["", "!", "A", "\u00e9", GRANT[:-1], GRANT + "A", "A" * 28])
def test_a_damaged_grant_is_none(grant: str) -> None:
    """Whatever is sent in its place."""
    assert not is_grant(KEY, grant, "lnk_1", "hash", NOON)


def test_a_token_is_split_from_its_grant() -> None:
    """Without one, the grant is empty."""
    assert ("token", "") == split("token")
    assert ("token", "grant") == split("token~grant")
