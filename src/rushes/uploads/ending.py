"""How an upload ends before its bytes are kept: cancelled, expired, or forgotten.

The row changes first, in one transaction with what it gives back and its event; the files go after
it. What a crash leaves between the two, the sweep finishes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events.event import EventType
from rushes.uploads import concat_records, records, run_records
from rushes.uploads.commit import tell
from rushes.uploads.spool import Spool
from rushes.uploads.upload import BYTES_LOST, FORGOTTEN, PARTIAL_LOST, State, Upload, UploadGone

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """Ends uploads."""

    database: Database
    clock: Clock
    spool: Spool

    async def cancel(self, upload: Upload, reason: str, *, actor: str | None = None) -> bool:
        """End an upload that was not accepted; False if it went on meanwhile: read it again.

        Raises:
            IllegalStep: it is not in a state to be cancelled.
        """
        async with self.database.transaction() as connection:
            if not await records.mark_cancelled(connection, upload, reason, self.clock.now()):
                return False
            await run_records.forget_looks(connection, upload.id)
            now = await records.get_upload(connection, upload.id)
            if not now.is_slot:  # nobody heard of it
                await tell(connection, now, EventType.UPLOAD_CANCELLED, self.clock, actor=actor)
            await self._lose_finals(connection, now)
        return True

    async def expire(self, upload: Upload) -> bool:
        """End an upload whose time is over; False if a byte came meanwhile."""
        async with self.database.transaction() as connection:
            if not await records.mark_expired(connection, upload, self.clock.now()):
                return False
            await run_records.forget_looks(connection, upload.id)
            now = await records.get_upload(connection, upload.id)
            if not now.is_slot:
                await tell(connection, now, EventType.UPLOAD_EXPIRED, self.clock, actor="system")
            await self._lose_finals(connection, now)
        return True

    async def lose(self, upload: Upload) -> UploadGone:
        """End an upload whose acknowledged bytes are not there; return what its sender hears."""
        LOG.error("upload %s: some of its acknowledged bytes are lost", upload.id)
        await self.cancel(upload, BYTES_LOST)
        return UploadGone("The disk lost bytes of this upload. Start a new one; tell an admin.")

    async def let_go(self, upload: Upload, *, actor: str | None = None) -> None:
        """Do what its sender means by DELETE: cancel it, or where it is judged, forget it."""
        while True:
            if upload.state in {State.ACCEPTED, State.QUARANTINED}:
                async with self.database.transaction() as connection:
                    now = self.clock.now()
                    if await records.mark_forgotten(connection, upload, FORGOTTEN, now):
                        return
            elif upload.is_gone or await self.cancel(upload, "cancelled", actor=actor):
                return
            async with self.database.reading() as connection:
                upload = await records.get_upload(connection, upload.id)

    async def remove_bytes(self, upload_id: str) -> None:
        """Remove what an ended upload left in the spool.

        Raises:
            OSError: the spool does not let it go; the sweep tries again.
        """
        await self.spool.release(upload_id)
        async with self.database.transaction() as connection:
            await records.mark_unspooled(connection, upload_id)
            group = await concat_records.find_dead_group(connection, upload_id)
        if group is not None:
            await self.spool.run(self.spool.forget, group)

    async def _lose_finals(self, connection: Connection, partial: Upload) -> None:
        """End the finals that wait for a partial which has just ended."""
        if not partial.is_partial:
            return
        for final in await concat_records.list_waiting(connection, partial.id):
            if await records.mark_cancelled(connection, final, PARTIAL_LOST, self.clock.now()):
                ended = await records.get_upload(connection, final.id)
                await tell(connection, ended, EventType.UPLOAD_CANCELLED, self.clock)
