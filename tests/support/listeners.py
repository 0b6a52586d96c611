"""The live stream on a real socket, and people who listen to it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from rushes import ids
from rushes.access.permit import ALL_SCOPES, Role
from rushes.access.tokens import TokenWish
from rushes.clock import SYSTEM
from rushes.db.engine import Database, open_database
from rushes.db.listen import listen
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.events.outbox import WAKE
from rushes.http import live as live_http
from rushes.http.auth import Callers
from rushes.http.wire import make_protocol
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.notify.live import Live
from rushes.settings import Settings
from tests.support.entrance import ADMIN, Hall, build_hall

HEARD_SECONDS = 120


@dataclass(slots=True)
class Ear:
    """One who listens; `number` is what a browser would come back with."""

    lines: AsyncIterator[str]
    number: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def until(self, subject: str) -> dict[str, Any]:
        """Listen until something about this subject is heard, or of this type; return it."""
        async with asyncio.timeout(HEARD_SECONDS):
            async for line in self.lines:
                name, _, value = line.partition(": ")
                if name == "id":
                    self.number = int(value)
                if name == "data":
                    told: dict[str, Any] = json.loads(value)
                    self.heard.append(told)
                    if subject in {told["type"], *map(str, told["data"].values())}:
                        return told
        raise AssertionError(f"The stream ended before {subject} was heard.")

    async def rest(self) -> None:
        """Listen until the stream ends."""
        async with asyncio.timeout(HEARD_SECONDS):
            async for _ in self.lines:
                pass

    @property
    def subjects(self) -> list[str]:
        """What was heard of."""
        return [told["data"]["subject"] for told in self.heard if "subject" in told["data"]]


@dataclass(frozen=True, slots=True)
class Stage:
    """A server with a live stream."""

    hall: Hall
    live: Live
    address: str
    http: httpx.AsyncClient

    @property
    def database(self) -> Database:
        """Where events are written, as by another process."""
        return self.hall.database

    async def headers(self, email: str = ADMIN) -> dict[str, str]:
        """Return the headers of a new API token of an account."""
        wish = TokenWish("ear", ALL_SCOPES)
        _, text = await self.hall.entrance.tokens.create_at_console(email, wish)
        return {"Authorization": f"Bearer {text}"}

    async def tell(
        self, what: EventType, subject: str, project_id: str | None = None, **data: object
    ) -> None:
        """Record an event."""
        async with self.database.transaction() as connection:
            await outbox.record(connection, make_event(what, subject, project_id, **data))

    @asynccontextmanager
    async def ear(
        self, headers: dict[str, str], number: int | None = None, **query: str
    ) -> AsyncIterator[Ear]:
        """Listen, from the end of an earlier stream on."""
        sent = headers | ({} if number is None else {"Last-Event-ID": str(number)})
        async with self.http.stream("GET", "/api/v1/live", headers=sent, params=query) as answer:
            assert 200 == answer.status_code, await answer.aread()
            yield Ear(answer.aiter_lines())


def make_event(
    what: EventType, subject: str, project_id: str | None = None, **data: object
) -> Event:
    """Return an event of now."""
    now = SYSTEM.now()
    return Event(
        id=ids.new(Prefix.EVENT, now, SYSTEM.entropy(ENTROPY_BYTES)),
        type=what,
        created_at=now,
        actor="system",
        subject=subject,
        project_id=project_id,
        data=data,
    )


@asynccontextmanager
async def staging(url: str, folder: Path, **http: object) -> AsyncIterator[Stage]:
    """Serve the live stream over a migrated database; the first admin is there."""
    database = open_database(url)
    settings = Settings.model_validate({"data": folder, "http": http})
    hall = build_hall(database, SYSTEM, settings, folder / "keys")
    await hall.add(ADMIN, Role.SUPERADMIN)
    hear = None if database.is_sqlite else partial(listen, url, WAKE)
    live = Live(database, SYSTEM, hear)
    hall.app.include_router(live_http.routes(live, Callers(hall.access, settings)))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            hall.app, log_config=None, lifespan="off", http=make_protocol(settings)
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=address, timeout=HEARD_SECONDS) as client:
                yield Stage(hall, live, address, client)
        finally:
            live.end()
            server.should_exit = True
            await serving
            await database.close()
