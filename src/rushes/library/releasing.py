"""What a virus scan keeps out is seen, looked through again, or let in by an admin with a reason.

Rules of this file:
1. What was looked through for nothing (`not_scanned`, `failed`) an admin lets in. What is infected
   only a superadmin does, who says so in so many words; looked through again it stays infected
   unless the scanner says that it is clean.
2. What is let in is called `not_scanned`, because an admin let it in (`released`); never clean.
3. Either way the upload is whole again, as when its last byte came, and goes the same way.
4. Who did it and why stands in the audit, beside the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rushes import ids
from rushes.access import records as access_records
from rushes.access.permit import Actor, Verb, permit
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.errors import Kind, RushesError
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.intake import scan_records
from rushes.intake.scan_records import Scanned
from rushes.intake.verdict import PENDING, Scan, Verdict, Why
from rushes.library import records
from rushes.scan_section import ScanSettings
from rushes.uploads import records as upload_records
from rushes.uploads.upload import State, Upload


class ScanNotHeld(RushesError):
    """No virus scan keeps this upload out."""

    code = "scan.not_held"
    kind = Kind.CONFLICT


class ScanBytesGone(RushesError):
    """The bytes of this infected file were deleted."""

    code = "scan.bytes_gone"
    kind = Kind.GONE


class ScanRiskUntold(RushesError):
    """The file is infected, and whoever releases it did not say that they know."""

    code = "scan.risk_untold"
    kind = Kind.CONFLICT


class ScannerOff(RushesError):
    """Nothing looks through files here."""

    code = "scan.off"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Held:
    """An upload that a scan keeps out, and what was said of it."""

    upload: Upload
    scanned: Scanned


@dataclass(frozen=True, slots=True)
class Releasing:
    """Manages what virus scans keep out."""

    database: Database
    clock: Clock
    settings: ScanSettings

    async def list_held(self, actor: Actor, after: After, limit: int) -> Sequence[Held]:
        """Return a page of what is kept out, newest first, and one more where there is one."""
        permit(actor, Verb.SEE_SETTINGS)
        async with self.database.reading() as connection:
            found = await scan_records.list_held(connection, after, limit + 1)
        return [Held(upload, scanned) for upload, scanned in found]

    async def scan_again(self, actor: Actor, upload_id: str) -> None:
        """Have an upload looked through again; it comes in if that lets it.

        Raises:
            Forbidden: the actor is no admin.
            ScannerOff: nothing looks through files here.
            UploadMissing, ScanNotHeld, ScanBytesGone: there is nothing to look through.
        """
        permit(actor, Verb.CHANGE_SETTINGS)
        if self.settings.scanner == "off":
            raise ScannerOff("Nothing looks through files here. Set scan.scanner first.")
        async with self.database.transaction() as connection:
            held = await self._hold(connection, upload_id)
            waits = replace(PENDING, found=held.scanned.verdict.found)
            await self._reopen(connection, actor, held, waits, {"deed": "scan_again"})

    async def release(
        self, actor: Actor, upload_id: str, reason: str, *, infected: bool = False
    ) -> None:
        """Let an upload in as it is; `infected` says that the actor knows what was found.

        Raises:
            Forbidden: the actor is no admin; for what is infected, no superadmin.
            ScanRiskUntold: it is infected, and `infected` was not said.
            UploadMissing, ScanNotHeld, ScanBytesGone: there is nothing to let in.
        """
        permit(actor, Verb.CHANGE_SETTINGS)
        async with self.database.transaction() as connection:
            held = await self._hold(connection, upload_id)
            known = held.scanned.verdict
            if known.scan is Scan.INFECTED:
                permit(actor, Verb.CHANGE_SECURITY)
                if not infected:
                    raise ScanRiskUntold(
                        f"This file is infected: {', '.join(known.found)}. Delete it, or release "
                        "it with `infected: true` if you know that this is wrong."
                    )
            verdict = Verdict(Scan.NOT_SCANNED, Why.RELEASED, known.found)
            facts = {"deed": "release", "reason": reason, "was": known.scan.value}
            await self._reopen(connection, actor, held, verdict, facts)

    async def _hold(self, connection: Connection, upload_id: str) -> Held:
        upload = await upload_records.lock_upload(connection, upload_id)
        scanned = await scan_records.find_scan(connection, upload_id)
        is_held = upload.state is State.QUARANTINED and scanned is not None
        if not is_held or scanned is None or upload.reason not in scan_records.HELD:
            raise ScanNotHeld("No virus scan keeps this upload out. Read it again.")
        is_filed = await records.find_asset_of_upload(connection, upload_id) is not None
        is_over = scanned.remove_at is not None and scanned.remove_at <= self.clock.now()
        if is_filed or is_over or scanned.removed_at is not None:
            raise ScanBytesGone("The bytes of this file were deleted, as it was infected.")
        return Held(upload, scanned)

    async def _reopen(
        self,
        connection: Connection,
        actor: Actor,
        held: Held,
        verdict: Verdict,
        facts: Mapping[str, object],
    ) -> None:
        now, upload = self.clock.now(), held.upload
        scanned = replace(held.scanned, verdict=verdict, tries=0, updated_at=now, remove_at=None)
        await scan_records.record_scan(connection, scanned)
        if not await scan_records.reopen(connection, upload, now):
            raise ScanNotHeld("The upload changed in this moment. Read it again.")
        project = await access_records.get_project(connection, upload.project_id)
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.SCAN_REOPENED,
            created_at=now,
            actor=actor.id,
            subject=upload.id,
            project_id=upload.project_id,
            asset_id=upload.asset_id,
            data={
                "upload_id": upload.id,
                "asset_id": upload.asset_id,
                "client": project.client_slug,
                "project": project.project_slug,
                "file_name": upload.file_name,
                "size_bytes": upload.offset,
                "found": list(held.scanned.verdict.found),
                **facts,
            },
        )
        await outbox.record(connection, event)
