"""The queries of uploads: rows, extents, block digests.

1. An offset moves by one conditional UPDATE: fence, old offset and state must be what the writer
   believes, else nothing happens.
2. The length of the last extent is not stored: it is what the offset leaves.
3. What ends an upload gives back, in the same transaction, what was reserved for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, or_, select, update
from sqlalchemy import bindparam as given
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import block_hashes, upload_parts, uploads
from rushes.uploads import quota_records
from rushes.uploads.blocks import Block
from rushes.uploads.upload import (
    PARTIAL,
    Extent,
    IllegalStep,
    Owner,
    Protocol,
    State,
    Step,
    Upload,
    UploadMissing,
    after,
)

_FIND: Final = select(uploads).where(uploads.c.id == given("of"))
_EXTENTS: Final = (  # what each append asks is put together once
    select(upload_parts, uploads.c.offset)
    .join(uploads)
    .where(upload_parts.c.upload_id == given("of"))
    .order_by(upload_parts.c.position)
)
_ADVANCE: Final = (
    update(uploads)
    .where(uploads.c.id == given("of"), uploads.c.fence == given("mine"))
    .where(uploads.c.offset == given("old"), uploads.c.state == State.RECEIVING.value)
    .values(offset=given("new"), expires_at=given("until"), updated_at=given("now"))
    .returning(uploads)
)


@dataclass(frozen=True, slots=True)
class Advance:
    """An offset on its way from `old` to `new`, by the writer with this fence."""

    upload_id: str
    fence: int
    old: int
    new: int
    expires_at: datetime
    now: datetime
    blocks: tuple[Block, ...] = ()


async def find_upload(connection: AsyncConnection, upload_id: str) -> Upload | None:
    """Return an upload by its id."""
    row = (await connection.execute(_FIND, {"of": upload_id})).one_or_none()
    return None if row is None else _upload(row)


async def get_upload(connection: AsyncConnection, upload_id: str) -> Upload:
    """Return an upload by its id.

    Raises:
        UploadMissing: there is none.
    """
    upload = await find_upload(connection, upload_id)
    if upload is None:
        raise UploadMissing("There is no such upload. Start a new one.")
    return upload


async def lock_upload(connection: AsyncConnection, upload_id: str) -> Upload:
    """Return an upload as it is now and, until the caller's transaction ends, stays.

    Raises:
        UploadMissing: there is none.
    """
    query = select(uploads).where(uploads.c.id == upload_id).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise UploadMissing("There is no such upload. Start a new one.")
    return _upload(row)


async def list_uploads(
    connection: AsyncConnection,
    owner: Owner,
    *,
    state: State | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Upload]:
    """Return an owner's uploads, newest first; `before` is (created_at, id) of the last one.

    Partial ones are not told, as they are pieces of a file that is told; slots are none yet.
    """
    mine = and_(
        uploads.c.account_id.is_not_distinct_from(owner.account_id),
        uploads.c.link_id.is_not_distinct_from(owner.link_id),
        or_(uploads.c.account_id.is_not(None), uploads.c.link_id.is_not(None)),
        uploads.c.concat.is_distinct_from(PARTIAL),
        ~uploads.c.is_slot,
    )
    query = select(uploads).where(mine).limit(limit)
    if state is not None:
        query = query.where(uploads.c.state == state.value)
    if before is not None:
        query = query.where(_is_before(*before))
    query = query.order_by(uploads.c.created_at.desc(), uploads.c.id.desc())
    return await read_uploads(connection, query)


async def record_upload(
    connection: AsyncConnection, upload: Upload, file: str | None, start: int = 0
) -> None:
    """Insert an upload and its first extent, where it has a file; it begins at `start` there."""
    values: dict[str, object] = {name: getattr(upload, name) for name in Upload.__slots__}
    values |= {"protocol": upload.protocol.value, "state": upload.state.value}
    await connection.execute(insert(uploads).values(**values))
    if file is not None:
        await connection.execute(
            insert(upload_parts).values(
                upload_id=upload.id, position=0, file=file, start=start, length=0
            )
        )


async def list_extents(connection: AsyncConnection, upload_id: str) -> tuple[Extent, ...]:
    """Return where an upload's bytes lie, in order; the last extent may be empty."""
    rows = (await connection.execute(_EXTENTS, {"of": upload_id})).all()
    if not rows:
        return ()
    before = tuple(Extent(row.file, row.start, row.length) for row in rows[:-1])
    rest = rows[-1].offset - sum(extent.length for extent in before)
    return (*before, Extent(rows[-1].file, rows[-1].start, rest))


async def record_extent(
    connection: AsyncConnection, upload_id: str, extents: Sequence[Extent], file: str
) -> None:
    """Close the last of the present `extents` at its length and go on in a new file."""
    last = len(extents) - 1
    place = and_(upload_parts.c.upload_id == upload_id, upload_parts.c.position == last)
    await connection.execute(update(upload_parts).where(place).values(length=extents[last].length))
    await connection.execute(
        insert(upload_parts).values(
            upload_id=upload_id, position=last + 1, file=file, start=0, length=0
        )
    )


async def raise_fence(connection: AsyncConnection, upload_id: str) -> Upload:
    """Shut out every writer before this one; return the upload with the new fence.

    Raises:
        UploadMissing: there is none.
    """
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id).values(fence=uploads.c.fence + 1)
    )
    return await get_upload(connection, upload_id)


async def record_length(
    connection: AsyncConnection, upload: Upload, size_bytes: int, now: datetime
) -> bool:
    """Tell the length that was deferred; False if somebody told one or it moved on.

    It rests from now on as long as before: `Upload.rests_for` is between these two times.
    """
    is_same = and_(
        uploads.c.id == upload.id,
        uploads.c.size_bytes.is_(None),
        uploads.c.offset <= size_bytes,
        uploads.c.state == State.RECEIVING.value,
    )
    done = await connection.execute(
        update(uploads)
        .where(is_same)
        .values(size_bytes=size_bytes, updated_at=now, expires_at=now + upload.rests_for)
    )
    return done.rowcount == 1


async def record_advance(connection: AsyncConnection, advance: Advance) -> Upload | None:
    """Move an offset and keep the blocks that became full; return the upload as it is now.

    None: the writer lost its place, and nothing was changed.
    """
    told = {
        "of": advance.upload_id,
        "mine": advance.fence,
        "old": advance.old,
        "new": advance.new,
        "until": advance.expires_at,
        "now": advance.now,
    }
    row = (await connection.execute(_ADVANCE, told)).one_or_none()
    if row is None:
        return None
    await record_blocks(connection, advance.upload_id, advance.blocks)
    return _upload(row)


async def record_blocks(
    connection: AsyncConnection, upload_id: str, blocks: Sequence[Block]
) -> None:
    """Keep digests of blocks."""
    if blocks:
        rows = [
            {"upload_id": upload_id, "position": block.position, "digest": block.digest}
            for block in blocks
        ]
        await connection.execute(insert(block_hashes), rows)


async def list_block_digests(connection: AsyncConnection, upload_id: str) -> list[bytes]:
    """Return the digests of an upload's blocks, in order."""
    query = select(block_hashes.c.digest).where(block_hashes.c.upload_id == upload_id)
    return list((await connection.execute(query.order_by(block_hashes.c.position))).scalars())


async def delete_blocks(connection: AsyncConnection, upload_id: str) -> None:
    """Forget the digests of an upload's blocks."""
    await connection.execute(delete(block_hashes).where(block_hashes.c.upload_id == upload_id))


async def record_root(connection: AsyncConnection, upload_id: str, root: bytes) -> None:
    """Keep the root over the blocks of an upload whose bytes were read after receiving."""
    await connection.execute(update(uploads).where(uploads.c.id == upload_id).values(root=root))


async def record_digest(connection: AsyncConnection, upload_id: str, digest: bytes) -> None:
    """Keep the SHA-256 of the whole."""
    await connection.execute(update(uploads).where(uploads.c.id == upload_id).values(digest=digest))


async def record_told_digest(connection: AsyncConnection, upload_id: str, word: str) -> None:
    """Keep a digest of the whole by any algorithm, as `algorithm:hex`."""
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id).values(told_digest=word)
    )


async def mark_completed(
    connection: AsyncConnection, upload: Upload, root: bytes | None, now: datetime
) -> bool:
    """Say that every byte is here, settle what was reserved; False if it was not receiving."""
    done = await _step(
        connection,
        upload,
        Step.COMPLETE,
        now,
        root=root,
        completed_at=now,
        reserved_bytes=upload.offset,
    )
    if done and upload.reserved_bytes != upload.offset:
        await quota_records.give_back(connection, upload, upload.reserved_bytes - upload.offset, 0)
    return done


async def mark_accepted(connection: AsyncConnection, upload: Upload, now: datetime) -> bool:
    """Let a completed upload in; False if it was not where the row said.

    Raises:
        IllegalStep: it is not in a state to be accepted.
    """
    done = await _step(connection, upload, Step.ACCEPT, now)
    if done and upload.state is State.QUARANTINED:
        await quota_records.give_back(connection, upload, -upload.reserved_bytes, -1)
    return done


async def mark_quarantined(
    connection: AsyncConnection, upload: Upload, reason: str, now: datetime
) -> bool:
    """Keep an upload out; its reserved space, or later its asset's, comes back; False as above.

    Raises:
        IllegalStep: it is not in a state to be quarantined.
    """
    done = await _step(connection, upload, Step.QUARANTINE, now, reason=reason)
    if done and upload.state is not State.ACCEPTED:
        await quota_records.release(connection, upload)
    return done


async def mark_cancelled(
    connection: AsyncConnection, upload: Upload, reason: str, now: datetime
) -> bool:
    """End an upload before it is accepted; gives back what it reserved; False as above.

    Raises:
        IllegalStep: it is not in a state to be cancelled.
    """
    done = await _step(connection, upload, Step.CANCEL, now, reason=reason)
    if done and upload.state is not State.QUARANTINED:
        await _release_room(connection, upload.id)
    return done


async def mark_expired(connection: AsyncConnection, upload: Upload, now: datetime) -> bool:
    """End an upload whose time is over by now; False if a byte came in the meantime.

    Raises:
        IllegalStep: it is complete, and no partial one: intake has it.
    """
    if upload.state is State.COMPLETED and not upload.is_partial:
        raise IllegalStep("A complete upload does not expire. Read it again and decide anew.")
    done = await _step(
        connection, upload, Step.EXPIRE, now, only=uploads.c.expires_at <= now, reason="expired"
    )
    if done:
        await _release_room(connection, upload.id)
    return done


async def mark_forgotten(
    connection: AsyncConnection, upload: Upload, reason: str, now: datetime
) -> bool:
    """Let the address of a judged upload answer no more; False if it was reopened meanwhile."""
    is_same = and_(uploads.c.id == upload.id, uploads.c.state == upload.state.value)
    done = await connection.execute(
        update(uploads).where(is_same).values(reason=reason, updated_at=now)
    )
    return done.rowcount == 1


async def mark_unspooled(connection: AsyncConnection, upload_id: str) -> None:
    """Say that the spool holds none of its bytes any more."""
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id).values(is_spooled=False)
    )


async def list_spooled(connection: AsyncConnection, upload_ids: Sequence[str]) -> set[str]:
    """Return those of these ids whose bytes belong in the spool."""
    query = select(uploads.c.id).where(uploads.c.id.in_(upload_ids), uploads.c.is_spooled)
    return set((await connection.execute(query)).scalars())


async def _release_room(connection: AsyncConnection, upload_id: str) -> None:
    """Give back what is reserved now: it may be more than when the caller read the row."""
    upload = await get_upload(connection, upload_id)
    await quota_records.release(connection, upload)
    if upload.completed_at is None:  # it was abandoned
        await quota_records.give_day_back(connection, upload)


async def _step(
    connection: AsyncConnection,
    upload: Upload,
    step: Step,
    now: datetime,
    *,
    only: ColumnElement[bool] | None = None,
    **values: object,
) -> bool:
    """Move an upload one step on, if it still is in the state it was read in."""
    state = after(upload.state, step)
    is_same = and_(uploads.c.id == upload.id, uploads.c.state == upload.state.value)
    if only is not None:
        is_same = and_(is_same, only)
    done = await connection.execute(
        update(uploads).where(is_same).values(state=state.value, updated_at=now, **values)
    )
    return done.rowcount == 1


def _is_before(created_at: datetime, upload_id: str) -> ColumnElement[bool]:
    at = uploads.c.created_at
    return or_(at < created_at, and_(at == created_at, uploads.c.id < upload_id))


async def read_uploads(
    connection: AsyncConnection, query: Select[tuple[object, ...]]
) -> list[Upload]:
    """Return what a query for whole rows of uploads finds."""
    return [_upload(row) for row in (await connection.execute(query)).all()]


def _upload(row: Row[tuple[object, ...]]) -> Upload:
    values = {name: getattr(row, name) for name in Upload.__slots__}
    values |= {"protocol": Protocol(row.protocol), "state": State(row.state)}
    return Upload(**values)
