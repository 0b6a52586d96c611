"""Fields, notes, kept searches and bulk changes over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from rushes.access.question import ValueKind
from rushes.http.auth import Identify
from rushes.http.finding import Filter, Tag, read_question
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.revisions import IfMatch, mark, read_revision
from rushes.http.wishes import Text, Wish
from rushes.library.bulk import MAX_BULK, BulkChange, BulkEditing, OtherCount
from rushes.library.cataloguing import Cataloguing, FieldWish
from rushes.library.field import MAX_CHOICES, MAX_LABEL
from rushes.library.field import Field as MetadataField
from rushes.library.note import MAX_NOTE, Note
from rushes.library.saved import MAX_NAME, SavedSearch

NOTES: Final = "notes"
SEARCHES: Final = "searches"

Label = Annotated[Text, Field(min_length=1, max_length=MAX_LABEL)]
Choices = Annotated[
    list[Annotated[Text, Field(min_length=1, max_length=200)]], Field(max_length=MAX_CHOICES)
]
NoteText = Annotated[Text, Field(min_length=1, max_length=MAX_NOTE)]
SearchName = Annotated[Text, Field(min_length=1, max_length=MAX_NAME)]
AssetIds = Annotated[
    list[Annotated[Text, Field(min_length=1, max_length=100)]], Field(max_length=MAX_BULK)
]
Metadata = dict[Annotated[Text, Field(min_length=1, max_length=100)], Any]


class FieldAnswer(BaseModel):
    """A field of custom metadata; `project_id` null: of every project."""

    id: str
    key: str
    label: str
    kind: ValueKind
    choices: list[str]
    project_id: str | None
    created_at: datetime


class Fields(BaseModel):
    """Fields, by their keys."""

    items: list[FieldAnswer]


class NewField(Wish):
    """A field to define; values are checked against it from now on."""

    key: Annotated[Text, Field(max_length=63, examples=["camera"])]
    """Small letters, digits and `_`; the name in `metadata`."""
    label: Annotated[Text, Field(max_length=MAX_LABEL, examples=["Camera"])]
    """What people read."""
    kind: ValueKind = ValueKind.TEXT
    choices: Choices = Field(default=[])
    """What may be chosen, for the kinds `choice` and `list`."""
    project_id: Annotated[Text, Field(max_length=100)] | None = None
    """Of this project only."""


class FieldPatch(Wish):
    """What to change of a field; what is left out stays."""

    label: Label = ""
    choices: Choices = Field(default=[])


class NoteAnswer(BaseModel):
    """A note; `author` is how they were called when they wrote it."""

    id: str
    author_id: str
    author: str
    text: str
    created_at: datetime
    updated_at: datetime


class NoteWish(Wish):
    """What somebody writes on an asset."""

    text: NoteText


class SearchAnswer(BaseModel):
    """A search that is kept; `filter` is what `GET /assets` takes."""

    id: str
    name: str
    filter: Filter
    is_shared: bool
    is_own: bool
    created_at: datetime


class NewSearch(Wish):
    """A search to keep."""

    name: SearchName
    filter: Filter
    is_shared: bool = False
    """Whether everybody here sees it; each finds with it what they may see."""


class SearchPatch(Wish):
    """What to change of a search; what is left out stays."""

    name: SearchName = ""
    filter: Filter = Filter()
    is_shared: bool = False


class BulkWish(Wish):
    """The same change to many assets: by `ids`, or by a `filter` that finds them."""

    ids: AssetIds | None = None
    filter: Filter | None = None
    left_out: AssetIds = Field(default=[], alias="except")
    """Ids that stay as they are, of what the filter finds."""
    expect_count: int | None = Field(default=None, ge=0)
    """How many there should be; 409 with the true count if there are not."""
    add_tags: list[Tag] = Field(default=[], max_length=64)
    remove_tags: list[Tag] = Field(default=[], max_length=64)
    metadata: Metadata | None = None
    """Merged with what is there; a null removes its key."""
    dry_run: bool = False
    """Only say how many there are."""

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("Give `ids` or `filter`, one of the two.")
        return self


class RefusedAnswer(BaseModel):
    """An asset that stays as it was, and why."""

    id: str
    code: str
    detail: str


class BulkAnswer(BaseModel):
    """What a bulk change did."""

    found: int
    changed: int
    refused: list[RefusedAnswer]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The deeds behind these routes."""

    cataloguing: Cataloguing
    bulk: BulkEditing
    identify: Identify
    pager: Pager


def routes(catalog: Catalog) -> APIRouter:
    """Return the routes of fields, notes, kept searches and bulk changes."""
    router = APIRouter(prefix="/api/v1", tags=["catalogue"])
    _add_fields(router, catalog)
    _add_notes(router, catalog)
    _add_searches(router, catalog)
    _add_bulk(router, catalog)
    return router


def _add_fields(router: APIRouter, catalog: Catalog) -> None:
    deeds, identify = catalog.cataloguing, catalog.identify

    @router.get("/fields")
    async def list_fields(
        request: Request,
        project_id: Annotated[
            str | None, Query(max_length=100, description="Those of this project, and of all")
        ] = None,
    ) -> Fields:
        """List the fields of custom metadata, by key."""
        found = await deeds.list_fields(await identify(request), project_id)
        return Fields(items=[_answer_field(each) for each in found])

    @router.post("/fields", status_code=201)
    async def create_field(request: Request, response: Response, asked: NewField) -> FieldAnswer:
        """Define a field; those of every project are for admins."""
        wish = FieldWish(
            asked.key, asked.label, asked.kind, tuple(asked.choices), asked.project_id or ""
        )
        field = await deeds.create_field(await identify(request), wish)
        mark(response, field.revision)
        return _answer_field(field)

    @router.get("/fields/{field_id}")
    async def get_field(request: Request, response: Response, field_id: str) -> FieldAnswer:
        """Read a field."""
        field = await deeds.get_field(await identify(request), field_id)
        mark(response, field.revision)
        return _answer_field(field)

    @router.patch("/fields/{field_id}")
    async def change_field(
        request: Request,
        response: Response,
        field_id: str,
        asked: FieldPatch,
        if_match: IfMatch = None,
    ) -> FieldAnswer:
        """Change label or choices of a field; values that are there stay."""
        changes: dict[str, Any] = asked.model_dump(exclude_unset=True)
        if "choices" in changes:
            changes["choices"] = tuple(changes["choices"])
        actor = await identify(request)
        field = await deeds.change_field(actor, field_id, changes, read_revision(if_match))
        mark(response, field.revision)
        return _answer_field(field)

    @router.delete("/fields/{field_id}", status_code=204)
    async def delete_field(request: Request, field_id: str, if_match: IfMatch = None) -> None:
        """Remove a field; values that are there stay, and are free."""
        await deeds.delete_field(await identify(request), field_id, read_revision(if_match))


def _add_notes(router: APIRouter, catalog: Catalog) -> None:
    deeds, identify, pager = catalog.cataloguing, catalog.identify, catalog.pager

    @router.get("/assets/{asset_id}/notes")
    async def list_notes(
        request: Request, asset_id: str, limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None
    ) -> Page[NoteAnswer]:
        """List what people wrote on an asset, newest first."""
        after = pager.read_after(NOTES, cursor)
        rows = await deeds.list_notes(await identify(request), asset_id, after, limit)
        shown, following = pager.cut(NOTES, rows, limit, lambda one: (one.created_at, one.id))
        return Page(items=[_answer_note(one) for one in shown], next_cursor=following)

    @router.post("/assets/{asset_id}/notes", status_code=201)
    async def write_note(
        request: Request, response: Response, asset_id: str, asked: NoteWish
    ) -> NoteAnswer:
        """Write a note on an asset; it is found by its words."""
        note = await deeds.write_note(await identify(request), asset_id, asked.text)
        mark(response, note.revision)
        return _answer_note(note)

    @router.get("/assets/{asset_id}/notes/{note_id}")
    async def get_note(
        request: Request, response: Response, asset_id: str, note_id: str
    ) -> NoteAnswer:
        """Read a note."""
        note = await deeds.get_note(await identify(request), asset_id, note_id)
        mark(response, note.revision)
        return _answer_note(note)

    @router.put("/assets/{asset_id}/notes/{note_id}")
    async def change_note(
        request: Request,
        response: Response,
        asset_id: str,
        note_id: str,
        asked: NoteWish,
        *,
        if_match: IfMatch = None,
    ) -> NoteAnswer:
        """Write another text in place of one's own."""
        actor, revision = await identify(request), read_revision(if_match)
        note = await deeds.change_note(actor, asset_id, note_id, asked.text, revision)
        mark(response, note.revision)
        return _answer_note(note)

    @router.delete("/assets/{asset_id}/notes/{note_id}", status_code=204)
    async def delete_note(
        request: Request, asset_id: str, note_id: str, if_match: IfMatch = None
    ) -> None:
        """Remove one's own note; admins remove any."""
        actor = await identify(request)
        await deeds.delete_note(actor, asset_id, note_id, read_revision(if_match))


def _add_searches(router: APIRouter, catalog: Catalog) -> None:
    deeds, identify, pager = catalog.cataloguing, catalog.identify, catalog.pager

    @router.get("/searches")
    async def list_searches(
        request: Request, limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None
    ) -> Page[SearchAnswer]:
        """List one's own kept searches, and those that are shared, newest first."""
        actor = await identify(request)
        rows = await deeds.list_searches(actor, pager.read_after(SEARCHES, cursor), limit)
        shown, following = pager.cut(SEARCHES, rows, limit, lambda one: (one.created_at, one.id))
        items = [_answer_search(one, actor.id) for one in shown]
        return Page(items=items, next_cursor=following)

    @router.post("/searches", status_code=201)
    async def keep_search(request: Request, response: Response, asked: NewSearch) -> SearchAnswer:
        """Keep a search under a name."""
        actor = await identify(request)
        read_question(asked.filter)  # one that cannot be asked is not kept
        question = asked.filter.model_dump(mode="json", exclude_defaults=True)
        search = await deeds.keep_search(actor, asked.name, question, is_shared=asked.is_shared)
        mark(response, search.revision)
        return _answer_search(search, actor.id)

    @router.get("/searches/{search_id}")
    async def get_search(request: Request, response: Response, search_id: str) -> SearchAnswer:
        """Read a kept search."""
        actor = await identify(request)
        search = await deeds.get_search(actor, search_id)
        mark(response, search.revision)
        return _answer_search(search, actor.id)

    @router.patch("/searches/{search_id}")
    async def change_search(
        request: Request,
        response: Response,
        search_id: str,
        asked: SearchPatch,
        if_match: IfMatch = None,
    ) -> SearchAnswer:
        """Change one's own search."""
        actor = await identify(request)
        changes = {name: getattr(asked, name) for name in asked.model_fields_set - {"filter"}}
        if "filter" in asked.model_fields_set:
            read_question(asked.filter)
            changes["question"] = asked.filter.model_dump(mode="json", exclude_defaults=True)
        search = await deeds.change_search(actor, search_id, changes, read_revision(if_match))
        mark(response, search.revision)
        return _answer_search(search, actor.id)

    @router.delete("/searches/{search_id}", status_code=204)
    async def delete_search(request: Request, search_id: str, if_match: IfMatch = None) -> None:
        """Forget one's own search."""
        await deeds.delete_search(await identify(request), search_id, read_revision(if_match))


def _add_bulk(router: APIRouter, catalog: Catalog) -> None:
    @router.post("/assets/bulk")
    async def change_assets(request: Request, asked: BulkWish) -> BulkAnswer:
        """Change many assets alike; each has its own event, and those refused are named."""
        actor = await catalog.identify(request)
        found = sorted(set(asked.ids or ()))
        if asked.filter is not None:
            question = read_question(asked.filter)
            found = await catalog.bulk.find(actor, question, asked.left_out)
        if asked.expect_count not in {None, len(found)}:
            raise OtherCount(f"There are {len(found)} now. Look again.", count=len(found))
        wish = BulkChange(tuple(asked.add_tags), tuple(asked.remove_tags), asked.metadata)
        changed, refused = await catalog.bulk.change(actor, () if asked.dry_run else found, wish)
        return BulkAnswer(
            found=len(found),
            changed=changed,
            refused=[
                RefusedAnswer(id=one.asset_id, code=one.code, detail=one.detail) for one in refused
            ],
        )


def _answer_field(field: MetadataField) -> FieldAnswer:
    return FieldAnswer(
        id=field.id,
        key=field.key,
        label=field.label,
        kind=field.kind,
        choices=list(field.choices),
        project_id=field.scope or None,
        created_at=field.created_at,
    )


def _answer_note(note: Note) -> NoteAnswer:
    names = NoteAnswer.model_fields
    return NoteAnswer(**{name: getattr(note, name) for name in names})


def _answer_search(search: SavedSearch, account_id: str) -> SearchAnswer:
    return SearchAnswer(
        id=search.id,
        name=search.name,
        filter=Filter.model_validate(search.question),
        is_shared=search.is_shared,
        is_own=search.account_id == account_id,
        created_at=search.created_at,
    )
