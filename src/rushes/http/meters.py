"""What this process counts: requests by route, how long they took, who listens.

Other processes have counts of their own. What all of them share is not counted here but read from
the database when somebody asks (`metrics`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rushes.http.problem import request_id_of
from rushes.log_context import telling

METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
OTHER: Final = "other"
"""A method that is none of `METHODS`, and an address that is no route: senders choose neither."""

CUT: Final = "cut"
"""The status of a request that ended without an answer."""

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
"""Seconds; whatever is longer is an upload, or somebody who listens."""

log = logging.getLogger("rushes.http")

disable_created_metrics()  # type: ignore[no-untyped-call] # a birth time would double each series


class Meters:
    """The counts of one process."""

    def __init__(self) -> None:
        """Begin to count."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "rushes_http_requests",
            "Requests that this process has answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "rushes_http_request_seconds",
            "How long they took, until the last byte of the answer",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.open = Gauge(
            "rushes_http_requests_open",
            "Requests that this process answers just now",
            registry=self.registry,
        )

    def count(self, method: str, route: str, status: str, seconds: float) -> None:
        """Count a request that has ended; each has a line where the log level is `debug`."""
        self.requests.labels(method, route, status).inc()
        self.seconds.labels(method, route).observe(seconds)
        if log.isEnabledFor(logging.DEBUG):
            told = {
                "method": method,
                "route": route,
                "status": status,
                "seconds": round(seconds, 4),
            }
            log.debug("A request has ended", extra=told)

    def count_listeners(self, count: Callable[[], int]) -> None:
        """Tell how many listen to the live stream of this process, when somebody asks."""
        gauge = Gauge(
            "rushes_live_listeners",
            "Who listens to the live stream of this process",
            registry=self.registry,
        )
        gauge.set_function(count)


class Measured:
    """Counts each request when it has ended; inside of `Forwarded`, which hands a copy on.

    Outside of `Edge`: what a guard refuses, and what breaks, has the status that was sent.
    """

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, meters = time.perf_counter(), CUT, self._meters

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        meters.open.inc()
        try:
            await self._app(scope, receive, noted)
        finally:
            meters.open.dec()
            method = scope["method"] if scope["method"] in METHODS else OTHER
            with telling(request_id=request_id_of(scope)):
                meters.count(method, find_route(scope), status, time.perf_counter() - begun)


def find_route(scope: Scope) -> str:
    """Return the template of the route that answered: as many as there are routes, never more."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else OTHER
