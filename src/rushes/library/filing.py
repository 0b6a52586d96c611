"""Filing: an accepted upload becomes an asset, and bytes that are here already are kept once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rushes import ids
from rushes.access import records as access_records
from rushes.access.project import Project
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.intake import scan_records
from rushes.intake.sniff import Sniffed
from rushes.intake.verdict import Scan
from rushes.library import arriving_records, catalog_records, records
from rushes.library.answering import with_fields
from rushes.library.asset import Asset, Shown, State, Step, after, new_asset, plan_step
from rushes.library.indexing import index
from rushes.uploads import records as upload_records
from rushes.uploads.asking import find_answers
from rushes.uploads.upload import Upload, UploadGone

STATE_EVENTS = {
    State.PLAYABLE: EventType.ASSET_PLAYABLE,
    State.READY: EventType.ASSET_READY,
    State.FAILED: EventType.ASSET_FAILED,
}


@dataclass(frozen=True, slots=True)
class Filing:
    """Makes assets of uploads, and keeps their states true."""

    database: Database
    clock: Clock

    async def accept(self, upload_id: str, sniffed: Sniffed) -> str:
        """Accept a completed upload and file it, in one transaction; return the asset's id.

        A second call returns what the first one made.

        Raises:
            UploadGone: it was cancelled meanwhile, or its project deleted.
        """
        return await self.database.transact(
            lambda connection: self._accept(connection, upload_id, sniffed)
        )

    async def _accept(self, connection: Connection, upload_id: str, sniffed: Sniffed) -> str:
        upload = await upload_records.lock_upload(connection, upload_id)
        known = await records.find_asset_of_upload(connection, upload_id)
        if known is not None and known.state is not State.ARRIVING:
            return known.id
        now = self.clock.now()
        upload = upload.answering()
        project = await access_records.get_project(connection, upload.project_id)
        if project.deleted_at is not None:
            raise UploadGone("Its project was deleted.")
        await upload_records.mark_accepted(connection, upload, now)
        asset = await self._file(connection, upload, project, sniffed, known)
        facts = {
            "upload_id": upload.id,
            "file_name": asset.file_name,
            "size_bytes": asset.size_bytes,
            "kind": asset.kind,
            "scan": asset.scan.value,
        }
        await self._tell(connection, EventType.UPLOAD_ACCEPTED, asset, project, facts)
        await self._tell(connection, EventType.ASSET_CREATED, asset, project, facts)
        return asset.id

    async def settle(self, content_id: str, shown: Shown) -> None:
        """Bring every asset of a content to the state that is true now."""

        async def settle(to: Connection) -> None:
            for asset in await records.list_of_content(to, content_id):
                await self._settle_one(to, asset, shown)

        await self.database.transact(settle)

    async def _settle_one(self, connection: Connection, asset: Asset, shown: Shown) -> None:
        state = asset.state
        while (step := plan_step(state, shown)) is not None:
            state = after(state, step)
        if state is asset.state:
            return
        now = self.clock.now()
        error = shown.error if state is State.FAILED else None
        if not await records.change_state(connection, asset, state, now=now, error=error):
            return
        what = STATE_EVENTS.get(state)
        if what is None:  # it is to be tried again: nothing that anybody waits for
            return
        project = await access_records.get_project(connection, asset.project_id)
        facts: dict[str, object] = {"file_name": asset.file_name, "state": state.value}
        if error is not None:
            facts |= {"code": error[0], "detail": error[1]}
        await self._tell(connection, what, asset, project, facts)

    async def _file(
        self,
        connection: Connection,
        upload: Upload,
        project: Project,
        sniffed: Sniffed,
        arrived: Asset | None,
    ) -> Asset:
        now = self.clock.now()
        read = self._content(upload, project.client_slug, sniffed, now)
        if arrived is None:
            content = await records.record_content(connection, read)
        else:
            content = await arriving_records.record_read(connection, arrived.content_id, read)
        if content.digest is not None and upload.digest is None:  # known bytes: known digest
            await upload_records.record_digest(connection, upload.id, content.digest)
        siblings = await records.list_of_content(connection, content.id)
        scanned = await scan_records.find_scan(connection, upload.id)
        scan = Scan.NOT_SCANNED if scanned is None else scanned.verdict.scan
        asset = _asset(upload, content, siblings, scan, now)
        asset = replace(asset, metadata=await _find_answers(connection, upload))
        if arrived is None:
            await records.record_asset(connection, asset)
        else:
            filed = replace(asset, state=after(arrived.state, Step.FILE))
            if not await arriving_records.record_filed(connection, filed):
                raise UploadGone("Its project was deleted.")
        await index(connection, asset, project)
        return asset

    def _content(
        self, upload: Upload, scope: str, sniffed: Sniffed, now: datetime
    ) -> records.Content:
        if upload.root is None:
            raise ValueError(f"Upload {upload.id} has no root: intake has not read it.")
        return records.Content(
            id=ids.new(Prefix.CONTENT, now, self.clock.entropy(ENTROPY_BYTES)),
            scope=scope,
            root=upload.root,
            digest=upload.digest,
            size_bytes=upload.offset,
            format=sniffed.format,
            media_type=sniffed.media_type,
            kind=sniffed.kind.value,
            facts=None,
            upload_id=upload.id,
            created_at=now,
        )

    async def _tell(
        self,
        connection: Connection,
        what: EventType,
        asset: Asset,
        project: Project,
        facts: dict[str, object],
    ) -> None:
        now = self.clock.now()
        is_upload = what is EventType.UPLOAD_ACCEPTED
        place = {
            "asset_id": asset.id,
            "content_id": asset.content_id,
            "client": project.client_slug,
            "project": project.project_slug,
        }
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=what,
            created_at=now,
            actor=asset.created_by if what is EventType.ASSET_CREATED else SYSTEM_ACTOR,
            subject=asset.upload_id if is_upload else asset.id,
            project_id=asset.project_id,
            asset_id=asset.id,
            data=place | facts,
        )
        await outbox.record(connection, event)


async def _find_answers(connection: Connection, upload: Upload) -> dict[str, object]:
    """Return what the sender was asked by the link and answered."""
    link = None
    if upload.link_id is not None:
        link = await access_records.find_link(connection, upload.link_id)
    if link is None or not link.fields:
        return {}
    fields = await catalog_records.list_fields(connection, ["", link.project_id])
    return find_answers(with_fields(link, fields), upload)


def _asset(
    upload: Upload,
    content: records.Content,
    siblings: Sequence[Asset],
    scan: Scan,
    now: datetime,
) -> Asset:
    """Return the new asset; what is known of the same bytes already is taken from a sibling."""
    asset = new_asset(upload, content.id, kind=content.kind, state=State.FILED, scan=scan, now=now)
    if not siblings:
        return asset
    known = siblings[0]
    return replace(
        asset, kind=known.kind, duration=known.duration, width=known.width, height=known.height
    )
