"""Is the process alive, can it work, and what does it count.

`/healthz` answers while the process lives; `/readyz` asks what it stands on; `/metrics` speaks
Prometheus's text format to admins, and to the addresses that the settings name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client import ProcessCollector as Process
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from rushes.access.permit import Actor, Verb, permit
from rushes.db import counts
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.media.box import STRENGTH, Level

Trouble = Callable[[], str | None]
"""Says in one sentence what is wrong with the worker, or None."""

DiskTrouble = Callable[[], Awaitable[str | None]]
"""Says in one sentence why the disk takes no uploads, or None."""

HEALTHY: Final = {"status": "ok"}


def routes(
    database: Database,
    identify: Callable[[Request], Awaitable[Actor]],
    metrics_from: Iterable[str],
    trouble: Trouble,
    disk_trouble: DiskTrouble,
) -> APIRouter:
    """Return the three routes."""
    router = APIRouter(tags=["health"])
    allowed = [ipaddress.ip_network(address) for address in metrics_from]

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

    @router.get("/metrics", response_class=Response)
    async def metrics(request: Request) -> Response:
        """Give what is counted, in Prometheus's text format."""
        address = ipaddress.ip_address(request.client.host) if request.client else None
        if address is None or not any(address in network for network in allowed):
            permit(await identify(request), Verb.SEE_SETTINGS)
        async with database.reading() as connection:
            states = await counts.count_states(connection)
            waiting = await counts.count_unrelayed(connection)
        registry = CollectorRegistry()
        registry.register(_Counted(states, waiting))
        Process(registry=registry)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

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


class _Counted(Collector):
    """Rows by state, and events that wait."""

    def __init__(self, states: dict[str, dict[str, int]], waiting: int) -> None:
        self._states, self._waiting = states, waiting

    def collect(self) -> Iterator[Metric]:
        """Give one family for each table."""
        for name, by_state in self._states.items():
            family = GaugeMetricFamily(f"rushes_{name}", f"{name} by state", labels=["state"])
            for state, count in by_state.items():
                family.add_metric([state], count)
            yield family
        yield GaugeMetricFamily(
            "rushes_events_waiting", "Events that wait to be relayed", value=self._waiting
        )
