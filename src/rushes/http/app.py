"""The app: every route of the API, and what holds for all of them, over one house."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI

from rushes.compose import House
from rushes.http import access, delivery, docs, health, jobs, library, uploads
from rushes.http.auth import Callers
from rushes.http.guard import protect, require_safe_transport
from rushes.http.health import Trouble
from rushes.http.paging import PURPOSE, Pager

DESCRIPTION: Final = (
    "Large media in over any bad line, watchable when its last byte lands. Errors are "
    "`application/problem+json` (RFC 9457); lists are paged by `cursor`."
)


def build_app(house: House, *, trouble: Trouble) -> FastAPI:
    """Return the API over a house; `trouble` says what is wrong with the worker, or None.

    Raises:
        PlainHttpRefused: passwords would cross a network in the clear.
    """
    require_safe_transport(house.settings)
    app = FastAPI(
        title="Rushes",
        version=version("rushes"),
        description=DESCRIPTION,
        lifespan=_draining(house),
        docs_url=None,
        redoc_url=None,
    )
    callers = Callers(house.access, house.settings)
    pager = Pager(house.signing.newest.derive(PURPOSE))
    identify, base_url = callers.identify, house.settings.base_url
    shelf = library.Library(house.database, house.editing, house.covers, pager, base_url)
    handing = delivery.Delivery(
        house.playing, house.downloading, house.listing, house.server, house.locator, base_url
    )
    app.include_router(library.routes(shelf, identify))
    app.include_router(delivery.routes(handing, identify))
    app.include_router(jobs.routes(house.desk, identify, pager))
    app.include_router(
        health.routes(house.database, identify, house.settings.http.metrics_from, trouble)
    )
    protect(app, house.settings, callers, house.accounts.is_set_up)
    return app
