"""Settling: an upload whose digest was told, or is wanted, is read whole before it is completed.

What does not have the digest that its sender told never reaches intake: it is completed and
quarantined in one transaction. The SHA-256 of the whole is kept where it was computed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events.event import EventType
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads import checksum, records, run_records
from rushes.uploads.blocks import Block, Hashing, count_blocks
from rushes.uploads.checksum import Algorithm, Checksum
from rushes.uploads.commit import PlaceLost, complete, tell
from rushes.uploads.digests import format_digest_word, parse_algorithm, parse_digest_word
from rushes.uploads.spool import Spool
from rushes.uploads.upload import DIGEST_MISMATCH, Extent, Room, Upload


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading an upload whole gave: the digest that was asked for, and that of its tail."""

    digest: Checksum
    tail: Block | None


def needs_settling(upload: Upload) -> bool:
    """Say whether every byte is here, and it is still to be read before it is completed."""
    return upload.is_open and upload.is_whole and find_algorithm(upload) is not None


def leave_open(upload: Upload, room: Room) -> Room:
    """Return the room in which an append of this upload is written.

    One that is to be settled is not completed by its last byte: its writer does not know it.
    """
    return room if find_algorithm(upload) is None else replace(room, size_bytes=None)


def find_algorithm(upload: Upload) -> Algorithm | None:
    """Return how an upload's whole content is to be hashed: as was told, else as was wanted."""
    if upload.told_digest is not None:
        return parse_digest_word(upload.told_digest).algorithm
    return None if upload.wanted_digest is None else parse_algorithm(upload.wanted_digest)


async def settle(
    database: Database, clock: Clock, spool: Spool, upload: Upload, extents: Sequence[Extent]
) -> Upload:
    """Read an upload whose every byte is here; return it completed, or quarantined.

    Raises:
        PlaceLost: somebody else ended it meanwhile.
        EOFError, FileNotFoundError: some of its bytes are lost.
        OSError: the spool cannot be read.
    """
    algorithm = find_algorithm(upload) or Algorithm.SHA256
    read = await asyncio.to_thread(_read, spool, extents, upload, algorithm)
    word = format_digest_word(read.digest)
    async with database.transaction() as connection:
        await _keep(connection, upload, read)
        if upload.told_digest in {None, word}:
            await records.record_told_digest(connection, upload.id, word)
            return await complete(connection, upload, clock)
        return await _set_aside(connection, upload, clock)


async def _keep(connection: Connection, upload: Upload, read: Reading) -> None:
    """Keep the digests that are known now: of the whole, and of the last block."""
    if read.digest.algorithm is Algorithm.SHA256:
        await records.record_digest(connection, upload.id, read.digest.digest)
    known = len(await records.list_block_digests(connection, upload.id))
    if read.tail is not None and known == count_blocks(upload.offset) - 1:
        await records.record_blocks(connection, upload.id, [read.tail])


async def _set_aside(connection: Connection, upload: Upload, clock: Clock) -> Upload:
    now = clock.now()
    if not await records.mark_completed(connection, upload, None, now):
        raise PlaceLost(upload.id)
    completed = await records.get_upload(connection, upload.id)
    await records.mark_quarantined(connection, completed, DIGEST_MISMATCH, now)
    await run_records.forget_looks(connection, upload.id)
    quarantined = await records.get_upload(connection, upload.id)
    await tell(connection, quarantined, EventType.UPLOAD_QUARANTINED, clock)
    return quarantined


def _read(spool: Spool, extents: Sequence[Extent], upload: Upload, algorithm: Algorithm) -> Reading:
    summing = checksum.start(algorithm)
    start = upload.offset - upload.offset % BLOCK_BYTES
    hashing = Hashing(start)
    at = 0
    for piece in spool.read(extents, 0, upload.offset):
        summing.update(memoryview(piece))
        at += len(piece)
        inside = min(at - start, len(piece))
        if inside > 0:
            hashing.update(memoryview(piece)[len(piece) - inside :])
    return Reading(Checksum(algorithm, summing.digest()), hashing.find_last())
