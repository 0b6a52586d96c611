"""The app: every route of the API, and what holds for all of them, over one house."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from rushes.access.answers import Answers
from rushes.access.permit import SYSTEM, ActorKind
from rushes.access.vouching import open_vouching
from rushes.compose import House
from rushes.delivery.render import Rendering
from rushes.delivery.taking import Packing
from rushes.events.auditing import Auditing
from rushes.http import (
    access,
    agents,
    audit,
    bundles,
    catalog,
    chunks,
    colors,
    delivery,
    direct,
    health,
    holding,
    imports,
    jobs,
    library,
    live,
    metrics,
    migrations,
    network,
    oidc,
    partners,
    regions,
    remaking,
    removals,
    rendering,
    resumable,
    shares,
    slots,
    tiers,
    tus,
    unfinished,
    uploads,
    visits,
    webhooks,
)
from rushes.http.auth import Callers, Identify
from rushes.http.guard import protect, require_safe_transport
from rushes.http.health import Trouble
from rushes.http.meters import Meters
from rushes.http.openapi import Described, name_operation
from rushes.http.paging import PURPOSE, Pager
from rushes.http.problem import PROBLEMS
from rushes.http.repeats import add_repeats
from rushes.http.senders import Senders
from rushes.library.bulk import BulkEditing
from rushes.library.releasing import Releasing
from rushes.partners.arranging import Arranging
from rushes.tiers.agency import Agency

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
    app = Described(
        title="Rushes",
        version=version("rushes"),
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        responses=PROBLEMS,
        generate_unique_id_function=name_operation,
        separate_input_output_schemas=False,
    )
    callers = Callers(house.access, house.settings)
    pager = Pager(house.signing.newest.derive(PURPOSE))
    for router in _routers(house, callers, pager, trouble):
        app.include_router(router)
    meters = _count(app, house, callers)
    answers = Answers(house.database, house.clock, house.linking.sealer)
    add_repeats(app, answers)
    protect(app, house.settings, callers, house.setup.is_done, meters)
    return app


def _count(app: FastAPI, house: House, callers: Callers) -> Meters:
    """Add the route that tells what is counted; return what counts requests."""
    meters = Meters()
    meters.count_listeners(lambda: house.outlets.live.count)
    counting = metrics.Counting(house.database, house.clock, house.vaults.overview)
    networks = house.settings.http.metrics_from
    app.include_router(metrics.routes(counting, meters, callers.identify, networks))
    return meters


def _routers(house: House, callers: Callers, pager: Pager, trouble: Trouble) -> Iterator[APIRouter]:
    identify, base_url = callers.identify, house.settings.base_url
    nearness = regions.nearness_of(house.settings)
    handing = delivery.Delivery(
        playing=house.playing,
        imaging=house.imaging,
        downloading=house.downloading,
        listing=house.listing,
        server=house.server,
        locator=house.locator,
        reads=house.vaults.reads,
        base_url=base_url,
        nearness=nearness,
    )
    entrance = access.Entrance(
        house.door, house.setup, house.accounts, house.tokens, house.projects, house.linking
    )
    shelf = library.Library(house.database, house.editing, house.covers, pager, base_url)
    yield from _uploading_routers(house, callers, pager, _serving(handing, identify))  # most asked
    yield access.routes(entrance, callers, pager)
    yield oidc.routes(open_vouching(house.settings, house.door), callers)
    yield catalog.routes(
        catalog.Catalog(house.cataloguing, BulkEditing(house.editing), identify, pager)
    )
    yield library.routes(shelf, identify)
    yield bundles.routes(house.bundling, identify, base_url)
    yield delivery.routes(handing, identify)
    yield regions.routes(nearness, house.locator, identify)
    render = Rendering(house.database, house.clock, house.downloading)
    yield rendering.routes(render, identify, base_url)
    yield shares.routes(house.shares.sharing, callers, pager)
    yield shares.logo_routes(house.shares.logos, callers)
    packing = Packing(house.database, house.clock, house.bundling)
    showing = visits.Visits(house.shares.visiting, house.imaging, house.covers, packing)
    yield visits.routes(showing, callers, pager)
    yield tiers.routes(house.vaults, identify)
    agency = Agency(house.database, house.clock, house.locator)
    yield agents.routes(agency, house.server.signer, identify)
    yield imports.routes(house.estate.adopting, identify)
    yield migrations.routes(house.estate.migrating, identify)
    yield removals.routes(shelf, house.estate.closing, identify)
    releasing = Releasing(house.database, house.clock, house.settings.scan)
    yield holding.routes(releasing, identify, pager)
    yield colors.routes(house.database, house.coloring, identify)
    yield audit.routes(Auditing(house.database, house.clock), identify, pager)
    yield jobs.routes(house.desk, identify, pager)
    yield webhooks.routes(house.outlets.webhooks, identify, pager)
    yield webhooks.zapier_routes(house.outlets.webhooks, house.database, identify)
    arranging = Arranging(house.database, house.clock, house.settings.partners)
    showing_life = house.settings.delivery.playback_life
    yield partners.routes(arranging, identify, showing_life)
    yield live.routes(house.outlets.live, callers)
    yield remaking.routes(house.database, house.remaking, identify)
    yield health.routes(house.database, trouble, house.receiver.space.find_trouble)


def _uploading_routers(
    house: House, callers: Callers, pager: Pager, serve_original: tus.ServeOriginal
) -> Iterator[APIRouter]:
    """Yield the routes of every way to send, and of what all of them have in common."""
    senders = Senders(callers, house.admission)
    yield tus.routes(
        tus.Tus(senders, house.admission, house.joining, house.receiver, serve_original)
    )
    yield resumable.routes(resumable.Resumable(senders, house.admission, house.receiver))
    yield chunks.routes(chunks.Chunks(senders, house.admission, house.taker, house.finisher))
    yield slots.routes(slots.Slotting(senders, house.slots))
    yield network.routes(senders)
    yield unfinished.routes(senders, house.database)
    yield uploads.routes(senders, house.database, house.receiver, house.taker, pager)
    yield direct.routes(direct.DirectDeeds(senders, house.directing, house.receiver))


def _serving(handing: delivery.Delivery, identify: Identify) -> tus.ServeOriginal:
    """Return what answers with the bytes of an asset's original."""

    async def serve(request: Request, asset_id: str) -> Response:
        actor = await identify(request)
        if actor.kind is ActorKind.LINK:  # for its own upload: tus asked, and no asset knows links
            actor = replace(SYSTEM, id=actor.id)
        return await delivery.serve_original(handing, request, actor, asset_id)

    return serve
