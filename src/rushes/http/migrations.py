"""The archive's move to another store over HTTP: how far it is, rest, go on, end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from rushes.http.auth import Identify
from rushes.http.tiers import Tally, require_admin
from rushes.tiers.migrate import Migrating, Progress


class MigrationAsked(BaseModel):
    """What is to become of it; `finish` forgets the former store when everything has moved."""

    model_config = ConfigDict(frozen=True)

    deed: Literal["pause", "resume", "finish"]


class TroubleAnswer(BaseModel):
    """What could not move as it should: a `conflict` of names, or it `failed`."""

    object_id: str
    kind: Literal["conflict", "failed"]
    key: str
    said: str
    created_at: datetime


class MigrationAnswer(BaseModel):
    """How far the archive is on its way from the store `former` to `store`."""

    former: str
    store: str
    state: Literal["moving", "paused", "moved"]
    moved: Tally
    left: Tally
    troubles: list[TroubleAnswer]
    created_at: datetime
    moved_at: datetime | None


def routes(migrating: Migrating, identify: Identify) -> APIRouter:
    """Return the routes of the archive's migration."""
    router = APIRouter(prefix="/api/v1/tiers/archive", tags=["tiers"])

    @router.get("/migration")
    async def get_migration(request: Request) -> MigrationAnswer:
        """Say how far the archive's move to another store is."""
        await require_admin(identify, request)
        return _answer(await migrating.show())

    @router.post("/migration")
    async def change_migration(request: Request, asked: MigrationAsked) -> MigrationAnswer:
        """Let the archive's move rest, go on, or end."""
        await require_admin(identify, request)
        deeds: dict[str, Callable[[], Awaitable[Progress]]] = {
            "pause": migrating.pause,
            "resume": migrating.resume,
            "finish": migrating.finish,
        }
        return _answer(await deeds[asked.deed]())

    return router


def _answer(found: Progress) -> MigrationAnswer:
    return MigrationAnswer(
        former=found.migration.former,
        store=found.migration.store,
        state=found.migration.state,
        moved=Tally(objects=found.moved[0], size_bytes=found.moved[1]),
        left=Tally(objects=found.left[0], size_bytes=found.left[1]),
        troubles=[
            TroubleAnswer(
                object_id=each.object_id,
                kind=each.kind,
                key=each.key,
                said=each.said,
                created_at=each.created_at,
            )
            for each in found.troubles
        ],
        created_at=found.migration.created_at,
        moved_at=found.migration.moved_at,
    )
