"""The form of tokens, and when one is live."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rushes.access.permit import Scope
from rushes.access.token import (
    BASE62,
    ENTROPY_BYTES,
    Token,
    TokenKind,
    digest_of,
    is_token,
    make_token,
    shown_of,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN = Token(
    id="tok_1",
    account_id="acc_1",
    name="ci",
    shown="rsh_pat_",
    scopes=frozenset({Scope.READ}),
    created_at=NOON,
    expires_at=NOON + timedelta(days=1),
    last_used_at=None,
    revoked_at=None,
)


@pytest.mark.covers("M-LK-01")
@pytest.mark.parametrize("kind", list(TokenKind))
def test_a_made_token_is_well_formed(kind: TokenKind) -> None:
    """`rsh_<kind>_`, 32 characters of chance, 6 of check; another kind's it is not."""
    text = make_token(kind, bytes(range(ENTROPY_BYTES)))

    assert text.startswith(f"rsh_{kind}_")
    assert len("rsh_pat_") + 38 == len(text)
    assert is_token(kind, text)
    assert not any(is_token(other, text) for other in set(TokenKind) - {kind})


def test_every_typing_error_in_one_place_is_found() -> None:
    """A CRC finds each single change."""
    text = make_token(TokenKind.API, bytes(ENTROPY_BYTES))

    for place in range(8, len(text)):
        for sign in BASE62[:10]:
            if sign != text[place]:
                changed = text[:place] + sign + text[place + 1 :]
                assert not is_token(TokenKind.API, changed)


@pytest.mark.parametrize("text", ["", "rsh_pat_", "rsh_pat_" + "a" * 37, "\u0660" * 46])
def test_other_text_is_no_token(text: str) -> None:
    """Nothing is looked up for it."""
    assert not is_token(TokenKind.API, text)


def test_what_is_kept_of_a_token_is_its_digest_and_its_start() -> None:
    """The start helps to recognise one; 24 characters of chance stay unknown."""
    text = make_token(TokenKind.API, b"\xff" * ENTROPY_BYTES)

    assert 32 == len(digest_of(text))
    assert text[:16] == shown_of(text)


@pytest.mark.parametrize(
    ("token", "is_live"),
    [
        (TOKEN, True),
        (replace(TOKEN, expires_at=NOON), False),
        (replace(TOKEN, revoked_at=NOON - timedelta(days=1)), False),
    ],
)
def test_a_token_is_live_until_its_end_or_its_revocation(token: Token, is_live: bool) -> None:  # noqa: FBT001
    """Its end itself is too late."""
    assert is_live == token.is_live(NOON)
