"""A share: an address at which people without an account look at what it lists, and take it.

Rules of this file:
1. Only who holds the token learns more than "there is none": that it is off, over or used up.
2. A view is one visit, which lasts `PASS_LIFE`; who is inside stays when the last view is taken.
3. What may be taken is said by quality; originals are given by a word of their own.
4. Whatever takes a right away raises the epoch, which ends every address that was signed before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rushes.delivery.quality import within
from rushes.errors import Kind, RushesError
from rushes.media.ladder import Quality

MAX_ASSETS: Final = 500
MAX_TITLE: Final = 200
MAX_MESSAGE: Final = 2_000
MAX_ORIGINS: Final = 16
MIN_PASSWORD: Final = 4
"""A password for strangers to type; guesses are limited to 5 a minute."""

MAX_PASSWORD: Final = 256
PASS_LIFE: Final = timedelta(hours=12)

_ORIGIN: Final = re.compile(
    r"https?://([a-z0-9]([a-z0-9-]{0,62})\.)*[a-z0-9][a-z0-9-]{0,62}(:[0-9]{1,5})?", re.ASCII
)


class ShareNotFound(RushesError):
    """No such share."""

    code = "share.not_found"
    kind = Kind.MISSING


class ShareExpired(RushesError):
    """The share is past its time."""

    code = "share.expired"
    kind = Kind.GONE


class ShareRevoked(RushesError):
    """Whoever made the share has switched it off."""

    code = "share.revoked"
    kind = Kind.GONE


class ShareUsedUp(RushesError):
    """The share was opened as often as it may be."""

    code = "share.used_up"
    kind = Kind.GONE


class ShareLocked(RushesError):
    """The share has a password, and it was not given yet; or the visit is over."""

    code = "share.locked"
    kind = Kind.UNAUTHENTICATED


class NotShared(RushesError):
    """The share does not give this."""

    code = "share.not_given"
    kind = Kind.FORBIDDEN


class ShareStale(RushesError):
    """The share changed since the caller read it."""

    code = "share.stale"
    kind = Kind.STALE


class BadShareWish(RushesError):
    """A share cannot be as asked."""

    code = "share.bad_wish"
    kind = Kind.UNUSABLE


class ShareState(StrEnum):
    """What a holder of the token may know."""

    LIVE = "live"
    USED_UP = "used_up"
    EXPIRED = "expired"
    OFF = "off"


class Taking(StrEnum):
    """What visitors may download beside originals: nothing, up to a quality, or all that is."""

    NONE = "none"
    P360 = "360p"
    P540 = "540p"
    P720 = "720p"
    P1080 = "1080p"
    P2160 = "2160p"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Share:
    """One share, as its row says."""

    id: str
    project_id: str
    created_by: str
    token_sealed: bytes = field(repr=False)
    is_whole_project: bool
    title: str
    message: str
    expires_at: datetime | None
    is_active: bool
    password_hash: str | None = field(repr=False)
    may_play: bool
    download: Taking
    may_get_original: bool
    max_views: int | None
    origins: tuple[str, ...]
    color: str | None
    logo_id: str | None
    view_count: int
    download_count: int
    last_viewed_at: datetime | None
    created_at: datetime
    epoch: int
    revision: int


def judge(share: Share, now: datetime) -> ShareState:
    """Return what a share is good for now."""
    if not share.is_active:
        return ShareState.OFF
    if share.expires_at is not None and share.expires_at <= now:
        return ShareState.EXPIRED
    is_full = share.max_views is not None and share.view_count >= share.max_views
    return ShareState.USED_UP if is_full else ShareState.LIVE


def refusal(state: ShareState) -> RushesError:
    """Return what a visitor hears of a share that is not live."""
    if state is ShareState.OFF:
        return ShareRevoked("This share was switched off. Ask whoever sent it for a new one.")
    if state is ShareState.EXPIRED:
        return ShareExpired("This share has expired. Ask whoever sent it for more time.")
    return ShareUsedUp("This share was opened as often as it may be. Ask whoever sent it.")


def require_open(share: Share, now: datetime) -> None:
    """Return if visitors who are inside may stay.

    Raises:
        ShareRevoked, ShareExpired: it is over for them too.
    """
    state = judge(share, now)
    if state in {ShareState.OFF, ShareState.EXPIRED}:
        raise refusal(state)


def may_take(share: Share, quality: str) -> bool:
    """Say whether a quality may be downloaded: `original`, one of the ladder, or a sound."""
    if quality == "original":
        return share.may_get_original
    if share.download in {Taking.NONE, Taking.ALL}:
        return share.download is Taking.ALL
    return quality not in set(Quality) or within(share.download.value, Quality(quality))


def takes_away(before: Share, after: Share) -> bool:
    """Say whether a change may end what visitors hold already."""
    words = ("password_hash", "is_active", "may_play", "download", "may_get_original")
    return any(getattr(before, word) != getattr(after, word) for word in words)


def unknown_share() -> ShareNotFound:
    """Return what is said of a share that is unknown."""
    return ShareNotFound("There is no such share. Check its address, or ask whoever sent it.")


def parse_origins(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return origins as browsers send them: lower case, once each.

    Raises:
        BadShareWish: one of them is none, or there are too many.
    """
    origins = tuple(dict.fromkeys(text.strip().lower().rstrip("/") for text in texts))
    if len(origins) > MAX_ORIGINS:
        raise BadShareWish(f"A share is embedded by {MAX_ORIGINS} sites at most.")
    for origin in origins:
        if _ORIGIN.fullmatch(origin) is None:
            raise BadShareWish(
                "A site that embeds is scheme and host, as https://www.example.com, and no path."
            )
    return origins
