"""Rows that stand for what came in: a project, an asset with its content, and renditions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import insert

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.tables import block_hashes, placements, projects
from rushes.ids import Prefix
from rushes.intake.verdict import Scan
from rushes.library import records as library_records
from rushes.library.asset import Asset, State
from rushes.library.records import Content
from rushes.renditions import records as rendition_records
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import Kind
from rushes.renditions.rendition import State as RenditionState
from rushes.stores.blocks import BlockHasher


@dataclass(frozen=True, slots=True)
class Filed:
    """An asset, and the upload and content behind it."""

    asset_id: str
    content_id: str
    upload_id: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Files:
    """Files things, as the library would."""

    database: Database
    clock: Clock

    def mint(self, prefix: Prefix) -> str:
        """Return a new id."""
        return ids.new(prefix, self.clock.now(), self.clock.entropy(16))

    async def project(self, client: str = "acme", project: str = "spring") -> str:
        """Make a project; return its id."""
        project_id = self.mint(Prefix.PROJECT)
        async with self.database.transaction() as connection:
            await connection.execute(
                insert(projects).values(
                    id=project_id,
                    client_slug=client,
                    project_slug=project,
                    client_name=client.title(),
                    project_name=project.title(),
                    created_at=self.clock.now(),
                )
            )
        return project_id

    async def asset(
        self,
        content: bytes,
        *,
        project_id: str | None = None,
        file_name: str = "clip.mov",
        kind: str = "video",
        media_type: str = "video/quicktime",
        state: State = State.FILED,
        error: tuple[str, str] | None = None,
    ) -> Filed:
        """File an asset with these bytes; their block digests are known."""
        place = project_id or await self.project()
        upload_id, asset_id = self.mint(Prefix.UPLOAD), self.mint(Prefix.ASSET)
        blocks = blocks_of(content)
        now = self.clock.now()
        async with self.database.transaction() as connection:
            row = self._content(content, upload_id, kind=kind, media_type=media_type)
            kept = await library_records.record_content(connection, row)
            for position, digest in enumerate(blocks):
                await connection.execute(
                    insert(block_hashes).values(
                        upload_id=upload_id, position=position, digest=digest
                    )
                )
            asset = Asset(
                id=asset_id,
                project_id=place,
                content_id=kept.id,
                upload_id=upload_id,
                created_by="acc_1",
                file_name=file_name,
                title="",
                description="",
                kind=kind,
                state=state,
                scan=Scan.NOT_SCANNED,
                size_bytes=len(content),
                duration=2.0,
                width=1280,
                height=720,
                tags=(),
                metadata={},
                error_code=error[0] if error else None,
                error_detail=error[1] if error else None,
                created_at=now,
                updated_at=now,
                revision=1,
            )
            await library_records.record_asset(connection, asset)
        return Filed(asset_id, kept.id, upload_id, place)

    def _content(self, content: bytes, upload_id: str, *, kind: str, media_type: str) -> Content:
        return Content(
            id=self.mint(Prefix.CONTENT),
            scope="acme",
            root=hashlib.sha256(b"".join(blocks_of(content))).digest(),
            digest=None,
            size_bytes=len(content),
            format="mov",
            media_type=media_type,
            kind=kind,
            facts=None,
            upload_id=upload_id,
            created_at=self.clock.now(),
        )

    async def rendition(
        self,
        filed: Filed,
        name: str,
        *,
        content: bytes | None = None,
        kind: Kind = Kind.PROXY,
        state: RenditionState = RenditionState.READY,
        file_name: str | None = None,
        media_type: str = "video/mp4",
        width: int | None = None,
        height: int | None = None,
        layout: Mapping[str, object] | None = None,
        recipe: str = "r1",
    ) -> str:
        """Want a rendition, in this state; return its id."""
        rendition_id, now = self.mint(Prefix.RENDITION), self.clock.now()
        row = Rendition(
            id=rendition_id,
            content_id=filed.content_id,
            name=name,
            kind=kind,
            recipe=recipe,
            state=state,
            media_type=media_type,
            file_name=file_name or f"{name}.mp4",
            width=width,
            height=height,
            bitrate=None,
            size_bytes=None if content is None else len(content),
            digest=None if content is None else hashlib.sha256(content).digest(),
            layout=layout,
            done_segments=1,
            all_segments=4,
            error_code=None,
            error_detail=None,
            created_at=now,
            updated_at=now,
        )
        async with self.database.transaction() as connection:
            await rendition_records.record_wanted(connection, [row])
        return rendition_id

    async def placement(self, **values: object) -> None:
        """Insert a placement's row as it is given."""
        known = {"id": self.mint(Prefix.PLACEMENT), "created_at": self.clock.now()}
        async with self.database.transaction() as connection:
            await connection.execute(insert(placements).values(**(known | values)))


def blocks_of(content: bytes) -> tuple[bytes, ...]:
    """Return the digest of each block."""
    hasher = BlockHasher()
    hasher.update(content)
    return hasher.finish().blocks or ()
