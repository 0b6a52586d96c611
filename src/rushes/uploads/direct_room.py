"""Room for direct uploads that tell no size: what no address bounds is not let in where room ends.

1. A bucket refuses no byte for us unless a length is signed. So where an account, a link, a project
   or the archive has a limit, an address of unknown length is not given out at all.
2. A form bounds itself: what it may take is reserved whole, and what did not come is given back.
   Nobody tells that a form was not sent, so it rests for an hour only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rushes.access.limits import NoSpace, QuotaExceeded
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.uploads import direct_records, quota_records, records
from rushes.uploads.direct import SINGLE_BYTES, SizeNeeded
from rushes.uploads.quota import Quota
from rushes.uploads.upload import Upload

FORM_BYTES_AT_LEAST: Final = 2**20
"""A form for less is of no use: then there is no room."""

FORM_LIFE: Final = timedelta(hours=1)
"""Its address lives for a quarter of an hour, and what began then may take a while to arrive."""


@dataclass(frozen=True, slots=True)
class DirectRoom:
    """Takes room for uploads whose size nobody told."""

    database: Database
    clock: Clock
    quota: Quota

    async def take(self, upload: Upload, *, is_form: bool) -> Upload:
        """Reserve a new upload's room; of a form all that it may take.

        Raises:
            SizeNeeded: nothing would bound it, and room is limited.
            QuotaExceeded, NoSpace, LinkNotFound: there is no room.
        """
        if is_form:
            await self._take_form(upload)
            await self._rest_briefly(upload)
        else:
            await self.take_step(upload)
        async with self.database.reading() as connection:
            return await records.get_upload(connection, upload.id)

    async def take_step(self, upload: Upload) -> None:
        """Reserve a step of room, as for any file of unknown length.

        Raises:
            SizeNeeded: room is limited, perhaps since a moment ago.
            LinkNotFound: the link was switched off or ran out meanwhile.
        """
        async with self.database.reading() as connection:
            if await quota_records.is_bounded(connection, upload, self.quota.allowance):
                raise SizeNeeded(
                    "Room is limited here, so tell the size of the file when you begin: `size`, or "
                    "`metadata[size]` where your client has no other place for it."
                )
        if not upload.reserved_bytes:
            await self.quota.grow(upload, 1)

    async def _take_form(self, upload: Upload) -> None:
        wanted = SINGLE_BYTES
        while True:
            try:
                await self.quota.reserve_to(upload, wanted)
            except (QuotaExceeded, NoSpace):
                if wanted <= FORM_BYTES_AT_LEAST:
                    raise
                wanted //= 2
            else:
                return

    async def _rest_briefly(self, upload: Upload) -> None:
        until = self.clock.now() + FORM_LIFE
        async with self.database.transaction() as connection:
            await direct_records.record_rest(connection, upload.id, until)
