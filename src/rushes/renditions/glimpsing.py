"""Glimpsing: a film that came past us is watched by members before its blocks are read.

uploaded ──> glimpse: sniff, file as arriving, probe, first segments
ended    ──> withdraw: the asset goes, with all that was made of it
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from rushes.db.engine import Database
from rushes.events.event import Event, EventType
from rushes.events.relay import Argument, Start
from rushes.intake.early import Early
from rushes.intake.elsewhere import Elsewhere
from rushes.intake.sniff import HEAD_BYTES, sniff
from rushes.intake.verdict import Scan
from rushes.jobs.engine import Engine
from rushes.jobs.job import StepFailed
from rushes.library.arriving import Arriving
from rushes.library.screening import Screening
from rushes.media.path import COPIED_CONTAINER
from rushes.renditions.rendition import PLAYED
from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.s3 import S3Store
from rushes.uploads import direct_records
from rushes.uploads import records as upload_records
from rushes.uploads.direct import Direct
from rushes.uploads.upload import Protocol, State, Upload

SOON_READ_BYTES: Final = 4 * BLOCK_BYTES
"""What is read at once anyway: smaller files are filed as soon as they could be glimpsed."""

LOOK_SECONDS: Final = 120.0
DAY_SECONDS: Final = 86_400.0

LOG: Final = logging.getLogger(__name__)


def _past_us(event: Event) -> tuple[Argument, ...] | None:
    is_direct = event.data.get("protocol") == Protocol.DIRECT
    return (event.subject,) if is_direct else None


GLIMPSE: Final = Start("glimpse", _past_us)
WITHDRAW: Final = Start("withdraw", _past_us)
ENDED: Final = (
    EventType.UPLOAD_CANCELLED,
    EventType.UPLOAD_EXPIRED,
    EventType.UPLOAD_QUARANTINED,
)
"""After these nothing of an upload is shown."""


@dataclass(frozen=True, slots=True)
class Glimpsing:
    """Says what may be glimpsed, and takes it away."""

    database: Database
    early: Early
    screening: Screening
    arriving: Arriving
    elsewhere: Elsewhere | None

    async def begin(self, upload_id: str) -> str:
        """File a film that was not read yet; return its content's id, or nothing where it waits.

        It waits where it is small, no plain MP4 or MOV, scanned before the door, or read already.

        Raises:
            StoreChanged, NotFound, Unreachable, Busy, Refused: its store failed.
        """
        async with self.database.reading() as connection:
            upload = await upload_records.get_upload(connection, upload_id)
            direct = await direct_records.find_direct(connection, upload_id)
        if direct is None or not self._may(upload, direct):
            return ""
        head = await self._head(direct, min(HEAD_BYTES, upload.offset))
        sniffed = sniff(head, upload.file_name)
        if sniffed.format != COPIED_CONTAINER or not await self.early.judge(upload_id, sniffed):
            return ""
        scan = Scan.NOT_SCANNED if self.screening.scanner is None else Scan.PENDING
        return await self.arriving.file(upload_id, sniffed, scan)

    def _may(self, upload: Upload, direct: Direct) -> bool:
        if self.elsewhere is None or not isinstance(self.elsewhere.store, S3Store):
            return False  # a folder is read in no time
        if direct.is_foreign or upload.state is not State.COMPLETED or upload.root is not None:
            return False
        return upload.offset > SOON_READ_BYTES and not self.screening.is_before(upload)

    async def _head(self, direct: Direct, size_bytes: int) -> bytes:
        return b"" if self.elsewhere is None else await self.elsewhere.head(direct, size_bytes)


def tell_glimpsing(
    engine: Engine,
    glimpsing: Glimpsing,
    look_at: Callable[[str], Awaitable[list[str]]],
    open_it: Callable[[str], Awaitable[bool]],
    withdraw_it: Callable[[str], Awaitable[None]],
) -> None:
    """Tell the engine both workflows; the other deeds are those of `prepare` and `close`."""
    begin = engine.step("glimpse", timeout_seconds=LOOK_SECONDS)(glimpsing.begin)
    look = engine.step("probe", timeout_seconds=LOOK_SECONDS, preemptible=True)(look_at)
    open_first = engine.step("open", timeout_seconds=LOOK_SECONDS, preemptible=True)(open_it)
    take_away = engine.step("withdraw", timeout_seconds=DAY_SECONDS)(withdraw_it)

    @engine.workflow("glimpse")
    async def glimpse(upload_id: str) -> None:
        try:
            content_id = await begin(upload_id)
            if content_id and PLAYED.intersection(await look(content_id)):
                await open_first(content_id)
        except StepFailed as failure:  # it is looked at once more when it was read
            LOG.info("upload %s is not watched before it is read: %s", upload_id, failure)

    @engine.workflow("withdraw")
    async def withdraw(upload_id: str) -> None:
        await take_away(upload_id)
