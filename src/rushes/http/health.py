"""Is the process alive, and can it work.

`/healthz` answers while the process lives; `/readyz` asks what it stands on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from rushes.db import counts
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.media.box import STRENGTH, Level

Trouble = Callable[[], str | None]
"""Says in one sentence what is wrong with the worker, or None."""

DiskTrouble = Callable[[], Awaitable[str | None]]
"""Says in one sentence why the disk takes no uploads, or None."""

HEALTHY: Final = {"status": "ok"}


def routes(database: Database, trouble: Trouble, disk_trouble: DiskTrouble) -> APIRouter:
    """Return the two routes."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Answer while the process lives."""
        return HEALTHY

    @router.get("/readyz", responses={503: {"description": "Something it stands on is away"}})
    async def readyz() -> JSONResponse:
        """Answer 200 if uploads are taken and worked on, else 503 and what is wrong.

        `box` says how much the programs are shut in that read what people send: `full`, `partial`
        or `none`, that of the weakest worker; null where no worker has begun.
        """
        checks = {
            "database": await _ask(database),
            "disk": await disk_trouble(),
            "worker": trouble(),
        }
        wrong = {name: words for name, words in checks.items() if words is not None}
        box = {"box": await _weakest_box(database)}
        if not wrong:
            return JSONResponse(HEALTHY | box)
        return JSONResponse({"status": "unavailable", "checks": wrong} | box, status_code=503)

    return router


async def _ask(database: Database) -> str | None:
    try:
        async with database.reading() as connection:
            await counts.answer(connection)
    except RushesError as error:
        return error.message
    return None


async def _weakest_box(database: Database) -> str | None:
    try:
        async with database.reading() as connection:
            levels = [Level(box) for box in await counts.list_boxes(connection)]
    except RushesError:
        return None
    return min(levels, key=lambda level: STRENGTH[level], default=None)
