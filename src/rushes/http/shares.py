"""Shares over HTTP, for those who manage them; and the logos of pages that strangers see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from rushes.access.keys import KeyUnreadable
from rushes.access.logos import MAX_BYTES, Logos
from rushes.access.permit import Actor
from rushes.access.project import Project
from rushes.delivery.share import Share, ShareStale, Taking
from rushes.delivery.sharing import ShareWish, Sharing, may_hold, require_holding
from rushes.http.auth import Callers
from rushes.http.links import ANY_REVISION, ETAG, IfMatch
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.qr import answer_code
from rushes.http.wishes import Text, Wish

SHARES: Final = "shares"

AssetIds = Annotated[list[Annotated[Text, Field(max_length=60)]], Field(max_length=1_000)]
Origin = Annotated[Text, Field(max_length=300)]


class SharePatch(Wish):
    """What to choose of a share; null for none, `expires_at` null for never."""

    title: Text = Field(default="", max_length=200)
    message: Text = Field(default="", max_length=2_000)
    expires_at: AwareDatetime | None = None
    password: Text | None = Field(default=None, max_length=1_000, repr=False)
    may_play: bool = True
    """Whether visitors may watch and look, not only read names."""
    download: Taking = Taking.NONE
    """The best quality that may be downloaded, `all` or `none`."""
    may_get_original: bool = False
    """Whether the originals may be downloaded."""
    max_views: int | None = Field(default=None, ge=1, lt=2**53)
    """How many visits may begin."""
    origins: list[Origin] = Field(default=[], max_length=100)
    """Sites that may embed the share, as `https://www.example.com`."""
    color: Text | None = Field(default=None, max_length=20)
    """The colour of the page's buttons, as `#ffb020`."""
    logo_id: Text | None = Field(default=None, max_length=100)
    """A logo's id, as `POST /api/v1/logos` answers it."""

    def read(self) -> dict[str, Any]:
        """Return what was sent, as `ShareWish` names and types it."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("origins", "asset_ids"):
            if sent.get(name) is not None:
                sent[name] = tuple(sent[name])
        return sent


class ShareChange(SharePatch):
    """What to change of a share that is there."""

    is_active: bool = True
    asset_ids: AssetIds | None = None
    """All that it lists from now on."""


class NewShare(SharePatch):
    """A share to make, of assets or of a project; without `expires_at` it lives 7 days, if the
    settings say nothing else."""

    asset_ids: AssetIds | None = None
    """Assets of one project."""
    project: Text | None = Field(default=None, max_length=300)
    """`client-slug/project-slug`, or an id: all that it holds now and later."""


class ShareAnswer(BaseModel):
    """A share; `client` and `project` are the names that people use.

    Its addresses are null for a token that may not read the originals which they give.
    """

    id: str
    token: str | None
    url: str | None
    embed_url: str | None
    client: str
    project: str
    client_slug: str
    project_slug: str
    project_id: str
    is_whole_project: bool
    asset_count: int | None
    title: str
    message: str
    expires_at: datetime | None
    is_active: bool
    has_password: bool
    may_play: bool
    download: Taking
    may_get_original: bool
    max_views: int | None
    origins: list[str]
    color: str | None
    logo_id: str | None
    view_count: int
    download_count: int
    last_viewed_at: datetime | None
    created_by: str
    created_at: datetime


class TakenAnswer(BaseModel):
    """How many visitors took one quality of an asset, and when the last one did."""

    asset_id: str
    quality: str
    visitors: int
    last_at: datetime


class ShareUse(BaseModel):
    """How a share was used."""

    view_count: int
    download_count: int
    last_viewed_at: datetime | None
    asset_ids: list[str]
    downloads: list[TakenAnswer]


class LogoAnswer(BaseModel):
    """A logo that is kept."""

    id: str
    url: str


def routes(sharing: Sharing, callers: Callers, pager: Pager) -> APIRouter:
    """Return the routes by which shares are managed."""
    router = APIRouter(prefix="/api/v1/shares", tags=["shares"])
    _add_list_routes(router, sharing, callers, pager)
    _add_change_routes(router, sharing, callers)
    _add_use_routes(router, sharing, callers)
    return router


def logo_routes(logos: Logos, callers: Callers) -> APIRouter:
    """Return the routes of logos."""
    router = APIRouter(tags=["shares"])

    @router.post(
        "/api/v1/logos",
        status_code=201,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/octet-stream": {"schema": {"type": "string"}}},
            }
        },
    )
    async def keep_logo(request: Request) -> LogoAnswer:
        """Keep a picture for the pages of links and shares: PNG, JPEG or WebP, 256 KiB."""
        actor = await callers.identify(request)
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > MAX_BYTES:
                break
        logo_id = await logos.keep(actor, bytes(content))
        return LogoAnswer(id=logo_id, url=f"{callers.find_base(request)}/logos/{logo_id}")

    @router.get("/logos/{logo_id}", response_class=Response)
    async def get_logo(logo_id: str) -> Response:
        """Give a logo's picture."""
        media_type, content = await logos.get(logo_id)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(content, media_type=media_type, headers=headers)

    return router


def _add_list_routes(router: APIRouter, sharing: Sharing, callers: Callers, pager: Pager) -> None:
    show = _showing(sharing)

    @router.get("")
    async def list_shares(
        request: Request,
        limit: Limit = DEFAULT_LIMIT,
        cursor: CursorText = None,
        asset: Annotated[
            str | None, Query(max_length=60, description="Only shares that name this asset")
        ] = None,
    ) -> Page[ShareAnswer]:
        """List shares, newest first."""
        actor = await callers.identify(request)
        listing = f"{SHARES}:{asset or ''}"
        after = pager.read_after(listing, cursor)
        rows = await sharing.list_page(actor, after, limit, asset_id=asset)
        shown, following = pager.cut(
            listing, rows, limit, lambda one: (one[0].created_at, one[0].id)
        )
        counts = await sharing.count_assets([share for share, _ in shown])
        base = callers.find_base(request)
        items = [
            _answer(sharing, actor, share, project, base=base, asset_count=counts.get(share.id, 0))
            for share, project in shown
        ]
        return Page(items=items, next_cursor=following)

    @router.post("", status_code=201)
    async def create_share(request: Request, response: Response, asked: NewShare) -> ShareAnswer:
        """Share assets of one project, or all of a project, with people without an account."""
        actor = await callers.identify(request)
        wish = ShareWish(**{"expires_at": sharing.default_expiry()} | asked.read())
        made = await sharing.create(actor, wish)
        return await show(response, callers.find_base(request), actor, *made)


def _add_change_routes(router: APIRouter, sharing: Sharing, callers: Callers) -> None:
    show = _showing(sharing)

    @router.get("/{share_id}")
    async def get_share(request: Request, response: Response, share_id: str) -> ShareAnswer:
        """Read a share."""
        actor = await callers.identify(request)
        found = await sharing.get(actor, share_id)
        return await show(response, callers.find_base(request), actor, *found)

    @router.patch("/{share_id}")
    async def change_share(
        request: Request,
        response: Response,
        share_id: str,
        asked: ShareChange,
        if_match: IfMatch = None,
    ) -> ShareAnswer:
        """Change a share; what is not sent stays. `is_active` false switches it off."""
        actor = await callers.identify(request)
        changed = await sharing.change(actor, share_id, asked.read(), _parse_revision(if_match))
        return await show(response, callers.find_base(request), actor, *changed)

    @router.delete("/{share_id}", status_code=204)
    async def delete_share(request: Request, share_id: str) -> None:
        """Remove a share; its addresses end within seconds, what it listed stays."""
        await sharing.delete(await callers.identify(request), share_id)


def _add_use_routes(router: APIRouter, sharing: Sharing, callers: Callers) -> None:
    @router.get("/{share_id}/use")
    async def get_share_use(request: Request, share_id: str) -> ShareUse:
        """Say how often a share was opened, and what was taken by how many visitors."""
        actor = await callers.identify(request)
        share, _ = await sharing.get(actor, share_id)
        taken = await sharing.list_taken(actor, share_id)
        return ShareUse(
            view_count=share.view_count,
            download_count=share.download_count,
            last_viewed_at=share.last_viewed_at,
            asset_ids=await sharing.list_assets(actor, share_id),
            downloads=[
                TakenAnswer(
                    asset_id=one.asset_id,
                    quality=one.quality,
                    visitors=one.visitors,
                    last_at=one.last_at,
                )
                for one in taken
            ],
        )

    @router.get("/{share_id}/qr", response_class=Response)
    async def get_share_code(request: Request, share_id: str) -> Response:
        """Draw the share's address as a QR code (SVG)."""
        actor = await callers.identify(request)
        share, _ = await sharing.get(actor, share_id)
        require_holding(actor, share)
        return answer_code(f"{callers.find_base(request)}/s/{sharing.find_token(share)}")


Show = Callable[[Response, str, Actor, Share, Project], Awaitable[ShareAnswer]]


def _showing(sharing: Sharing) -> Show:
    """Return what answers with one share, and marks the answer with its revision."""

    async def show(
        response: Response, base: str, actor: Actor, share: Share, project: Project
    ) -> ShareAnswer:
        response.headers["ETag"] = f'"{share.revision}"'
        counts = await sharing.count_assets([share])
        count = counts.get(share.id, 0)
        return _answer(sharing, actor, share, project, base=base, asset_count=count)

    return show


def _answer(
    sharing: Sharing,
    actor: Actor,
    share: Share,
    project: Project,
    *,
    base: str,
    asset_count: int,
) -> ShareAnswer:
    try:
        token = sharing.find_token(share) if may_hold(actor, share) else None
    except KeyUnreadable:  # the key is away: the share works, its address cannot be shown
        token = None
    known = {
        name: getattr(share, name) for name in ShareAnswer.model_fields if hasattr(share, name)
    }
    return ShareAnswer(
        **known
        | {
            "token": token,
            "url": None if token is None else f"{base}/s/{token}",
            "embed_url": None if token is None else f"{base}/embed/{token}",
            "client": project.client_name,
            "project": project.project_name,
            "client_slug": project.client_slug,
            "project_slug": project.project_slug,
            "asset_count": None if share.is_whole_project else asset_count,
            "has_password": share.password_hash is not None,
            "origins": list(share.origins),
        }
    )


def _parse_revision(if_match: str | None) -> int | None:
    """Return the revision that the caller read; None where they do not say, or do not care."""
    if if_match is None or if_match.strip() == ANY_REVISION:
        return None
    form = ETAG.fullmatch(if_match.strip())
    if form is None:
        raise ShareStale("`If-Match` is no ETag of this share. Read it again.")
    return int(form[1])
