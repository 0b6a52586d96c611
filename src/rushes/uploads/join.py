"""Joining: a final upload takes the bytes of its partials, and nothing is copied.

     names of the partials' files -> extents, blocks, room and `completed` in one transaction

1. The final is kept first, waiting; it takes its partials at once if they are whole, else when the
   last of them is. Whoever looks at it, and the sweep, finishes what a crash left between.
2. Room moves with the bytes: what the partials had reserved is the final's.
3. A partial that is lost takes every final with it that waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rushes.access.limits import FileTooLarge, NoSpace, Offered, QuotaExceeded
from rushes.access.link import Link
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import RushesError
from rushes.events.event import EventType
from rushes.uploads import concat_records, quota_records, records, run_records
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.asking import require_answers
from rushes.uploads.commit import complete, tell
from rushes.uploads.concat import (
    PartialTaken,
    Place,
    Source,
    find_size,
    is_lost,
    is_ready,
    is_whole_group,
    join_extents,
    require_partials,
    shift_blocks,
)
from rushes.uploads.ending import Ending
from rushes.uploads.hold import Hold, Holds
from rushes.uploads.quota import Quota
from rushes.uploads.splice import take_files
from rushes.uploads.spool import Spool, tell_trouble
from rushes.uploads.upload import PARTIAL_LOST, Extent, Upload

NO_ROOM: Final = "no_room"
"""Reason of a final for whose repeated partials its link or project has no room."""

BATCH: Final = 100
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Joining:
    """Makes final uploads of partial ones."""

    database: Database
    clock: Clock
    spool: Spool
    admission: Admission
    quota: Quota
    ending: Ending
    holds: Holds

    async def create(
        self, wanted: Wanted, partial_ids: Sequence[str], link: Link | None = None
    ) -> Upload:
        """Return a final upload: completed if its partials are whole, else waiting for them.

        One that was asked for in the same words before is returned as it is now.

        Raises:
            UploadMissing, UploadGone, NotPartial, PartialTaken: a partial is not to be had.
            TypeRefused, FileTooLarge, NoSpace, QuotaExceeded, FilesExceeded, LinkNotFound:
                it may not be.
            AnswerMissing, BadAnswer: the link asks for more than was told.
            SpoolFull, SpoolBroken: the disk does not take it.
        """
        known = await self._find_same(wanted, partial_ids)
        if known is not None:
            return await self.finish(known.id)
        final = self.admission.draft(replace(wanted, size_bytes=None), link)
        await self.admission.admit(Offered(wanted.file_name, wanted.media_type), link)
        require_answers(link, wanted.metadata)
        async with self.database.transaction() as connection:
            found = await concat_records.lock_uploads(connection, partial_ids)
            owner = wanted.owner.account_id, wanted.owner.link_id
            partials = require_partials(partial_ids, found, owner)
            if is_lost(partials):
                raise PartialTaken(
                    "The bytes of a partial upload went into another file. Send them again."
                )
            final = self._sized(final, find_size(partials), link)
            final = await _take_asset_id(connection, final, partials[0])
            await self.quota.take(connection, final)
            await records.record_upload(connection, final, None)
            await concat_records.record_partials(connection, final.id, partial_ids)
            await tell(connection, final, EventType.UPLOAD_CREATED, self.clock)
        return await self.finish(final.id)

    async def finish(self, final_id: str) -> Upload:
        """Let a waiting final take its partials, if they are whole; return it as it is now.

        Raises:
            QuotaExceeded: there is no room for it; it is cancelled.
            SpoolFull, SpoolBroken: the disk does not take its names; it waits on.
        """
        async with self.holds.take(final_id, Hold()):
            final, partials = await self._read(final_id)
            if not final.is_open:
                return final
            if is_ready(partials):
                return await self._take(final, partials)
            if is_lost(partials):
                await self.ending.cancel(final, PARTIAL_LOST)
                return (await self._read(final_id))[0]
            return final

    async def follow(self, partial: Upload) -> None:
        """Finish every final that waits for a partial that is whole now.

        What goes wrong is the finals' trouble: the partial has its bytes, the sweep tries again.
        """
        if not partial.is_partial or partial.is_open:
            return
        async with self.database.reading() as connection:
            waiting = await concat_records.list_waiting(connection, partial.id)
        await self._finish_all([final.id for final in waiting])

    async def finish_late(self) -> int:
        """Finish finals that a crash left waiting though no partial receives; return how many."""
        async with self.database.reading() as connection:
            late = await concat_records.list_late(connection, BATCH)
        await self._finish_all(late)
        return len(late)

    async def _finish_all(self, final_ids: Sequence[str]) -> None:
        for final_id in final_ids:
            try:
                await self.finish(final_id)
            except RushesError as error:
                LOG.warning("upload %s: its partials are not joined: %s", final_id, error)

    async def _find_same(self, wanted: Wanted, partial_ids: Sequence[str]) -> Upload | None:
        async with self.database.reading() as connection:
            return await concat_records.find_same(
                connection, wanted.owner, wanted.concat or "", wanted.metadata, partial_ids[0]
            )

    def _sized(self, final: Upload, size_bytes: int | None, link: Link | None) -> Upload:
        """Return the final with its length; nothing is reserved yet, its partials have it."""
        most = self.admission.find_most(final, link)
        if size_bytes is not None and size_bytes > most:
            raise FileTooLarge(
                f"The file has {size_bytes} bytes; files of up to {most} bytes are taken here.",
                max_bytes=most,
            )
        return replace(final, size_bytes=size_bytes)

    async def _read(self, final_id: str) -> tuple[Upload, list[Upload]]:
        async with self.database.reading() as connection:
            final = await records.get_upload(connection, final_id)
            partials = await concat_records.list_partials(connection, final_id)
        return final, partials

    async def _take(self, final: Upload, partials: Sequence[Upload]) -> Upload:
        async with self.database.reading() as connection:
            sources = await _read_sources(connection, partials)
            groups = await concat_records.list_places(connection, _ids(partials))
        extents = [extent for source in sources for extent in source.extents]
        shared = _find_shared(sources, groups)
        try:
            taken = await self.spool.run(take_files, self.spool.folder, final.id, extents, shared)
        except FileNotFoundError:
            await self.ending.cancel(final, PARTIAL_LOST)
            return (await self._read(final.id))[0]
        except OSError as error:
            raise tell_trouble(error, 0) from error
        try:
            await self._record(final.id, sources, join_extents(taken))
        except (QuotaExceeded, NoSpace):
            await self.ending.cancel(final, NO_ROOM)
            raise
        await self._let_go(_ids(partials), {group for group, _ in groups.values()})
        return (await self._read(final.id))[0]

    async def _record(
        self, final_id: str, sources: Sequence[Source], extents: Sequence[Extent]
    ) -> None:
        """Keep that a final has its bytes, unless somebody moved or ended anything meanwhile."""
        partial_ids = [source.upload.id for source in sources]
        size_bytes = sum(source.upload.offset for source in sources)
        async with self.database.transaction() as connection:
            await self.quota.lock(connection)
            final = await records.lock_upload(connection, final_id)
            partials = await concat_records.lock_uploads(connection, partial_ids)
            if not final.is_open or not is_ready(partials):
                return
            for partial in partials:
                await quota_records.give_back(connection, partial, partial.reserved_bytes, 0)
            await concat_records.mark_taken(connection, partial_ids)  # what they took is free again
            await self.quota.add(connection, final, size_bytes)
            await concat_records.record_joined(connection, final, extents, size_bytes)
            await records.record_blocks(connection, final_id, shift_blocks(sources))
            final = await records.get_upload(connection, final_id)
            await complete(connection, final, self.clock)
            first = next(partial for partial in partials if partial.id == partial_ids[0])
            if not await run_records.has_ended_member(connection, first):
                await concat_records.hand_copy_on(connection, partial_ids[0], final_id)

    async def _let_go(self, partial_ids: Collection[str], groups: Iterable[str]) -> None:
        """Remove the partials' own names, where no other final waits for them."""
        async with self.database.reading() as connection:
            waited = await concat_records.list_waited(connection, partial_ids)
        for group in groups:
            await self.spool.run(self.spool.forget, group)
        for partial_id in set(partial_ids) - waited:
            await self.ending.remove_bytes(partial_id)


async def _take_asset_id(connection: Connection, final: Upload, first: Upload) -> Upload:
    """Return a final that bears the asset id of the partial that begins its group.

    What was made of the group while it came, in the archive and elsewhere, goes by that id.
    """
    if not await run_records.begins_group(connection, first):
        return final
    taken = await concat_records.swap_asset_id(connection, first.id, final.asset_id)
    name = taken if final.file_name == final.asset_id else final.file_name
    return replace(final, asset_id=taken, file_name=name)


def _ids(partials: Sequence[Upload]) -> list[str]:
    return [partial.id for partial in partials]


async def _read_sources(connection: Connection, partials: Sequence[Upload]) -> list[Source]:
    known: dict[str, Source] = {}
    for partial in partials:
        if partial.id not in known:
            extents = await records.list_extents(connection, partial.id)
            digests = await records.list_block_digests(connection, partial.id)
            known[partial.id] = Source(partial, extents, tuple(digests))
    return [known[partial.id] for partial in partials]


def _find_shared(
    sources: Sequence[Source], groups: Mapping[str, tuple[str, Place]]
) -> frozenset[str]:
    """Return files of groups that are not taken whole: others may still write into them."""
    ends: dict[str, set[tuple[int, int]]] = {}
    totals: dict[str, int] = {}
    for source in sources:
        if source.upload.id in groups:
            name, place = groups[source.upload.id]
            ends.setdefault(name, set()).add((place.start, place.start + source.upload.offset))
            totals[name] = place.total
    torn = {name for name, places in ends.items() if not is_whole_group(places, totals[name])}
    return frozenset(
        extent.file
        for source in sources
        if source.upload.id in groups and groups[source.upload.id][0] in torn
        for extent in source.extents
    )
