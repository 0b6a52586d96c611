"""The same change to many assets, by their ids or by a question that finds them.

Each asset is changed as one would be: its own event, its own revision, and none is found halfway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rushes.access.permit import Actor, Verb, permit
from rushes.errors import Kind, RushesError
from rushes.library import records, search_records
from rushes.library.asset import Asset, AssetNotFound, AssetStale
from rushes.library.editing import MAX_TAGS, Change, Editing
from rushes.library.question import Question

MAX_BULK: Final = 5_000
"""Assets of one call: so many take some seconds."""

TRIES: Final = 3


class TooManyFound(RushesError):
    """The question finds more assets than one call changes."""

    code = "bulk.too_many"
    kind = Kind.TOO_LARGE


class OtherCount(RushesError):
    """The question finds more or fewer assets than the caller expects."""

    code = "bulk.other_count"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What is wanted of each: tags that come and go, metadata that is merged."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    metadata: Mapping[str, object] | None = None

    def of(self, asset: Asset) -> Change:
        """Return what that is for one asset."""
        tags = (set(asset.tags) | set(self.add_tags)) - set(self.remove_tags)
        is_retagged = tags != set(asset.tags)
        return Change(tags=tuple(sorted(tags)) if is_retagged else None, metadata=self.metadata)


@dataclass(frozen=True, slots=True)
class Refused:
    """An asset that stays as it was, and why."""

    asset_id: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class BulkEditing:
    """Finds many assets, and changes them."""

    editing: Editing

    async def find(self, actor: Actor, question: Question, left_out: Sequence[str]) -> list[str]:
        """Return the ids of all assets that a question finds, without those left out.

        Raises:
            TooManyFound: they are more than one call changes.
        """
        permit(actor, Verb.SEE_ASSET)
        projects = None if actor.project_ids is None else sorted(actor.project_ids)
        limit = MAX_BULK + len(left_out) + 1
        async with self.editing.database.reading() as connection:
            found = await search_records.list_ids(connection, question, projects, limit)
        kept = sorted(set(found) - set(left_out))
        if len(kept) > MAX_BULK:
            raise TooManyFound(f"This finds more than {MAX_BULK} assets. Ask for fewer at once.")
        return kept

    async def change(
        self, actor: Actor, asset_ids: Sequence[str], change: BulkChange
    ) -> tuple[int, list[Refused]]:
        """Change assets one after the other; return how many, and those that stayed."""
        permit(actor, Verb.CHANGE_ASSET)
        Change(tags=change.add_tags[:MAX_TAGS], metadata=change.metadata).check()
        changed, refused = 0, []
        for asset_id in asset_ids:
            try:
                await self._change_one(actor, asset_id, change)
            except RushesError as error:
                refused.append(Refused(asset_id, error.code, error.message))
            else:
                changed += 1
        return changed, refused

    async def _change_one(self, actor: Actor, asset_id: str, change: BulkChange) -> None:
        projects = None if actor.project_ids is None else sorted(actor.project_ids)
        for left in reversed(range(TRIES)):
            async with self.editing.database.reading() as connection:
                asset = await records.find_asset(connection, asset_id, project_ids=projects)
            if asset is None:
                raise AssetNotFound("There is no such asset. Check its id.")
            permit(actor, Verb.CHANGE_ASSET, asset.project_id)
            try:
                await self.editing.change(
                    actor.id,
                    asset_id,
                    change.of(asset),
                    project_ids=projects,
                    revision=asset.revision,
                )
            except AssetStale:
                if not left:
                    raise
            else:
                return
