"""One event on its way to one endpoint: what an attempt brought, and when the next one is.

Rules of this file:
1. Nothing here reads a clock or a row; a new value comes out.
2. The waits between attempts stand in `WAITS`: ten attempts over about 75 hours.
3. A delivery keeps the event's id at every attempt, so a receiver can tell that it knows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from rushes.errors import Kind, RushesError
from rushes.steps import After

WAITS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long each attempt waits after the one before; the first one goes at once."""

SPREAD: Final = 0.1
"""Waits are up to 10 % shorter or longer, so that what failed together does not return together."""

CLAIM: Final = timedelta(seconds=60)
"""An attempt that says nothing for so long died with its worker; it is made again."""

GONE: Final = 410
OK: Final = range(200, 300)
REDIRECTS: Final = range(300, 400)
MAX_WORDS: Final = 500
"""What is kept of an answer, in characters."""


class State(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Step(StrEnum):
    """What may happen to it."""

    ARRIVE = "arrive"
    MISS = "miss"
    GIVE_UP = "give up"
    REPLAY = "replay"


STEPS: Final = MappingProxyType(
    {
        (State.WAITING, Step.ARRIVE): State.DELIVERED,
        (State.WAITING, Step.MISS): State.WAITING,
        (State.WAITING, Step.GIVE_UP): State.FAILED,
        (State.WAITING, Step.REPLAY): State.WAITING,
        (State.DELIVERED, Step.REPLAY): State.WAITING,
        (State.FAILED, Step.REPLAY): State.WAITING,
    }
)


class IllegalStep(RushesError):
    """The delivery is not in a state from which this step may be taken."""

    code = "webhook.delivery_step"
    kind = Kind.CONFLICT


class DeliveryNotFound(RushesError):
    """No such delivery at this endpoint."""

    code = "webhook.delivery_not_found"
    kind = Kind.MISSING


after: Final = After("A delivery", STEPS, IllegalStep)
"""The state after a step."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt brought: a status, or why there is none; `words` begin the answer."""

    status: int | None
    took: timedelta
    error: str | None = None
    words: str = ""

    @property
    def has_arrived(self) -> bool:
        """Say whether the receiver took it."""
        return self.status is not None and self.status in OK

    @property
    def ends_all(self) -> bool:
        """Say whether the receiver wants no more of anything (410 Gone)."""
        return self.status == GONE


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint; `attempts` counts those that were made since the last replay."""

    id: str
    endpoint_id: str
    event_id: str
    created_at: datetime
    state: State = State.WAITING
    attempts: int = 0
    due_at: datetime | None = None
    status: int | None = None
    error: str | None = None
    words: str = ""
    took_ms: int | None = None
    tried_at: datetime | None = None

    def tried(self, attempt: Attempt, now: datetime, chance: float) -> Self:
        """Return this delivery after an attempt; `chance` from 0 to 1 spreads the next one.

        Raises:
            IllegalStep: it waited for no attempt.
        """
        made = self.attempts + 1
        if attempt.has_arrived:
            step, due = Step.ARRIVE, None
        elif attempt.ends_all or made >= len(WAITS):
            step, due = Step.GIVE_UP, None
        else:
            step, due = Step.MISS, now + WAITS[made] * (1 + SPREAD * (2 * chance - 1))
        return replace(
            self,
            state=after(self.state, step),
            attempts=made,
            due_at=due,
            status=attempt.status,
            error=attempt.error,
            words=attempt.words[:MAX_WORDS],
            took_ms=attempt.took // timedelta(milliseconds=1),
            tried_at=now,
        )

    def replayed(self, now: datetime) -> Self:
        """Return this delivery as it goes out once more, with all its attempts."""
        return replace(self, state=after(self.state, Step.REPLAY), attempts=0, due_at=now)
