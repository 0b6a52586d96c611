"""The ways by which people and programs outside are told what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rushes.db.engine import Connection
from rushes.events.event import Event
from rushes.notify.live import Live
from rushes.notify.postman import Postman
from rushes.notify.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Outlets:
    """Webhooks, mail, and the live stream."""

    webhooks: Webhooks
    live: Live
    postman: Postman

    async def spread(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write who is told of events, in the transaction in which they leave the outbox."""
        await self.webhooks.spread(connection, events)
        await self.postman.spread(connection, events)
