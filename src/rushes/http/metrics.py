"""`/metrics`: what this process counts, and what all processes share, in Prometheus's text format.

What the database holds is counted when somebody asks, and kept for a while that grows with what it
took: counting takes a twentieth of the time at most, however much there is and whoever asks.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from rushes.access.permit import Verb, permit
from rushes.clock import Clock
from rushes.db import counts
from rushes.db.counts import Counts
from rushes.db.engine import Database
from rushes.http.auth import Identify
from rushes.http.meters import Meters
from rushes.tiers.overview import Overview, TierUse

REST: Final = 20
"""What was counted is told again for so many times as long as the counting took."""

PASSED_ON: Final = ("forwarded", "x-forwarded-for")
"""What a proxy adds: whoever calls is somebody else, wherever the proxy stands."""

TEXT: Final = {CONTENT_TYPE_LATEST.partition(";")[0]: {"schema": {"type": "string"}}}


@dataclass(frozen=True, slots=True)
class Told:
    """What the database held at a moment; `hits` is the share of reads that the edge answered."""

    at: datetime
    counts: Counts
    tiers: list[TierUse]
    hits: float | None


@dataclass(slots=True)
class Counting:
    """Counts what the database holds, one at a time."""

    database: Database
    clock: Clock
    overview: Overview
    _told: Told | None = None
    _until: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self) -> Told:
        """Return what the database holds, or held a little while ago.

        Raises:
            DatabaseAway: it does not answer.
        """
        async with self._turn:
            if self._told is None or time.monotonic() >= self._until:
                begun, now = time.monotonic(), self.clock.now()
                async with self.database.reading() as connection:
                    counted = await counts.count_all(connection, now)
                self._told = Told(now, counted, *await self.overview.list_tiers())
                ended = time.monotonic()
                self._until = ended + REST * (ended - begun)
            return self._told


def routes(
    counting: Counting, meters: Meters, identify: Identify, metrics_from: Iterable[str]
) -> APIRouter:
    """Return the route; `metrics_from` are networks that may ask without a token."""
    router = APIRouter(tags=["health"])
    networks = [ipaddress.ip_network(address) for address in metrics_from]

    def is_near(request: Request) -> bool:
        if request.client is None or any(name in request.headers for name in PASSED_ON):
            return False
        address = ipaddress.ip_address(request.client.host)
        return any(address in network for network in networks)

    @router.get("/metrics", response_class=Response, responses={200: {"content": TEXT}})
    async def metrics(request: Request) -> Response:
        """Give what is counted, in Prometheus's text format.

        `rushes_http_*`, `rushes_live_*` and `process_*` are of the process that answers; all else
        is what the database holds, the same whichever process answers. Who asks through a proxy
        needs a token, wherever the proxy stands.
        """
        if not is_near(request):
            permit(await identify(request), Verb.SEE_SETTINGS)
        shared = CollectorRegistry()
        shared.register(Shared(await counting.read()))
        text = generate_latest(meters.registry) + generate_latest(shared)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


class Shared(Collector):
    """What the database holds, as families of metrics."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def collect(self) -> Iterator[Metric]:
        """Give each family."""
        told, held = self._told, self._told.counts
        yield _one("rushes_counted_at_seconds", "When the database was read", told.at.timestamp())
        for name, by_state in held.states.items():
            yield _by_state(f"rushes_{name}", f"{name.capitalize()} by state", by_state)
        yield _by_state("rushes_webhook_deliveries", "Deliveries by state", held.deliveries)
        yield _by_state("rushes_letters", "Mails by state", held.letters)
        hooks = {"active": held.webhooks_active, "paused": held.webhooks_paused}
        yield _by_state("rushes_webhooks", "Webhooks by state", hooks)
        yield _by_two("rushes_jobs", "Jobs", ("workflow", "state"), held.jobs)
        yield _by_two("rushes_tier_alarms", "Alarms that last", ("tier", "trouble"), held.alarms)
        yield _one("rushes_workers", "Workers that have begun", held.workers)
        yield _one("rushes_events_waiting", "Events that wait to be relayed", held.events_waiting)
        yield CounterMetricFamily("rushes_events", "Events that happened", value=held.events)
        yield from self._list_ages()
        yield from self._list_tiers()

    def _list_ages(self) -> Iterator[Metric]:
        now, held = self._told.at, self._told.counts
        for name, words, since in (
            ("rushes_job_wait_seconds", "How long the oldest job waits", held.oldest_job),
            (
                "rushes_webhook_wait_seconds",
                "How long the oldest delivery is due",
                held.oldest_delivery,
            ),
        ):
            waited = 0.0 if since is None else (now - since).total_seconds()
            yield _one(name, words, max(waited, 0.0))

    def _list_tiers(self) -> Iterator[Metric]:
        objects = GaugeMetricFamily(
            "rushes_tier_objects", "Objects on a tier", labels=["tier", "state"]
        )
        held = GaugeMetricFamily("rushes_tier_bytes", "Their bytes", labels=["tier", "state"])
        limit = GaugeMetricFamily("rushes_tier_limit_bytes", "Its most bytes", labels=["tier"])
        reads = GaugeMetricFamily("rushes_tier_reads_7d", "Reads of 7 days", labels=["tier"])
        cost = GaugeMetricFamily(
            "rushes_tier_cost_dollars", "What its room costs for a month", labels=["tier"]
        )
        for use in self._told.tiers:
            tier = use.tier.value
            for state in ("present", "moving", "leaving", "lost"):
                count, size_bytes = getattr(use, state)
                objects.add_metric([tier, state], count)
                held.add_metric([tier, state], size_bytes)
            if use.limit_bytes is not None:
                limit.add_metric([tier], use.limit_bytes)
            reads.add_metric([tier], use.reads[0])
            cost.add_metric([tier], use.cost_per_month)
        yield from (objects, held, limit, reads, cost)
        words = "Share of the reads of 7 days that the edge answered; none where nobody read"
        yield _one("rushes_edge_hit_ratio", words, self._told.hits)


def _one(name: str, words: str, value: float | None) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _by_state(name: str, words: str, by_state: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state, count in by_state.items():
        family.add_metric([state], count)
    return family


def _by_two(
    name: str, words: str, labels: tuple[str, str], found: Mapping[tuple[str, str], int]
) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, count in found.items():
        family.add_metric(values, count)
    return family
