"""Webhook endpoints: where events are posted to, which ones, and by which secrets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.errors import Kind, RushesError
from rushes.events.event import INTERNAL, EventType

EVERYTHING: Final = "*"
MAX_EVENTS: Final = 100
MAX_DESCRIPTION: Final = 500
OVERLAP: Final = timedelta(hours=24)
"""How long the secret before the newest one signs as well."""

UNTOLD: Final = INTERNAL | {EventType.WEBHOOK_PINGED}
"""What no endpoint can ask for: a ping goes to the endpoint that it is for."""

NAMES: Final = tuple(sorted(each.value for each in EventType if each not in UNTOLD))
"""The types of events that endpoints can ask for."""


class WebhookNotFound(RushesError):
    """No such webhook."""

    code = "webhook.not_found"
    kind = Kind.MISSING


class BadWebhookWish(RushesError):
    """A webhook cannot be made as asked."""

    code = "webhook.bad_wish"
    kind = Kind.UNUSABLE


class WebhookPaused(RushesError):
    """The webhook is paused, so nothing is sent."""

    code = "webhook.paused"
    kind = Kind.CONFLICT


class WebhookStale(RushesError):
    """The webhook changed since the caller read it."""

    code = "webhook.stale"
    kind = Kind.STALE


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go.

    `events` are types (`asset.ready`), families (`asset.*`) or `*`. `project_ids` None: of every
    project. `paused_because` is None unless the program paused it. Secrets are sealed; the old
    one signs until `old_until`.
    """

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    project_ids: tuple[str, ...] | None
    created_by: str
    created_at: datetime
    secret_sealed: bytes
    old_secret_sealed: bytes | None = None
    old_until: datetime | None = None
    paused_at: datetime | None = None
    paused_because: str | None = None
    revision: int = 1

    def wants(self, event_type: EventType, project_id: str | None) -> bool:
        """Say whether an event of this type and project goes there."""
        if event_type in UNTOLD:
            return False
        if self.project_ids is not None and project_id not in self.project_ids:
            return False
        family = f"{event_type.partition('.')[0]}.*"
        return not {EVERYTHING, family, event_type.value}.isdisjoint(self.events)


def parse_events(names: Iterable[str]) -> tuple[str, ...]:
    """Return the events of a wish, once each and in order.

    Raises:
        BadWebhookWish: there is none, too many, or an unknown one.
    """
    wanted = sorted(set(names))
    families = {f"{name.partition('.')[0]}.*" for name in NAMES}
    unknown = [name for name in wanted if name not in {EVERYTHING, *families, *NAMES}]
    if unknown:
        raise BadWebhookWish(f"There is no event {unknown[0]!r:.80}. The reference lists them all.")
    if not 1 <= len(wanted) <= MAX_EVENTS:
        raise BadWebhookWish(f"A webhook asks for 1 to {MAX_EVENTS} kinds of events.")
    return tuple(wanted)


def parse_description(text: str) -> str:
    """Return a description as it is kept.

    Raises:
        BadWebhookWish: it is too long.
    """
    if len(text) > MAX_DESCRIPTION:
        raise BadWebhookWish(f"A description has {MAX_DESCRIPTION} characters at most.")
    return text.strip()
