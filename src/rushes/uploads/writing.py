"""Writing: one body's way from its buffers to stable storage, and then into the offset.

    take a buffer -> pwrite and hash -> [fdatasync -> commit the offset] -> ... -> acknowledge

1. The bracket runs after 8 MiB (ten times a second at most) or after a second, and at the end,
   while the next buffers are written. The last buffer is written and synced in one step.
2. What an error leaves unsynced is cut off, never synced again.
3. With a checksum nothing is committed before the body was found right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from rushes.clock import Clock
from rushes.db.trouble import DatabaseFull
from rushes.errors import RushesError
from rushes.uploads.blocks import Block, Hashing
from rushes.uploads.checksum import Checksum, ChecksumMismatch, Summing, start
from rushes.uploads.commit import Committer
from rushes.uploads.hold import UploadStopped
from rushes.uploads.inflow import End, Inflow
from rushes.uploads.pulling import pull
from rushes.uploads.records import Advance
from rushes.uploads.space import Space
from rushes.uploads.spool import Spool, SpoolFile, is_full, tell_trouble
from rushes.uploads.upload import Room, Upload, UploadTooLarge

SYNC_BYTES: Final = 8 * 2**20
SYNC_SECONDS: Final = 1.0
LEAST_SECONDS: Final = 0.1
"""Ten commits a second tell an offset soon enough; more cost a fast sender a fifth of a core."""
FULL_SECONDS: Final = 30.0

_NO_ROOM: Final = (
    "The disk of the database is full. Ask for the offset, and go on from there once there is room."
)


class SyncFailed(Exception):
    """fdatasync failed: what was not committed before may be lost."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place up to which bytes were written, with the blocks that are full there."""

    offset: int
    blocks: tuple[Block, ...]


@dataclass(slots=True, kw_only=True)
class Writing:
    """One append on its way; `upload` is always the upload as it was last committed."""

    upload: Upload
    room: Room
    inflow: Inflow
    file: SpoolFile
    hashing: Hashing | None
    checksum: Checksum | None
    summing: Summing | None
    spool: Spool
    committer: Committer
    clock: Clock
    is_durable: bool
    reserve: Callable[[Upload, int], Awaitable[int]]
    """Takes quota for so many bytes where the length is unknown; returns what is reserved now."""
    space: Space
    told: Callable[[Upload], None] | None = None
    """Hears of the upload after each commit."""
    find_checksum: Callable[[], Checksum] | None = None
    """Tells a checksum that comes after the body."""
    is_spoiled: bool = False
    """Whether the file may not be written any more."""
    is_in_doubt: bool = False
    """Whether a commit was begun whose outcome is not known."""
    _trouble: OSError | RushesError | None = None
    _syncing: asyncio.Task[None] | None = None
    _marked: int = 0
    _marked_at: float = 0.0
    _shift: int = 0
    _reserved: int = 0
    _synced: int = 0

    async def run(self) -> Upload:
        """Write the body and commit it; return the upload with the offset to acknowledge.

        Raises:
            SpoolFull, SpoolBroken, NoSpace: not all could be kept; the fact `offset` says what was.
            UploadTooLarge: the body is longer than there is room for.
            UploadStopped: the body ended early; what came is committed.
            ChecksumMismatch: the body is not the one that was told; nothing of it is kept.
            DatabaseFull: the same, of the disk of the database.
            PlaceLost, DatabaseAway: nothing more was committed.
        """
        self._shift = self.upload.offset - self.file.at
        self._marked = self.upload.offset
        self._marked_at = asyncio.get_running_loop().time()
        try:
            await self._write_all()
            await self._finish()
        except SyncFailed as failed:
            self.is_spoiled = True
            raise self._told(failed.__cause__) from failed
        finally:
            await self._rest()
            await self._cut()
        return self._verdict()

    @property
    def is_clean(self) -> bool:
        """Whether all that was written is on stable storage."""
        return self._synced == self._offset and not self.is_spoiled

    @property
    def _offset(self) -> int:
        """The place that was written up to."""
        return self.file.at + self._shift

    async def _write_all(self) -> None:
        while (filled := await self.inflow.take()) is not None:
            try:
                await self.space.require()
                await self._ensure_reserved(len(filled))
                await self._write(filled)
            except (OSError, RushesError) as trouble:
                self._trouble = trouble
                return
            finally:
                self.inflow.give_back(filled)
            if self._is_due():
                await self._begin_sync()
            await self._pull_all()
            if self._trouble is not None:
                return

    async def _pull_all(self) -> None:
        """Read on in the thread that writes, as long as the sender is faster than we are."""
        while (loan := self.inflow.lend()) is not None:
            try:
                await self.spool.run(pull, loan, self.file, self.spool.threads)
                self.inflow.settle(loan)
                await self.space.require()
            except (OSError, RushesError) as trouble:
                self._trouble = trouble
                return
            if self._is_due():
                await self._begin_sync()

    async def _write(self, filled: memoryview) -> None:
        # The kernel tells an error to one of two syncs at once, and the other would commit.
        is_alone = self._syncing is None or self._syncing.done()
        if not (self.is_durable and is_alone and self.inflow.is_drained):
            await self.spool.run(self.file.write, filled)
            return
        await self.spool.run(_write_through, self.file, filled)
        self._synced = self._offset

    async def _ensure_reserved(self, length: int) -> None:
        wanted = self._offset + length
        reserved = max(self._reserved, self.upload.reserved_bytes)
        if self.room.size_bytes is None and wanted > reserved:
            self._reserved = await self.reserve(self.upload, wanted)

    def _is_due(self) -> bool:
        """Say whether to sync now; the last byte waits for the end of the body."""
        is_checked = self.checksum is not None or self.find_checksum is not None
        if is_checked or self._offset == self.room.size_bytes:
            return False
        waited = asyncio.get_running_loop().time() - self._marked_at
        is_much = self._offset - self._marked >= SYNC_BYTES and waited >= LEAST_SECONDS
        return is_much or waited >= SYNC_SECONDS

    async def _begin_sync(self) -> None:
        if self._syncing is not None:
            await self._syncing
        self._syncing = asyncio.create_task(self._commit(self._mark()))

    def _mark(self) -> _Mark:
        self._marked = self._offset
        self._marked_at = asyncio.get_running_loop().time()
        return _Mark(self._offset, self.hashing.take_full() if self.hashing else ())

    async def _commit(self, mark: _Mark, *, is_last: bool = False) -> None:
        if self.is_durable and self._synced < mark.offset:
            await self.spool.run(_sync, self.file)
            self._synced = mark.offset
        now = self.clock.now()
        advance = Advance(
            upload_id=self.upload.id,
            fence=self.upload.fence,
            old=self.upload.offset,
            new=mark.offset,
            now=now,
            expires_at=now + self.upload.rests_for,
            blocks=mark.blocks,
        )
        self.is_in_doubt = True
        try:
            self.upload = await self.committer.commit(advance, is_last=is_last)
        except DatabaseFull as full:
            self.is_in_doubt = False  # it was rolled back; what is cut off may be the room it needs
            raise DatabaseFull(_NO_ROOM, retry_after=FULL_SECONDS, offset=advance.old) from full
        self.is_in_doubt = False
        if self.told is not None:
            self.told(self.upload)

    async def _finish(self) -> None:
        """Commit what is left, if the body may count."""
        if self._syncing is not None:
            await self._syncing
        await self._sum_late()
        if self.inflow.end is End.OVERRUN or not self._is_right():
            return
        is_last = self._offset == self.room.size_bytes
        if self._offset > self.upload.offset or is_last:
            mark = self._mark()
            last = self.hashing.find_last() if self.hashing and is_last else None
            blocks = (*mark.blocks, last) if last else mark.blocks
            await self._commit(_Mark(mark.offset, blocks), is_last=is_last)

    async def _sum_late(self) -> None:
        """Sum a body whose checksum came after it: nobody knew by which algorithm."""
        if self.find_checksum is None or self.inflow.end is not End.WHOLE or self._trouble:
            return
        try:
            self.checksum = self.find_checksum()
            self.summing = start(self.checksum.algorithm)
            begin = self.upload.offset - self._shift
            await self.spool.run(self.file.read_back, self.summing, begin)
        except (OSError, RushesError) as trouble:
            self._trouble = trouble

    def _is_right(self) -> bool:
        if self.find_checksum is not None and self.checksum is None:
            return False
        if self.checksum is None or self.summing is None:
            return True
        is_whole = self.inflow.end is End.WHOLE and self._trouble is None
        return is_whole and self.summing.digest() == self.checksum.digest

    async def _rest(self) -> None:
        """Leave nothing running."""
        await self.inflow.close()
        if self._syncing is not None:
            await asyncio.wait([self._syncing])
            if not self._syncing.cancelled():
                self.is_spoiled |= isinstance(self._syncing.exception(), SyncFailed)

    async def _cut(self) -> None:
        """Throw away what was written and not committed, where that is known."""
        committed = self.upload.offset - self._shift
        if self.file.at <= committed or self.is_in_doubt:
            return
        try:
            await self.spool.run(self.file.cut, committed)
        except OSError:
            self.is_spoiled = True  # what is left there is behind the offset, and never read

    def _verdict(self) -> Upload:
        """Return the upload if the whole body counts; else say why not."""
        if self._trouble is not None:
            raise self._told(self._trouble) from self._trouble
        at = self.upload.offset
        match self.inflow.end:
            case End.OVERRUN:
                raise UploadTooLarge(
                    f"The body is longer than the {self.room.most} bytes that are allowed. "
                    f"Go on from byte {at} and send no more than those.",
                    offset=at,
                )
            case End.WHOLE if self._is_right():
                return self.upload
            case End.WHOLE:
                raise ChecksumMismatch(
                    "The body does not have the checksum that was told. Nothing of it was kept; "
                    "send it again.",
                    offset=at,
                )
            case _:
                raise UploadStopped(
                    f"The body did not come to its end. Go on from byte {at}.",
                    retry_after=1,
                    offset=at,
                )

    def _told(self, trouble: BaseException | None) -> RushesError:
        """Say a disk's or a limit's trouble in our words."""
        at = self.upload.offset
        if isinstance(trouble, RushesError):
            trouble.facts["offset"] = at
            return trouble
        if not isinstance(trouble, OSError):
            raise TypeError(f"No trouble of a disk or a limit: {trouble!r}")
        self.is_spoiled = self.is_spoiled or not is_full(trouble)
        return tell_trouble(trouble, at)


def _write_through(file: SpoolFile, piece: memoryview) -> None:
    file.write(piece)
    _sync(file)


def _sync(file: SpoolFile) -> None:
    try:
        file.sync()
    except OSError as error:
        raise SyncFailed from error
