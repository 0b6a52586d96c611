"""What exists of an asset, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rushes.access.permit import Actor, Verb
from rushes.db.engine import Database
from rushes.delivery.medium import get_permitted
from rushes.renditions import records as rendition_records
from rushes.renditions.records import Rendition
from rushes.tiers import editing_records
from rushes.tiers import records as placement_records
from rushes.tiers.editing_records import FileRow
from rushes.tiers.placement import State, Tier


@dataclass(frozen=True, slots=True)
class ListedRendition:
    """A rendition as people see it; sizes in bytes, rates in bit/s, progress from 0 to 1."""

    id: str
    name: str
    kind: str
    state: str
    media_type: str
    width: int | None
    height: int | None
    bitrate: int | None
    size_bytes: int | None
    progress: float
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ListedPlacement:
    """An object on a tier; `name` is `original` or that of a rendition."""

    object_id: str
    name: str
    tier: str
    state: str
    size_bytes: int
    is_shared: bool
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Answers who wants to know."""

    database: Database

    async def list_renditions(self, actor: Actor, asset_id: str) -> list[ListedRendition]:
        """Return every rendition of an asset, in the order they were wanted.

        Raises:
            AssetNotFound, Forbidden: see `get_permitted`.
        """
        async with self.database.reading() as connection:
            medium = await get_permitted(connection, actor, Verb.SEE_ASSET, asset_id)
            found = await rendition_records.list_of_content(connection, medium.content.id)
        return [_listed(each) for each in found]

    async def list_placements(self, actor: Actor, asset_id: str) -> list[ListedPlacement]:
        """Return where the original and the renditions of an asset are.

        Raises:
            AssetNotFound, Forbidden: see `get_permitted`.
        """
        async with self.database.reading() as connection:
            medium = await get_permitted(connection, actor, Verb.SEE_ASSET, asset_id)
            found = await rendition_records.list_of_content(connection, medium.content.id)
            places = await placement_records.list_of_content(connection, medium.content.id)
            file = await editing_records.find_file(connection, asset_id)
        names = {each.id: each.name for each in found} | {medium.content.id: "original"}
        listed = [
            ListedPlacement(
                object_id=place.object_id,
                name=names.get(place.object_id, ""),
                tier=place.tier.value,
                state=place.state.value,
                size_bytes=place.size_bytes,
                is_shared=place.is_shared,
                verified_at=place.verified_at,
            )
            for place in places
        ]
        return listed if file is None else [*listed, _editors(file, names)]


def _editors(file: FileRow, names: Mapping[str, str]) -> ListedPlacement:
    """Return what lies in the editors' tree, or waits to come there."""
    object_id = file.rendition_id or ""
    return ListedPlacement(
        object_id=object_id,
        name=names.get(object_id, ""),
        tier=Tier.EDITING.value,
        state=(State.ABSENT if file.digest is None else State.PRESENT).value,
        size_bytes=file.size_bytes,
        is_shared=False,
        verified_at=file.written_at,
    )


def _listed(rendition: Rendition) -> ListedRendition:
    return ListedRendition(
        id=rendition.id,
        name=rendition.name,
        kind=rendition.kind.value,
        state=rendition.state.value,
        media_type=rendition.media_type,
        width=rendition.width,
        height=rendition.height,
        bitrate=rendition.bitrate,
        size_bytes=rendition.size_bytes,
        progress=min(1.0, rendition.done_segments / (rendition.all_segments or 1)),
        error_code=rendition.error_code,
        error_detail=rendition.error_detail,
        created_at=rendition.created_at,
        updated_at=rendition.updated_at,
    )
