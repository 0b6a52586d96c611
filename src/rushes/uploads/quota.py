"""Room in accounts, links and projects: reserved when an upload begins, settled when it ends.

Where the length is unknown, room is taken a step at a time while bytes arrive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rushes.access.allowance import Allowance, explain_account, find_day, refuse_day
from rushes.access.limits import NoSpace, QuotaExceeded, explain
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.uploads import quota_records, records
from rushes.uploads.upload import LengthChanged, Upload

STEP_BYTES: Final = 2**30


@dataclass(frozen=True, slots=True)
class Quota:
    """Takes room and gives it back."""

    database: Database
    clock: Clock
    allowance: Allowance = field(default_factory=Allowance)

    async def lock(self, connection: Connection) -> None:
        """Come before all who reserve room in the archive, until the caller's transaction ends.

        It is the first statement of a transaction that locks rows and reserves: who had a row
        first would wait for one who waits for that row.
        """
        if self.allowance.archive_bytes is not None:
            await quota_records.lock_archive(connection)

    async def take(self, connection: Connection, upload: Upload) -> None:
        """Reserve a new upload's bytes and its place among files, in the caller's transaction.

        Raises:
            QuotaExceeded, FilesExceeded: its account, link or project has no room.
            NoSpace: the archive's store has none.
            UploadsPerDayExceeded: its account has begun as many today as it may.
            LinkNotFound: the link was switched off or ran out meanwhile.
        """
        await self._reserve(connection, upload, upload.reserved_bytes, upload.file_count)
        if upload.account_id is not None and upload.file_count:
            await self._count_begun(connection, upload, upload.account_id)

    async def add(self, connection: Connection, upload: Upload, bytes_more: int) -> None:
        """Reserve so many bytes more for an upload, in the caller's transaction.

        Raises:
            QuotaExceeded, LinkNotFound: its link or project has no room.
        """
        await self._reserve(connection, upload, bytes_more, 0)

    async def grow(self, upload: Upload, wanted: int) -> int:
        """Reserve so many bytes in all for an upload of unknown length; a step more if there is.

        Nothing is reserved for an upload that has ended meanwhile; its writer hears so soon.

        Raises:
            QuotaExceeded: there is no room.
        """
        try:
            return await self.reserve_to(upload, max(wanted, upload.reserved_bytes + STEP_BYTES))
        except (QuotaExceeded, NoSpace):
            return await self.reserve_to(upload, wanted)

    async def tell_length(self, upload: Upload, size_bytes: int) -> Upload:
        """Keep a length that was deferred, and reserve exactly it.

        Raises:
            QuotaExceeded: there is no room.
            LengthChanged: another request told a length first.
        """
        async with self.database.transaction() as connection:
            await self.lock(connection)
            now = await records.lock_upload(connection, upload.id)
            if now.size_bytes == size_bytes:  # the same request, asked again
                return now
            if not await records.record_length(connection, upload, size_bytes, self.clock.now()):
                raise LengthChanged("Another request told this upload's length. Ask for it anew.")
            more = size_bytes - now.reserved_bytes
            if more > 0:
                await self._reserve(connection, now, more, 0)
            else:
                await quota_records.give_back(connection, now, -more, 0)
            await quota_records.record_reserved(connection, upload.id, size_bytes)
            return await records.get_upload(connection, upload.id)

    async def reserve_to(self, upload: Upload, size_bytes: int) -> int:
        """Reserve so many bytes in all for an upload of unknown length, and none more.

        Raises:
            QuotaExceeded, NoSpace, LinkNotFound: there is no room.
        """
        async with self.database.transaction() as connection:
            await self.lock(connection)
            now = await records.lock_upload(connection, upload.id)
            if now.is_open and size_bytes > now.reserved_bytes:
                await self._reserve(connection, now, size_bytes - now.reserved_bytes, 0)
                await quota_records.record_reserved(connection, upload.id, size_bytes)
            return max(size_bytes, now.reserved_bytes)

    async def _reserve(
        self, connection: Connection, upload: Upload, bytes_more: int, files_more: int
    ) -> None:
        now = self.clock.now()
        if bytes_more > 0:
            await self.lock(connection)
        if await quota_records.reserve(
            connection, upload, bytes_more, files_more, now=now, allowance=self.allowance
        ):
            await self._require_archive(connection, bytes_more)
            return
        account = await quota_records.find_account_use(connection, upload, self.allowance)
        link, project = await quota_records.find_use(connection, upload)
        raise explain_account(account, bytes_more) or explain(link, project, bytes_more, files_more)

    async def _require_archive(self, connection: Connection, bytes_more: int) -> None:
        """Return if the archive may keep so many bytes more; on their way counts as kept.

        Its limit stands in no row, so the caller holds the lock under which it is summed up.

        Raises:
            NoSpace: its store's limit would be passed.
        """
        limit = self.allowance.archive_bytes
        if limit is None or bytes_more <= 0:
            return
        left = limit - await quota_records.sum_archive(connection)
        if bytes_more > left:
            raise NoSpace(
                f"The archive has room for {max(0, left)} more bytes, and this takes {bytes_more}. "
                "Tell an admin: the limit of its store is reached.",
                retry_after=600,
            )

    async def _count_begun(self, connection: Connection, upload: Upload, account_id: str) -> None:
        found = await quota_records.find_day_limit(connection, upload, self.allowance)
        if found is None:
            return
        time_zone, limit = found
        day = find_day(upload.created_at, time_zone)
        if not await quota_records.count_begun(connection, account_id, day, limit):
            raise refuse_day(limit or 0)
