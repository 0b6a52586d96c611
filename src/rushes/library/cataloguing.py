"""Fields are defined, notes written, searches kept: what makes a library a catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rushes.access import account_records
from rushes.access import records as access_records
from rushes.access.permit import Actor, Verb, may_see, permit
from rushes.access.question import ValueKind
from rushes.access.telling import new_id, tell
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.events.event import EventType
from rushes.ids import Prefix
from rushes.library import catalog_records, note_records, records
from rushes.library.asset import Asset, AssetArriving, AssetNotFound, State
from rushes.library.field import Field, FieldExists, FieldNotFound, FieldStale
from rushes.library.indexing import index
from rushes.library.note import (
    MAX_NOTES,
    Note,
    NoteNotFound,
    NoteOfAnother,
    NoteStale,
    TooManyNotes,
)
from rushes.library.saved import SavedSearch, SearchNotFound, SearchOfAnother, SearchStale
from rushes.library.telling import Telling


@dataclass(frozen=True, slots=True)
class FieldWish:
    """A field to define; `project_id` empty: for every project."""

    key: str
    label: str
    kind: ValueKind
    choices: tuple[str, ...] = ()
    project_id: str = ""


@dataclass(frozen=True, slots=True)
class Cataloguing:
    """Defines fields, writes notes, keeps searches."""

    database: Database
    clock: Clock

    async def list_fields(self, actor: Actor, project_id: str | None) -> list[Field]:
        """Return the fields of every project, and those of one or of all that the actor sees."""
        permit(actor, Verb.SEE_PROJECTS, project_id)
        scopes: Sequence[str] | None = None
        if project_id is not None:
            scopes = ["", project_id]
        elif actor.project_ids is not None:
            scopes = ["", *sorted(actor.project_ids)]
        async with self.database.reading() as connection:
            return await catalog_records.list_fields(connection, scopes)

    async def create_field(self, actor: Actor, wish: FieldWish) -> Field:
        """Define a field.

        Raises:
            Forbidden: those of every project are for admins.
            BadField, FieldExists: see there.
        """
        _permit_field(actor, wish.project_id)
        now = self.clock.now()
        field = Field(
            id=new_id(Prefix.FIELD, self.clock),
            scope=wish.project_id,
            key=wish.key,
            label=wish.label.strip(),
            kind=wish.kind,
            choices=wish.choices,
            created_at=now,
        )
        field.check()
        async with self.database.transaction() as connection:
            if wish.project_id:
                await access_records.get_project(connection, wish.project_id)
            if not await catalog_records.record_field(connection, field):
                raise FieldExists("There is a field with this key. Change that one.")
            await self._tell_field(connection, EventType.FIELD_CREATED, field, actor)
        return field

    async def get_field(self, actor: Actor, field_id: str) -> Field:
        """Return a field.

        Raises:
            FieldNotFound: it is unknown, or of a project that is not theirs.
        """
        permit(actor, Verb.SEE_PROJECTS)
        async with self.database.reading() as connection:
            return await _get_field(connection, actor, field_id, Verb.SEE_PROJECTS)

    async def change_field(
        self, actor: Actor, field_id: str, changes: Mapping[str, Any], revision: int | None
    ) -> Field:
        """Give a field another label or other choices; values that are there stay.

        Raises:
            FieldNotFound, BadField, FieldStale: see there.
        """
        async with self.database.transaction() as connection:
            field = await _get_field(connection, actor, field_id, Verb.CHANGE_PROJECT)
            changed = replace(field, **changes)
            changed.check()
            values = {name: getattr(changed, name) for name in ("label", "choices")}
            values["choices"] = list(changed.choices)
            is_stale = revision not in {None, field.revision}
            if is_stale or not await catalog_records.change_field(connection, field, values):
                raise FieldStale("The field changed since you read it. Read it again.")
            await self._tell_field(connection, EventType.FIELD_UPDATED, field, actor)
        return replace(changed, revision=field.revision + 1)

    async def delete_field(self, actor: Actor, field_id: str, revision: int | None) -> None:
        """Remove a field; the values that assets have stay, and are free from now on."""
        async with self.database.transaction() as connection:
            field = await _get_field(connection, actor, field_id, Verb.CHANGE_PROJECT)
            if revision not in {None, field.revision}:
                raise FieldStale("The field changed since you read it. Read it again.")
            await catalog_records.delete_field(connection, field.id)
            await self._tell_field(connection, EventType.FIELD_DELETED, field, actor)

    async def list_notes(self, actor: Actor, asset_id: str, after: After, limit: int) -> list[Note]:
        """Return a page of an asset's notes, newest first, and one more if there is."""
        async with self.database.reading() as connection:
            await _get_asset(connection, actor, asset_id, Verb.SEE_ASSET)
            return await note_records.list_notes(connection, asset_id, after, limit + 1)

    async def write_note(self, actor: Actor, asset_id: str, text: str) -> Note:
        """Write a note on an asset.

        Raises:
            AssetNotFound, AssetArriving, TooManyNotes: see there.
        """
        async with self.database.transaction() as connection:
            asset = await _get_asset(connection, actor, asset_id, Verb.NOTE_ASSET)
            if len(await note_records.list_texts(connection, asset_id)) >= MAX_NOTES:
                raise TooManyNotes(f"An asset takes {MAX_NOTES} notes at most. Remove old ones.")
            author = await account_records.find_account(connection, actor.id)
            now = self.clock.now()
            note = Note(
                id=new_id(Prefix.NOTE, self.clock),
                asset_id=asset_id,
                author_id=actor.id,
                author=actor.id if author is None else author.email,
                text=text,
                created_at=now,
                updated_at=now,
            )
            await note_records.record_note(connection, note)
            await self._tell_note(connection, asset, actor)
        return note

    async def get_note(self, actor: Actor, asset_id: str, note_id: str) -> Note:
        """Return a note.

        Raises:
            AssetNotFound, NoteNotFound: see there.
        """
        async with self.database.reading() as connection:
            await _get_asset(connection, actor, asset_id, Verb.SEE_ASSET)
            return await _get_note(connection, asset_id, note_id)

    async def change_note(
        self, actor: Actor, asset_id: str, note_id: str, text: str, revision: int | None
    ) -> Note:
        """Write another text in place of one's own.

        Raises:
            AssetNotFound, NoteNotFound, NoteOfAnother, NoteStale: see there.
        """
        async with self.database.transaction() as connection:
            asset = await _get_asset(connection, actor, asset_id, Verb.NOTE_ASSET)
            note = await _get_note(connection, asset_id, note_id)
            _require_own(actor, note)
            now = self.clock.now()
            is_stale = revision not in {None, note.revision}
            if is_stale or not await note_records.change_note(connection, note, text, now):
                raise NoteStale("The note changed since you read it. Read it again.")
            await self._tell_note(connection, asset, actor)
        return replace(note, text=text, updated_at=now, revision=note.revision + 1)

    async def delete_note(
        self, actor: Actor, asset_id: str, note_id: str, revision: int | None
    ) -> None:
        """Remove one's own note; admins remove any.

        Raises:
            AssetNotFound, NoteNotFound, NoteOfAnother, NoteStale: see there.
        """
        async with self.database.transaction() as connection:
            asset = await _get_asset(connection, actor, asset_id, Verb.NOTE_ASSET)
            note = await _get_note(connection, asset_id, note_id)
            if actor.project_ids is not None:
                _require_own(actor, note)
            if revision not in {None, note.revision}:
                raise NoteStale("The note changed since you read it. Read it again.")
            await note_records.delete_note(connection, note.id)
            await self._tell_note(connection, asset, actor)

    async def list_searches(self, actor: Actor, after: After, limit: int) -> list[SavedSearch]:
        """Return a page of the searches one may use, newest first, and one more if there is."""
        permit(actor, Verb.SEE_ASSET)
        async with self.database.reading() as connection:
            return await catalog_records.list_searches(connection, actor.id, after, limit + 1)

    async def keep_search(
        self, actor: Actor, name: str, question: Mapping[str, object], *, is_shared: bool
    ) -> SavedSearch:
        """Keep a search."""
        permit(actor, Verb.KEEP_SEARCH)
        search = SavedSearch(
            id=new_id(Prefix.SEARCH, self.clock),
            account_id=actor.id,
            name=name,
            question=question,
            is_shared=is_shared,
            created_at=self.clock.now(),
        )
        async with self.database.transaction() as connection:
            await catalog_records.record_search(connection, search)
        return search

    async def get_search(self, actor: Actor, search_id: str) -> SavedSearch:
        """Return a search.

        Raises:
            SearchNotFound: it is unknown, or neither theirs nor shared.
        """
        permit(actor, Verb.SEE_ASSET)
        async with self.database.reading() as connection:
            return await _get_search(connection, actor, search_id)

    async def change_search(
        self, actor: Actor, search_id: str, changes: Mapping[str, Any], revision: int | None
    ) -> SavedSearch:
        """Change one's own search.

        Raises:
            SearchNotFound, SearchOfAnother, SearchStale: see there.
        """
        permit(actor, Verb.KEEP_SEARCH)
        async with self.database.transaction() as connection:
            search = await _get_search(connection, actor, search_id)
            _require_keeper(actor, search, revision)
            if not await catalog_records.change_search(connection, search, changes):
                raise SearchStale("The search changed since you read it. Read it again.")
        return replace(search, **changes, revision=search.revision + 1)

    async def delete_search(self, actor: Actor, search_id: str, revision: int | None) -> None:
        """Forget one's own search.

        Raises:
            SearchNotFound, SearchOfAnother, SearchStale: see there.
        """
        permit(actor, Verb.KEEP_SEARCH)
        async with self.database.transaction() as connection:
            search = await _get_search(connection, actor, search_id)
            _require_keeper(actor, search, revision)
            await catalog_records.delete_search(connection, search.id)

    async def _tell_field(
        self, connection: Connection, what: EventType, field: Field, actor: Actor
    ) -> None:
        project = None
        if field.scope:
            project = await access_records.get_project(connection, field.scope)
        facts = {"key": field.key, "kind": field.kind.value}
        await tell(
            connection,
            self.clock,
            what,
            actor_id=actor.id,
            subject=field.id,
            project=project,
            **facts,
        )

    async def _tell_note(self, connection: Connection, asset: Asset, actor: Actor) -> None:
        """Find the asset by its notes as they are now, and tell that they changed."""
        project = await access_records.get_project(connection, asset.project_id)
        await records.touch_asset(connection, asset.id, self.clock.now())  # one after the other
        known = await records.find_asset(connection, asset.id)
        await index(connection, known or asset, project)
        told = Telling(self.clock, actor.id)
        await told.tell(connection, EventType.ASSET_UPDATED, asset, project)


def _permit_field(actor: Actor, project_id: str) -> None:
    if project_id:
        permit(actor, Verb.CHANGE_PROJECT, project_id)
    else:
        permit(actor, Verb.CHANGE_SETTINGS)


def _require_own(actor: Actor, note: Note) -> None:
    if note.author_id != actor.id:
        raise NoteOfAnother("Somebody else wrote this note. Write one of your own.")


def _require_keeper(actor: Actor, search: SavedSearch, revision: int | None) -> None:
    if search.account_id != actor.id:
        raise SearchOfAnother("This search is somebody else's. Keep one of your own.")
    if revision not in {None, search.revision}:
        raise SearchStale("The search changed since you read it. Read it again.")


async def _get_field(connection: Connection, actor: Actor, field_id: str, verb: Verb) -> Field:
    field = await catalog_records.find_field(connection, field_id)
    missing = FieldNotFound("There is no such field. Check its id.")
    if field is None or (field.scope and not may_see(actor, field.scope)):
        permit(actor, Verb.SEE_PROJECTS)
        raise missing
    if verb is not Verb.SEE_PROJECTS:
        _permit_field(actor, field.scope)
    return field


async def _get_asset(connection: Connection, actor: Actor, asset_id: str, verb: Verb) -> Asset:
    projects = None if actor.project_ids is None else sorted(actor.project_ids)
    asset = await records.find_asset(connection, asset_id, project_ids=projects)
    if asset is None:
        permit(actor, verb)
        raise AssetNotFound("There is no such asset. Check its id.")
    permit(actor, verb, asset.project_id)
    if verb is Verb.NOTE_ASSET and asset.state is State.ARRIVING:
        raise AssetArriving("The bytes of this file are being read. Ask again in a minute.")
    return asset


async def _get_note(connection: Connection, asset_id: str, note_id: str) -> Note:
    note = await note_records.find_note(connection, asset_id, note_id)
    if note is None:
        raise NoteNotFound("There is no such note. Check its id.")
    return note


async def _get_search(connection: Connection, actor: Actor, search_id: str) -> SavedSearch:
    search = await catalog_records.find_search(connection, actor.id, search_id)
    if search is None:
        raise SearchNotFound("There is no such search. Check its id.")
    return search
