"""The settings of access refuse what is no rule."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rushes.access_section import AccessSettings, OidcSettings, is_safe_address


def test_a_second_factor_is_offered_by_default() -> None:
    """Nobody has to have one."""
    assert "offered" == AccessSettings().second_factor


def test_another_rule_is_refused() -> None:
    """Only those that the reference names."""
    with pytest.raises(ValidationError):
        AccessSettings.model_validate({"second_factor": "sometimes"})


def test_no_provider_asks_for_nothing_else() -> None:
    """People log in by passwords alone."""
    assert OidcSettings().issuer is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"issuer": "https://id.example.org"}, "client_id is not"),
        (
            {"issuer": "https://id.example.org", "client_id": "a", "scopes": "email"},
            "lacks openid",
        ),
        ({"issuer": "http://id.example.org", "client_id": "a"}, "no https address"),
        ({"domains": ["@example.org"]}, "should match pattern"),
        ({"role": "admin"}, "'viewer' or 'editor'"),
    ],
)
def test_a_provider_lacks_nothing(told: dict[str, object], words: str) -> None:
    """What cannot work is refused at start, in words."""
    with pytest.raises(ValidationError, match=words):
        OidcSettings.model_validate(told)


def test_the_environment_gives_several_in_one_line() -> None:
    """Parted by spaces or commas."""
    told = {"issuer": "https://id.example.org/a", "client_id": "a", "domains": "a.org, B.net c.de"}

    assert ("a.org", "B.net", "c.de") == OidcSettings.model_validate(told).domains


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://id.example.org", True),
        ("https://id.example.org:8443/realms/a?b=c", True),
        ("http://127.0.0.1:4000/token", True),
        ("http://localhost", True),
        ("http://[::1]:80/", True),
        ("http://127.0.0.1.evil.example/", False),
        ("http://localhost@evil.example/", False),
        ("https://user:word@id.example.org/", False),
        ("https:///keys", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_tokens_are_fetched_by_tls_or_from_this_machine(address: str, is_safe: bool) -> None:  # noqa: FBT001 - a table
    """Nobody on the way reads a code or a secret."""
    assert is_safe == is_safe_address(address)
