"""Directing: where a client puts its bytes itself, and what counts when it says that it did.

    admit -> row -> multipart begun -> addresses signed -> (bytes go past us) -> list, judge,
    complete at the store -> look at the object -> completed

1. The final key is the archive's own: nothing is sent twice. What comes by one PUT lands beside
   it, because the address of a PUT is good for a while after the end.
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
from urllib.parse import urlsplit

from rushes.access import records as access_records
from rushes.access.link import Link, is_open
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.keys import Shelf, original_key
from rushes.stores.parts import Part, cut
from rushes.stores.s3 import S3Store
from rushes.stores.s3_client import Form
from rushes.stores.store import Exists, NotFound, ObjectInfo
from rushes.uploads import direct_records, records
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.commit import complete
from rushes.uploads.direct import (
    LOOK_AT_UNSIZED_EVERY,
    LOOKS,
    PUT_BYTES,
    SINGLE_BYTES,
    URL_LIFE,
    Direct,
    ObjectWrong,
    PartsWrong,
    cut_whole,
    judge,
    landing_key,
    next_look,
    part_size,
    require_store,
)
from rushes.uploads.direct_room import DirectRoom
from rushes.uploads.ending import Ending
from rushes.uploads.quota import Quota
from rushes.uploads.upload import (
    Protocol,
    State,
    Upload,
    UploadGone,
    UploadMissing,
    UploadTooLarge,
)

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
    room: DirectRoom
    quota: Quota
    ending: Ending

    @property
    def origin(self) -> str:
        """Scheme and host of the addresses that take bytes, as browsers reach them."""
        address = urlsplit(self.store.presign_put(landing_key("any"), None, 1))
        return f"{address.scheme}://{address.netloc}"

    async def begin(self, wanted: Wanted, link: Link | None, *, is_single: bool) -> Upload:
        """Begin an upload of one PUT, or of parts; nothing is left of one that may not be.

        Raises:
            TypeRefused, FileTooLarge, QuotaExceeded, FilesExceeded, LinkNotFound: it may not.
            SizeNeeded: it tells no size where room is limited.
            Unreachable, Busy, Refused: the store failed; tus still works.
        """
        if is_single and (wanted.size_bytes or 0) > SINGLE_BYTES:
            raise UploadTooLarge(
                f"One PUT takes {SINGLE_BYTES} bytes at most. Send this file in parts."
            )
        upload = await self.admission.create(wanted, link)
        try:
            if upload.size_bytes is None:
                is_form = is_single and self._sign_form(upload, PUT_BYTES) is not None
                upload = await self.room.take(upload, is_form=is_form)
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
            StoreChanged: its bytes lie in another store than the archive is now.
        """
        async with self.database.reading() as connection:
            upload = await records.get_upload(connection, upload_id)
            may(upload)
            direct = await direct_records.find_direct(connection, upload.answering().id)
        if direct is None:
            raise UploadMissing("There is no such direct upload. Start a new one.")
        require_store(direct, self.store_name)
        return upload, direct

    async def list_parts(self, upload_id: str, may: May) -> tuple[Part, ...]:
        """Return the parts that the store holds: the truth for going on.

        Where they are an object already, or even an original, and only the answer to that is
        missing, they are all told: there is nothing to send them to any more.
        """
        known = await self._read(upload_id, may)
        if _is_kept(known):
            return cut_whole(None, known.offset, "")
        _, direct = await self.find(upload_id, may)
        held = await self._list_parts(direct)
        whole = None if held else await self._find(direct.key)
        if whole is None and direct.is_single:
            whole = await self._find(landing_key(upload_id))
        return held if whole is None else cut_whole(direct, whole.size_bytes, whole.version)

    async def sign(self, upload_id: str, may: May, numbers: Sequence[int]) -> list[Address]:
        """Return addresses for parts, or for the one PUT (number 1); the upload lives on.

        Raises:
            BadPart: the file has no such part.
            SizeNeeded: its size is not known, and room is limited.
            UploadGone, UploadMissing: there is nothing to send to.
        """
        upload, direct = await self.find(upload_id, may)
        if not upload.is_open:
            raise UploadGone("This upload is complete. Start a new one for another file.")
        now = self.clock.now()
        until = now + URL_LIFE
        if upload.size_bytes is None:
            await self.room.take_step(upload)
        async with self.database.transaction() as connection:
            await direct_records.record_signed(connection, upload, now)
        return [self._sign(upload, direct, number, until) for number in numbers]

    def make_form(self, upload: Upload, most: Most) -> Form | None:
        """Return a form that takes the whole file by one POST; None where the store takes none.

        It takes what is reserved for the upload, and no byte more.
        """
        return self._sign_form(upload, min(most(upload), upload.reserved_bytes))

    def _sign_form(self, upload: Upload, size_bytes: int) -> Form | None:
        seconds = int(URL_LIFE.total_seconds())
        return self.store.presign_form(landing_key(upload.id), size_bytes, seconds)

    async def complete(
        self, upload_id: str, may: May, most: Most, told: Mapping[int, str] | None = None
    ) -> Upload:
        """Complete an upload whose bytes are at the store; one that is complete stays as it is.

        Raises:
            PartsWrong, ObjectWrong: not all is there, or other things; the upload stays open.
            UploadTooLarge: it has become larger than it may, and is ended.
            Unreachable, Busy, Broken, Refused: the store failed; ask again.
        """
        known = await self._read(upload_id, may)
        if _is_kept(known):
            return known  # its row may be gone, because the original is kept
        upload, direct = await self.find(upload_id, may)
        if direct.is_single:
            found = await self._land(upload, direct, most)
        else:
            found = await self._complete_parts(upload, direct, most, told)
        return await self._finish(upload, direct, found, most)

    async def look_after(self) -> int:
        """Look at every upload whose time has come; return how many."""
        now = self.clock.now()
        async with self.database.reading() as connection:
            due = await direct_records.list_due(connection, self.store_name, now, PAGE)
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
        if link and not is_open(link, self.clock.now()):
            return  # it goes on when the link does
        most = partial(self.admission.find_most, link=link or None)
        if direct.is_single:
            await self._finish(upload, direct, await self._land(upload, direct, most), most)
        else:
            held = await self._list_parts(direct)
            await self._require_small(upload, direct, sum(part.size_bytes for part in held), most)

    async def remove_ended(self, upload_id: str) -> None:
        """Remove what an upload has left at the store, if it was cancelled."""
        async with self.database.reading() as connection:
            upload = await records.get_upload(connection, upload_id)
            direct = await direct_records.find_direct(connection, upload_id)
        if direct is not None and upload.state is State.CANCELLED:
            await self.remove(direct)

    async def remove(self, direct: Direct) -> None:
        """Remove what an upload has left at the store: parts, or the object. Again is fine.

        Raises:
            StoreChanged: it lies in another store than the archive is now.
        """
        require_store(direct, self.store_name)
        if direct.store_upload_id is not None:
            await self.store.abort(direct.key, direct.store_upload_id)
        for key in () if direct.is_foreign else (landing_key(direct.upload_id), direct.key):
            await self.store.delete(key)
        async with self.database.transaction() as connection:
            await direct_records.forget(connection, direct.upload_id)

    async def _read(self, upload_id: str, may: May) -> Upload:
        async with self.database.reading() as connection:
            upload = await records.get_upload(connection, upload_id)
        may(upload)
        return upload

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
            look_at=now + (LOOKS[0] if is_single else LOOK_AT_UNSIZED_EVERY)
            if is_looked_at
            else None,
        )
        async with self.database.transaction() as connection:
            await direct_records.record_direct(connection, direct)

    def _sign(self, upload: Upload, direct: Direct, number: int, until: datetime) -> Address:
        seconds = int(URL_LIFE.total_seconds())
        if direct.store_upload_id is None:
            landing = landing_key(upload.id)
            url = self.store.presign_put(landing, upload.size_bytes, seconds)
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
            with_object = None if parts else await self._find(direct.key)
            if with_object is None:
                raise
            return with_object  # another request, or an earlier one, completed it
        await self._require_small(upload, direct, size_bytes, most)
        if direct.store_upload_id is None:
            raise ObjectWrong("This file comes by one PUT. Ask for its address again.")
        return await self.store.complete(direct.key, direct.store_upload_id, parts)

    async def _land(self, upload: Upload, direct: Direct, most: Most) -> ObjectInfo:
        """Bring what one PUT left to its final key, which its address cannot reach.

        Raises:
            ObjectWrong: nothing is there yet, or another file than the announced one.
        """
        kept = await self._find(direct.key)
        if kept is not None:
            return kept
        landing = landing_key(upload.id)
        found = await self._find(landing)
        if found is None:
            raise ObjectWrong("The file is not at the store yet. Send it, then complete again.")
        self._require_size(upload, found)
        await self._require_small(upload, direct, found.size_bytes, most)
        try:
            copied = await self.store.copy_within(landing, direct.key)
        except Exists:  # another request was faster
            copied = await self.store.head(direct.key)
        await self.store.delete(landing)
        return copied

    async def _find(self, key: str) -> ObjectInfo | None:
        try:
            return await self.store.head(key)
        except NotFound:
            return None

    def _require_size(self, upload: Upload, found: ObjectInfo) -> None:
        if upload.size_bytes not in {None, found.size_bytes}:
            raise ObjectWrong(
                f"The store holds {found.size_bytes} bytes where {upload.size_bytes} were "
                "announced. Abort, and start a new upload."
            )

    async def _finish(
        self, upload: Upload, direct: Direct, found: ObjectInfo, most: Most
    ) -> Upload:
        self._require_size(upload, found)
        await self._require_small(upload, direct, found.size_bytes, most)
        if upload.size_bytes is None:
            upload = await self.quota.tell_length(upload, found.size_bytes)
        async with self.database.transaction() as connection:
            now = await records.lock_upload(connection, upload.id)
            if now.is_open:
                await direct_records.record_whole(connection, upload.id, found.size_bytes)
                whole = replace(now, offset=found.size_bytes)
                return await complete(connection, whole, self.clock)
        if now.state in {State.CANCELLED, State.EXPIRED}:  # it ended while the store worked
            await self.remove(direct)
        return now.answering()

    async def _require_small(
        self, upload: Upload, direct: Direct, size_bytes: int, most: Most
    ) -> None:
        if upload.size_bytes is not None:
            return
        if size_bytes <= most(upload):
            if size_bytes > upload.reserved_bytes:
                await self.quota.grow(upload, size_bytes)
            return
        if await self.ending.cancel(upload, TOO_LARGE):
            await self.remove(direct)
        raise UploadTooLarge(
            f"The file has become larger than the {most(upload)} bytes that are allowed. "
            "Nothing of it was kept."
        )


def _is_kept(upload: Upload) -> bool:
    return upload.protocol is Protocol.DIRECT and not upload.answering().is_open


def _anybody(_: Upload) -> None:
    """Let the server itself look."""
