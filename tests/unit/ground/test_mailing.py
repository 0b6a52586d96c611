"""The settings of mail."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rushes.mailing import MailSettings


def test_no_server_means_no_mail() -> None:
    """The way there is kept secret by default."""
    assert (None, 587, "starttls") == (
        MailSettings().host, MailSettings().port, MailSettings().security
    )  # fmt: skip


@pytest.mark.parametrize(
    ("host", "is_allowed"), [("localhost", True), ("127.0.0.1", True), ("mail.example.com", False)]
)
def test_a_password_never_crosses_a_network_in_the_clear(host: str, *, is_allowed: bool) -> None:
    """Without TLS there is log-in on this machine alone."""
    wish = {"host": host, "security": "none", "user": "me", "password": "secret"}

    if is_allowed:
        assert "secret" not in repr(MailSettings.model_validate(wish))
    else:
        with pytest.raises(ValidationError, match="starttls or tls alone"):
            MailSettings.model_validate(wish)


@pytest.mark.parametrize("sender", ["nobody", "a@b\r\nBcc: c@d", "<a@b>", "a b@c"])
def test_an_address_is_an_address(sender: str) -> None:
    """Nothing that ends a header's line, and no names."""
    with pytest.raises(ValidationError):
        MailSettings(sender=sender)
