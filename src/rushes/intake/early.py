"""Early looks: what a file is, while the rest of it still comes.

    64 KiB are here ──> sniff ──> (not taken here: cancelled, its sender hears it at once)
                         └──> the header is here ──> probe ──> facts

1. Nothing waits for it: what was not seen early is seen when the file is whole.
2. What was seen goes when the upload ends without being accepted.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from rushes.access import records as access_records
from rushes.access.limits import TypeRefused
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.events.event import EventType
from rushes.intake import front, records
from rushes.intake.gate import require_type
from rushes.intake.records import Seen
from rushes.intake.sniff import HEAD_BYTES, Sniffed, sniff
from rushes.media.facts import format_media_info
from rushes.media.studio import Studio
from rushes.uploads import records as upload_records
from rushes.uploads import run_records
from rushes.uploads.commit import tell
from rushes.uploads.ending import Ending
from rushes.uploads.growing import Growing, Prefix
from rushes.uploads.labels import find_name
from rushes.uploads.upload import TYPE_REFUSED, State, Upload

WAIT_SECONDS: Final = 30.0
"""For how long one look at the row waits for more bytes."""

PATIENCE: Final = 40
"""After so many waits in which nothing came, a file is looked at when it is whole."""

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Early:
    """Looks into uploads in progress, and judges all by their bytes."""

    database: Database
    clock: Clock
    growing: Growing
    ending: Ending
    studio: Studio
    account_types: tuple[str, ...]

    async def look(self, upload_id: str) -> None:
        """Sniff an upload that can be read, and probe it as soon as its header is here.

        One whose bytes may not come in is ended; whoever sends it hears why. May run again.

        Raises:
            UploadMissing: it was forgotten meanwhile.
            OSError: the spool cannot be read.
        """
        prefix = await self.growing.find(upload_id)
        if prefix.is_over or not prefix.length:
            return
        head = await self.growing.read_all(prefix, 0, min(HEAD_BYTES, prefix.length))
        sniffed = sniff(head, find_name(prefix.upload))
        if not await self._passes(prefix.upload, sniffed):
            if not (prefix.upload.is_open or prefix.upload.is_partial):
                return  # it is whole: whoever judges it sets it aside
            await self.ending.cancel(prefix.upload, TYPE_REFUSED)
            return
        await self._keep(Seen(upload_id, sniffed))
        try:
            await self._probe(prefix, sniffed)
        finally:
            await self.growing.drop(upload_id)

    async def judge(self, upload_id: str, sniffed: Sniffed) -> bool:
        """Say whether a completed upload may be accepted; one that may not is set aside."""
        upload = await self.database.snapshot(
            lambda connection: upload_records.get_upload(connection, upload_id)
        )
        if upload.state is State.QUARANTINED:  # this step ran before, and was cut off after it
            return False
        if upload.state is not State.COMPLETED or await self._passes(upload, sniffed):
            return True
        async with self.database.transaction() as connection:
            now = self.clock.now()
            if not await upload_records.mark_quarantined(connection, upload, TYPE_REFUSED, now):
                return True  # it went on meanwhile; accepting it finds out
            await run_records.forget_looks(connection, upload_id)
            aside = await upload_records.get_upload(connection, upload_id)
            await tell(connection, aside, EventType.UPLOAD_QUARANTINED, self.clock)
        return False

    async def _passes(self, upload: Upload, sniffed: Sniffed) -> bool:
        types = self.account_types
        if upload.link_id is not None:
            link_id = upload.link_id
            link = await self.database.snapshot(
                lambda connection: access_records.find_link(connection, link_id)
            )
            if link is None:  # deleted since: what it let in before stays right
                return True
            types = link.types
        try:
            require_type(sniffed, find_name(upload), types)
        except TypeRefused as refused:
            LOG.info("upload %s is refused: %s", upload.id, refused)
            return False
        return True

    async def _probe(self, prefix: Prefix, sniffed: Sniffed) -> None:
        """Probe a prefix that has the header; the facts are kept where there are any."""
        ready = await self._find_header(prefix, sniffed)
        if ready is None:
            return
        prefix, needs = ready
        prefix = await self.growing.find(prefix.upload.id)
        if not (prefix.upload.is_open or prefix.upload.is_partial):
            return  # it is whole, and looked at once more right now: that comes first
        path = await self.growing.path(prefix, needs)
        try:
            info = await self.studio.probe(path, sniffed.format, prefix.size_bytes)
        except RushesError as error:
            LOG.info("upload %s tells nothing yet: %s", prefix.upload.id, error)
            return
        await self._keep(Seen(prefix.upload.id, sniffed, format_media_info(info)))

    async def _find_header(self, prefix: Prefix, sniffed: Sniffed) -> tuple[Prefix, int] | None:
        """Wait until the header is here; return the prefix, and how much of it is needed.

        None: there is none in front, or no more comes.
        """
        look = front.begin(sniffed.format, prefix.size_bytes)
        while look.needs is None:
            waited = await self._wait(prefix, look.at + front.HEADER_BYTES)
            if waited is None:
                return None
            prefix = waited
            at = look.at
            header = await self.growing.read_all(prefix, at, at + front.HEADER_BYTES)
            look = front.step(look, header, prefix.size_bytes)
        whole = await self._wait(prefix, look.needs) if look.needs else None
        return None if whole is None else (whole, look.needs)

    async def _wait(self, prefix: Prefix, length: int) -> Prefix | None:
        """Wait for so many bytes; None where they do not come, or all are here anyway."""
        upload_id, idle = prefix.upload.id, 0
        while prefix.length < length and idle < PATIENCE:
            before = prefix.length
            prefix = await self.growing.wait(upload_id, before, WAIT_SECONDS)
            if prefix.is_over or (prefix.length == before and not prefix.upload.is_open):
                return None
            idle = idle + 1 if prefix.length == before else 0
        return prefix if prefix.length >= length and not prefix.is_over else None

    async def _keep(self, seen: Seen) -> None:
        """Keep what was seen, unless the upload ended meanwhile."""
        async with self.database.transaction() as connection:
            upload = await upload_records.lock_upload(connection, seen.upload_id)
            if upload.is_gone or upload.state is State.QUARANTINED:
                return
            await records.record_seen(connection, seen, self.clock.now())
