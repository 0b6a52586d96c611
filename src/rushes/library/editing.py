"""What people change of an asset: its words, and whether it is there at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rushes.access import account_records
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import Kind, RushesError
from rushes.events.event import EventType
from rushes.library import catalog_records, records
from rushes.library.asset import (
    Asset,
    AssetArriving,
    AssetNotFound,
    AssetStale,
    State,
    Step,
    after,
    merge,
)
from rushes.library.field import check_values
from rushes.library.indexing import index
from rushes.library.telling import Telling
from rushes.uploads import foreign_records

MAX_TAGS: Final = 64
MAX_WORD: Final = 200
MAX_METADATA: Final = 64
MAX_NUMBER: Final = 1e300
"""Beyond this a double has no number, and PostgreSQL no answer."""


class BadWords(RushesError):
    """Title, description, tags or metadata are longer or more than is kept."""

    code = "asset.bad_words"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Change:
    """What a person wants changed; None leaves a thing as it is.

    `metadata` is merged (RFC 7396): a null removes its key.
    """

    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None
    metadata: Mapping[str, object] | None = None

    def check(self) -> None:
        """Refuse what is too long or too many.

        Raises:
            BadWords: the sentence says what.
        """
        if self.tags is not None and len(self.tags) > MAX_TAGS:
            raise BadWords(f"An asset takes {MAX_TAGS} tags at most; take some off.")
        if any(not tag.strip() or len(tag) > MAX_WORD for tag in self.tags or ()):
            raise BadWords(f"A tag has 1 to {MAX_WORD} characters.")
        if self.metadata is not None and len(self.metadata) > MAX_METADATA:
            raise BadWords(f"An asset takes {MAX_METADATA} metadata fields at most.")
        if not _can_keep((self.title, self.description, self.tags, self.metadata)):
            raise BadWords("A text holds a NUL or half a character, or a number has no end.")


@dataclass(frozen=True, slots=True)
class Editing:
    """Changes and deletes assets, and tells so."""

    database: Database
    clock: Clock

    async def change(
        self,
        actor_id: str,
        asset_id: str,
        change: Change,
        *,
        project_ids: Sequence[str] | None,
        revision: int | None = None,
    ) -> Asset:
        """Write what a person changed; `revision` is the one they read, where they say so.

        Raises:
            AssetNotFound: it is unknown, or not theirs.
            AssetStale: somebody was faster.
            BadWords: a value cannot be kept.
        """
        change.check()
        async with self.database.transaction() as connection:
            asset = await _get(connection, asset_id, project_ids)
            if revision is not None and revision != asset.revision:
                raise AssetStale("The asset changed since you read it. Read it again.")
            values = _values(change)
            if change.metadata:
                scopes = ["", asset.project_id]
                fields = await catalog_records.list_fields(connection, scopes)
                kept = check_values(fields, asset.project_id, change.metadata)
                values["metadata"] = merged = merge(asset.metadata, kept)
                if len(merged) > max(MAX_METADATA, len(asset.metadata)):
                    raise BadWords(f"An asset has {MAX_METADATA} metadata fields at most.")
            if not await records.change_asset(
                connection, asset_id, asset.revision, values, self.clock.now()
            ):
                raise AssetStale("The asset changed since you read it. Read it again.")
            changed = await _get(connection, asset_id, project_ids)
            project = await access_records.get_project(connection, asset.project_id)
            await index(connection, changed, project)
            told = Telling(self.clock, actor_id)
            await told.tell(connection, EventType.ASSET_UPDATED, asset, project)
            return changed

    async def delete(
        self,
        actor_id: str,
        asset_id: str,
        *,
        project_ids: Sequence[str] | None,
        with_object: bool = False,
        purge: bool = False,
    ) -> Asset:
        """Take an asset out of sight at once; its bytes follow behind (`asset.deleted`).

        An object that others put into the archive, and that was imported, goes `with_object` only.
        What its store bills until the end of a minimum stays until then, but with `purge`.

        Raises:
            AssetNotFound: it is unknown, not theirs, or going already.
        """
        async with self.database.transaction() as connection:
            asset = await _get(connection, asset_id, project_ids)
            now = self.clock.now()
            state = after(asset.state, Step.DELETE)
            if not await records.change_state(connection, asset, state, now=now):
                raise AssetStale("The asset is changing just now. Try again.")
            if with_object:
                await foreign_records.let_go(connection, asset.upload_id)
            project = await access_records.get_project(connection, asset.project_id)
            told = Telling(self.clock, actor_id)
            facts: dict[str, object] = {"purge": True} if purge else {}
            await told.tell(connection, EventType.ASSET_DELETED, asset, project, **facts)
            return asset

    async def forget(self, asset_id: str, content_id: str) -> bool:
        """Remove a deleted asset's row; its project and its sender get the room back.

        Returns whether its content now belongs to nobody. May run again after a crash, with the
        same answer.
        """
        async with self.database.transaction() as connection:
            asset = await records.find_asset(connection, asset_id, with_deleting=True)
            if asset is not None and await records.delete_asset(connection, asset_id):
                await account_records.give_room_back(connection, asset.created_by, asset.size_bytes)
                await access_records.give_room_back(connection, asset.project_id, asset.size_bytes)
            return not await records.list_of_content(connection, content_id)


async def _get(connection: Connection, asset_id: str, project_ids: Sequence[str] | None) -> Asset:
    asset = await records.find_asset(connection, asset_id, project_ids=project_ids)
    if asset is None:
        raise AssetNotFound("There is no such asset. Check its id.")
    if asset.state is State.ARRIVING:
        raise AssetArriving("The bytes of this file are being read. Ask again in a minute.")
    return asset


def _can_keep(value: object) -> bool:
    """Say whether every database keeps a value, and reads it again as it is."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, int | float):
        return abs(value) < MAX_NUMBER
    if isinstance(value, Mapping):
        return all(_can_keep(each) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple):
        return all(_can_keep(each) for each in value)
    return True


def _values(change: Change) -> dict[str, object]:
    """Return the columns that change."""
    values: dict[str, object] = {}
    if change.title is not None:
        values["title"] = change.title
    if change.description is not None:
        values["description"] = change.description
    if change.tags is not None:
        values["tags"] = sorted(set(change.tags))
    return values
