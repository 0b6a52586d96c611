"""Where one object is, or should be, on one tier: its states and the only steps between them.

Rules of this file:
1. Nothing here reads a clock, a row or a store; `now` comes in, a new value comes out.
2. What a placement may do next stands in `STEPS` and nowhere else.
3. An illegal step raises `IllegalStep` and changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from rushes.errors import Kind, RushesError
from rushes.steps import After

LEASE: Final = timedelta(seconds=30)
"""How long a claim lasts without a beat; three missed beats."""

BEAT: Final = timedelta(seconds=10)
"""How often who copies says that it still does."""

FURTHER: Final = "edge-"
"""What the name of a further edge begins with; its region follows."""

_REGION: Final = re.compile(r"edge-[a-z][a-z0-9]{0,31}")


class Tier(StrEnum):
    """The role a store plays; the edge of a region, `edge-us`, is a tier of its own."""

    EDGE = "edge"
    ARCHIVE = "archive"
    EDITING = "editing"
    FORMER = "former"
    """The store from which the archive moves."""

    @property
    def is_edge(self) -> bool:
        """Whether it is near to viewers: the home edge, or that of a region."""
        return self is Tier.EDGE or self.region is not None

    @property
    def region(self) -> str | None:
        """The region of a further edge."""
        return self.value.removeprefix(FURTHER) if self.value.startswith(FURTHER) else None

    @classmethod
    def _missing_(cls, value: object) -> Tier | None:
        """Take the edge of a region for a member, the same one each time."""
        if not isinstance(value, str) or _REGION.fullmatch(value) is None:
            return None
        made = str.__new__(cls, value)
        made._name_, made._value_ = value.upper(), value
        found: Tier = cls._value2member_map_.setdefault(value, made)  # type: ignore[assignment] # of this class
        return found


def edge_in(region: str) -> Tier:
    """Return the tier of a region's edge."""
    return Tier(f"{FURTHER}{region}")


class State(StrEnum):
    """What is true of the object on this tier."""

    ABSENT = "absent"
    COPYING = "copying"
    PRESENT = "present"
    EVICTING = "evicting"
    LOST = "lost"


class Step(StrEnum):
    """What may happen to it."""

    CLAIM = "claim"
    ARRIVE = "arrive"
    FAIL = "fail"
    EVICT = "evict"
    SPARE = "spare"
    LEAVE = "leave"
    VANISH = "vanish"
    MISS = "miss"
    GIVE_UP = "give up"


STEPS: Final = MappingProxyType(
    {
        (State.ABSENT, Step.CLAIM): State.COPYING,
        (State.COPYING, Step.ARRIVE): State.PRESENT,
        (State.COPYING, Step.FAIL): State.ABSENT,
        (State.PRESENT, Step.EVICT): State.EVICTING,
        (State.PRESENT, Step.VANISH): State.LOST,
        (State.EVICTING, Step.SPARE): State.PRESENT,
        (State.EVICTING, Step.LEAVE): State.ABSENT,
        (State.LOST, Step.CLAIM): State.COPYING,
        (State.ABSENT, Step.MISS): State.LOST,
        (State.LOST, Step.GIVE_UP): State.ABSENT,
    }
)


class IllegalStep(RushesError):
    """The placement is not in a state from which this step may be taken."""

    code = "placement.illegal_step"
    kind = Kind.CONFLICT


after: Final = After("A placement", STEPS, IllegalStep)
"""The state after a step."""


class PlacementClaimed(RushesError):
    """Another worker copies this object just now."""

    code = "placement.claimed"
    kind = Kind.LOCKED


class ClaimLost(RushesError):
    """Another worker took this object over; what it does counts."""

    code = "placement.claim_lost"
    kind = Kind.LOCKED


class NoCopy(RushesError):
    """No copy of the object can be read now."""

    code = "placement.no_copy"
    kind = Kind.UNAVAILABLE


class NotWanted(RushesError):
    """No asset has this content any more, so nothing of it is kept."""

    code = "placement.not_wanted"
    kind = Kind.GONE


class OriginalRefused(RushesError):
    """Originals never reach the edge."""

    code = "placement.original_refused"
    kind = Kind.BROKEN


class RegionUnknown(RushesError):
    """The settings name no edge of this region."""

    code = "tier.region_unknown"
    kind = Kind.INVALID


def region_unknown() -> RegionUnknown:
    """Return what is said of a region without an edge."""
    return RegionUnknown("There is no edge of this region. `/api/v1/edges` lists those there are.")


@dataclass(frozen=True, slots=True)
class Placement:
    """One object on one tier.

    `fence` counts claims: a worker that was thought dead holds an older one, and its writes are
    refused. `key` was made once and is never derived again. `is_shared`: on the disk it is a hard
    link of the archive's copy, so the two count as one.
    """

    id: str
    object_id: str
    content_id: str
    tier: Tier
    key: str
    size_bytes: int
    state: State = State.ABSENT
    digest: bytes | None = None
    version: str | None = None
    fence: int = 0
    lease_until: datetime | None = None
    is_shared: bool = False
    verified_at: datetime | None = None
    error: str | None = None

    def after(self, step: Step) -> Self:
        """Return this placement one step later.

        Raises:
            IllegalStep: `STEPS` has no such step from the present state.
        """
        return replace(self, state=after(self.state, step), lease_until=None)

    def claimed(self, now: datetime) -> Self:
        """Return this placement held by a new claim, also when an older claim has run out.

        Raises:
            PlacementClaimed: an older claim still holds.
            IllegalStep: there is nothing to copy.
        """
        if self.state is State.COPYING and self.lease_until is not None:
            if self.lease_until >= now:
                wait = (self.lease_until - now).total_seconds()
                raise PlacementClaimed(
                    "Another worker copies this object just now. Try again when it is done.",
                    retry_after=wait,
                )
            held = self
        else:
            held = self.after(Step.CLAIM)
        return replace(held, fence=self.fence + 1, lease_until=now + LEASE)
