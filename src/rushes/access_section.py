"""The tables `[access]` and `[oidc]` of the settings: who may come in, how long, by what proof."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from rushes.sections import Section

SAFE: Final = re.compile(
    r"(https://[^/?#@\\\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)(/[^#\s]*)?",
    re.ASCII | re.IGNORECASE,
)
DOMAIN: Final = r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$"


class AccessSettings(Section):
    """Who may come in, and for how long."""

    session_idle: timedelta = timedelta(hours=12)
    """A session ends after this time without a request."""
    session_absolute: timedelta = timedelta(days=7)
    """A session ends after this time in any case."""
    token_life: timedelta = timedelta(days=90)
    """Life of an API token where its maker names none; at most 366 days."""
    link_life: timedelta = timedelta(days=14)
    """Life of an upload link where its maker names none."""
    share_life: timedelta = timedelta(days=7)
    """Life of a share where its maker names none."""
    login_per_minute: int = Field(default=5, ge=1)
    """Attempts to log in per minute for one account and address."""
    second_factor: Literal["offered", "admins", "everybody"] = "offered"
    """Who has to give a code of an app beside the password: whoever likes to, admins, or everybody.
    Those who have to and have none add one when they next log in, and can do nothing before."""


class OidcSettings(Section):
    """Log-in by a provider of identities (OpenID Connect), beside passwords."""

    issuer: str | None = None
    """The provider's address, letter by letter as it calls itself: `https://accounts.google.com`,
    `https://login.example.org/realms/company`. None: people log in with passwords alone."""
    client_id: str | None = None
    """What the provider calls this server: it is shown there once Rushes was registered as a web
    application with the address `{base_url}/login/oidc/callback` to lead back to."""
    client_secret: SecretStr | None = None
    """The secret that the provider shows at that registration. Put it into the environment rather
    than into the file. None: a public client, known by PKCE alone."""
    name: str = Field(default="your company account", min_length=1, max_length=60)
    """What people call it: the button says "Log in with {name}"."""
    scopes: tuple[str, ...] = ("openid", "email")
    """What is asked for. `openid` is a must, and without `email` nobody can come a first time."""
    domains: tuple[Annotated[str, Field(pattern=DOMAIN)], ...] = ()
    """Who comes a first time with a verified address of these domains, and has no account, gets
    one. Empty: only accounts that an admin made before can be used."""
    role: Literal["viewer", "editor"] = "viewer"
    """The role of accounts that are made so. An admin may give another one later."""

    @field_validator("scopes", "domains", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        """Take several from the environment, parted by spaces or commas."""
        return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _require_its_fields(self) -> Self:
        if self.issuer is None:
            return self
        if self.client_id is None:
            raise ValueError("oidc.issuer is set, but oidc.client_id is not")
        if "openid" not in self.scopes:
            raise ValueError("oidc.scopes lacks openid")
        if not is_safe_address(self.issuer):
            raise ValueError("oidc.issuer is no https address")
        return self


def is_safe_address(address: str) -> bool:
    """Say whether tokens may be fetched from an address: by TLS, or from this machine itself."""
    return SAFE.fullmatch(address) is not None
