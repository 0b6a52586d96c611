"""What is kept for those who return to the live stream, from before somebody listened."""

from __future__ import annotations

from rushes.access.permit import SYSTEM as THE_PROGRAM
from rushes.clock import SYSTEM
from rushes.db.engine import Database
from rushes.events import outbox
from rushes.events.event import EventType
from rushes.notify.endpoint import UNTOLD
from rushes.notify.live import Live
from tests.support.listeners import make_event


async def test_who_returns_hears_nothing_internal(database: Database) -> None:
    """What nobody hears while it happens, nobody hears afterwards; its number counts."""
    live = Live(database, SYSTEM)
    told = [EventType.ASSET_CREATED, *sorted(UNTOLD), EventType.ASSET_READY]
    async with database.transaction() as connection:
        for what in told:
            await outbox.record(connection, make_event(what, "thing_1"))

    async with live.listening(THE_PROGRAM):
        missed = live.list_missed(0)
        floor = live.floor

    assert missed is not None
    assert ["asset.created", "asset.ready"] == [each.what for each in missed]
    assert len(told) == floor
