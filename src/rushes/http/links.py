"""Upload links over HTTP: for those who manage them, and unlocking for those who hold one."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from rushes.access.identify import Access
from rushes.access.keys import KeyUnreadable
from rushes.access.link import Link, LinkStale, Preview
from rushes.access.linking import Linking, LinkWish
from rushes.access.project import Project
from rushes.access.question import FormField, ValueKind
from rushes.http.auth import Callers, find_address
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.qr import answer_code
from rushes.http.wishes import Text as Words
from rushes.http.wishes import Wish

LINKS: Final = "links"
ANY_REVISION: Final = "*"

ETAG: Final = re.compile(r'"([0-9]{1,18})(?:-[0-9a-f]*)?"', re.ASCII)

Text = Annotated[str, Field(max_length=10_000)]
Whole = Annotated[int, Field(ge=1, lt=2**63)]
IfMatch = Annotated[str | None, Header(description="The `ETag` as it was read")]


class FieldShape(Wish):
    """A question that the page asks with each batch."""

    label: Words = Field(min_length=1, max_length=200)
    required: bool = False
    """Whether nothing is taken without an answer."""
    choices: list[Annotated[Words, Field(max_length=200)]] = Field(default=[], max_length=100)
    """What may be answered; none: anything of its kind."""
    key: str = Field(default="", max_length=100)
    """Where the asset's metadata keeps the answer, and its typed field; made of the label."""
    kind: ValueKind = ValueKind.TEXT
    """What an answer is; the asset keeps it as the library's field of this key has it."""


class LinkPatch(Wish):
    """What to choose of a link; sizes in bytes, null for none, `expires_at` null for never."""

    title: Text = ""
    message: Text = ""
    notes: Text = ""
    expires_at: AwareDatetime | None = None
    password: str | None = Field(default=None, max_length=1_000, repr=False)
    max_files: Whole | None = None
    max_file_bytes: Whole | None = None
    max_total_bytes: Whole | None = None
    types: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=100)
    fields: list[FieldShape] = Field(default=[], max_length=100)
    client_email: str | None = Field(default=None, max_length=1_000)
    notify: bool = True
    keep_parts_days: int = Field(default=7, ge=1, le=366)
    preview: Preview = Preview.OFF
    color: Words | None = Field(default=None, max_length=20)
    """The colour of the page's buttons, as `#ffb020`."""
    logo_id: Words | None = Field(default=None, max_length=100)
    """A logo's id, as `POST /api/v1/logos` answers it."""

    def read(self) -> dict[str, Any]:
        """Return what was sent, as `LinkWish` names and types it."""
        sent = {name: getattr(self, name) for name in LinkPatch.model_fields}
        sent = {name: value for name, value in sent.items() if name in self.model_fields_set}
        if "types" in sent:
            sent["types"] = tuple(self.types)
        if "fields" in sent:
            sent["fields"] = tuple(
                FormField(one.label, one.required, tuple(one.choices), one.key, one.kind)
                for one in self.fields
            )
        return sent


class LinkChange(LinkPatch):
    """What to change of a link that is there."""

    is_active: bool = True

    def read(self) -> dict[str, Any]:
        """Return what was sent, `is_active` too."""
        switched = {"is_active": self.is_active} if "is_active" in self.model_fields_set else {}
        return super().read() | switched


class NewLink(LinkPatch):
    """A link to make; without `expires_at` it lives 14 days, if the settings say nothing else."""

    client: str = Field(max_length=1_000)
    project: str = Field(max_length=1_000)


class LinkAnswer(BaseModel):
    """An upload link; `client` and `project` are the names that people use."""

    id: str
    token: str | None
    url: str | None
    client: str
    project: str
    client_slug: str
    project_slug: str
    project_id: str
    title: str
    message: str
    notes: str
    expires_at: datetime | None
    is_active: bool
    has_password: bool
    max_files: int | None
    max_file_bytes: int | None
    max_total_bytes: int | None
    types: list[str]
    fields: list[FieldShape]
    client_email: str | None
    notify: bool
    keep_parts_days: int
    preview: Preview
    color: str | None
    logo_id: str | None
    logo_url: str | None
    used_bytes: int
    used_files: int
    upload_count: int
    last_used_at: datetime | None
    created_by: str
    created_at: datetime


class Unlocking(Wish):
    """The password of a link."""

    password: str = Field(max_length=1_000, repr=False)


class Unlocked(BaseModel):
    """A token that opens the link for some days, and the address of its page."""

    token: str
    url: str


def routes(linking: Linking, callers: Callers, pager: Pager) -> APIRouter:
    """Return the routes of upload links."""
    router = APIRouter(tags=["links"])
    managed = APIRouter(prefix="/api/v1/links")
    _add_list_routes(managed, linking, callers, pager)
    _add_change_routes(managed, linking, callers)
    router.include_router(managed)
    _add_unlock_route(router, callers.access, callers)
    return router


def _add_list_routes(router: APIRouter, linking: Linking, callers: Callers, pager: Pager) -> None:
    @router.get("")
    async def list_links(
        request: Request, limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None
    ) -> Page[LinkAnswer]:
        """List upload links, newest first."""
        actor = await callers.identify(request)
        rows = await linking.list(actor, pager.read_after(LINKS, cursor), limit)
        shown, following = pager.cut(LINKS, rows, limit, lambda one: (one[0].created_at, one[0].id))
        base = callers.find_base(request)
        items = [answer_link(linking, link, project, base) for link, project in shown]
        return Page(items=items, next_cursor=following)

    @router.post("", status_code=201)
    async def create_link(request: Request, response: Response, asked: NewLink) -> LinkAnswer:
        """Make an upload link, and its client and project where they are new."""
        actor = await callers.identify(request)
        wish = LinkWish(**{"expires_at": linking.default_expiry()} | asked.read())
        link, project, _ = await linking.create(actor, asked.client, asked.project, wish)
        _mark(response, link)
        return answer_link(linking, link, project, callers.find_base(request))


def _add_change_routes(router: APIRouter, linking: Linking, callers: Callers) -> None:
    @router.get("/{link_id}")
    async def get_link(request: Request, response: Response, link_id: str) -> LinkAnswer:
        """Read an upload link."""
        link, project = await linking.get(await callers.identify(request), link_id)
        _mark(response, link)
        return answer_link(linking, link, project, callers.find_base(request))

    @router.patch("/{link_id}")
    async def change_link(
        request: Request,
        response: Response,
        link_id: str,
        asked: LinkChange,
        if_match: IfMatch = None,
    ) -> LinkAnswer:
        """Change an upload link; what is not sent stays."""
        actor = await callers.identify(request)
        link, project = await linking.change(
            actor, link_id, asked.read(), _parse_revision(if_match)
        )
        _mark(response, link)
        return answer_link(linking, link, project, callers.find_base(request))

    @router.post("/{link_id}/toggle")
    async def toggle_link(request: Request, response: Response, link_id: str) -> LinkAnswer:
        """Switch an upload link off, or on again."""
        link, project = await linking.toggle(await callers.identify(request), link_id)
        _mark(response, link)
        return answer_link(linking, link, project, callers.find_base(request))

    @router.delete("/{link_id}", status_code=204)
    async def delete_link(request: Request, link_id: str) -> None:
        """Remove an upload link; what was sent through it stays."""
        await linking.delete(await callers.identify(request), link_id)

    @router.get("/{link_id}/qr", response_class=Response)
    async def get_link_code(request: Request, link_id: str) -> Response:
        """Draw the link's address as a QR code (SVG)."""
        link, _ = await linking.get(await callers.identify(request), link_id)
        return answer_code(f"{callers.find_base(request)}/u/{linking.find_token(link)}")


def _add_unlock_route(router: APIRouter, access: Access, callers: Callers) -> None:
    @router.post("/u/{token}/unlock")
    async def unlock_link(request: Request, token: str, asked: Unlocking) -> Unlocked:
        """Give the password of an upload link; the answer's token opens it for 7 days."""
        opened = await access.unlock_link(token, asked.password, find_address(request))
        return Unlocked(token=opened, url=f"{callers.find_base(request)}/u/{opened}")


def answer_link(linking: Linking, link: Link, project: Project, base: str) -> LinkAnswer:
    """Return a link as it is answered to those who manage it; `base` is our own address."""
    try:
        token = linking.find_token(link)
    except KeyUnreadable:  # the key is away: the link works, its address cannot be shown
        token = None
    known = {name: getattr(link, name) for name in LinkAnswer.model_fields if hasattr(link, name)}
    questions = [
        FieldShape(
            label=one.label,
            required=one.is_required,
            choices=list(one.choices),
            key=one.key,
            kind=one.kind,
        )
        for one in link.fields
    ]
    return LinkAnswer(
        **known
        | {
            "token": token,
            "url": None if token is None else f"{base}/u/{token}",
            "client": project.client_name,
            "project": project.project_name,
            "client_slug": project.client_slug,
            "project_slug": project.project_slug,
            "has_password": link.password_hash is not None,
            "types": list(link.types),
            "fields": questions,
            "logo_url": None if link.logo_id is None else f"{base}/logos/{link.logo_id}",
        }
    )


def _mark(response: Response, link: Link) -> None:
    response.headers["ETag"] = f'"{link.revision}"'


def _parse_revision(if_match: str | None) -> int | None:
    """Return the revision that the caller read; None where they do not say, or do not care."""
    if if_match is None or if_match.strip() == ANY_REVISION:
        return None
    form = ETAG.fullmatch(if_match.strip())
    if form is None:
        raise LinkStale("`If-Match` is no ETag of this link. Read it again.")
    return int(form[1])
