"""The partners that are on, and how they learn what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from rushes.db.engine import Connection
from rushes.events.event import Event
from rushes.partner_section import PartnerSettings
from rushes.partners.arranging import Arranging
from rushes.partners.choice import list_on
from rushes.partners.copy import Partner
from rushes.partners.frameio import Frameio
from rushes.partners.host import Host
from rushes.partners.mux import Mux
from rushes.partners.stream import Stream
from rushes.partners.wire import Wire

Spread: TypeAlias = Callable[[Connection, Sequence[Event]], Awaitable[None]]


def make_hosts(settings: PartnerSettings, wire: Wire) -> dict[Partner, Host]:
    """Return the partners that are on."""
    known: dict[Partner, Host] = {
        Partner.MUX: Mux(settings.mux, wire),
        Partner.STREAM: Stream(settings.stream, wire),
        Partner.FRAMEIO: Frameio(settings.frameio, wire),
    }
    return {partner: known[partner] for partner in list_on(settings)}


def spread_to(arranging: Arranging, first: Spread) -> Spread:
    """Return what tells others of events, and partners as well where one is on."""
    if not list_on(arranging.settings):
        return first

    async def spread(connection: Connection, events: Sequence[Event]) -> None:
        await first(connection, events)
        for event in events:
            await arranging.spread(connection, event)

    return spread
