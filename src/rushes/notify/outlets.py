"""The ways by which people and programs outside are told what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rushes.access.seal import Sealer
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.listen import listen
from rushes.events.event import Event
from rushes.events.outbox import WAKE
from rushes.notify.live import Live
from rushes.notify.postman import Postman
from rushes.notify.webhooks import Webhooks
from rushes.settings import Settings


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


def make_outlets(settings: Settings, clock: Clock, database: Database, sealer: Sealer) -> Outlets:
    """Return what tells people and programs outside, over a database."""
    hear = None if database.is_sqlite else partial(listen, settings.rooms_url, WAKE)
    return Outlets(
        webhooks=Webhooks(database, clock, settings.webhooks, sealer),
        live=Live(database, clock, hear),
        postman=Postman(
            database, clock, settings.mail, settings.public_url, settings.schedules.report
        ),
    )
