"""Receiving: an append from its first check to the offset that is acknowledged.

1. Who writes holds the upload; every check comes before the first byte.
2. Before each append the file is compared with the committed offset: longer, and it is cut;
   shorter, and the upload is cancelled, because an offset that is not true is never answered.
3. An append outlives the request that brought it: what has arrived is committed, whoever is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import RushesError
from rushes.sections import UploadSettings
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads import checksum as sums
from rushes.uploads import records
from rushes.uploads.blocks import Hashing
from rushes.uploads.commit import Committer, PlaceLost
from rushes.uploads.ending import Ending
from rushes.uploads.hold import Hold, Holds
from rushes.uploads.inflow import Body, Inflow
from rushes.uploads.join import Joining
from rushes.uploads.memory import Memory, Remembered
from rushes.uploads.quota import Quota
from rushes.uploads.settling import leave_open, needs_settling, settle
from rushes.uploads.space import Space
from rushes.uploads.spool import BytesLost, Spool, SpoolFile, tell_trouble
from rushes.uploads.upload import (
    BYTES_LOST,
    Append,
    Extent,
    OffsetMismatch,
    Room,
    State,
    Upload,
    UploadGone,
    plan_append,
)
from rushes.uploads.writing import Writing

DRAIN_SECONDS: Final = 8.0

LOG: Final = logging.getLogger(__name__)

May: TypeAlias = Callable[[Upload], None]
"""Raises where the caller may not touch this upload."""

Most: TypeAlias = Callable[[Upload], int]
"""Says how many bytes an upload may have."""

Told: TypeAlias = Callable[[Upload], None]
"""Hears of an upload each time that more of it is durable and committed."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes appends in, one at a time for each upload."""

    database: Database
    clock: Clock
    settings: UploadSettings
    spool: Spool
    quota: Quota
    ending: Ending
    committer: Committer
    holds: Holds
    joining: Joining
    space: Space
    memory: Memory = field(default_factory=Memory)
    running: set[asyncio.Task[Upload]] = field(default_factory=set)

    async def append(
        self,
        upload_id: str,
        append: Append,
        body: Body,
        may: May,
        *,
        most: Most | None = None,
        told: Told | None = None,
    ) -> Upload:
        """Take a body in; return the upload with the offset that is durable now.

        `most` says how large an upload of unknown length may become; by default as large as the
        server allows. `told` hears of each offset as it is committed.

        Raises:
            UploadMissing, UploadGone, OffsetMismatch, LengthChanged, UploadTooLarge, UploadBusy:
                before a byte was read.
            UploadTooLarge, UploadStopped, ChecksumMismatch, SpoolFull, SpoolBroken: after some
                were; the fact `offset` says what is kept.
        """
        hold = Hold()
        work = asyncio.create_task(
            self._append(hold, upload_id, append, body, may, most=most or self._most, told=told)
        )
        self.running.add(work)
        work.add_done_callback(self.running.discard)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            hold.stop()  # the work writes down what came, and lets go by itself
            raise

    async def look(self, upload_id: str, may: May) -> Upload:
        """Return an upload whose offset is durable and will be accepted next.

        Raises:
            UploadMissing, UploadGone, UploadBusy: there is no such offset to tell.
        """
        await self._knock(upload_id, may)
        async with self.holds.take(upload_id, Hold()) as hold:
            upload, extents = await self._read(upload_id, may)
            if hold.is_inherited:
                upload, extents = await self._inherit(hold, upload)
            if upload.is_open and extents:
                await self._require_bytes(upload, extents)
        return await self.joining.finish(upload.id) if upload.is_final else upload

    async def read(self, upload_id: str, may: May) -> Upload:
        """Return an upload as it was last committed, gone ones too; its holder is not disturbed.

        Raises:
            UploadMissing: there is none, or none that the caller may see.
        """
        upload = await self.database.snapshot(
            lambda connection: records.get_upload(connection, upload_id)
        )
        may(upload)
        return upload

    async def find(self, upload_id: str, may: May) -> Upload:
        """Return an upload as it was last committed, if its address answers.

        Raises:
            UploadMissing, UploadGone: it does not.
        """
        return (await self.read(upload_id, may)).answering()

    async def let_go(self, upload_id: str, may: May, *, actor: str | None = None) -> None:
        """Do what its sender means by DELETE: a busy writer does not hinder it.

        Raises:
            UploadMissing, UploadGone: there is nothing to let go.
        """
        upload = await self.find(upload_id, may)
        await self.ending.let_go(upload, actor=actor)
        await self.holds.evict(upload_id)
        self.memory.forget(upload_id)
        async with self.database.reading() as connection:
            upload = await records.get_upload(connection, upload_id)
        if upload.state is State.CANCELLED:
            await self.ending.remove_bytes(upload_id)

    async def drain(self, seconds: float = DRAIN_SECONDS) -> bool:
        """Take nothing in any more; commit what has arrived. Say whether all came to rest."""
        return await self.holds.drain(seconds)

    async def _knock(self, upload_id: str, may: May) -> None:
        """Let strangers disturb nobody who holds an upload."""
        if self.holds.is_held(upload_id):
            await self.find(upload_id, may)

    async def _read(self, upload_id: str, may: May) -> tuple[Upload, tuple[Extent, ...]]:
        async def read(connection: Connection) -> tuple[Upload, tuple[Extent, ...]]:
            upload = await records.get_upload(connection, upload_id)
            may(upload)
            return upload.answering(), await records.list_extents(connection, upload_id)

        return await self.database.snapshot(read)

    async def _append(
        self,
        hold: Hold,
        upload_id: str,
        append: Append,
        body: Body,
        may: May,
        *,
        most: Most,
        told: Told | None,
    ) -> Upload:
        await self._knock(upload_id, may)
        async with self.holds.take(upload_id, hold):
            upload, extents = await self._read(upload_id, may)
            if hold.is_inherited:
                upload, extents = await self._inherit(hold, upload)
            if upload.is_open and self.memory.find(upload) is None:
                upload, extents = await self._fence(upload)
            room = plan_append(
                upload,
                append,
                max_file_bytes=most(upload) if upload.size_bytes is None else upload.size_bytes,
                max_append_bytes=self.settings.max_append_bytes,
            )
            if room.is_late and room.size_bytes is not None:
                upload = await self.quota.tell_length(upload, room.size_bytes)
            if not upload.is_open:
                return upload
            await self.space.require(upload.offset)
            try:
                upload = await self._receive(
                    hold, upload, extents, append, room, body=body, told=told
                )
                if needs_settling(upload):
                    upload = await self._settle(upload)
            except PlaceLost:
                self.memory.forget(upload_id)
                raise await self._find_out(upload_id) from None
        await self.joining.follow(upload)
        return upload

    async def _settle(self, upload: Upload) -> Upload:
        """Complete an upload whose whole content is compared with a digest first."""
        async with self.database.reading() as connection:
            extents = await records.list_extents(connection, upload.id)
        try:
            return await settle(self.database, self.clock, self.spool, upload, extents)
        except (EOFError, FileNotFoundError):
            raise await self._lose(upload) from None
        except OSError as error:
            raise tell_trouble(error, upload.offset) from error

    async def _inherit(self, hold: Hold, upload: Upload) -> tuple[Upload, tuple[Extent, ...]]:
        """Leave the last file to a process that may still write there; go on in a new one."""
        upload, extents = await self._fence(upload)
        if upload.is_open and extents:
            extents = await self._begin_file(upload, extents)
        hold.is_inherited = False
        return upload, extents

    async def _fence(self, upload: Upload) -> tuple[Upload, tuple[Extent, ...]]:
        """Shut out writers of the past; what they committed until now counts."""

        async def fence(connection: Connection) -> tuple[Upload, tuple[Extent, ...]]:
            fenced = (await records.raise_fence(connection, upload.id)).answering()
            return fenced, await records.list_extents(connection, upload.id)

        fenced, extents = await self.database.transact(fence)
        self.memory.keep(fenced, None)
        return fenced, extents

    def _most(self, _upload: Upload) -> int:
        return self.settings.max_file_bytes

    async def _find_out(self, upload_id: str) -> RushesError:
        """Say what became of an upload that was taken away from its writer."""
        async with self.database.reading() as connection:
            upload = await records.find_upload(connection, upload_id)
        if upload is None:
            return UploadGone("This upload has ended. Start a new one.")
        try:
            upload.answering()
        except RushesError as ended:
            return ended
        return OffsetMismatch(
            f"The upload stands at byte {upload.offset} now. Go on from there.",
            offset=upload.offset,
        )

    async def _receive(
        self,
        hold: Hold,
        upload: Upload,
        extents: tuple[Extent, ...],
        append: Append,
        room: Room,
        *,
        body: Body,
        told: Told | None,
    ) -> Upload:
        known = self.memory.find(upload)
        if known is not None and known.is_spoiled:
            extents = await self._begin_file(upload, extents)
        hashing = await self._find_hashing(upload, extents, known)
        summing = sums.start(append.checksum.algorithm) if append.checksum else None
        before = hashing.copy() if hashing and append.is_checked else None
        last = extents[-1]
        find = partial(_open_file, self.spool, last, upload.offset)
        file = SpoolFile(find, last.start + last.length, hashing, summing)
        inflow = Inflow(
            body,
            most=room.most,
            length=append.length,
            stall_seconds=self.settings.stall_seconds,
            least_rate=self.settings.least_rate,
            may_lend=room.size_bytes is not None,  # else quota is taken for each buffer first
        )
        hold.attach(inflow)
        writing = Writing(
            upload=upload,
            room=leave_open(upload, room),
            inflow=inflow,
            file=file,
            hashing=hashing,
            checksum=append.checksum,
            find_checksum=append.find_checksum,
            summing=summing,
            spool=self.spool,
            committer=self.committer,
            clock=self.clock,
            is_durable=self.settings.durability == "power",
            reserve=self.quota.grow,
            space=self.space,
            told=told,
        )
        try:
            return await writing.run()
        except BytesLost:
            raise await self._lose(upload) from None
        finally:
            hold.is_inherited = writing.is_spoiled  # whoever comes goes on in a new file, as we do
            self._remember(writing, hashing, before)
            if writing.is_clean:
                file.close()  # there is nothing that it could wait for
            else:
                self.spool.threads.submit(file.close)

    def _remember(self, writing: Writing, hashing: Hashing | None, before: Hashing | None) -> None:
        """Keep what the next append can use; where a commit is in doubt, keep nothing."""
        if writing.is_in_doubt:
            self.memory.forget(writing.upload.id)
            return
        is_as_before = before is not None and before.offset == writing.upload.offset
        kept = before if is_as_before else hashing
        self.memory.keep(writing.upload, kept, is_spoiled=writing.is_spoiled)

    async def _begin_file(self, upload: Upload, extents: tuple[Extent, ...]) -> tuple[Extent, ...]:
        """Go on in a new file, because the last one is spoiled."""
        try:
            file = await self.spool.create(upload.id, len(extents))
        except OSError as error:
            raise tell_trouble(error, upload.offset) from error
        async with self.database.transaction() as connection:
            await records.record_extent(connection, upload.id, extents, file)
        return (*extents, Extent(file, 0, 0))

    async def _find_hashing(
        self, upload: Upload, extents: Sequence[Extent], known: Remembered | None
    ) -> Hashing | None:
        """Return the running digest at the offset: the one we know, or read again."""
        if self.settings.digest == "intake":
            return None
        if known is not None and known.hashing is not None:
            return known.hashing
        try:
            return await self.spool.run(_hash_open_block, self.spool, extents, upload.offset)
        except (EOFError, FileNotFoundError):
            raise await self._lose(upload) from None
        except OSError as error:
            raise tell_trouble(error, upload.offset) from error

    async def _require_bytes(self, upload: Upload, extents: Sequence[Extent]) -> None:
        """Go on only where the acknowledged bytes are there, by the size of the last file."""
        last = extents[-1]
        try:
            if self.database.is_sqlite:  # a local disk: it takes less than the change of threads
                size = self.spool.find_size(last)
            else:
                size = await self.spool.run(self.spool.find_size, last)
        except OSError as error:
            raise tell_trouble(error, upload.offset) from error
        if size < 0 or (last.length and size < last.start + last.length):
            raise await self._lose(upload)

    async def _lose(self, upload: Upload) -> UploadGone:
        """End an upload whose acknowledged bytes are not there; return what its sender hears."""
        LOG.error("upload %s: some of its %d bytes are lost", upload.id, upload.offset)
        await self.ending.cancel(upload, BYTES_LOST)
        return UploadGone("The disk lost bytes of this upload. Start a new one; tell an admin.")


def _open_file(spool: Spool, extent: Extent, offset: int) -> int:
    """Open the file that an append goes on in, in the thread that writes there."""
    try:
        return spool.open_file(extent, extent.start + extent.length)
    except (EOFError, FileNotFoundError):
        raise BytesLost from None
    except OSError as error:
        raise tell_trouble(error, offset) from error


def _hash_open_block(spool: Spool, extents: Sequence[Extent], offset: int) -> Hashing:
    start = offset - offset % BLOCK_BYTES
    hashing = Hashing(start)
    for piece in spool.read(extents, start, offset):
        hashing.update(piece)
    return hashing
