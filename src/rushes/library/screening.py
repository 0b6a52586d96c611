"""Screening: what the virus scan says of an upload, and what follows from it.

    whole ──┬─> waits outside ──> scan ──> filed under its verdict, or quarantined
            └─> filed as pending ──> scan ──> the verdict, or quarantined after all

1. A scanner that is away or breaks is asked again, and a file that nobody could look through is
   `failed` or `not_scanned`, never `clean`.
2. What is infected is marked, told and quarantined in one transaction; then its bytes go. The row
   of the upload, its digests and its events stay.
3. All assets with the same bytes share a verdict that is bad.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import RushesError
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.intake import scan_records
from rushes.intake.clamd import ScannerAway
from rushes.intake.scan_records import Scanned
from rushes.intake.verdict import PENDING, UNAVAILABLE, Scan, Verdict, heed, lets_in, pauses
from rushes.library import records
from rushes.library.asset import Asset
from rushes.library.asset import State as AssetState
from rushes.library.editing import Editing
from rushes.scan_section import ScanSettings
from rushes.uploads import records as upload_records
from rushes.uploads import run_records
from rushes.uploads.commit import tell
from rushes.uploads.ending import Ending
from rushes.uploads.upload import INFECTED, NOT_SCANNED, State, Upload, UploadGone

BATCH: Final = 50
EVENTS: Final = {
    Scan.INFECTED: EventType.SCAN_INFECTED,
    Scan.FAILED: EventType.SCAN_FAILED,
}

LOG: Final = logging.getLogger(__name__)


class Order(StrEnum):
    """When a file is looked through."""

    NEVER = "never"
    BEFORE = "before"
    AFTER = "after"


class Scanner(Protocol):
    """What looks through files."""

    @property
    def name(self) -> str:
        """Say which it is, for the row."""

    async def look(self, path: Path, size_bytes: int) -> Verdict:
        """Return its verdict; raises ScannerAway."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where bytes are: of an upload by its id, of what is filed by its content's."""

    upload: Callable[[str], Awaitable[Path]]
    content: Callable[[str], Awaitable[Path]]


@dataclass(frozen=True, slots=True)
class Screening:
    """Has files looked through, and acts on what is said."""

    database: Database
    clock: Clock
    settings: ScanSettings
    scanner: Scanner | None
    sources: Sources
    editing: Editing
    ending: Ending
    _places: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    async def order(self, upload_id: str) -> Order:
        """Say when an upload is looked through, and note that it waits for that."""
        if self.scanner is None:
            return Order.NEVER
        async with self.database.transaction() as connection:
            upload = await upload_records.get_upload(connection, upload_id)
            known = await scan_records.find_scan(connection, upload_id)
            if known is None:
                await self._record(connection, upload_id, PENDING, 0)
        is_before = self.is_before(upload) or known is not None  # it was kept out before
        return Order.BEFORE if is_before else Order.AFTER

    def is_before(self, upload: Upload) -> bool:
        """Say whether nobody has anything of an upload before it was looked through."""
        wanted = self.settings
        waits = wanted.gate == "all" or wanted.required or upload.link_id is not None
        return waits and self.scanner is not None

    async def scan(self, upload_id: str) -> bool:
        """Have an upload looked through; say whether it may come in, or stay.

        However long the scanner is away, within `scan.patience`. May run again.

        Raises:
            UploadGone: it was cancelled meanwhile.
            OSError, NoCopy: its bytes cannot be read.
        """
        async with self.database.reading() as connection:
            upload = _living(await upload_records.get_upload(connection, upload_id))
            known = await scan_records.find_scan(connection, upload_id)
        if upload.state is State.QUARANTINED:
            return False
        if known is not None and known.verdict.scan is not Scan.PENDING:
            verdict, tries = known.verdict, known.tries  # this step was cut off behind it
        else:
            found = () if known is None else known.verdict.found
            verdict, tries = await self._ask(upload, found)
        return await self._judge(upload_id, verdict, tries)

    async def sweep(self) -> int:
        """Remove the bytes of infected files whose time is over; return how many were due."""
        now = self.clock.now()
        async with self.database.reading() as connection:
            due = await scan_records.list_due(connection, now, BATCH)
        for upload_id in due:
            try:
                await self._remove(upload_id)
            except (RushesError, OSError) as error:  # the others go all the same, this one later
                LOG.warning("upload %s is not removed yet: %s", upload_id, error)
        return len(due)

    async def _ask(self, upload: Upload, found: tuple[str, ...]) -> tuple[Verdict, int]:
        """Return the scanner's verdict, and how many tries gave none.

        `found` is what a scanner found before, where somebody has it looked through again.
        """
        waits = pauses(self.settings.retries, self.settings.patience.total_seconds())
        tries = 0
        while True:
            try:
                return heed(await self._look(upload), found), tries
            except ScannerAway as away:
                tries += 1
                LOG.warning("upload %s is not scanned: %s", upload.id, away, extra={"tries": tries})
            pause = next(waits, None)
            if pause is None:
                return heed(UNAVAILABLE, found), tries
            async with self.database.transaction() as connection:
                await self._record(connection, upload.id, replace(PENDING, found=found), tries)
            await asyncio.sleep(pause)

    async def _look(self, upload: Upload) -> Verdict:
        if self.scanner is None:  # it was switched off since
            return UNAVAILABLE
        async with self.database.reading() as connection:
            asset = await records.find_asset_of_upload(connection, upload.id)
        if asset is not None:
            path = await self.sources.content(asset.content_id)
        elif upload.state is State.ACCEPTED:
            raise UploadGone("The asset was deleted before it was scanned.")
        else:
            path = await self.sources.upload(upload.id)
        async with self._places.setdefault("", asyncio.Semaphore(self.settings.at_once)):
            return await self.scanner.look(path, upload.offset)

    async def _judge(self, upload_id: str, verdict: Verdict, tries: int) -> bool:
        passes = lets_in(verdict, is_required=self.settings.required)
        async with self.database.transaction() as connection:
            upload = _living(await upload_records.lock_upload(connection, upload_id))
            asset = await records.find_asset_of_upload(connection, upload_id)
            await self._record(connection, upload_id, verdict, tries)
            if asset is not None:
                await records.mark_scan(connection, asset, verdict.scan, self.clock.now())
            is_filed = asset is not None and asset.state is not AssetState.ARRIVING
            if verdict.scan is Scan.INFECTED and upload.root is not None and not is_filed:
                await records.mark_harmful(connection, upload.root, self.clock.now())
            if not passes:
                await self._set_aside(connection, upload, verdict)
            await self._tell(connection, upload, asset, verdict)
        if verdict.scan is Scan.INFECTED:
            LOG.warning("upload %s is infected: %s", upload_id, ", ".join(verdict.found))
            await self.sweep()
        return passes

    async def _set_aside(self, connection: Connection, upload: Upload, verdict: Verdict) -> None:
        reason = INFECTED if verdict.scan is Scan.INFECTED else NOT_SCANNED
        now = self.clock.now()
        if upload.state is State.ACCEPTED and reason == NOT_SCANNED:
            return  # it is in: only what is known to be harmful goes out again
        if await upload_records.mark_quarantined(connection, upload, reason, now):
            await run_records.forget_looks(connection, upload.id)
            aside = await upload_records.get_upload(connection, upload.id)
            await tell(connection, aside, EventType.UPLOAD_QUARANTINED, self.clock)

    async def _record(
        self, connection: Connection, upload_id: str, verdict: Verdict, tries: int
    ) -> None:
        now = self.clock.now()
        keep = timedelta(days=self.settings.keep_infected_days)
        scanned = Scanned(
            upload_id=upload_id,
            verdict=verdict,
            scanner="" if self.scanner is None else self.scanner.name,
            tries=tries,
            updated_at=now,
            remove_at=now + keep if verdict.scan is Scan.INFECTED else None,
        )
        await scan_records.record_scan(connection, scanned)

    async def _tell(
        self, connection: Connection, upload: Upload, asset: Asset | None, verdict: Verdict
    ) -> None:
        now = self.clock.now()
        project = await access_records.get_project(connection, upload.project_id)
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EVENTS.get(verdict.scan, EventType.SCAN_FINISHED),
            created_at=now,
            actor=SYSTEM_ACTOR,
            subject=upload.id,
            project_id=upload.project_id,
            asset_id=upload.asset_id,
            data={
                "upload_id": upload.id,
                "asset_id": upload.asset_id,
                "content_id": None if asset is None else asset.content_id,
                "client": project.client_slug,
                "project": project.project_slug,
                "file_name": upload.file_name,
                "size_bytes": upload.offset,
                "sender": upload.account_id or upload.link_id,
                "scan": verdict.scan.value,
                "why": None if verdict.why is None else verdict.why.value,
                "found": list(verdict.found),
            },
        )
        await outbox.record(connection, event)

    async def _remove(self, upload_id: str) -> None:
        async with self.database.reading() as connection:
            asset = await records.find_asset_of_upload(connection, upload_id)
            same = await records.list_of_content(connection, asset.content_id) if asset else []
        for each in same:
            if each.state is not AssetState.DELETING:
                await self.editing.delete(SYSTEM_ACTOR, each.id, project_ids=None)
        await self.ending.remove_bytes(upload_id)
        async with self.database.transaction() as connection:
            await scan_records.mark_removed(connection, upload_id, self.clock.now())


def _living(upload: Upload) -> Upload:
    """Return an upload whose bytes are wanted: its sender may let go of what is filed.

    Raises:
        UploadGone: it was cancelled.
    """
    return upload if upload.state is State.ACCEPTED else upload.answering()
