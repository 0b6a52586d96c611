"""Ladders that are made anew over HTTP: what a roll-out would cost, the roll-out, one asset."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from rushes.access.permit import Verb, permit
from rushes.db.engine import Database
from rushes.delivery.medium import get_permitted
from rushes.http.auth import Identify
from rushes.jobs.job import workflow_id
from rushes.renditions.make import LADDER
from rushes.renditions.remaking import Remaking
from rushes.renditions.rolling_out import ROLL_OUT


class RollOutAnswer(BaseModel):
    """What a roll-out makes anew; `core_hours` are hours of encoding on one core.

    `busy` assets are being made just now: they are left alone, and a later roll-out finds them.
    """

    contents: int
    renditions: int
    core_hours: float
    busy: int
    job: str | None = None


class RemadeAnswer(BaseModel):
    """Qualities of an asset that are made anew, and the job that makes them, if there are any."""

    qualities: list[str]
    busy: bool
    job: str | None


def routes(database: Database, remaking: Remaking, identify: Identify) -> APIRouter:
    """Return the routes of roll-outs."""
    router = APIRouter(prefix="/api/v1", tags=["versions"])

    @router.get("/renditions/remake")
    async def survey_remake(request: Request) -> RollOutAnswer:
        """Say what making everything anew that an older recipe made would cost; change nothing."""
        permit(await identify(request), Verb.CHANGE_SETTINGS)
        return await _survey(remaking)

    @router.post("/renditions/remake", status_code=202)
    async def remake_all(request: Request) -> RollOutAnswer:
        """Make everything anew that an older recipe made; what is there stays until then."""
        actor = await identify(request)
        permit(actor, Verb.CHANGE_SETTINGS)
        found = await _survey(remaking)
        order = await remaking.roll_out(actor.id)
        return found.model_copy(update={"job": workflow_id(ROLL_OUT, order, "1")})

    @router.post("/assets/{asset_id}/remake", status_code=202)
    async def remake_asset(request: Request, asset_id: str) -> RemadeAnswer:
        """Make what the recipe of now would make otherwise of one asset."""
        actor = await identify(request)
        async with database.reading() as connection:
            medium = await get_permitted(connection, actor, Verb.RUN_JOBS, asset_id)
        made = await remaking.remake(medium.content.id, actor.id)
        job = None
        if made.event_id is not None:
            job = workflow_id(LADDER, medium.content.id, made.event_id)
        return RemadeAnswer(qualities=list(made.names), busy=made.is_busy, job=job)

    return router


async def _survey(remaking: Remaking) -> RollOutAnswer:
    found = await remaking.survey()
    return RollOutAnswer(
        contents=found.contents,
        renditions=found.renditions,
        core_hours=round(found.core_seconds / 3600, 2),
        busy=found.busy,
    )
