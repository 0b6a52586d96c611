"""Allowances: what one account may send in all, and how many uploads it may begin in a day.

1. What stands at the account wins over what the settings say of every account; None is no limit.
2. A day is one of the account's own time zone; an upload that was abandoned is given back to it.
3. Admins have no allowance: they make room, they do not ask for it.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime

from rushes.access.limits import QuotaExceeded, Use
from rushes.access.permit import Role
from rushes.errors import Kind, RushesError

UNLIMITED = frozenset({Role.SUPERADMIN, Role.ADMIN})
"""Who may send as much as the disk holds."""


class UploadsPerDayExceeded(RushesError):
    """The account has begun as many uploads today as it may."""

    code = "quota.uploads_per_day"
    kind = Kind.FORBIDDEN


class BadTimeZone(RushesError):
    """The text names no time zone of the IANA database."""

    code = "account.bad_time_zone"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an account may send, in bytes and in uploads begun on one day; None: no limit."""

    total_bytes: int | None = None
    uploads_per_day: int | None = None
    archive_bytes: int | None = None
    """What the archive may keep, whoever sends it."""


def parse_time_zone(text: str) -> str:
    """Return the name of a time zone, as IANA writes it.

    Raises:
        BadTimeZone: there is none of this name.
    """
    if text != "UTC" and text not in zoneinfo.available_timezones():
        raise BadTimeZone(f"{text[:60]!r} is no time zone. Give one like Europe/Berlin or UTC.")
    return text


def find_day(now: datetime, time_zone: str) -> str:
    """Return the date of a moment in a time zone, as `2026-01-31`."""
    zone = UTC if time_zone == "UTC" else zoneinfo.ZoneInfo(time_zone)
    return now.astimezone(zone).date().isoformat()


def refuse_day(limit: int) -> UploadsPerDayExceeded:
    """Say that no further upload may begin today."""
    return UploadsPerDayExceeded(
        f"Daily upload limit reached ({limit} uploads per day). Go on tomorrow, or ask an admin.",
        limit=limit,
    )


def explain_account(use: Use | None, bytes_more: int) -> RushesError | None:
    """Say why an account has no room, if that is what is in the way; `use` None: it has no end."""
    if use is None or use.max_bytes is None or use.used_bytes + bytes_more <= use.max_bytes:
        return None
    return QuotaExceeded(
        f"Storage limit reached ({format_bytes(use.max_bytes)}): this account has "
        f"{use.used_bytes} of {use.max_bytes} bytes used, and has not got {bytes_more} more. "
        "Delete something, or ask an admin for more room.",
        used_bytes=use.used_bytes,
        max_bytes=use.max_bytes,
    )


def format_bytes(count: int) -> str:
    """Return a size as people say it: `1GB`, `500MB`, `1023 bytes`."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count} bytes"
