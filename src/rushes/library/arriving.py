"""Arriving: an asset whose bytes lie in the archive's bucket, and were not read by anybody yet.

    uploaded ──> arriving ──> filed        its blocks were read: it is an asset like others
                     └──────> withdrawn    other bytes, a harmful file, a sender who let go: it goes

Members see and watch it; nobody else does, nothing of it is told to other programs, kept or given
out. Until its blocks are read nobody knows its root: the id of the upload stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.intake.sniff import Sniffed
from rushes.intake.verdict import Scan
from rushes.library import arriving_records, records
from rushes.library.asset import State, new_asset
from rushes.library.indexing import index
from rushes.library.records import Content, unread_root
from rushes.uploads import records as upload_records
from rushes.uploads.upload import Protocol
from rushes.uploads.upload import State as UploadState


@dataclass(frozen=True, slots=True)
class Arriving:
    """Files what was not read yet, and takes it away again."""

    database: Database
    clock: Clock

    async def file(self, upload_id: str, sniffed: Sniffed, scan: Scan) -> str:
        """Make an asset of an upload that nobody has read, and return its content's id.

        Nothing (an empty id) is made of what was read, or ended, meanwhile. May run again.
        """
        async with self.database.transaction() as connection:
            upload = await upload_records.lock_upload(connection, upload_id)
            known = await records.find_asset_of_upload(connection, upload_id)
            if known is not None:
                return known.content_id if known.state is State.ARRIVING else ""
            if upload.state is not UploadState.COMPLETED or upload.root is not None:
                return ""
            now = self.clock.now()
            project = await access_records.get_project(connection, upload.project_id)
            if project.deleted_at is not None:
                return ""
            content = Content(
                id=ids.new(Prefix.CONTENT, now, self.clock.entropy(ENTROPY_BYTES)),
                scope=project.client_slug,
                root=unread_root(upload_id),
                digest=None,
                size_bytes=upload.offset,
                format=sniffed.format,
                media_type=sniffed.media_type,
                kind=sniffed.kind.value,
                facts=None,
                upload_id=upload_id,
                created_at=now,
            )
            content = await records.record_content(connection, content)
            asset = new_asset(
                upload, content.id, kind=content.kind, state=State.ARRIVING, scan=scan, now=now
            )
            await records.record_asset(connection, asset)
            await index(connection, asset, project)
            return content.id

    async def withdraw(self, upload_id: str) -> str:
        """Take an asset away that arrived and is not filed; return its content's id, or nothing.

        What the upload took of the room of its project it gives back itself.
        """
        async with self.database.reading() as connection:
            upload = await upload_records.get_upload(connection, upload_id)
        if upload.protocol is not Protocol.DIRECT:
            return ""
        async with self.database.transaction() as connection:
            upload = await upload_records.lock_upload(connection, upload_id)
            asset = await records.find_asset_of_upload(connection, upload_id)
            if asset is not None and asset.state is State.ARRIVING:
                await records.delete_asset(connection, asset.id)
            project = await access_records.get_project(connection, upload.project_id)
            scope, root = project.client_slug, unread_root(upload_id)
            return await arriving_records.find_left(connection, scope, root) or ""
