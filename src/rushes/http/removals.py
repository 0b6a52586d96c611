"""Removals over HTTP: what a deletion would do is shown before, and a project goes after a yes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from rushes.access.permit import Verb, permit
from rushes.http.auth import Identify
from rushes.http.library import Library, Purge, get_asset_for
from rushes.http.tiers import Tally, require_admin
from rushes.tiers.closing import Closing
from rushes.tiers.removal import Chosen, Pile, Removal

AssetsTold = Annotated[
    int | None,
    Query(ge=0, description="How many assets go, as the removal of the project told them"),
]


class EarlyAnswer(BaseModel):
    """Objects that a store bills for `min_days` and that came later than that.

    `cost` is what is billed of them still, in dollars, whether they go now or at `until`.
    """

    tier: str
    min_days: int
    objects: int
    size_bytes: int
    cost: float
    until: datetime


class RemovalAnswer(BaseModel):
    """What a deletion does: the assets, and what leaves each tier.

    `shared` are originals that stay, as other assets have the same bytes; `imported` are objects
    of others that stay where they lie. `early` is what is billed beyond its end: without `purge`
    it stays in the archive until then.
    """

    assets: Tally
    tiers: dict[str, Tally]
    shared: Tally
    imported: Tally
    early: list[EarlyAnswer]


def routes(library: Library, closing: Closing, identify: Identify) -> APIRouter:
    """Return the routes of removals."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/assets/{asset_id}/removal", tags=["library"])
    async def survey_asset(request: Request, asset_id: str) -> RemovalAnswer:
        """Say what the deletion of an asset would do; nothing is changed."""
        actor = await identify(request)
        asset = await get_asset_for(library, actor, asset_id)
        permit(actor, Verb.DELETE_ASSET, asset.project_id)
        return _answer(await closing.survey(Chosen(asset_id=asset_id)))

    @router.get("/projects/{project_id}/removal", tags=["projects"])
    async def survey_project(request: Request, project_id: str) -> RemovalAnswer:
        """Say what the deletion of a project would do; nothing is changed."""
        return _answer(await closing.survey_project(await identify(request), project_id))

    @router.delete("/projects/{project_id}", status_code=202, tags=["projects"])
    async def delete_project(
        request: Request, project_id: str, assets: AssetsTold = None, *, purge: Purge = False
    ) -> RemovalAnswer:
        """Delete a project with its assets, links and shares: at once out of sight, bytes follow.

        It takes the number of assets that `removal` told, so that nobody deletes what they did
        not see.
        """
        actor = await identify(request)
        found = await closing.delete_project(actor, project_id, assets=assets, purge=purge)
        return _answer(found)

    @router.post("/tiers/archive/purge", tags=["tiers"])
    async def purge_archive(request: Request) -> Tally:
        """Let go what was deleted and waits for the end of its minimum; it is billed all the same.

        Workers remove it within some minutes.
        """
        return _tally(await closing.purge(await require_admin(identify, request)))

    return router


def _answer(found: Removal) -> RemovalAnswer:
    return RemovalAnswer(
        assets=_tally(found.assets),
        tiers={tier.value: _tally(pile) for tier, pile in found.tiers.items()},
        shared=_tally(found.shared),
        imported=_tally(found.imported),
        early=[
            EarlyAnswer(
                tier=each.tier.value,
                min_days=each.min_days,
                objects=each.objects,
                size_bytes=each.size_bytes,
                cost=float(round(each.cost, 4)),
                until=each.until,
            )
            for each in found.early
        ],
    )


def _tally(pile: Pile) -> Tally:
    return Tally(objects=pile.objects, size_bytes=pile.size_bytes)
