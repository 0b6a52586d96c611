"""Commits of offsets, gathered: whatever waits goes into one transaction.

An offset is committed after its bytes are on stable storage, and before anybody hears of it. The
last offset, the state `completed`, its event and what was reserved are one transaction, so an
upload is completed once.

On PostgreSQL whoever locks rows takes those of uploads first, by id, then the account, the link,
the project and the event; where the archive has a limit, its lock comes before all rows
(`Quota.lock`): so nobody waits for one who waits for him. What completes an upload locks
all of them, so it shares no transaction with another upload; PostgreSQL gathers the commits of
several itself.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from dataclasses import dataclass, field
from typing import Final

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.uploads import quota_records, records, run_records
from rushes.uploads.blocks import count_blocks, find_root
from rushes.uploads.records import Advance
from rushes.uploads.upload import Upload

READABLE_BYTES: Final = 64 * 2**10
"""From so many bytes on it is worth to look at a file while the rest of it comes."""


class PlaceLost(Exception):
    """Somebody else moved or ended the upload: its writer may acknowledge nothing."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Advances that share a transaction; `is_last` beside each says that it completes."""

    advances: list[tuple[Advance, bool]] = field(default_factory=list)


class Committer:
    """Commits offsets in the order of their coming.

    While one transaction runs, what comes waits together for the next; nothing waits for company.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._open: tuple[_Batch, asyncio.Task[list[Upload | None]]] | None = None
        self._running: asyncio.Task[list[Upload | None]] | None = None

    async def commit(self, advance: Advance, *, is_last: bool = False) -> Upload:
        """Commit an offset; with `is_last` the upload is completed. Return the upload as it is now.

        Raises:
            PlaceLost: the writer's fence, offset or state is not the row's any more.
            DatabaseAway, DatabaseFull: nothing is known to be committed.
        """
        if is_last and not self._database.is_sqlite:
            return await self._complete_alone(advance)
        if self._open is None:
            batch = _Batch()
            self._open = (
                batch,
                asyncio.create_task(self._commit(batch, self._running), context=Context()),
            )  # of several senders: it is nobody's request
        batch, task = self._open
        batch.advances.append((advance, is_last))
        place = len(batch.advances) - 1
        upload = (await asyncio.shield(task))[place]
        if upload is None:
            raise PlaceLost(advance.upload_id)
        return upload

    async def _commit(
        self, batch: _Batch, before: asyncio.Task[list[Upload | None]] | None
    ) -> list[Upload | None]:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._open = self._open[1] if self._open else None, None

        async def apply(connection: Connection) -> list[Upload | None]:
            found: list[Upload | None] = [None] * len(batch.advances)
            in_order = sorted(enumerate(batch.advances), key=lambda one: one[1][0].upload_id)
            for place, (advance, is_last) in in_order:
                found[place] = await self._apply(connection, advance, is_last=is_last)
            for upload, (advance, _) in zip(found, batch.advances, strict=True):
                if upload is not None:  # events come behind all rows, as every writer has it
                    await tell_readable(connection, upload, advance.old, self._clock)
            return found

        return await self._database.transact(apply)

    async def _complete_alone(self, advance: Advance) -> Upload:
        upload = await self._database.transact(
            lambda connection: self._apply(connection, advance, is_last=True)
        )
        if upload is None:
            raise PlaceLost(advance.upload_id)
        return upload

    async def _apply(
        self, connection: Connection, advance: Advance, *, is_last: bool
    ) -> Upload | None:
        upload = await records.record_advance(connection, advance)
        if upload is None or not is_last:
            return upload
        return await complete(connection, upload, self._clock)


async def complete(connection: Connection, upload: Upload, clock: Clock) -> Upload:
    """Say in the caller's transaction that every byte of an upload is here; return it completed.

    Nobody hears of a partial upload: it waits for its final one.
    Where its blocks were not hashed while they came, the root stays unknown until it is taken in.
    """
    now = clock.now()
    digests = await records.list_block_digests(connection, upload.id)
    root = find_root(digests) if len(digests) == count_blocks(upload.offset) else None
    if not await records.mark_completed(connection, upload, root, now):
        raise PlaceLost(upload.id)
    if upload.is_partial:
        return await records.get_upload(connection, upload.id)
    await quota_records.count_use(connection, upload, now)
    await tell(connection, upload, EventType.UPLOAD_COMPLETED, clock)
    return await records.get_upload(connection, upload.id)


async def tell_readable(connection: Connection, upload: Upload, before: int, clock: Clock) -> None:
    """Record that the start of a file can be read, once; `before` is where its offset stood.

    Of partials only the one with the start of its group's file has any to read.
    """
    if not (before < READABLE_BYTES <= upload.offset and upload.is_open):
        return
    if not upload.is_partial or await run_records.begins_group(connection, upload):
        await _record(connection, upload, EventType.UPLOAD_READABLE, clock)


async def tell(
    connection: Connection,
    upload: Upload,
    what: EventType,
    clock: Clock,
    *,
    actor: str | None = None,
) -> None:
    """Record in the caller's transaction what happened to an upload; to a piece of one, nothing."""
    if not upload.is_partial:
        await _record(connection, upload, what, clock, actor=actor)


async def _record(
    connection: Connection,
    upload: Upload,
    what: EventType,
    clock: Clock,
    *,
    actor: str | None = None,
) -> None:
    now = clock.now()
    project = await access_records.get_project(connection, upload.project_id)
    facts: dict[str, object] = {
        "upload_id": upload.id,
        "asset_id": upload.asset_id,
        "client": project.client_slug,
        "project": project.project_slug,
        "file_name": upload.file_name,
        "size_bytes": upload.size_bytes,
        "protocol": upload.protocol.value,
        "link_id": upload.link_id,
    }
    if upload.reason is not None:
        facts["reason"] = upload.reason
    await outbox.record(
        connection,
        Event(
            id=ids.new(Prefix.EVENT, now, clock.entropy(ENTROPY_BYTES)),
            type=what,
            created_at=now,
            actor=actor or upload.account_id or upload.link_id or SYSTEM_ACTOR,
            subject=upload.id,
            project_id=upload.project_id,
            asset_id=upload.asset_id,
            data=facts,
        ),
    )
