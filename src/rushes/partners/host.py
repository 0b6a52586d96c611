"""What each partner does for us: four deeds, in the words that all of them share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from rushes.partners.copy import Partner

Read: TypeAlias = Callable[[int], AsyncGenerator[bytes, None]]
"""Gives the original's bytes in order, from an offset on."""

Told: TypeAlias = Callable[[int], Awaitable[None]]
"""Is told how many bytes the partner has."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over; `mark` is ours, and stands at the partner beside it."""

    mark: str
    file_name: str
    title: str
    media_type: str
    size_bytes: int
    place: str
    """Client and project, for people."""
    sent_bytes: int = 0
    """How much of it is over there, as far as we were told."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where bytes go; `session` is a secret text of the partner's own form."""

    session: str
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a partner says of an asset; `facts` are plain values."""

    is_ready: bool
    remote_id: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


class Host(Protocol):
    """A partner."""

    @property
    def name(self) -> Partner:
        """Who it is."""
        ...

    async def begin(self, parcel: Parcel) -> Begun:
        """Ask for a place that bytes may go to."""
        ...

    async def send(self, parcel: Parcel, session: str, read: Read, told: Told) -> None:
        """Send what the partner has not got, from where it left off.

        Raises:
            PartnerGone: the place is not there any more.
        """
        ...

    async def look(self, remote_id: str | None, session: str | None) -> Seen:
        """Ask how far it is.

        Raises:
            PartnerFailed: the partner gave up.
            PartnerGone: there is no such thing.
        """
        ...

    async def remove(self, remote_id: str | None, session: str | None) -> None:
        """Delete what is over there; what is not there any more is success."""
        ...
