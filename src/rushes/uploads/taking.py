"""Taking: one chunk's way from its first check to the row that acknowledges it.

    check -> write and hash -> is it what was told -> fdatasync -> [row, blocks, offset] -> answer

1. Chunks come in any order and at once; one chunk is written by one request at a time.
2. A chunk counts whole or not at all: what came of one whose connection broke is sent again.
3. A chunk that is here is compared, never written: the same bytes are welcome, others are refused.
4. Blocks longer than a chunk are hashed once all of their chunks are here.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import RushesError
from rushes.sections import UploadSettings
from rushes.uploads import checksum as sums
from rushes.uploads import chunk_records, records
from rushes.uploads.blocks import Block, Hashing
from rushes.uploads.checksum import Algorithm, Checksum, Summing
from rushes.uploads.chunk_files import BytesMissing, ChunkFiles
from rushes.uploads.chunked import (
    Chunk,
    ChunkDiffers,
    ChunkHashMismatch,
    Place,
    UploadClosed,
    count_chunks,
    find_block_of,
    holds_blocks,
    plan_chunk,
    require_chunked,
    require_length,
)
from rushes.uploads.commit import tell_readable
from rushes.uploads.ending import Ending
from rushes.uploads.hold import Hold, Holds, UploadStopped
from rushes.uploads.inflow import Body, End, Inflow
from rushes.uploads.pulling import pull
from rushes.uploads.rereading import Rereading
from rushes.uploads.space import Space
from rushes.uploads.spool import Spool, SpoolBroken, SpoolFile, SpoolFull, is_full
from rushes.uploads.upload import Upload, UploadGone

May = Callable[[Upload], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """A chunk that is here, how many of its upload are, and of how many."""

    chunk: Chunk
    received: int
    total: int


@dataclass(frozen=True, slots=True)
class _Came:
    """What a body came to: its length, its SHA-256, and the blocks that it consists of."""

    length: int
    digest: bytes
    blocks: tuple[Block, ...]


class Sums:
    """The SHA-256 of a chunk, and beside it what its sender told of it."""

    __slots__ = ("_told", "_whole", "length")

    def __init__(self, told: Checksum | None) -> None:
        is_same = told is None or told.algorithm is Algorithm.SHA256
        self._whole: Summing = hashlib.sha256()
        self._told = self._whole if is_same or told is None else sums.start(told.algorithm)
        self.length = 0

    def update(self, piece: memoryview) -> None:
        """Take the next bytes in."""
        self.length += len(piece)
        self._whole.update(piece)
        if self._told is not self._whole:
            self._told.update(piece)

    def digest(self) -> bytes:
        """Return the SHA-256."""
        return self._whole.digest()

    def fits(self, told: Checksum | None) -> bool:
        """Say whether the bytes are those that were told."""
        return told is None or self._told.digest() == told.digest


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes chunks in."""

    database: Database
    clock: Clock
    settings: UploadSettings
    spool: Spool
    ending: Ending
    files: ChunkFiles
    rereading: Rereading
    space: Space
    holds: Holds = field(default_factory=Holds)
    running: set[asyncio.Task[Taken]] = field(default_factory=set)

    async def take(
        self,
        upload_id: str,
        index: str,
        body: Body,
        may: May,
        *,
        told: Checksum | None = None,
        length: int | None = None,
    ) -> Taken:
        """Take one chunk in; return it once it is durable.

        `index` is as it was sent, `length` that of the body where it was told, in bytes.

        Raises:
            UploadMissing, UploadGone, UploadClosed, ChunkIndexInvalid, ChunkLengthWrong,
            UploadBusy, NoSpace: before a byte was read.
            ChunkHashMismatch, ChunkDiffers, ChunkLengthWrong, UploadStopped, SpoolFull,
            SpoolBroken: after; nothing of the chunk is kept that was not there before.
        """
        hold = Hold()
        work = asyncio.create_task(
            self._take(hold, upload_id, index, body, may, told=told, length=length)
        )
        self.running.add(work)
        work.add_done_callback(self.running.discard)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            hold.stop()
            raise

    async def begin(self, upload: Upload) -> Upload:
        """Make an upload's first file this process's own; called where it has just been made."""
        async with self.database.reading() as connection:
            extents = await records.list_extents(connection, upload.id)
        self.files.adopt(upload, extents[0].file)
        return upload

    async def let_go(self, upload_id: str) -> None:
        """Stop what still comes of an upload that was ended."""
        self.files.forget(upload_id)
        await asyncio.gather(*(self.holds.evict(key) for key in self.holds.list_held(upload_id)))

    async def drain(self, seconds: float) -> bool:
        """Take nothing in any more; say whether all came to rest."""
        return await self.holds.drain(seconds)

    async def _take(
        self,
        hold: Hold,
        upload_id: str,
        index: str,
        body: Body,
        may: May,
        *,
        told: Checksum | None,
        length: int | None,
    ) -> Taken:
        key = f"{upload_id}/{index}"
        if self.holds.is_held(key):  # strangers disturb nobody
            await self._plan(upload_id, index, may, length)
        async with self.holds.take(key, hold):
            upload, place, known = await self._plan(upload_id, index, may, length)
            inflow = Inflow(
                body,
                most=place.length,
                length=length,
                stall_seconds=self.settings.stall_seconds,
                least_rate=self.settings.least_rate,
                may_lend=known is None,
            )
            hold.attach(inflow)
            try:
                if known is not None:
                    return await self._compare(upload, known, place, inflow, told)
                return await self._write(upload, place, inflow, told)
            finally:
                await inflow.close()

    async def _plan(
        self, upload_id: str, index: str, may: May, length: int | None
    ) -> tuple[Upload, Place, Chunk | None]:
        async def look(connection: Connection) -> tuple[Upload, Place, Chunk | None]:
            upload = await records.get_upload(connection, upload_id)
            may(upload)
            place = plan_chunk(upload, index, length)
            return upload, place, await chunk_records.find_chunk(connection, upload.id, place.index)

        return await self.database.snapshot(look)

    async def _compare(
        self, upload: Upload, known: Chunk, place: Place, inflow: Inflow, told: Checksum | None
    ) -> Taken:
        """Read a chunk that is here already; the same bytes are as good as the first ones."""
        summing = Sums(told)
        while (filled := await inflow.take()) is not None:
            try:
                await self.spool.run(summing.update, filled)
            finally:
                inflow.give_back(filled)
        _require_whole(inflow, place, summing)
        _require_told(summing, told, place)
        require_same(known, summing.digest())
        received = await self.database.snapshot(
            lambda connection: chunk_records.count_chunks(connection, upload.id)
        )
        return Taken(known, received, _total(upload))

    async def _write(
        self, upload: Upload, place: Place, inflow: Inflow, told: Checksum | None
    ) -> Taken:
        await self.space.require()
        file = await self._find_file(upload)
        try:
            came = await self._pour(file, upload, place, inflow, told)
        except OSError as error:
            if not is_full(error):
                self.files.spoil(file)
            raise tell_disk(error) from error
        if self.files.is_spoiled(file):  # another chunk's fdatasync failed: ours may have lost too
            raise tell_disk(OSError("the file is spoiled"))
        chunk = Chunk(place.index, came.length, came.digest, file)
        return await self._commit(upload, place, chunk, came.blocks)

    async def _find_file(self, upload: Upload) -> str:
        try:
            return await self.files.find(upload)
        except BytesMissing:
            raise await self.ending.lose(upload) from None
        except OSError as error:
            raise tell_disk(error) from error

    async def _pour(
        self, file: str, upload: Upload, place: Place, inflow: Inflow, told: Checksum | None
    ) -> _Came:
        """Write a body to its place and bring it to stable storage; hash it on the way."""
        is_streamed = self.settings.digest == "stream" and holds_blocks(upload.chunk_bytes or 0)
        hashing = Hashing(place.start) if is_streamed else None
        summing = Sums(told)
        fd = await self.spool.run(_open, self.spool, file)
        target = SpoolFile(fd, place.start, hashing, summing)
        try:
            while (filled := await inflow.take()) is not None:
                try:
                    await self.spool.run(target.write, filled)
                finally:
                    inflow.give_back(filled)
                while (loan := inflow.lend()) is not None:
                    await self.spool.run(pull, loan, target, self.spool.threads)
                    inflow.settle(loan)
            _require_whole(inflow, place, summing)
            _require_told(summing, told, place)
            if self.settings.durability == "power":
                await self.spool.run(target.sync)
        finally:
            await self.spool.run(target.close)
        return _Came(summing.length, summing.digest(), _list_blocks(hashing))

    async def _commit(
        self, upload: Upload, place: Place, chunk: Chunk, blocks: Sequence[Block]
    ) -> Taken:
        now = self.clock.now()

        async def keep(connection: Connection) -> tuple[Taken, bool]:
            offset = await chunk_records.touch(connection, upload, now)
            if offset is None:
                raise await self._find_out(connection, upload)
            known = await chunk_records.find_chunk(connection, upload.id, chunk.position)
            if known is None:
                await chunk_records.record_chunk(connection, upload.id, chunk)
                await chunk_records.record_new_blocks(connection, upload.id, blocks)
                if offset == place.start:
                    moved = await chunk_records.move_offset(connection, upload, chunk)
                    now_at = replace(upload, offset=moved or offset)
                    await tell_readable(connection, now_at, offset, self.clock)
            else:  # another process was sent the same chunk, and was faster
                require_same(known, chunk.digest)
            received = await chunk_records.count_chunks(connection, upload.id)
            is_whole = not blocks and await self._fills_block(connection, upload, place)
            return Taken(known or chunk, received, _total(upload)), is_whole

        taken, is_whole = await self.database.transact(keep)
        if is_whole and self.settings.digest == "stream":
            self.rereading.begin(upload, place)
        return taken

    async def _fills_block(self, connection: Connection, upload: Upload, place: Place) -> bool:
        """Say whether every chunk of the block that a chunk lies in is here."""
        among = find_block_of(place, upload.chunk_bytes or 1, upload.size_bytes or 0)
        return len(among) == await chunk_records.count_chunks(connection, upload.id, among)

    async def _find_out(self, connection: Connection, upload: Upload) -> RushesError:
        """Say what became of an upload that ended while its chunk came."""
        now = await records.find_upload(connection, upload.id)
        if now is None:
            return UploadGone("This upload has ended. Start a new one.")
        now.answering()
        return UploadClosed(f"This upload is {now.state} and takes no more chunks.")


def require_same(known: Chunk, digest: bytes) -> None:
    """Return if the bytes that came are those that are here.

    Raises:
        ChunkDiffers: they are others.
    """
    if known.digest != digest:
        raise ChunkDiffers(
            f"Chunk {known.position} is here already, with other bytes. Start a new upload for "
            "another file.",
            digest=f"sha-256:{known.digest.hex()}",
        )


def _total(upload: Upload) -> int:
    return count_chunks(*require_chunked(upload))


def tell_disk(trouble: OSError) -> RushesError:
    """Say a disk's trouble in our words."""
    if is_full(trouble):
        return SpoolFull(
            "The disk is full. Send this chunk again once there is room.", retry_after=30
        )
    return SpoolBroken("The disk did not take the bytes. Send this chunk again.")


def _require_whole(inflow: Inflow, place: Place, summing: Sums) -> None:
    match inflow.end:
        case End.WHOLE:
            require_length(place, summing.length)
        case End.OVERRUN:
            require_length(
                place, max(inflow.received, place.length + 1)
            )  # what is over is not kept
        case _:
            raise UploadStopped(
                "The body did not come to its end. Send this chunk again.", retry_after=1
            )


def _require_told(summing: Sums, told: Checksum | None, place: Place) -> None:
    if not summing.fits(told):
        raise ChunkHashMismatch(
            f"Chunk {place.index} does not have the digest that was told. Nothing of it was kept; "
            "send it again."
        )


def _list_blocks(hashing: Hashing | None) -> tuple[Block, ...]:
    if hashing is None:
        return ()
    last = hashing.find_last()
    return (*hashing.take_full(), *([last] if last else ()))


def _open(spool: Spool, file: str) -> int:
    return os.open(spool.folder / file, os.O_RDWR | os.O_CLOEXEC)
