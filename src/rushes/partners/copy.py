"""One asset at one partner: how far it is, what was tried, and when the next try is.

    waiting ──begin──> sending ──sent──> processing ──ready──> ready
       ^                  |                   |                  |
       +────begin again───+      fail: from each of them    withdraw: from all
                                   failed ──ask──> waiting       v
                                                            withdrawing ──> removed ──ask──> waiting

Rules of this file:
1. Nothing here reads a clock or a row; a new value comes out.
2. What a partner's answer means is decided by its kind: what waiting mends is tried again, what a
   person has to mend is `failed` at once.
3. Being asked for patience (429) is no miss: the next try is when the partner says.
4. What is taken back is tried until it is gone: who would ask again, once the asset is deleted?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from rushes.errors import Kind, RushesError
from rushes.steps import After

WAITS: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=16),
)
"""How long each try waits after the one that failed before it; then it is given up."""

LOOKS: Final = (
    timedelta(seconds=5),
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=10),
)
"""How long to wait before a partner is asked again how far it is; the last one goes on."""

PATIENCE: Final = timedelta(days=2)
"""A partner that is not ready so long after it had every byte will not be."""

SPREAD: Final = 0.1
"""Waits are up to 10 % shorter or longer."""


class Partner(StrEnum):
    """Who they are, as they stand in addresses and settings."""

    MUX = "mux"
    STREAM = "stream"
    FRAMEIO = "frameio"


class State(StrEnum):
    """How far an asset is at a partner."""

    WAITING = "waiting"
    SENDING = "sending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    WITHDRAWING = "withdrawing"
    REMOVED = "removed"


class Step(StrEnum):
    """What may happen to it."""

    BEGIN = "begin"
    BEGIN_AGAIN = "begin again"
    SEND = "send"
    FINISH = "finish"
    FAIL = "fail"
    ASK = "ask"
    WITHDRAW = "withdraw"
    REMOVE = "remove"


STEPS: Final = MappingProxyType(
    {
        (State.WAITING, Step.BEGIN): State.SENDING,
        (State.WAITING, Step.FAIL): State.FAILED,
        (State.WAITING, Step.WITHDRAW): State.WITHDRAWING,
        (State.SENDING, Step.BEGIN_AGAIN): State.WAITING,
        (State.SENDING, Step.SEND): State.PROCESSING,
        (State.SENDING, Step.FAIL): State.FAILED,
        (State.SENDING, Step.WITHDRAW): State.WITHDRAWING,
        (State.PROCESSING, Step.FINISH): State.READY,
        (State.PROCESSING, Step.FAIL): State.FAILED,
        (State.PROCESSING, Step.WITHDRAW): State.WITHDRAWING,
        (State.READY, Step.WITHDRAW): State.WITHDRAWING,
        (State.FAILED, Step.ASK): State.WAITING,
        (State.FAILED, Step.WITHDRAW): State.WITHDRAWING,
        (State.WITHDRAWING, Step.REMOVE): State.REMOVED,
        (State.WITHDRAWING, Step.FAIL): State.FAILED,
        (State.REMOVED, Step.ASK): State.WAITING,
    }
)

AT_WORK: Final = frozenset({State.WAITING, State.SENDING, State.PROCESSING, State.WITHDRAWING})
"""States in which a worker has something to do."""


class PartnerUnknown(RushesError):
    """There is no partner of this name, or it is switched off."""

    code = "partner.unknown"
    kind = Kind.MISSING


class NotAtPartner(RushesError):
    """The asset was never handed to this partner."""

    code = "partner.no_copy"
    kind = Kind.MISSING


class PartnerStep(RushesError):
    """The asset is at the partner in another state than this asks for."""

    code = "partner.illegal_step"
    kind = Kind.CONFLICT


class PartnerUnsuited(RushesError):
    """The partner takes no assets of this kind or size."""

    code = "partner.unsuited"
    kind = Kind.UNUSABLE


class PartnerAway(RushesError):
    """The partner does not answer, or says that it has trouble of its own."""

    code = "partner.away"
    kind = Kind.UNAVAILABLE


class PartnerBusy(RushesError):
    """The partner asks for patience."""

    code = "partner.busy"
    kind = Kind.LIMITED


class PartnerGone(RushesError):
    """What was begun at the partner is not there any more."""

    code = "partner.gone"
    kind = Kind.GONE


class PartnerRefused(RushesError):
    """The partner does not let us: a key, a right or a payment is missing."""

    code = "partner.refused"
    kind = Kind.FORBIDDEN


class PartnerUnexpected(RushesError):
    """The partner's answer is none that its documents speak of."""

    code = "partner.unexpected"
    kind = Kind.UNUSABLE


class PartnerFailed(RushesError):
    """The partner took the file, and could make nothing of it."""

    code = "partner.failed"
    kind = Kind.UNUSABLE


class PartnerSilent(RushesError):
    """The partner had every byte two days ago, and is not ready."""

    code = "partner.silent"
    kind = Kind.UNUSABLE


TRIED_AGAIN: Final = frozenset({Kind.UNAVAILABLE, Kind.LIMITED, Kind.GONE, Kind.BROKEN})
"""Kinds of trouble that may pass by themselves."""


after: Final = After("An asset at a partner", STEPS, PartnerStep)
"""The state after a step."""


@dataclass(frozen=True, slots=True)
class PartnerCopy:
    """An asset at a partner, as its row says; sizes in bytes.

    `session` is where its bytes go, sealed: whoever knows it may send there. `claim` names the
    attempt that is at it; `facts` is what the partner's pages and players need to know.
    """

    id: str
    asset_id: str
    content_id: str
    project_id: str
    partner: Partner
    state: State
    asked_by: str
    size_bytes: int
    created_at: datetime
    updated_at: datetime
    remote_id: str | None = None
    session: bytes | None = None
    sent_bytes: int = 0
    sent_at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    misses: int = 0
    looks: int = 0
    due_at: datetime | None = None
    claim: str | None = None
    error_code: str | None = None
    error_detail: str | None = None

    def asked(self, actor: str, now: datetime) -> Self:
        """Return it as it is when it is handed over again, after it failed or was withdrawn.

        Raises:
            PartnerStep: it is there, or on its way.
        """
        return replace(
            self,
            state=after(self.state, Step.ASK),
            asked_by=actor,
            remote_id=None,
            session=None,
            sent_bytes=0,
            sent_at=None,
            facts={},
            misses=0,
            looks=0,
            due_at=now,
            claim=None,
            error_code=None,
            error_detail=None,
            updated_at=now,
        )

    def begun(self, session: bytes, remote_id: str | None, now: datetime) -> Self:
        """Return it with a place that its bytes go to."""
        return replace(
            self,
            state=after(self.state, Step.BEGIN),
            session=session,
            remote_id=remote_id,
            sent_bytes=0,
            updated_at=now,
        )

    def sent(self, now: datetime) -> Self:
        """Return it with every byte over there."""
        return replace(
            self,
            state=after(self.state, Step.SEND),
            sent_bytes=self.size_bytes,
            sent_at=now,
            misses=0,
            updated_at=now,
        )

    def seen(self, facts: Mapping[str, object], remote_id: str | None, now: datetime) -> Self:
        """Return it as the partner says it is, while that is not ready."""
        wait = LOOKS[min(self.looks, len(LOOKS) - 1)]
        if self.sent_at is not None and now - self.sent_at > PATIENCE:
            silent = PartnerSilent("Two days passed, and it is not ready there. Hand it over anew.")
            return self.failed(silent, now)
        return replace(
            self,
            facts=facts,
            remote_id=remote_id or self.remote_id,
            looks=self.looks + 1,
            misses=0,
            due_at=now + wait,
            updated_at=now,
        )

    def finished(self, facts: Mapping[str, object], remote_id: str | None, now: datetime) -> Self:
        """Return it ready."""
        return replace(
            self,
            state=after(self.state, Step.FINISH),
            facts=facts,
            remote_id=remote_id or self.remote_id,
            session=None,
            due_at=None,
            misses=0,
            error_code=None,
            error_detail=None,
            updated_at=now,
        )

    def withdrawn(self, now: datetime) -> Self:
        """Return it on its way out.

        Raises:
            PartnerStep: it is removed, or about to be.
        """
        state = after(self.state, Step.WITHDRAW)
        return replace(self, state=state, misses=0, due_at=now, claim=None, updated_at=now)

    def removed(self, now: datetime) -> Self:
        """Return it as nothing that is over there any more."""
        state = after(self.state, Step.REMOVE)
        return replace(
            self, state=state, session=None, facts={}, due_at=None, remote_id=None, updated_at=now
        )

    def missed(self, trouble: RushesError, now: datetime, luck: float) -> Self:
        """Return it after a try that came to nothing.

        Args:
            trouble: what was in the way.
            now: when.
            luck: 0 to 1, for the spread of the next try.
        """
        if trouble.kind is Kind.LIMITED:
            pause = timedelta(seconds=trouble.retry_after or 60)
            return replace(self, due_at=now + pause, claim=None, updated_at=now)
        is_lost = trouble.kind not in TRIED_AGAIN or self.misses >= len(WAITS)
        if is_lost and self.state is not State.WITHDRAWING:
            return self.failed(trouble, now)
        wait = (WAITS[-1] if is_lost else WAITS[self.misses]) * (1 + SPREAD * (2 * luck - 1))
        told = replace(
            self,
            misses=self.misses + 1,
            due_at=now + wait,
            claim=None,
            error_code=trouble.code,
            error_detail=trouble.message,
            updated_at=now,
        )
        if trouble.kind is Kind.GONE and self.state is State.SENDING:
            again = after(self.state, Step.BEGIN_AGAIN)
            return replace(told, state=again, session=None, remote_id=None, sent_bytes=0)
        return told

    def failed(self, trouble: RushesError, now: datetime) -> Self:
        """Return it given up, with the reason."""
        return replace(
            self,
            state=after(self.state, Step.FAIL),
            due_at=None,
            claim=None,
            error_code=trouble.code,
            error_detail=trouble.message,
            updated_at=now,
        )
