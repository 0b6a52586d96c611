"""Slots: uploads that are ready before anybody has chosen a file.

A page asks for a few when it opens, so that the first byte of a file needs no round trip for its
creation. A slot has a file in the spool and an id, but no name, no size and no quota: all of that
comes when it is bound, once. One that is not bound within half an hour expires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from rushes.access.limits import Offered
from rushes.access.link import Link
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import Kind, RushesError
from rushes.events.event import EventType
from rushes.sections import UploadSettings
from rushes.uploads import records, slot_records
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.asking import require_answers
from rushes.uploads.commit import complete, tell
from rushes.uploads.quota import Quota
from rushes.uploads.receive import May
from rushes.uploads.upload import Owner, Protocol, Upload

MOST: Final = 20
DEFAULT: Final = 5


class SlotBound(RushesError):
    """The slot was bound to another file, or it never was a slot."""

    code = "slot.bound"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Binding:
    """The file that a slot is for; `metadata` as tus writes it."""

    file_name: str
    media_type: str
    metadata: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Slots:
    """Makes slots and binds them."""

    database: Database
    clock: Clock
    settings: UploadSettings
    admission: Admission
    quota: Quota

    async def create(
        self, project_id: str, owner: Owner, count: int, link: Link | None
    ) -> Sequence[Upload]:
        """Return so many new slots; they are good for half an hour.

        Raises:
            NoSpace, LinkNotFound: no upload may begin now.
            SpoolFull, SpoolBroken: the disk does not take them.
        """
        wanted = Wanted(
            protocol=Protocol.TUS,
            project_id=project_id,
            owner=owner,
            file_name="",
            media_type="",
            metadata="",
            size_bytes=None,
            is_slot=True,
        )
        return [await self.admission.create(wanted, link) for _ in range(count)]

    async def bind(
        self, upload_id: str, binding: Binding, may: May, link: Link | None = None
    ) -> Upload:
        """Bind a slot to a file and take its quota; the same binding again is answered the same.

        Raises:
            UploadMissing, UploadGone: there is no such slot.
            SlotBound: it is bound to another file.
            TypeRefused, FileTooLarge, NoSpace, QuotaExceeded, FilesExceeded, LinkNotFound,
            UploadsPerDayExceeded, AnswerMissing, BadAnswer: this file may not come; the slot
            stays one.
        """
        async with self.database.reading() as connection:
            slot = await records.get_upload(connection, upload_id)
        may(slot)
        if not slot.answering().is_slot:
            return _require_same(slot, binding)
        await self.admission.admit(
            Offered(binding.file_name, binding.media_type, binding.size_bytes), link
        )
        require_answers(link, binding.metadata)
        async with self.database.transaction() as connection:
            await self.quota.lock(connection)
            slot = (await records.lock_upload(connection, upload_id)).answering()
            if not slot.is_slot:  # another request was faster
                return _require_same(slot, binding)
            return await self._bind(connection, slot, binding, link)

    async def _bind(
        self, connection: Connection, slot: Upload, binding: Binding, link: Link | None
    ) -> Upload:
        now = self.clock.now()
        rests_for = timedelta(days=link.keep_parts_days) if link else self.settings.expires_after
        bound = replace(
            slot,
            is_slot=False,
            file_name=binding.file_name,
            media_type=binding.media_type,
            metadata=binding.metadata,
            size_bytes=binding.size_bytes,
            reserved_bytes=binding.size_bytes,
            updated_at=now,
            expires_at=now + rests_for,
        )
        await self.quota.take(connection, bound)
        await slot_records.record_binding(connection, bound)
        await tell(connection, bound, EventType.UPLOAD_CREATED, self.clock)
        return await complete(connection, bound, self.clock) if bound.is_whole else bound


def _require_same(upload: Upload, binding: Binding) -> Upload:
    known = (upload.file_name, upload.media_type, upload.size_bytes)
    if known != (binding.file_name, binding.media_type, binding.size_bytes):
        raise SlotBound("This upload has a file already. Take another slot for another file.")
    return upload
