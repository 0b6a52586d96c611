"""Directing: where a client puts its bytes itself, and what counts when it says that it did.

    admit -> row -> multipart begun -> addresses signed -> (bytes go past us) -> list, judge,
    complete at the store -> look at the object -> completed

1. The final key is the archive's own: nothing is moved afterwards.
2. What Complete answers is never the truth: the object that is there decides.
3. Completing twice, also at once, completes one upload.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from rushes.access import records as access_records
from rushes.access.link import Link
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.keys import Shelf, original_key
from rushes.stores.parts import Part, cut
from rushes.stores.s3 import S3Store
from rushes.stores.store import NotFound, ObjectInfo
from rushes.uploads import direct_records, records
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.commit import complete
from rushes.uploads.direct import (
    LOOK_AT_UNSIZED_EVERY,
    LOOKS,
    URL_LIFE,
    Direct,
    ObjectWrong,
    PartsWrong,
    judge,
    next_look,
    part_size,
)
from rushes.uploads.ending import Ending
from rushes.uploads.quota import Quota
from rushes.uploads.upload import Upload, UploadGone, UploadMissing, UploadTooLarge

PAGE: Final = 50

TOO_LARGE: Final = "too_large"
"""Reason of an upload that told no size and became larger than it may."""

May = Callable[[Upload], None]
Most = Callable[[Upload], int]


@dataclass(frozen=True, slots=True)
class Address:
    """Where bytes go: `size_bytes` None is as many as the client likes."""

    url: str
    size_bytes: int | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Directing:
    """Lets clients put bytes into the archive's bucket."""

    database: Database
    clock: Clock
    store: S3Store
    store_name: str
    admission: Admission
    quota: Quota
    ending: Ending

    async def begin(self, wanted: Wanted, link: Link | None, *, is_single: bool) -> Upload:
        """Begin an upload of one PUT, or of parts; nothing is left of one that may not be.

        Raises:
            TypeRefused, FileTooLarge, QuotaExceeded, FilesExceeded, LinkNotFound: it may not.
            Unreachable, Busy, Refused: the store failed; tus still works.
        """
        upload = await self.admission.create(wanted, link)
        try:
            await self._place(upload, is_single=is_single)
        except BaseException:
            await self.ending.cancel(upload, "cancelled")
            raise
        return upload

    async def find(self, upload_id: str, may: May) -> tuple[Upload, Direct]:
        """Return an upload and where its bytes go.

        Raises:
            UploadMissing: there is none, it is another's, or its bytes come through us.
            UploadGone: it ended.
        """
        async with self.database.reading() as connection:
            upload = await records.get_upload(connection, upload_id)
            may(upload)
            direct = await direct_records.find_direct(connection, upload.answering().id)
        if direct is None:
            raise UploadMissing("There is no such direct upload. Start a new one.")
        return upload, direct

    async def list_parts(self, upload_id: str, may: May) -> tuple[Part, ...]:
        """Return the parts that the store holds: the truth for going on."""
        _, direct = await self.find(upload_id, may)
        return await self._list_parts(direct)

    async def sign(self, upload_id: str, may: May, numbers: Sequence[int]) -> list[Address]:
        """Return addresses for parts, or for the one PUT (number 1); the upload lives on.

        Raises:
            BadPart: the file has no such part.
            UploadGone, UploadMissing: there is nothing to send to.
        """
        upload, direct = await self.find(upload_id, may)
        if not upload.is_open:
            raise UploadGone("This upload is complete. Start a new one for another file.")
        now = self.clock.now()
        until = now + URL_LIFE
        async with self.database.transaction() as connection:
            await direct_records.record_signed(connection, upload, now, until)
        return [self._sign(upload, direct, number, until) for number in numbers]

    async def complete(
        self, upload_id: str, may: May, most: Most, told: Mapping[int, str] | None = None
    ) -> Upload:
        """Complete an upload whose bytes are at the store; one that is complete stays as it is.

        Raises:
            PartsWrong, ObjectWrong: not all is there, or other things; the upload stays open.
            UploadTooLarge: it has become larger than it may, and is ended.
            Unreachable, Busy, Broken, Refused: the store failed; ask again.
        """
        upload, direct = await self.find(upload_id, may)
        if not upload.is_open:
            return upload
        if direct.is_single:
            found = await self._head(direct)
        else:
            found = await self._complete_parts(upload, direct, most, told)
        return await self._finish(upload, direct, found, most)

    async def look_after(self) -> int:
        """Look at every upload whose time has come; return how many."""
        now = self.clock.now()
        async with self.database.reading() as connection:
            due = await direct_records.list_due(connection, now, PAGE)
        for upload_id in due:
            with contextlib.suppress(RushesError):  # a larger one is ended; others wait for later
                await self.look(upload_id)
        return len(due)

    async def look(self, upload_id: str) -> None:
        """Look whether one PUT has arrived, or how long an upload of unknown size has become.

        Raises:
            UploadTooLarge: it is larger than it may be, and is ended.
            ObjectWrong: another file than the announced one is there.
        """
        upload, direct = await self.find(upload_id, _anybody)
        look_at = next_look(direct, upload.created_at, self.clock.now())
        async with self.database.transaction() as connection:
            await direct_records.record_look(connection, upload_id, look_at)
            link = upload.link_id and await access_records.find_link(connection, upload.link_id)
        most = partial(self.admission.find_most, link=link or None)
        if not direct.is_single:
            held = await self._list_parts(direct)
            await self._require_small(upload, direct, sum(part.size_bytes for part in held), most)
        elif (found := await self._find(direct)) is not None:
            await self._finish(upload, direct, found, most)

    async def remove(self, direct: Direct) -> None:
        """Remove what an upload has left at the store: parts, or the object. Again is fine."""
        if direct.store_upload_id is not None:
            await self.store.abort(direct.key, direct.store_upload_id)
        await self.store.delete(direct.key)
        async with self.database.transaction() as connection:
            await direct_records.forget(connection, direct.upload_id)

    async def _place(self, upload: Upload, *, is_single: bool) -> None:
        async with self.database.reading() as connection:
            project = await access_records.get_project(connection, upload.project_id)
        shelf = Shelf(project.client_slug, project.project_slug, upload.asset_id)
        key, size_bytes, now = (
            original_key(shelf, upload.file_name),
            upload.size_bytes,
            self.clock.now(),
        )
        is_looked_at = is_single or size_bytes is None
        direct = Direct(
            upload_id=upload.id,
            store=self.store_name,
            key=key,
            store_upload_id=None if is_single else await self.store.begin(key),
            part_bytes=None if is_single or size_bytes is None else cut(size_bytes).part_bytes,
            urls_until=now + URL_LIFE,
            look_at=now + (LOOKS[0] if is_single else LOOK_AT_UNSIZED_EVERY)
            if is_looked_at
            else None,
        )
        async with self.database.transaction() as connection:
            await direct_records.record_direct(connection, direct)

    def _sign(self, upload: Upload, direct: Direct, number: int, until: datetime) -> Address:
        seconds = int(URL_LIFE.total_seconds())
        if direct.store_upload_id is None:
            url = self.store.presign_put(direct.key, upload.size_bytes, seconds)
            return Address(url, upload.size_bytes, until)
        size_bytes = part_size(direct, upload.size_bytes, number)
        url = self.store.presign_part(
            direct.key, direct.store_upload_id, number, size_bytes, seconds
        )
        return Address(url, size_bytes, until)

    async def _list_parts(self, direct: Direct) -> tuple[Part, ...]:
        if direct.store_upload_id is None:
            return ()
        try:
            return await self.store.parts(direct.key, direct.store_upload_id)
        except NotFound:  # completed a moment ago, or aborted by a rule of the bucket
            return ()

    async def _complete_parts(
        self, upload: Upload, direct: Direct, most: Most, told: Mapping[int, str] | None
    ) -> ObjectInfo:
        parts = await self._list_parts(direct)
        try:
            size_bytes = judge(direct, parts, upload.size_bytes, told)
        except PartsWrong:
            with_object = None if parts else await self._find(direct)
            if with_object is None:
                raise
            return with_object  # another request, or an earlier one, completed it
        await self._require_small(upload, direct, size_bytes, most)
        if direct.store_upload_id is None:
            return await self._head(direct)
        return await self.store.complete(direct.key, direct.store_upload_id, parts)

    async def _find(self, direct: Direct) -> ObjectInfo | None:
        try:
            return await self.store.head(direct.key)
        except NotFound:
            return None

    async def _head(self, direct: Direct) -> ObjectInfo:
        found = await self._find(direct)
        if found is None:
            raise ObjectWrong("The file is not at the store yet. Send it, then complete again.")
        return found

    async def _finish(
        self, upload: Upload, direct: Direct, found: ObjectInfo, most: Most
    ) -> Upload:
        if upload.size_bytes not in {None, found.size_bytes}:
            raise ObjectWrong(
                f"The store holds {found.size_bytes} bytes where {upload.size_bytes} were "
                "announced. Abort, and start a new upload."
            )
        await self._require_small(upload, direct, found.size_bytes, most)
        if upload.size_bytes is None:
            upload = await self.quota.tell_length(upload, found.size_bytes)
        async with self.database.transaction() as connection:
            now = await records.lock_upload(connection, upload.id)
            if not now.answering().is_open:
                return now
            await direct_records.record_whole(connection, upload.id, found.size_bytes)
            whole = replace(now, offset=found.size_bytes)
            return await complete(connection, whole, self.clock)

    async def _require_small(
        self, upload: Upload, direct: Direct, size_bytes: int, most: Most
    ) -> None:
        if upload.size_bytes is not None or size_bytes <= most(upload):
            return
        await self.ending.cancel(upload, TOO_LARGE)
        await self.remove(direct)
        raise UploadTooLarge(
            f"The file has become larger than the {most(upload)} bytes that are allowed. "
            "Nothing of it was kept."
        )


def _anybody(_: Upload) -> None:
    """Let the server itself look."""
