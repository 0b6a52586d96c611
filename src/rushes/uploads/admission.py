"""Admission: an upload comes into being, or leaves no trace.

may it -> file and folder synced -> row, reserved room and event in one transaction -> answer
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rushes import ids
from rushes.access.limits import Bounds, Offered, admit, find_most
from rushes.access.link import Link, is_open, unknown_link
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.events.event import EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.sections import UploadSettings
from rushes.uploads import records
from rushes.uploads.asking import require_answers
from rushes.uploads.commit import complete, tell
from rushes.uploads.concat import Place
from rushes.uploads.grouping import Grouping, Seat
from rushes.uploads.labels import find_name
from rushes.uploads.quota import Quota
from rushes.uploads.spool import MIN_FREE_SHARE, Spool, tell_trouble
from rushes.uploads.upload import Owner, Protocol, State, Upload

SLOT_LIFE: Final = timedelta(minutes=30)
"""For how long an upload waits that is not bound to a file yet."""

ELSEWHERE: Final = 2**62
"""Room for bytes that do not come to our disk."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An upload that somebody asks for; `size_bytes` None: told later."""

    protocol: Protocol
    project_id: str
    owner: Owner
    file_name: str
    media_type: str
    metadata: str
    size_bytes: int | None
    chunk_bytes: int | None = None
    told_digest: str | None = None
    mbit: float | None = None
    wanted_digest: str | None = None
    concat: str | None = None
    place: Place | None = None
    is_slot: bool = False

    @property
    def is_spooled(self) -> bool:
        """Whether its bytes come through us."""
        return self.protocol is not Protocol.DIRECT


@dataclass(frozen=True, slots=True)
class Admission:
    """Lets uploads begin."""

    database: Database
    clock: Clock
    settings: UploadSettings
    spool: Spool
    quota: Quota
    grouping: Grouping

    async def create(self, wanted: Wanted, link: Link | None = None) -> Upload:
        """Begin an upload; one of zero bytes is completed at once.

        Raises:
            TypeRefused, FileTooLarge, NoSpace, QuotaExceeded, FilesExceeded, LinkNotFound:
                it may not; nothing is left of it.
            AnswerMissing, BadAnswer: the link asks for more than was told.
            BadGroup: it is a partial that does not fit into its group.
            SpoolFull, SpoolBroken: the disk does not take it.
        """
        offered = Offered(wanted.file_name, wanted.media_type, wanted.size_bytes)
        await self.admit(offered, link, is_spooled=wanted.is_spooled)
        upload = self.draft(wanted, link)
        if not (upload.is_slot or upload.is_partial):
            require_answers(link, upload.metadata)
        seat = await self._seat(upload, wanted.place)
        is_kept = False
        try:
            async with self.database.transaction() as connection:
                await self.quota.take(connection, upload)
                await records.record_upload(connection, upload, seat.file, seat.start)
                await self.grouping.record(connection, upload, seat)
                if not upload.is_slot:
                    await tell(connection, upload, EventType.UPLOAD_CREATED, self.clock)
                if upload.is_whole and upload.is_spooled:
                    upload = await complete(connection, upload, self.clock)
            is_kept = True
        finally:
            if not is_kept:
                await self.spool.release(upload.id)
        return upload

    async def find_twin(self, wanted: Wanted, link: Link | None = None) -> Upload | None:
        """Return the partial of a group that was begun in the same words, if there is one."""
        return await self.grouping.find_twin(self.draft(wanted, link), wanted.place)

    async def admit(self, offered: Offered, link: Link | None, *, is_spooled: bool = True) -> None:
        """Return if such a file may begin to come in; asked before anything is made for it.

        Raises:
            TypeRefused, FileTooLarge, NoSpace, LinkNotFound: it may not.
        """
        if link is not None and not is_open(link, self.clock.now()):
            raise unknown_link()
        free = ELSEWHERE
        if is_spooled:
            free = await self.spool.find_free_bytes() - await self._find_kept_free()
        admit(offered, self._bounds(link, free))

    def find_most(self, upload: Upload, link: Link | None) -> int:
        """Return how many bytes an upload may have by server, link and type."""
        name = "" if upload.is_partial else find_name(upload)  # its final is judged by it
        return find_most(Offered(name, upload.media_type), self._bounds(link, 0))

    def _bounds(self, link: Link | None, free_bytes: int) -> Bounds:
        return Bounds(
            server_bytes=self.settings.max_file_bytes,
            free_bytes=free_bytes,
            link_bytes=link.max_file_bytes if link else None,
            types=link.types if link else self.settings.account_types,
        )

    async def _find_kept_free(self) -> int:
        share = int(await self.spool.find_total_bytes() * MIN_FREE_SHARE)
        return min(self.settings.keep_free_bytes, share)

    def draft(self, wanted: Wanted, link: Link | None) -> Upload:
        """Return a new upload, of which nobody knows yet."""
        now = self.clock.now()
        asset_id = ids.new(Prefix.ASSET, now, self.clock.entropy(ENTROPY_BYTES))
        rests_for = timedelta(days=link.keep_parts_days) if link else self.settings.expires_after
        if wanted.is_slot:
            rests_for = SLOT_LIFE
        return Upload(
            id=ids.new(Prefix.UPLOAD, now, self.clock.entropy(ENTROPY_BYTES)),
            protocol=wanted.protocol,
            state=State.RECEIVING,
            project_id=wanted.project_id,
            account_id=wanted.owner.account_id,
            link_id=wanted.owner.link_id,
            asset_id=asset_id,
            file_name=wanted.file_name or asset_id,
            media_type=wanted.media_type,
            metadata=wanted.metadata,
            size_bytes=wanted.size_bytes,
            offset=0,
            reserved_bytes=wanted.size_bytes or 0,
            fence=0,
            root=None,
            digest=None,
            reason=None,
            is_spooled=wanted.is_spooled,
            created_at=now,
            updated_at=now,
            expires_at=now + rests_for,
            completed_at=None,
            chunk_bytes=wanted.chunk_bytes,
            told_digest=wanted.told_digest,
            mbit=wanted.mbit,
            is_slot=wanted.is_slot,
            wanted_digest=wanted.wanted_digest,
            concat=wanted.concat,
        )

    async def _seat(self, upload: Upload, place: Place | None) -> Seat:
        if not upload.is_spooled:
            return Seat(None)
        try:
            return await self.grouping.seat(upload, place)
        except OSError as error:
            await self.spool.release(upload.id)
            raise tell_trouble(error, 0) from error
