"""The queries of chunks: which are here, and how far an upload is by them.

A chunk's row is written after `touch`, which locks the upload's row until the transaction ends: so
whoever commits sees all chunks that were committed before, and the offset misses none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.statements import insert_or
from rushes.db.tables import block_hashes, upload_parts, uploads
from rushes.db.upload_tables import upload_chunks
from rushes.uploads.blocks import Block
from rushes.uploads.chunked import Chunk
from rushes.uploads.upload import Extent, State, Upload


async def touch(connection: AsyncConnection, upload: Upload, now: datetime) -> int | None:
    """Let an upload rest anew from now on, and lock its row.

    Return its offset; None if it takes no bytes any more.
    """
    is_open = and_(uploads.c.id == upload.id, uploads.c.state == State.RECEIVING.value)
    touched = await connection.execute(
        update(uploads)
        .where(is_open)
        .values(updated_at=now, expires_at=now + upload.rests_for)
        .returning(uploads.c.offset)
    )
    offset: int | None = touched.scalar_one_or_none()
    return offset


async def find_chunk(connection: AsyncConnection, upload_id: str, index: int) -> Chunk | None:
    """Return a chunk, if it is here."""
    found = await list_chunks(connection, upload_id, range(index, index + 1))
    return found[0] if found else None


async def list_chunks(
    connection: AsyncConnection, upload_id: str, among: range | None = None
) -> list[Chunk]:
    """Return the chunks that are here in order; `among` says which are asked for."""
    query = select(
        upload_chunks.c.position,
        upload_chunks.c.length,
        upload_chunks.c.digest,
        upload_chunks.c.file,
    ).where(upload_chunks.c.upload_id == upload_id)
    if among is not None:
        query = query.where(upload_chunks.c.position.between(among.start, among.stop - 1))
    rows = await connection.execute(query.order_by(upload_chunks.c.position))
    return [Chunk(row.position, row.length, row.digest, row.file) for row in rows]


async def list_positions(connection: AsyncConnection, upload_id: str) -> list[int]:
    """Return the indices of the chunks that are here, in order."""
    query = select(upload_chunks.c.position).where(upload_chunks.c.upload_id == upload_id)
    return list((await connection.execute(query.order_by(upload_chunks.c.position))).scalars())


async def list_ends(connection: AsyncConnection, upload: Upload) -> dict[str, int]:
    """Return for each file that holds chunks of an upload how long it has to be."""
    end = upload_chunks.c.position * literal(upload.chunk_bytes, uploads.c.offset.type)
    query = select(upload_chunks.c.file, func.max(end + upload_chunks.c.length))
    query = query.where(upload_chunks.c.upload_id == upload.id).group_by(upload_chunks.c.file)
    return {file: int(bytes_) for file, bytes_ in (await connection.execute(query)).all()}


async def record_chunk(connection: AsyncConnection, upload_id: str, chunk: Chunk) -> None:
    """Keep a chunk; there must be none of its index yet."""
    await connection.execute(
        insert(upload_chunks).values(
            upload_id=upload_id,
            position=chunk.position,
            length=chunk.length,
            digest=chunk.digest,
            file=chunk.file,
        )
    )


async def count_chunks(
    connection: AsyncConnection, upload_id: str, among: range | None = None
) -> int:
    """Return how many chunks are here, of those that are asked for."""
    query = select(func.count()).select_from(upload_chunks)
    query = query.where(upload_chunks.c.upload_id == upload_id)
    if among is not None:
        query = query.where(upload_chunks.c.position.between(among.start, among.stop - 1))
    return int((await connection.execute(query)).scalar_one())


async def move_offset(connection: AsyncConnection, upload: Upload, chunk: Chunk) -> int | None:
    """Move an upload's offset from a chunk that stands there to the next gap; return the new one.

    Only chunks in the upload's first file count until it is completed: what lies before an offset
    can be read by the extents, and where the rest lies is recorded at the end.
    """
    first = select(upload_parts.c.file).where(
        upload_parts.c.upload_id == upload.id, upload_parts.c.position == 0
    )
    if (await connection.execute(first)).scalar_one_or_none() != chunk.file:
        return None
    here, after = upload_chunks, upload_chunks.alias("following")
    following = select(after.c.position).where(
        after.c.upload_id == here.c.upload_id,
        after.c.position == here.c.position + 1,
        after.c.file == chunk.file,
    )
    ends = select(here.c.position, here.c.length).where(
        here.c.upload_id == upload.id,
        here.c.position >= chunk.position,
        here.c.file == chunk.file,
        ~following.exists(),
    )
    last = (await connection.execute(ends.order_by(here.c.position).limit(1))).one()
    offset = last.position * (upload.chunk_bytes or 0) + last.length
    await connection.execute(update(uploads).where(uploads.c.id == upload.id).values(offset=offset))
    return int(offset)


async def record_whole(
    connection: AsyncConnection, upload: Upload, extents: Sequence[Extent], told: str | None
) -> None:
    """Say where every byte of an upload lies, and that all of them count."""
    await connection.execute(delete(upload_parts).where(upload_parts.c.upload_id == upload.id))
    rows = [
        {
            "upload_id": upload.id,
            "position": position,
            "file": extent.file,
            "start": extent.start,
            "length": extent.length,
        }
        for position, extent in enumerate(extents)
    ]
    await connection.execute(insert(upload_parts), rows)
    await connection.execute(
        update(uploads)
        .where(uploads.c.id == upload.id)
        .values(offset=upload.size_bytes, told_digest=told)
    )


async def list_hashed(connection: AsyncConnection, upload_id: str) -> set[int]:
    """Return the positions of the blocks whose digest is known."""
    query = select(block_hashes.c.position).where(block_hashes.c.upload_id == upload_id)
    return set((await connection.execute(query)).scalars())


async def record_new_blocks(
    connection: AsyncConnection, upload_id: str, blocks: Iterable[Block]
) -> None:
    """Keep digests of blocks; those that are known already stay."""
    for block in blocks:
        await connection.execute(
            insert_or(connection, block_hashes)
            .values(upload_id=upload_id, position=block.position, digest=block.digest)
            .on_conflict_do_nothing()
        )
