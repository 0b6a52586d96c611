"""The table `[access]` of the settings: who may come in, for how long, and by what proof."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from rushes.sections import Section


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
