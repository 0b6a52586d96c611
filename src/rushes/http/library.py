"""Assets over HTTP: list, find, read, change, delete, and what happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from rushes.access import records as access_records
from rushes.access.permit import Actor, Verb, permit
from rushes.access.project import Project
from rushes.db.engine import Database
from rushes.delivery.covers import Cover, Covers
from rushes.events import outbox
from rushes.events.event import Event
from rushes.http.auth import Identify
from rushes.http.finding import Filter, read_place, read_question, write_place
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.revisions import IfMatch, mark, read_revision
from rushes.http.wishes import Wish
from rushes.library import records, search_records
from rushes.library.asset import Asset, AssetNotFound
from rushes.library.editing import Change, Editing
from rushes.library.records import Label
from rushes.library.search_order import Place

ASSETS: Final = "assets"
EVENTS: Final = "events"

WithObject = Annotated[
    bool,
    Query(description="Also delete the object that was imported: by default it stays, forgotten"),
]

Purge = Annotated[
    bool,
    Query(description="Also delete what its store bills until the end of a minimum duration"),
]


class Trouble(BaseModel):
    """What went wrong, as an error code and a sentence."""

    code: str
    detail: str


class TierAnswer(BaseModel):
    """A tier and the state of an asset's objects there."""

    tier: str
    state: str


class AssetAnswer(BaseModel):
    """An asset; sizes in bytes, duration in seconds, digest as `sha-256:hex` once it is known."""

    id: str
    file_name: str
    title: str
    description: str
    kind: str
    media_type: str
    size_bytes: int
    digest: str | None
    state: str
    scan: str
    client: str
    project: str
    client_name: str
    project_name: str
    duration: float | None
    width: int | None
    height: int | None
    tags: list[str]
    metadata: dict[str, Any]
    facts: dict[str, Any] | None = None
    error: Trouble | None
    poster_url: str | None
    thumbnail_url: str | None
    moving_url: str | None
    placements: list[TierAnswer]
    created_by: str
    created_at: datetime
    updated_at: datetime


class EventAnswer(BaseModel):
    """Something that happened."""

    id: str
    type: str
    created_at: datetime
    actor: str
    subject: str
    data: dict[str, Any]


class AssetChange(Wish):
    """What to change; what is left out stays. `metadata` is merged, a null removes its key."""

    title: Annotated[str, Field(max_length=500)] | None = None
    description: Annotated[str, Field(max_length=20_000)] | None = None
    tags: list[str] | None = None
    metadata: dict[Annotated[str, Field(min_length=1, max_length=100)], Any] | None = None


class Found(Filter):
    """What to look for, as parameters; others than these are left unread."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True)
class Library:
    """The deeds behind these routes; `base_url` None takes the address that was asked."""

    database: Database
    editing: Editing
    covers: Covers
    pager: Pager
    base_url: str | None = None

    async def answer(
        self, request: Request, actor: Actor, assets: Sequence[Asset]
    ) -> list[AssetAnswer]:
        """Return assets as they are sent."""
        base = (self.base_url or str(request.base_url)).rstrip("/")
        covers = await self.covers.list_covers(assets, actor, base)
        async with self.database.reading() as connection:
            places = await access_records.list_projects_by_id(
                connection, {asset.project_id for asset in assets}
            )
            labels = await records.list_labels(connection, {asset.content_id for asset in assets})
        return [
            _answer(asset, labels.get(asset.content_id), places[asset.project_id], covers[asset.id])
            for asset in assets
        ]


def routes(library: Library, identify: Identify) -> APIRouter:
    """Return the routes of assets and events."""
    router = APIRouter(prefix="/api/v1", tags=["library"])
    _add_reading(router, library, identify)
    _add_changing(router, library, identify)
    _add_events(router, library, identify)
    return router


def _add_reading(router: APIRouter, library: Library, identify: Identify) -> None:
    @router.get("/assets")
    async def list_assets(
        request: Request,
        found: Annotated[Found, Query()],
        limit: Limit = DEFAULT_LIMIT,
        cursor: CursorText = None,
    ) -> Page[AssetAnswer]:
        """List assets, newest first; `q` searches all words, `metadata.KEY` is a value wanted."""
        actor = await identify(request)
        permit(actor, Verb.SEE_ASSET)
        question = read_question(found, request.query_params)
        listing = f"{ASSETS}:{question.sort}:{question.is_full_text}"
        after: Place = None
        if cursor:
            value, asset_id = library.pager.read(listing, cursor)
            after = read_place(question, value), str(asset_id)
        async with library.database.reading() as connection:
            rows = await search_records.find_assets(
                connection, question, _projects(actor), after, limit + 1
            )
        following = None
        if len(rows) > limit:
            last, place = rows[limit - 1]
            following = library.pager.write(listing, write_place(place), last.id)
        items = await library.answer(request, actor, [asset for asset, _ in rows[:limit]])
        return Page(items=items, next_cursor=following)

    @router.get("/assets/{asset_id}")
    async def get_asset(request: Request, response: Response, asset_id: str) -> AssetAnswer:
        """Read one asset, with the facts of its medium."""
        actor = await identify(request)
        asset = await get_asset_for(library, actor, asset_id)
        permit(actor, Verb.SEE_ASSET, asset.project_id)
        (answer,) = await library.answer(request, actor, [asset])
        mark(response, asset.revision)
        async with library.database.reading() as connection:
            content = await records.find_content(connection, asset.content_id)
        media = content.facts.get("media") if content and content.facts else None
        return answer.model_copy(update={"facts": media})


def _add_changing(router: APIRouter, library: Library, identify: Identify) -> None:
    @router.patch("/assets/{asset_id}")
    async def change_asset(
        request: Request,
        response: Response,
        asset_id: str,
        change: AssetChange,
        if_match: IfMatch = None,
    ) -> AssetAnswer:
        """Change words of an asset; with If-Match only if nobody was faster."""
        actor = await identify(request)
        asset = await get_asset_for(library, actor, asset_id)
        permit(actor, Verb.CHANGE_ASSET, asset.project_id)
        wanted = Change(
            title=change.title,
            description=change.description,
            tags=None if change.tags is None else tuple(change.tags),
            metadata=change.metadata,
        )
        changed = await library.editing.change(
            actor.id,
            asset_id,
            wanted,
            project_ids=_projects(actor),
            revision=read_revision(if_match),
        )
        mark(response, changed.revision)
        return (await library.answer(request, actor, [changed]))[0]

    @router.delete("/assets/{asset_id}", status_code=204)
    async def delete_asset(
        request: Request,
        asset_id: str,
        *,
        with_object: WithObject = False,
        purge: Purge = False,
    ) -> None:
        """Delete an asset: it is out of sight at once, its bytes follow."""
        actor = await identify(request)
        asset = await get_asset_for(library, actor, asset_id)
        permit(actor, Verb.DELETE_ASSET, asset.project_id)
        await library.editing.delete(
            actor.id,
            asset_id,
            project_ids=_projects(actor),
            with_object=with_object,
            purge=purge,
        )


def _add_events(router: APIRouter, library: Library, identify: Identify) -> None:
    @router.get("/assets/{asset_id}/activity")
    async def list_activity(
        request: Request,
        asset_id: str,
        limit: Limit = DEFAULT_LIMIT,
        cursor: CursorText = None,
    ) -> Page[EventAnswer]:
        """List what happened to an asset, newest first."""
        actor = await identify(request)
        asset = await get_asset_for(library, actor, asset_id)
        permit(actor, Verb.SEE_ASSET, asset.project_id)
        before = _read_number(library.pager, cursor)
        async with library.database.reading() as connection:
            found = await outbox.list_events(
                connection, asset_id=asset_id, before=before, limit=limit + 1
            )
        return _event_page(library, found, limit)

    @router.get("/events")
    async def list_events(
        request: Request,
        limit: Limit = DEFAULT_LIMIT,
        cursor: CursorText = None,
    ) -> Page[EventAnswer]:
        """List what happened in the projects that the caller sees, newest first."""
        actor = await identify(request)
        permit(actor, Verb.SEE_AUDIT)
        before = _read_number(library.pager, cursor)
        projects = None
        if actor.project_ids is not None:
            projects = sorted(actor.project_ids - actor.view_only)
        async with library.database.reading() as connection:
            found = await outbox.list_events(
                connection, project_ids=projects, before=before, limit=limit + 1
            )
        return _event_page(library, found, limit)


async def get_asset_for(library: Library, actor: Actor, asset_id: str) -> Asset:
    """Return an asset that the actor may know of.

    Raises:
        AssetNotFound: it is unknown, or not theirs.
    """
    async with library.database.reading() as connection:
        asset = await records.find_asset(connection, asset_id, project_ids=_projects(actor))
    if asset is None:
        raise AssetNotFound("There is no such asset. Check its id.")
    return asset


def _projects(actor: Actor) -> list[str] | None:
    return None if actor.project_ids is None else sorted(actor.project_ids)


def _read_number(pager: Pager, cursor: str | None) -> int | None:
    return int(pager.read(EVENTS, cursor)[0]) if cursor else None


def _event_page(library: Library, found: list[tuple[int, Event]], limit: int) -> Page[EventAnswer]:
    following = None
    if len(found) > limit:
        following = library.pager.write(EVENTS, found[limit - 1][0])
    items = [
        EventAnswer(
            id=event.id,
            type=event.type.value,
            created_at=event.created_at,
            actor=event.actor,
            subject=event.subject,
            data=dict(event.data),
        )
        for _, event in found[:limit]
    ]
    return Page(items=items, next_cursor=following)


def _answer(asset: Asset, label: Label | None, place: Project, cover: Cover) -> AssetAnswer:
    digest = label.digest.hex() if label and label.digest else None
    code = asset.error_code or (label.error_code if label else None)
    detail = asset.error_detail or (label.error_detail if label else None)
    return AssetAnswer(
        id=asset.id,
        file_name=asset.file_name,
        title=asset.title,
        description=asset.description,
        kind=asset.kind,
        media_type=label.media_type if label else "application/octet-stream",
        size_bytes=asset.size_bytes,
        digest=None if digest is None else f"sha-256:{digest}",
        state=asset.state.value,
        scan=asset.scan.value,
        client=place.client_slug,
        project=place.project_slug,
        client_name=place.client_name,
        project_name=place.project_name,
        duration=asset.duration,
        width=asset.width,
        height=asset.height,
        tags=list(asset.tags),
        metadata=dict(asset.metadata),
        error=None if code is None else Trouble(code=code, detail=detail or ""),
        poster_url=cover.poster_url,
        thumbnail_url=cover.thumbnail_url,
        moving_url=cover.moving_url,
        placements=[TierAnswer(tier=each.tier, state=each.state) for each in cover.placements],
        created_by=asset.created_by,
        created_at=asset.created_at,
        updated_at=asset.updated_at,
    )
