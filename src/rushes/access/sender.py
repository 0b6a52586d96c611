"""The sender of a file: the mail address that somebody may leave with what they send by a link."""

from __future__ import annotations

import base64
from typing import Final

from rushes.access.account import BadEmail, parse_email

SENDER: Final = "sender_email"
"""The key of upload metadata that holds it."""


def find_sender(metadata: str) -> str | None:
    """Return the address in upload metadata that was read before; None where none can be used.

    A bad one is no reason to refuse a file: nobody is told then.
    """
    for pair in metadata.split(","):
        key, _, value = pair.strip(" ").partition(" ")
        if key == SENDER:
            try:
                return parse_email(base64.b64decode(value).decode(errors="replace"))
            except BadEmail:
                return None
    return None
