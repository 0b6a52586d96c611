"""The table of the settings of mail: by whom it is sent, to whom, and about what."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from rushes.sections import Section

NEARBY: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Address = Annotated[
    str,
    Field(pattern=r"^[^@\s\x00-\x1f\x7f<>(),;:\\\"]{1,64}@[^@\s\x00-\x20\x7f<>,;:\\\"]{1,255}$"),
]


class MailSettings(Section):
    """Mail by SMTP: to admins, and to clients whose address an upload link knows."""

    host: str | None = None
    """The SMTP server; none sends no mail. SendGrid: `smtp.sendgrid.net`, with user `apikey` and an
    API key as the password."""
    port: int = Field(default=587, ge=1, le=65_535)
    """Its port: 587 with `starttls`, 465 with `tls`."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way there is kept secret; `none` only for a server on this machine."""
    user: str | None = None
    """The name to log in with there; none logs in nowhere."""
    password: SecretStr | None = None
    """Its password. Put it into the environment rather than into the file."""
    sender: Address = "rushes@localhost"
    """The address that mail comes from. The SMTP server has to allow it."""
    admins: tuple[Address, ...] = ()
    """Who is told of everything; by default each account that is an admin or superadmin."""
    about: tuple[Literal["received", "ready", "failed", "weekly"], ...] = (
        *("received", "ready", "failed", "weekly"),
    )
    """What mail is sent about: a file came in, it can be watched in every quality, something
    failed; and a report of the week, at `schedules.report`."""
    digest: timedelta = Field(default=timedelta(), ge=timedelta(), le=timedelta(days=7))
    """Gather what happens within this time into one mail for each person; 0 sends each at once."""
    templates: Path | None = None
    """A folder with texts of your own, by the names of those that come with Rushes."""

    @model_validator(mode="after")
    def _keep_the_password_secret(self) -> Self:
        if self.security == "none" and self.user is not None and self.host not in NEARBY:
            raise ValueError("a password is sent by starttls or tls alone")
        return self
