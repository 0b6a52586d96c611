"""Posting: what waits for an endpoint is sent there, and what came of it is written down.

    claim (of each endpoint, up to its places) ──> attempts at once ──> results, many in one write

1. A place is one attempt on its way. Each endpoint has its own, so a dead one holds up nobody else.
2. More is claimed than there are places, so that a fast receiver waits for no claim. A claim lasts
   a minute, an attempt twenty seconds: what finds no place within the forty between is left alone.
   One that died with its worker is made again: receivers get an event at least once, and know it
   again by its id.
3. Nothing sleeps in a place: what failed gets the time of its next attempt, and is left alone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.errors import RushesError
from rushes.events.event import Event
from rushes.notify import delivery_records, webhook_records
from rushes.notify.address import UrlBlocked, parse_target
from rushes.notify.courier import Courier
from rushes.notify.delivery import CLAIM, Attempt, Delivery, State
from rushes.notify.endpoint import Endpoint
from rushes.notify.signature import sign
from rushes.notify.webhooks import Webhooks

PLACES: Final = 16
"""Attempts of one endpoint at once, in one worker."""

CLAIMED: Final = 128
"""Deliveries of one endpoint that wait for a place, or have one."""

LOOK_SECONDS: Final = 1.0
ATTEMPT_SECONDS: Final = 20.0
PATIENCE_SECONDS: Final = CLAIM.total_seconds() - ATTEMPT_SECONDS
FORGET_EVERY: Final = timedelta(hours=6)
EXHAUSTED: Final = "Ten attempts in three days brought nothing."
GONE: Final = "The receiver answered 410: it is gone for good."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Posting:
    """Posts what waits; one runs beside each worker."""

    database: Database
    clock: Clock
    webhooks: Webhooks
    courier: Courier
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _claimed: Counter[str] = field(default_factory=Counter)
    _places: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    _tried: asyncio.Queue[tuple[Endpoint, Delivery, Attempt]] = field(default_factory=asyncio.Queue)

    def wake(self) -> None:
        """Look now; call it on the event loop of `run`."""
        self._woken.set()

    async def run(self) -> None:
        """Post until cancelled."""
        writing = asyncio.create_task(self._write())
        attempts: set[asyncio.Task[None]] = set()
        forgot_at: datetime | None = None
        try:
            while True:
                self._woken.clear()
                if writing.done():
                    await writing  # it ends with an error alone, which must not pass unseen
                try:
                    for endpoint, delivery, event in await self._claim():
                        task = asyncio.create_task(self._attempt(endpoint, delivery, event))
                        attempts.add(task)
                        task.add_done_callback(attempts.discard)
                    now = self.clock.now()
                    if forgot_at is None or now - forgot_at > FORGET_EVERY:
                        await self.webhooks.forget_old()
                        forgot_at = now
                except (DatabaseAway, DatabaseFull) as away:
                    log.warning("Webhooks cannot be read", extra={"code": away.code})
                await self._rest()
        finally:
            for task in (writing, *attempts):
                task.cancel()
            await asyncio.gather(writing, *attempts, return_exceptions=True)

    async def _claim(self) -> list[tuple[Endpoint, Delivery, Event]]:
        """Take what is due, of each endpoint a lot at once."""
        endpoints = await self.database.snapshot(
            lambda connection: webhook_records.list_with_due(connection, self.clock.now())
        )
        free = [each for each in endpoints if self._claimed[each.id] <= CLAIMED // 2]
        if not free:
            return []
        claimed: list[tuple[Endpoint, Delivery, Event]] = []
        async with self.database.transaction() as connection:
            now = self.clock.now()
            for endpoint in free:
                room = CLAIMED - self._claimed[endpoint.id]
                due = await delivery_records.claim_due(connection, endpoint.id, now, room)
                claimed += [(endpoint, delivery, event) for delivery, event in due]
        self._claimed.update(endpoint.id for endpoint, _, _ in claimed)
        return claimed

    async def _attempt(self, endpoint: Endpoint, delivery: Delivery, event: Event) -> None:
        begun = time.monotonic()
        try:
            async with self._places.setdefault(endpoint.id, asyncio.Semaphore(PLACES)):
                if time.monotonic() - begun > PATIENCE_SECONDS:
                    return  # its claim may end before its attempt would
                attempt = await self.post(endpoint, event)
        finally:
            self._claimed[endpoint.id] -= 1
            if self._claimed[endpoint.id] == CLAIMED // 2 or not self._claimed[endpoint.id]:
                self._woken.set()
        self._tried.put_nowait((endpoint, delivery, attempt))

    async def post(self, endpoint: Endpoint, event: Event) -> Attempt:
        """Post an event once; whatever happens is told by the attempt."""
        begun = time.monotonic()
        status, words, error = None, "", None
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                status, words = await self._send(endpoint, event)
        except UrlBlocked as blocked:
            error = blocked.message
        except RushesError as trouble:
            log.exception("A webhook cannot be signed", extra={"webhook": endpoint.id})
            error = trouble.message
        except TimeoutError:
            error = f"No answer within {ATTEMPT_SECONDS:.0f} seconds."
        except (OSError, ValueError) as lost:
            error = f"No connection: {lost or type(lost).__name__}"
        return Attempt(status, timedelta(seconds=time.monotonic() - begun), error, words)

    async def _send(self, endpoint: Endpoint, event: Event) -> tuple[int, str]:
        target = parse_target(endpoint.url, self.webhooks.settings.allow_private)
        body, now = payload_of(event), self.clock.now()
        signed = sign(
            self.webhooks.open_secrets(endpoint, now),
            event.id,
            now,
            body,
            legacy=self.webhooks.settings.legacy_signature,
        )
        headers = {
            "content-type": "application/json",
            "user-agent": "Rushes-Webhooks/1",
            "accept": "*/*",
            **signed,
        }
        answer = await self.courier.post(target, headers, body)
        return answer.status, _read(answer.body)

    async def _write(self) -> None:
        """Write what attempts brought, as many at once as there are."""
        while True:
            lot = [await self._tried.get()]
            while not self._tried.empty():
                lot.append(self._tried.get_nowait())
            await self._write_lot(lot)

    async def _write_lot(self, lot: list[tuple[Endpoint, Delivery, Attempt]]) -> None:
        now = self.clock.now()
        tried = [
            (endpoint, delivery.tried(attempt, now, self.clock.entropy(1)[0] / 255), attempt)
            for endpoint, delivery, attempt in lot
        ]
        try:
            await self.database.transact(
                lambda connection: delivery_records.write_tried(
                    connection, [each for _, each, _ in tried]
                )
            )
            for endpoint, delivery, attempt in tried:
                if delivery.state is State.FAILED:
                    because = GONE if attempt.ends_all else EXHAUSTED
                    await self.webhooks.pause_by_itself(endpoint.id, because)
        except (DatabaseAway, DatabaseFull) as away:  # they are made again when their claim ends
            log.warning("Attempts cannot be written", extra={"code": away.code})

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            pass


def payload_of(event: Event) -> bytes:
    """Return an event as it is posted: the same bytes at every attempt.

    What UTF-8 has no bytes for (half of a surrogate pair) becomes a question mark.
    """
    about = {} if event.asset_id is None else {"asset_id": event.asset_id}
    told = {
        "id": event.id,
        "type": event.type.value,
        "created_at": event.created_at.isoformat(),
        "data": {"subject": event.subject, "actor": event.actor, **about, **event.data},
    }
    text = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _read(body: bytes) -> str:
    """Return how an answer begins."""
    text = body[:4_000].decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable() or char == "\n")
