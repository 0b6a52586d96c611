"""What an upload page says about its link, and why it may not be open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rushes.access.question import PREFIX, FormField
from rushes.access.sender import SENDER

SIZE_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
THOUSAND: Final = 1000
DIGITS: Final = 3


class Refusal(StrEnum):
    """Why a link takes nothing; the page has a title and a sentence for each."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    FULL = "full"
    BUSY = "busy"
    LOCKED = "locked"
    """It has a password: its page asks for it."""


STATUSES: Final = {
    Refusal.UNKNOWN: 404,
    Refusal.EXPIRED: 410,
    Refusal.REVOKED: 410,
    Refusal.FULL: 410,
    Refusal.BUSY: 503,
    Refusal.LOCKED: 200,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRefused:
    """A link that is not open now."""

    reason: Refusal
    owner: str = ""
    """Whom to ask, as people call them; empty where the holder may not know."""
    expired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOpen:
    """A link that takes files; None means that there is no such limit."""

    link_id: str
    client: str
    project: str
    title: str = ""
    message: str = ""
    owner: str = ""
    expires_at: datetime | None = None
    max_file_bytes: int | None = None
    files_left: int | None = None
    bytes_left: int | None = None
    extensions: tuple[str, ...] = ()
    """Lower-case, without the dot; empty: every type."""
    max_append_bytes: int | None = None
    upload_base: str = ""
    """Scheme and host that bytes are sent to; empty: those of the page."""
    is_direct: bool = False
    """Whether large files may go straight into the archive's bucket."""
    parallel: int = 3
    """Files at once, 1 to 6: browsers open six HTTP/1.1 connections to a host."""
    keep_days: int = 7
    questions: tuple[FormField, ...] = ()
    """What each batch is asked before it goes."""
    may_preview: bool = False
    may_leave_mail: bool = False
    """Whether senders may say where a receipt goes."""
    color: str | None = None
    logo_url: str | None = None

    @property
    def name(self) -> str:
        """What the page is called: the owner's title, else the place the files go to."""
        return self.title or self.place

    @property
    def place(self) -> str:
        """Client and project, as people know them."""
        return " · ".join(part for part in (self.client, self.project) if part)


def describe_facts(link: LinkOpen, token: str) -> dict[str, object]:
    """Return what the page's program needs; its other side is web/public/facts.ts."""
    return {
        "endpoint": f"{link.upload_base}/u/{token}/files/",
        "direct": f"/u/{token}/s3" if link.is_direct else None,
        "token": token,
        "linkId": link.link_id,
        "name": link.name,
        "limits": {
            "maxFileBytes": link.max_file_bytes,
            "filesLeft": link.files_left,
            "bytesLeft": link.bytes_left,
            "extensions": link.extensions,
        },
        "appendBytes": link.max_append_bytes,
        "parallel": link.parallel,
        "preview": link.may_preview,
        "color": link.color,
        "answerPrefix": PREFIX,
        "senderKey": SENDER if link.may_leave_mail else None,
    }


def format_size(size_bytes: int) -> str:
    """Return a size in decimal units with at most two decimals, as web/shared/format.ts does."""
    amount, unit = float(max(0, size_bytes)), 0
    while amount >= THOUSAND - 0.005 and unit < len(SIZE_UNITS) - 1:
        amount, unit = amount / THOUSAND, unit + 1
    return f"{amount:.2f}".rstrip("0").rstrip(".") + f" {SIZE_UNITS[unit]}"


def format_limit(size_bytes: int) -> str:
    """Return how much may be sent, in three digits: a limit of 100 GiB is `107 GB`, not more."""
    amount, _, unit = format_size(size_bytes).partition(" ")
    whole, _, rest = amount.partition(".")
    rest = rest[: max(0, DIGITS - len(whole))].rstrip("0")
    return f"{whole}{'.' if rest else ''}{rest} {unit}"


def format_moment(moment: datetime) -> str:
    """Return a moment for readers without a program; with one, it is shown in their own zone."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
